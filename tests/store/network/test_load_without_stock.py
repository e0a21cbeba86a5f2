"""A network is loaded without products and stock: its places, services and carriers change, and no more."""

import dataclasses

import orjson
import pytest

from engine.actor import act_as
from engine.errors import InputInvalid, NotReady
from engine.model.demand import DemandTerms
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.keys import Keys
from engine.store.network.change import change_network
from engine.store.network.on_time_rates import with_rates
from engine.store.stock import Movement
from rules.vocabulary import Kind
from tests.conftest import activate, contents_of
from tests.support.facts import LILLE, LYON, NOW, inventory, network, node, order, product
from tests.support.lossy_proxy import proxy, script_call
from tests.support.parcels import LYON_ADDRESS, dpd

NODES = (node("lyon", LYON), node("lille", LILLE))
FABRIC = product("FABRIC", decimals=2, unit="m")
OF_THE_NETWORK = (b":facts", b":log", b":former:versions", b":former:names", b":former:items", b":former:networks")


@pytest.fixture
def shop(bare):
    """Two nodes with stock, some of which left since it was loaded, and some of which is held."""
    bare.load(
        inventory(
            NODES,
            {"SHIRT": {"lyon": 9, "lille": 4}, "FABRIC": {"lyon": 500}},
            products=[FABRIC],
            decimals={"FABRIC": 2},
        )
    )
    activate(bare)
    bare.stock.move([Movement(op="m1", node="lyon", sku="SHIRT", delta=-2)])
    bare.decide(order(("SHIRT", 1)))
    return bare


@pytest.fixture
def proxied_worker(bare, server_url, network, clock):
    """Another worker on the network, and the proxy through which it talks to the server."""
    with proxy(server_url) as before, Pointsman(Settings(redis_url=before.url, network=network), clock=clock) as worker:
        yield before, worker


def act_once_before(before, act):
    """Act before the first request that would store the network."""
    acted = []

    def once():
        if not acted:
            acted.append(True)
            act()

    before.before, before.act = script_call("change_facts"), once


def with_address(**more):
    """The shop's network, in which Lyon has an address."""
    return network([dataclasses.replace(NODES[0], address=LYON_ADDRESS), NODES[1]], **more)


def changes(shop):
    """The log's entries of changes of the network."""
    return [entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "network_changed"]


def mistakes(shop, changed):
    version = shop.network().version
    with pytest.raises(InputInvalid) as caught:
        shop.load_network(changed)
    assert shop.network().version == version
    assert changes(shop) == []
    return {item.field: item.message for item in caught.value.mistakes}


def test_what_the_file_says_of_places_changes_and_all_else_stays(shop, redis_client, network):
    before = contents_of(redis_client, network)
    assert shop.load_network(with_address())
    assert shop.network().nodes["lyon"].address == LYON_ADDRESS
    after = contents_of(redis_client, network)
    others = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert {name for name in others if not name.endswith(OF_THE_NETWORK)} == set()
    assert redis_client.hget(Keys(network).on_hand("SHIRT"), "lyon") == b"7"
    assert shop.check().clean


def test_one_entry_of_the_log_says_who_did_it_and_what_is_another(shop):
    before = shop.network().version
    act_as("Ada", through="cli", origin="ada@desk")
    shop.load_network(with_address(carriers={"dpd": dpd(0, 99)}))
    (entry,) = changes(shop)
    assert (entry.by, entry.origin) == ("Ada", "ada@desk")
    assert orjson.loads(entry.body) == {"before": before, "parts": ["carriers", "nodes"], "nodes": ["lyon"]}
    assert entry.decision == shop.network().version != before


def test_the_same_network_again_changes_nothing_and_logs_nothing(shop):
    shop.load_network(with_address())
    version = shop.network().version
    assert not shop.load_network(with_address())
    assert shop.network().version == version
    assert len(changes(shop)) == 1


def test_what_was_learnt_of_services_and_the_decimals_of_articles_stay(shop):
    rates = {"parcel": {"lyon": {"FR": 9_500}}}
    loaded = shop.network()
    assert change_network(shop._client, shop._keys, loaded, with_rates(loaded, rates), details={}, now=NOW)
    shop.load_network(with_address())
    assert shop.network().services["parcel"].on_time == rates["parcel"]
    assert shop.network().decimals == {"FABRIC": 2}
    assert shop.network().nodes["lyon"].address == LYON_ADDRESS


def test_a_new_place_and_a_new_kind_of_article_are_taken(shop):
    attributes = {"product.attributes.hazmat": Kind.FLAG}
    shop.load_network(network([*NODES, node("nice", LYON)], attributes=attributes))
    assert set(shop.network().nodes) == {"lyon", "lille", "nice"}
    assert shop.network().attributes == attributes


def test_a_place_that_is_taken_out_is_refused_since_its_stock_would_go_with_it(shop):
    assert mistakes(shop, network(NODES[:1])) == {
        "nodes": "node 'lille' is loaded and not in the file, and its stock would go with it; load the folder whole"
        " (pointsman load DIR)"
    }


def test_what_gives_products_that_stay_another_meaning_is_refused(bare):
    attributes = {"product.attributes.hazmat": Kind.FLAG, "product.attributes.shelf_life": Kind.NUMBER}
    learnt = DemandTerms(source="log")
    bare.load(inventory(NODES, {"SHIRT": {"lyon": 9}}, attributes=attributes, demand=learnt))
    changed = network(NODES, attributes={"product.attributes.hazmat": Kind.WORD}, currency="USD")
    found = mistakes(bare, changed)
    assert set(found) == {"currency", "attributes.product", "demand.from"}
    with pytest.raises(InputInvalid) as caught:
        bare.load_network(changed)
    said = " ".join(item.message for item in caught.value.mistakes)
    assert "'EUR' is loaded" in said
    assert "'hazmat: flag' is loaded" in said
    assert "'shelf_life: number' is loaded" in said


def test_a_network_that_the_policies_do_not_fit_is_refused(bare):
    bare.load(inventory(NODES, {"SHIRT": {"lyon": 9}}, attributes={"node.attributes.franchise": Kind.FLAG}))
    activate(bare, "when: {node.attributes.franchise: true}, then: {exclude: true}")
    assert "franchise" in str(mistakes(bare, network(NODES)))


def test_a_policy_that_is_activated_meanwhile_is_held_against_the_network_too(bare, proxied_worker):
    franchise = {"node.attributes.franchise": Kind.FLAG}
    bare.load(inventory(NODES, {"SHIRT": {"lyon": 9}}, attributes=franchise))
    activate(bare)
    before, worker = proxied_worker
    act_once_before(before, lambda: activate(bare, "when: {node.attributes.franchise: true}, then: {exclude: true}"))
    with pytest.raises(InputInvalid, match="franchise"):
        worker.load_network(network(NODES))
    assert bare.network().attributes == franchise


def test_a_policy_that_is_activated_meanwhile_and_fits_is_no_reason_to_refuse(shop, proxied_worker):
    before, worker = proxied_worker
    act_once_before(before, lambda: activate(shop, "then: {hold: 1 h}"))
    assert worker.load_network(with_address())
    assert shop.master_data.node("lyon")[1].address == LYON_ADDRESS
    assert len(changes(shop)) == 1


def test_a_place_that_is_added_meanwhile_is_not_lost(shop, proxied_worker):
    before, worker = proxied_worker
    act_once_before(before, lambda: shop.master_data.put_nodes(lambda _: [node("nice", LYON)]))
    with pytest.raises(InputInvalid, match="'nice' is loaded and not in the file"):
        worker.load_network(with_address())
    assert shop.master_data.node("nice")[1] == node("nice", LYON)


def test_there_has_to_be_a_network_with_stock_before(bare):
    with pytest.raises(NotReady, match="pointsman load DIR"):
        bare.load_network(with_address())
