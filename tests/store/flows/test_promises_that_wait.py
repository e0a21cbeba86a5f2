"""A promise at risk that nothing could mend waits for stock, in its rank among the orders that wait."""

import threading

import pytest

from engine.promise_watch.late_rerouting import LateRerouting
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.flows.promise_notes import PromiseNotes
from engine.store.flows.receipts import Delivery
from engine.store.stock import Movement
from tests.conftest import activate
from tests.store.flows.conftest import DAY
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, NOW, order

VIP = "when: {order.segment: vip}, then: {priority: 90}"


@pytest.fixture
def sells(shop):
    activate(shop, "then: {promise_from: confirmed}", VIP, "then: {hold: 30 d}")
    return shop


@pytest.fixture
def silent(sells, server_url, network, clock):
    """Another process on the same network, which makes no offers: others have to."""
    with Pointsman(Settings(redis_url=server_url, network=network, backlog="manual"), clock=clock) as process:
        yield process


@pytest.fixture
def stay(sells, announce):
    """Promises all that there is in Lyon, and then so many units of PO-1 to an order each, which gets late; answers
    their decisions.
    """

    def stay(*orders):
        announce(quantity=sum(units for units, _ in orders))
        sells.holds.confirm(ordered(sells, 5)["id"])
        made = [ordered(sells, units, segment=segment) for units, segment in orders]
        announce(quantity=sum(units for units, _ in orders), expected_at=NOW + 3 * DAY, sequence=2)
        turn = sells.flows.promise_watch.watch()
        assert (turn.moved, turn.stay) == (0, len(made))
        return made

    return stay


@pytest.fixture
def waiting(client, keys):
    """Who waits for A, the first to be offered some first."""

    def waiting():
        members = client.redis.zrange(keys.waiting, 0, -1)
        assert client.redis.hlen(keys.promises_waiting) == len([name for name in members if b" " in name])
        return [member.decode().rpartition("\n")[2] for member in members]

    return waiting


def ordered(shop, units, *, wait=False, **more):
    return json_of(shop.decide(order(("A", units), **more), wait=wait))


def moved(shop, *decisions):
    """Of each decision, whether another follows it."""
    return [len(shop.rerouting.chain(made["id"]).links) > 1 for made in decisions]


def found(shop, units, op="found", at="lyon"):
    shop.stock.move([Movement(op=op, sku="A", node=at, delta=units)])


def test_units_that_come_free_go_to_the_promise_at_risk_at_once(sells, stay, announce, waiting):
    (made,) = stay((4, None))
    assert waiting() == [f"{made['id']} 0"]
    found(sells, 3)
    assert moved(sells, made) == [False]  # which needs four
    found(sells, 1, op="one more")
    assert moved(sells, made) == [True]
    second = sells.rerouting.chain(made["id"]).links[1].record
    assert [(item.node, item.arrives_by) for item in second.shipments] == [("lyon", "2026-11-29T09:00:00Z")]
    assert second.follows.late.cause == "receipt_late"
    assert waiting() == []
    assert sells.flows.promise_watch.at_risk().shipments == ()
    assert {item.outcome for item in sells.replays.between(None, None)} == {"identical"}
    assert sells.check(whole=True).clean


def test_a_newcomer_gets_none_before_promises_of_its_priority(sells, silent, stay):
    (made,) = stay((4, None))
    found(silent, 5)
    assert moved(sells, made) == [False]  # nobody has offered it yet
    newcomer = ordered(sells, 5)
    assert moved(sells, made) == [True]
    # which gets what is left on hand, and the units of the receipt that are free now
    (shipment,) = newcomer["shipments"]
    assert [(item["receipt"], item["units"]) for item in shipment["lines"][0]["receipts"]] == [("PO-1", 4)]
    assert sells.check(whole=True).clean


def test_a_newcomer_of_a_higher_priority_goes_first(sells, silent, stay):
    (made,) = stay((4, None))
    found(silent, 5)
    assert ordered(sells, 5, segment="vip")["status"] == "filled"
    assert moved(sells, made) == [False]


def test_promises_and_orders_that_wait_are_served_by_priority(sells, silent, announce, waiting):
    announce(quantity=4)
    sells.holds.confirm(ordered(sells, 5)["id"])
    usual, vip = ordered(sells, 2), ordered(sells, 2, segment="vip")
    announce(quantity=4, status="cancelled", sequence=2)
    assert sells.flows.promise_watch.watch().stay == 2
    waits = ordered(sells, 2, id="waits", wait=True, placed_at=NOW + 1)
    first = ordered(sells, 2, id="first", wait=True, segment="vip", placed_at=NOW + 1)
    assert waiting() == [f"{vip['id']} 0", first["id"], f"{usual['id']} 0", waits["id"]]
    for number, expected in enumerate([[False, True, 0, 0], [False, True, 2, 0], [True, True, 2, 0]]):
        found(silent, 2, op=f"{number}", at="paris")
        assert ordered(sells, 1)["status"] == "unfilled"
        shown = [*moved(sells, usual, vip), *(sells.orders.show(name).units("held") for name in ("first", "waits"))]
        assert shown == expected
    assert sells.check(whole=True).clean


def test_a_receipt_that_comes_earlier_serves_it(sells, stay, announce):
    (made,) = stay((4, None))
    announce("PO-2", quantity=4, expected_at=NOW + 5 * DAY)
    assert moved(sells, made) == [False]
    announce("PO-2", quantity=4, expected_at=NOW + 2 * DAY, sequence=2)
    second = sells.rerouting.chain(made["id"]).links[1].record
    assert second.shipments[0].lines[0].receipts[0].receipt == "PO-2"
    assert sells.flows.inbound.find("PO-1").promised == 0
    assert sells.check(whole=True).clean


def test_what_comes_free_while_it_is_looked_at_is_offered_too(sells, silent, announce, monkeypatch):
    """After it was looked at, and before it is noted that it stays."""
    announce()
    sells.holds.confirm(ordered(sells, 5)["id"])
    made = ordered(sells, 4)
    announce(expected_at=NOW + 3 * DAY, sequence=2)
    note = PromiseNotes.note

    def find_some_first(self, what, *given, **more):
        if what.kind == "promise_stays":
            found(silent, 4)
        return note(self, what, *given, **more)

    monkeypatch.setattr(PromiseNotes, "note", find_some_first)
    assert sells.flows.promise_watch.watch().stay == 1
    assert moved(sells, made) == [False]
    assert ordered(sells, 4)["status"] == "filled"
    assert moved(sells, made) == [True]
    assert sells.flows.inbound.find("PO-1").promised == 4  # the newcomer's


@pytest.fixture
def lose_index(client, keys):
    return lambda: client.redis.delete(keys.waiting, keys.promises_waiting, keys.offered)


@pytest.mark.parametrize("ends", ["by release", "by arrival"])
def test_who_is_at_risk_no_more_keeps_nothing_from_others(silent, sells, stay, waiting, ends):
    (made,) = stay((4, None))
    if ends == "by release":
        silent.holds.release(made["id"])
    else:
        silent.flows.inbound.receive("PO-1", Delivery(units=4))
    found(silent, 2)
    assert ordered(sells, 2)["status"] == "filled"
    assert waiting() == []
    assert moved(sells, made) == [False]
    assert sells.check(whole=True).clean


def test_the_index_is_made_anew_once_a_day(sells, stay, waiting, lose_index, clock):
    (made,) = stay((4, None))
    lose_index()
    found(sells, 4)
    clock.now += DAY + HOUR
    assert sells.flows.promise_watch.watch().moved == 0
    assert waiting() == [f"{made['id']} 0"]
    assert sells.take_turn()  # what came free meanwhile is offered
    assert moved(sells, made) == [True]


def test_several_processes_offer_at_once_and_it_is_moved_once(opened, sells, silent, stay):
    decisions = stay(*[(1, None)] * 4)
    found(silent, 3)
    processes = [opened() for _ in range(3)]
    threads = [threading.Thread(target=ordered, args=(item, 1), kwargs={"wait": True}) for item in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(moved(sells, *decisions)) == 3
    assert all(len(sells.rerouting.chain(made["id"]).links) <= 2 for made in decisions)
    assert sells.check(whole=True).clean


def test_an_order_that_waits_and_ranks_before_a_promise_goes_first_when_that_is_looked_at_first(
    sells, silent, announce
):
    announce(quantity=4)
    sells.holds.confirm(ordered(sells, 5)["id"])
    made = ordered(sells, 4)
    ordered(sells, 4, id="waits", wait=True, segment="vip")
    announce(quantity=4, expected_at=NOW + 3 * DAY, sequence=2)
    found(silent, 4)
    turn = sells.flows.promise_watch.watch()
    assert (len(turn.raised), turn.moved) == (1, 0)
    assert sells.orders.show("waits").units("held") == 4
    assert moved(sells, made) == [False]
    assert sells.check(whole=True).clean


def test_units_on_hand_are_better_than_a_receipt_of_which_nobody_knows_when_it_comes(sells, announce, clock):
    """Though they arrive no earlier than if that came now."""
    announce(quantity=4)
    sells.holds.confirm(ordered(sells, 5)["id"])
    made = ordered(sells, 4)
    clock.now = NOW + 2 * DAY  # after the promise, too
    assert sells.flows.promise_watch.watch().stay == 1
    found(sells, 4)
    assert moved(sells, made) == [True]
    assert sells.check(whole=True).clean


@pytest.fixture
def take_turn(sells, client, keys):
    """As the worker's thread does."""

    def take_turn():
        client.redis.delete(keys.offering)
        assert sells.take_turn()

    return take_turn


def test_what_is_there_is_offered_once_more_on_another_day(sells, stay, clock, take_turn, monkeypatch):
    (made,) = stay((4, None))
    take_turn()
    with monkeypatch.context() as broken:  # the first time, it can't be looked at
        broken.setattr(LateRerouting, "run_offered", lambda *_: "later")
        found(sells, 4)
    take_turn()
    assert moved(sells, made) == [False]
    clock.now += DAY
    take_turn()
    assert moved(sells, made) == [True]
