"""Stock in motion from end to end: a transfer that arrives short, a promise on it, a return, and what was learnt."""

import time

import pytest

from engine.model.demand import DemandTerms
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.model.transfers import TransferLine
from engine.store.flows.receipts import Delivery
from engine.store.stock import Movement
from engine.transfers.transfers import NewTransfer
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, order, product
from tests.support.returns import disposed, inspect, open_return, receive

DAY = 86_400
WINDOW = 10
ALL = NodeNames(nodes=frozenset({"lyon", "lille", "paris"}))
RULES = (
    "then: {promise_from: in_transit, hold: 30 d}",
    "when: {return.grade: as_new}, then: {disposition: restock}",
)

KINDS = {"transfer_shipped", "promise_at_risk", "return_disposed", "expected", "received", "demand_learnt"}


@pytest.fixture
def shop(bare, clock):
    """Eight of A, all in Lyon; Lille sells most. The log begins at noon, as long ago as is learnt from."""
    clock.now = (int(time.time()) // DAY - WINDOW - 1) * DAY + 43_200
    bare.load(
        inventory(
            [node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)],
            {"A": {"lyon": 8, "lille": 0, "paris": 0}},
            products=[product("A", margin=10 * EURO)],
            paces={"A": {"lyon": 200, "lille": 3_000, "paris": 10}},
            transfer_lanes=(TransferLane(origin=ALL, goal=ALL, takes=24 * 60, per_unit=EURO),),
            demand=DemandTerms(source="log", window=WINDOW, method="mean"),
        )
    )
    activate(bare, *RULES)
    return bare


def ordered(shop, clock, units, name):
    made = json_of(shop.decide(order(("A", units), id=name, country="FR", placed_at=clock.now)))
    assert made["status"] == "filled"
    return made


def on_hand(shop):
    return {item.node: item.position.on_hand for item in shop.stock.show("A").nodes if item.position.on_hand}


def coming(shop):
    return {
        item.id: item.to_come
        for receipts in shop.flows.inbound.coming("A").values()
        for item in receipts
        if item.to_come
    }


def verify(shop):
    """The ledger is as the log says, and each decision comes out the same again, to the byte."""
    assert shop.check(whole=True).drifts == ()
    assert {item.outcome for item in shop.replays.between(None, None)} <= {"identical"}


def test_goods_keep_their_count_and_promises_on_the_whole_way(shop, clock):
    transfers = shop.flows.transfers
    transfers.create(NewTransfer(id="T-1", origin="lyon", goal="lille", lines=[TransferLine(sku="A", units=8)]))
    transfers.approve("T-1")
    transfers.ship("T-1")
    verify(shop)
    assert (on_hand(shop), coming(shop)) == ({}, {"transfer:T-1:A": 8})

    first, second = ordered(shop, clock, 6, "O-1"), ordered(shop, clock, 2, "O-2")
    assert shop.flows.inbound.find("transfer:T-1:A").promised == 8
    verify(shop)

    clock.now += DAY
    transfers.receive("T-1", {"A": 5}, closes=True)
    verify(shop)
    assert (on_hand(shop), coming(shop)) == ({"lille": 5}, {})

    shop.stock.move([Movement(op="found", sku="A", node="paris", delta=6)])
    turn = shop.flows.promise_watch.watch()
    verify(shop)
    assert (len(turn.raised), turn.moved, turn.stay) == (2, 2, 0)
    assert shop.flows.promise_watch.at_risk().shipments == ()
    left = [shop.rerouting.chain(made["id"]).links[-1].record for made in (first, second)]
    assert [record.shipments[0].node for record in left] == ["paris", "lille"]
    for record in left:
        shop.holds.confirm(record.id)
    verify(shop)
    assert on_hand(shop) == {"lille": 3}

    open_return(shop, "O-1", _1=3)
    receive(shop, "O-1-R1", node="paris", _1=3)
    verify(shop)
    inspect(shop, "O-1-R1")
    verify(shop)
    (group,) = disposed(shop, "O-1-R1").state.stored.groups
    verify(shop)
    assert (group.disposition, group.place, group.rules) == ("restock", "lille", ("test/r2",))
    assert (on_hand(shop), coming(shop)) == ({"lille": 3}, {"O-1-R1:1": 3})

    clock.now += DAY
    shop.flows.inbound.receive("O-1-R1:1", Delivery(units=3))
    verify(shop)
    assert (on_hand(shop), coming(shop)) == ({"lille": 6}, {})

    clock.now = (int(time.time()) // DAY) * DAY + 43_200
    shop.flows.demand.learn()
    verify(shop)
    (learnt,) = [item for item in shop.flows.demand.show("A").nodes if item.learnt is not None]
    assert (learnt.node, learnt.pace, learnt.learnt.units, learnt.learnt.days) == ("lille", 200, 2, WINDOW)
    assert {item.kind for item in shop.entries(on_damaged=pytest.fail)} >= KINDS
