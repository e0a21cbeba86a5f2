"""Networks that were replaced, and products that were changed, are read as they were: whole, however often."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import FactsForgotten
from engine.model.facts import GeoPoint
from engine.store.log import decision_log
from engine.store.network import load
from engine.store.network.change import change_nodes, change_products
from engine.store.network.former.former_facts import FormerFacts
from engine.store.network.former.network_items import items_of, record_of
from engine.store.network.former.tidy import tidy
from engine.store.network.read import read_network
from engine.store.network.serialization import dump, network_record
from engine.store.reset import forget
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order, product, service

SKUS, NODES = ("A", "B", "C"), ("lille", "lyon", "nice")


def save(client, keys, stocked):
    load.save(client, keys, stocked, verify_policies=lambda: ("",), micros=lambda: NOW * 1_000_000)


def test_a_network_is_taken_apart_and_put_together_again():
    network = inventory(
        [node("lyon", LYON, tags=frozenset({"b", "a"})), node("lille", LILLE)],
        {"A": {"lyon": 1}},
        services=[service(), service("van", mode="van")],
        postcodes={"FR": {"69": GeoPoint(latitude=1, longitude=2)}, "BE": {"1": GeoPoint(latitude=3, longitude=4)}},
        rates={"USD": 7},
        decimals={"A": 2},
    ).network
    body = dump(network_record(network))
    items = items_of(body)
    assert {"node:lyon", "service:van", "postcodes:BE", "field:currency", "field:rates"} <= items.keys()
    assert dump(record_of(items)) == body
    assert "lyon" not in str(record_of({**items, "node:lyon": b""})), "an item of no bytes is none"


CHANGES = st.one_of(
    st.tuples(
        st.just("load"),
        st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1),
        st.sets(st.sampled_from(NODES), min_size=1),
        st.integers(1, 2),
    ),
    st.tuples(st.just("products"), st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1)),
    st.tuples(st.just("nodes"), st.dictionaries(st.sampled_from(NODES), st.integers(0, 2), min_size=1)),
    st.tuples(st.just("tidy")),
)


def change(client, keys, known, step):
    """Makes a change, and notes the network and the products that are there then."""
    match step:
        case "load", weights, nodes, services:
            stocked = inventory(
                [node(name, LYON) for name in sorted(nodes)],
                {sku: {min(nodes): 1} for sku in weights},
                products=[product(sku, weight=weight) for sku, weight in weights.items()],
                services=[service(f"s{number}") for number in range(services)],
                paces={sku: {min(nodes): weight} for sku, weight in weights.items()},
            )
            save(client, keys, stocked)
            products = {sku: (item, stocked.paces[sku]) for sku, item in stocked.products.items()}
        case "products", weights:
            before = read_network(client, keys)
            products = dict(known[before.version][1])
            changed = [product(sku, weight=weight) for sku, weight in weights.items()]
            assert change_products(client, keys, before, changed, now=NOW) is not None
            products |= {item.sku: (item, products[item.sku][1] if item.sku in products else {}) for item in changed}
        case "nodes", handling:
            before = read_network(client, keys)
            products = known[before.version][1]
            nodes = [dataclasses.replace(node(name, LILLE), handling=amount) for name, amount in handling.items()]
            assert change_nodes(client, keys, before, nodes, now=NOW) is not None
        case _:
            tidy(client, keys)
            return
    network = read_network(client, keys)
    known[network.version] = network, products


def verify_all(client, keys, known):
    former = FormerFacts(client, keys)
    for version, (network, products) in known.items():
        assert former.network(version) == network
        assert former.products(version, SKUS) == products


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(CHANGES, max_size=12))
def test_every_version_is_read_as_it_was(client, keys, steps):
    forget(client, keys)
    known = {}
    change(client, keys, known, ("load", {"A": 1, "B": 2}, {"lyon"}, 1))
    for step in steps:
        change(client, keys, known, step)
        verify_all(client, keys, known)
    tidy(client, keys)
    verify_all(client, keys, known)
    present = FormerFacts(client, keys).present()
    assert (present.bodies, present.products) == ((), ())
    assert not client.redis.exists(*(keys.former_products(number) for number in range(20)))


def test_what_a_load_does_not_change_takes_no_memory_again(client, keys):
    many = {f"S-{number}": {"lyon": 1} for number in range(300)}
    weights = [product(sku, weight=100) for sku in many]
    save(client, keys, inventory([node("lyon")], many, products=weights))
    weights[7] = product("S-7", weight=101)
    save(client, keys, inventory([node("lyon"), node("lille", LILLE)], many, products=weights))
    tidy(client, keys)
    kept = client.redis.zrange(keys.former_items, 0, -1)
    assert [member.split(b"\n")[:2] for member in kept] == [
        [b"node:lille", b"000000000000"],
        [b"product:S-7", b"000000000000"],
    ]
    tidy(client, keys)
    assert client.redis.zrange(keys.former_items, 0, -1) == kept


def test_a_load_that_was_interrupted_and_replaced_leaves_what_was_before_it(client, keys):
    known = {}
    change(client, keys, known, ("load", {"A": 1, "B": 2}, {"lyon"}, 1))
    begun = inventory([node("nice")], {"A": {"nice": 3}}, products=[product("A", weight=9)])
    load.begin(client, keys, begun, verify_policies=lambda: ("",), micros=lambda: NOW * 1_000_000)
    client.redis.unlink(*client.names(keys.prefix + "staged:"))
    change(client, keys, known, ("load", {"A": 3, "C": 2}, {"lille"}, 2))
    verify_all(client, keys, known)
    tidy(client, keys)
    verify_all(client, keys, known)


def test_a_network_that_an_earlier_release_loaded_is_kept_from_the_next_load_on(client, keys):
    known = {}
    change(client, keys, known, ("load", {"A": 1}, {"lyon"}, 1))
    client.redis.hdel(keys.facts, "number")
    change(client, keys, known, ("products", {"A": 2}))
    change(client, keys, known, ("load", {"B": 1}, {"lyon"}, 1))
    verify_all(client, keys, known)


def test_a_load_that_is_not_finished_is_completed_by_who_reads(client, keys):
    begun = inventory([node("nice")], {"A": {"nice": 3}}, products=[product("A", weight=9)])
    load.begin(client, keys, begun, verify_policies=lambda: ("",), micros=lambda: NOW * 1_000_000)
    former = FormerFacts(client, keys)
    assert former.network(begun.network.version) == begun.network
    assert former.products(begun.network.version, ["A"])["A"][0].weight == 9


def test_a_version_that_is_not_kept_is_named(client, keys):
    change(client, keys, {}, ("load", {"A": 1}, {"lyon"}, 1))
    with pytest.raises(FactsForgotten, match="network version 4711 is not kept any more"):
        FormerFacts(client, keys).network("4711")


def test_what_no_decision_needs_any_more_is_forgotten(bare, client, keys):
    former = FormerFacts(client, keys)

    def load_and_decide(weight):
        bare.load(inventory([node("lyon")], {"A": {"lyon": 9}}, products=[product("A", weight=weight)]))
        activate(bare)
        return bare.decide(order(("A", 1))).record

    records = [load_and_decide(weight) for weight in (1, 2, 3)]
    load_and_decide(2)  # that of the second is there again
    load_and_decide(4)
    versions = [record.network_version for record in records]
    assert [former.products(version, ["A"])["A"][0].weight for version in versions] == [1, 2, 3]
    first = next(decision_log.decisions(client, keys))
    client.redis.xdel(keys.log, "-".join(map(str, first.id)))
    bare.load(inventory([node("lyon")], {"A": {"lyon": 9}}, products=[product("A", weight=5)]))
    with pytest.raises(FactsForgotten):
        former.network(versions[0])
    assert [former.products(version, ["A"])["A"][0].weight for version in versions[1:]] == [2, 3]
    client.redis.xtrim(keys.log, maxlen=0)
    bare.load(inventory([node("lyon")], {"A": {"lyon": 9}}, products=[product("A", weight=6)]))
    assert client.redis.zcard(keys.former_items) == 0
    assert client.redis.hlen(keys.former_versions) == 0
