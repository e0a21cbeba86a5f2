"""A network is not loaded without the nodes and articles of which units are to come or in quarantine."""

import pytest

from engine.errors import InputInvalid
from engine.inbound.stated_incoming import StatedIncoming
from engine.store.network import load
from engine.store.network.read import read_flow_starts
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, PARIS, inventory, node, order
from tests.support.returns import dispose, inspect, open_return
from tests.support.returns import receive as receive_back

SHOPS = [node("lyon", LYON), node("paris", PARIS)]
WITHOUT_A = inventory(SHOPS, {"B": {"lyon": 0}})
WITHOUT_LYON = inventory(SHOPS[1:], {"A": {"paris": 1}, "B": {"paris": 0}})


def mistakes(shop, loaded):
    before = shop.network().version
    with pytest.raises(InputInvalid) as caught:
        shop.load(loaded)
    assert shop.network().version == before
    return [str(item) for item in caught.value.mistakes]


def test_what_is_to_come_keeps_its_node_and_article(shop, announce, receive, promised):
    announce()
    promised("D", PO_1=4)
    hangs = (
        "there is no stock of 'A' at 'lyon' any more, but 'PO-1' is still to come there, 4 units of it promised;"
        " receive it or cancel it first"
    )
    assert mistakes(shop, WITHOUT_A) == [f"products.csv: sku: {hangs}"]
    assert mistakes(shop, WITHOUT_LYON) == [f"network.yaml: node: {hangs}"]
    receive(10)
    shop.load(WITHOUT_A)


def test_goods_on_their_way_are_named_with_what_ends_them(shop, announce):
    announce("transfer:T-1:A", source="transfer", owned=True)
    assert mistakes(shop, WITHOUT_A)[0].endswith("receive or cancel the transfer first")


def test_units_in_quarantine_keep_their_node_and_article(shop):
    shop.holds.confirm(json_of(shop.decide(order(("A", 3), id="O-1")))["id"])
    open_return(shop, _1=2)
    receive_back(shop, "O-1-R1", _1=2)
    hangs = "but 2 units of it that came back are in quarantine there; dispose of them first"
    assert mistakes(shop, WITHOUT_A) == [f"products.csv: sku: there is no stock of 'A' at 'lyon' any more, {hangs}"]
    assert len(mistakes(shop, WITHOUT_LYON)) == 1
    inspect(shop, "O-1-R1")
    dispose(shop, "O-1-R1")
    shop.load(WITHOUT_A)


def test_what_stock_csv_said_is_to_come_goes_with_its_article(shop):
    inbound = shop.flows.inbound
    stated = StatedIncoming(where="", node="lyon", sku="A", units=7, expected_at=NOW + 3_600)
    for _, message in inbound.messages_of([stated]):
        inbound.announce(message)
    shop.load(WITHOUT_A)
    ((_, message),) = inbound.messages_of([])
    assert inbound.announce(message).receipt.status == "cancelled"
    assert inbound.messages_of([]) == []


def test_of_an_article_that_is_gone_only_what_was_announced_can_be_cancelled(shop, announce):
    shop.load(WITHOUT_A)
    with pytest.raises(InputInvalid, match="no product goes by the SKU 'A'"):
        announce(status="cancelled")


@pytest.fixture
def while_staged(monkeypatch):
    """Lets somebody act once a network is staged that was verified, and before it is swapped in."""

    def patch(act):
        stage = load.stage

        def then_act(*given, **more):
            stage(*given, **more)
            act()

        monkeypatch.setattr(load, "stage", then_act)

    return patch


@pytest.mark.parametrize("what", ["announced", "came back", "opened again"])
def test_what_begins_while_a_network_is_staged_keeps_its_place(shop, announce, while_staged, redis_client, what):
    shop.holds.confirm(json_of(shop.decide(order(("A", 3), id="O-1")))["id"])
    open_return(shop, _1=2)
    announce("PO-2")
    announce("PO-2", status="cancelled", sequence=2)
    acts = {
        "announced": announce,
        "came back": lambda: receive_back(shop, "O-1-R1", _1=2),
        "opened again": lambda: announce("PO-2", sequence=3),
    }
    while_staged(acts[what])
    assert len(mistakes(shop, WITHOUT_A)) == 1
    assert redis_client.keys(f"{{{shop.settings.network}}}:staged:*") == []


def test_a_network_that_keeps_what_begins_while_it_is_staged_is_loaded(shop, announce, while_staged):
    sequences = iter(range(1, 9))
    while_staged(lambda: announce(f"PO-{next(sequences)}"))
    for loaded in (
        inventory([*SHOPS, node("lille", PARIS)], {"A": {"lyon": 1}}),
        inventory(SHOPS[:1], {"A": {"lyon": 1}}),
    ):
        assert shop.load(loaded)
        shop.ready()
        assert set(shop.network().nodes) == set(loaded.network.nodes)
    assert shop.flows.inbound.find("PO-2").to_come == 10
    assert shop.check().clean


def test_how_many_flows_have_begun_stays_so_in_another_network(shop, announce, client, keys):
    announce()
    before = read_flow_starts(client, keys)
    assert shop.load(inventory([*SHOPS, node("lille", PARIS)], {"A": {"lyon": 1}}))
    assert read_flow_starts(client, keys) == before == "1"
