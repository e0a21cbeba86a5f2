"""Facts and policies in the store: loaded whole, loaded again, replaced, and used by other workers at once."""

import dataclasses
import json
import threading

import pytest

from api.files.inventory_folder import load_inventory
from engine.errors import NotFound, NotReady, OrderInvalid
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network.read import read_network, read_products
from engine.store.policy_versions import history, timeline, versions
from rules.errors import PolicyInvalid
from tests.conftest import SMALL, activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order, policy_file, product, service
from tests.support.order_json import shipped_units


def plain(**stock):
    """A network of two nodes with this stock."""
    return inventory([node("lyon", LYON), node("lille", LILLE)], stock)


def test_what_is_read_back_is_what_was_loaded(pointsman, server_url, network):
    client, keys, loaded = Client(server_url), Keys(network), load_inventory(SMALL)
    assert read_network(client, keys) == loaded.network
    products = read_products(client, keys, loaded.products)
    assert {sku: item[0] for sku, item in products.items()} == dict(loaded.products)
    assert {sku: item[1] for sku, item in products.items() if item[1]} == loaded.paces
    client.close()


def test_loading_twice_changes_nothing_but_the_notes_that_stock_was_loaded(pointsman, contents, network):
    pointsman.decide(order(("RARE", 1)))
    changed = f"{{{network}}}:changed".encode()
    before = contents()
    assert pointsman.load(load_inventory(SMALL)) is False
    after = contents()
    ((member, stamp),) = after.pop(changed)
    assert (member, stamp > max(earlier for _, earlier in before.pop(changed))) == (
        f"{{{network}}}:facts".encode(),
        True,
    )
    log = f"{{{network}}}:log".encode()
    *logged, (_, last) = after.pop(log)
    assert (logged, last[b"kind"]) == (before.pop(log), b"loaded")
    assert after == before


def test_a_second_load_replaces_products_and_stock(bare, redis_client, network):
    bare.load(plain(A={"lyon": 10, "lille": 4}, B={"lyon": 1}))
    activate(bare)
    assert bare.load(plain(A={"lyon": 3}, C={"lille": 2})) is True
    assert redis_client.hgetall(f"{{{network}}}:on_hand:A") == {b"lyon": b"3"}
    assert not redis_client.exists(f"{{{network}}}:on_hand:B")
    assert shipped_units(json_of(bare.decide(order(("A", 9))))) == 3
    assert shipped_units(json_of(bare.decide(order(("C", 9))))) == 2
    with pytest.raises(OrderInvalid, match="no product goes by the SKU 'B'"):
        bare.decide(order(("B", 1)))


def test_all_of_several_loads_at_the_same_time_succeed_and_one_of_them_is_loaded_whole(
    bare, opened, redis_client, network
):
    loads = [plain(**{f"{letter}{number}": {"lyon": 1} for number in range(60)}) for letter in "ABCD"]
    workers = [opened() for _ in loads]
    threads = [
        threading.Thread(target=lambda worker=worker, load=load: [worker.load(load) for _ in range(5)])
        for worker, load in zip(workers, loads, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stocked = {key.decode().rpartition(":")[2] for key in redis_client.keys(f"{{{network}}}:on_hand:*")}
    products = {sku.decode() for sku in redis_client.hkeys(f"{{{network}}}:products")}
    assert stocked == products
    assert len(products) == 60


def test_a_load_with_other_units_alone_keeps_the_version(bare):
    assert bare.load(plain(A={"lyon": 10})) is True
    assert bare.load(plain(A={"lyon": 9})) is False


def test_a_load_with_fewer_units_than_are_held_frees_none_and_is_reported_by_the_check(bare):
    bare.load(plain(A={"lyon": 5}))
    activate(bare)
    bare.decide(order(("A", 4)))
    bare.load(plain(A={"lyon": 3}))
    assert json_of(bare.decide(order(("A", 1))))["status"] == "unfilled"
    assert (bare.check().clean, bare.check().short) == (True, 1)
    bare.load(plain(A={"lyon": 6}))
    assert shipped_units(json_of(bare.decide(order(("A", 9))))) == 2


def test_the_next_decision_of_every_worker_uses_another_network(bare, opened):
    bare.load(plain(A={"lyon": 5}))
    activate(bare)
    other = opened()
    first = json_of(other.decide(order(("A", 1))))
    dearer = inventory([node("lyon", LYON)], {"A": {"lyon": 5}}, services=[service(base=7_000_000)])
    bare.load(dearer)
    second = json_of(other.decide(order(("A", 1))))
    assert first["network_version"] != second["network_version"] == dearer.network.version
    assert (first["cost_micros"], second["cost_micros"]) == (5_000_000, 7_000_000)


def test_the_next_decision_of_every_worker_uses_another_weight(bare, opened):
    heavy = service(per_kg=1_000_000)

    def weighing(grams):
        products = [product("A", weight=grams)]
        return inventory([node("lyon", LYON)], {"A": {"lyon": 5}}, services=[heavy], products=products)

    bare.load(weighing(1_000))
    activate(bare)
    other = opened()
    assert json_of(other.decide(order(("A", 1))))["cost_micros"] == 6_000_000
    bare.load(weighing(3_000))
    assert json_of(other.decide(order(("A", 1))))["cost_micros"] == 8_000_000


def test_the_next_decision_of_every_worker_uses_other_policies(pointsman, opened):
    other = opened()
    assert json_of(other.decide(order(("SHIRT", 1))))["status"] == "filled"
    version = activate(pointsman, "then: {exclude: true}")
    record = json_of(other.decide(order(("SHIRT", 1))))
    assert (record["status"], record["policy_version"]) == ("unfilled", version)
    assert other.ready()["policy_version"] == version


def test_more_policy_versions_than_are_cached_all_decide(pointsman):
    published = [activate(pointsman, f"then: {{hold: {number} h}}") for number in range(1, 8)]
    for version in [*published, *published[::-1]]:
        pointsman.activate(version, who="a test", note="")
        assert json_of(pointsman.decide(order(("SHIRT", 1)), dry_run=True))["policy_version"] == version


def test_a_version_that_is_published_again_while_it_decides_is_stored_once_and_activated_once(
    pointsman, server_url, network
):
    client, keys = Client(server_url), Keys(network)
    published, entries_before = versions(client, keys), len(list(history(client, keys)))
    assert timeline(client, keys, NOW).active == activate(pointsman) == published[0]
    assert versions(client, keys) == published
    assert [change.kind for change in history(client, keys)][entries_before:] == ["published"]
    assert {change.at for change in history(client, keys)} == {NOW}
    client.close()


def test_policies_with_mistakes_are_not_published(pointsman, contents):
    before = contents()
    with pytest.raises(PolicyInvalid):
        pointsman.publish(policy_file("then: {fly: true}"), who="a test", note="")
    with pytest.raises(NotFound):
        pointsman.activate("0" * 64, who="a test", note="")
    assert contents() == before


def test_forgetting_a_network_leaves_the_others_alone(pointsman, server_url, redis_client, network, opened):
    neighbour = f"{{{network}2}}:facts"
    redis_client.set(neighbour, "here")
    assert pointsman.forget() > 0
    assert redis_client.keys(f"{{{network}}}:*") == []
    assert redis_client.get(neighbour) == b"here"
    for each in (pointsman, opened()):
        with pytest.raises(NotReady):
            each.ready()
    redis_client.delete(neighbour)


def test_every_key_carries_the_hash_tag_of_its_network(pointsman, redis_client, network):
    pointsman.decide(order(("SHIRT", 1)))
    before = json.dumps(sorted(key.decode() for key in redis_client.keys(f"*{network}*")))
    names = json.loads(before)
    assert len(names) >= 8
    assert all(name.startswith(f"{{{network}}}:") for name in names)


def test_a_version_covers_everything_but_the_units():
    small = load_inventory(SMALL)
    lyon = dataclasses.replace(small.network.nodes["lyon"], preparation=1)
    stores = [
        inventory(nodes, stock, **more).network.version
        for nodes, stock, more in (
            ([node("lyon")], {"A": {"lyon": 1}}, {}),
            ([node("lyon", tags=frozenset("t"))], {"A": {"lyon": 1}}, {}),
            ([lyon], {"A": {"lyon": 1}}, {}),
            ([node("lyon")], {"A": {"lyon": 1}}, {"time_zone": "UTC"}),
            ([node("lyon")], {"A": {"lyon": 1}}, {"currency": "CHF"}),
            ([node("lyon")], {"A": {"lyon": 1}}, {"products": [product("A", brand="acme")]}),
            ([node("lyon")], {"A": {"lyon": 1}}, {"services": [service(detour=1_200)]}),
            ([node("lyon")], {"A": {"lyon": 1}}, {"paces": {"A": {"lyon": 500}}}),
            ([node("lyon")], {"A": {"lyon": 1}, "B": {}}, {}),
        )
    ]
    assert len(set(stores)) == len(stores)
    again = inventory([node("lyon")], {"A": {"lyon": 2}}).network.version
    assert again == stores[0]
