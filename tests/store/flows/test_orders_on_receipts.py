"""Orders that are decided on what is to come, from the decision to the goods that leave."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.decide.record import to_json
from engine.errors import PointsmanError, StockConflict
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.living_orders import OrderFilter
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from engine.store.ledger import Ledger
from tests.conftest import activate
from tests.store.flows.conftest import DAY
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, PARIS, inventory, node, order
from tests.support.order_json import shipped_units

FROM_CONFIRMED = "then: {promise_from: confirmed}"


@pytest.fixture
def runs_backlog():
    return "auto"


@pytest.fixture
def sells(shop):
    """Lets what is confirmed be promised, and nothing be kept."""

    def sells(*rules):
        activate(shop, FROM_CONFIRMED, *rules)
        return shop

    return sells


def of_receipts(decided):
    """Units by receipt."""
    return {
        item["receipt"]: item["units"]
        for shipment in decided["shipments"]
        for line in shipment["lines"]
        for item in line.get("receipts", [])
    }


def verify_replays(shop):
    found = list(shop.replays.between(None, None))
    assert {item.outcome for item in found} == {"identical"}, [item for item in found if item.outcome != "identical"]
    assert shop.check().clean


def test_an_order_held_on_a_receipt_leaves_once_that_has_arrived(sells, announce, receive, coming, clock):
    shop = sells()
    announce()
    decided = json_of(shop.decide(order(("A", 8))))
    assert (decided["status"], of_receipts(decided)) == ("filled", {"PO-1": 8})
    assert coming()[0].promised == 8
    with pytest.raises(StockConflict, match="still to come"):
        shop.holds.confirm(decided["id"])
    clock.now = NOW + DAY
    receive(10)
    shop.holds.confirm(decided["id"])
    verify_replays(shop)


def test_an_order_says_which_of_its_units_are_still_to_come_and_is_not_to_be_confirmed_before(sells, announce, receive):
    shop = sells()
    announce()
    shop.decide(order(("A", 8), id="O-1"))

    def awaited():
        state = shop.orders.show("O-1")
        (listed,) = shop.orders.list(OrderFilter(), limit=10).orders
        assert listed == state
        pegs = [(peg.sku, peg.units, peg.receipt, peg.expected_at) for item in state.shipments for peg in item.pegs]
        return pegs, "confirm" in dict(state.actions)

    assert awaited() == ([("A", 8, "PO-1", NOW + DAY)], False)
    receive(3)
    assert awaited() == ([("A", 5, "PO-1", NOW + DAY)], True)
    announce(sequence=2, expected_at=NOW + 2 * DAY)
    assert awaited() == ([("A", 5, "PO-1", NOW + 2 * DAY)], True)
    receive(7)
    assert awaited() == ([], True)


def test_the_next_order_is_promised_what_is_left_and_the_facts_say_so(sells, announce):
    shop = sells("then: {slack: 1 day, haircut: 10%}")
    announce()
    first, second, third = (json_of(shop.decide(order(("A", 5)))) for _ in range(3))
    assert (of_receipts(first), of_receipts(second)) == ({}, {"PO-1": 5}), (
        "what is there goes first: it waits for nothing"
    )
    assert of_receipts(third) == {"PO-1": 4}
    assert [item["reasons"][0]["code"] for item in third["unfilled"]] == ["not_enough"]
    verify_replays(shop)


def test_a_receipt_that_gets_later_meanwhile_is_decided_again(sells, announce, coming, monkeypatch):
    """Between what is read and the commit."""
    shop = sells()
    announce()
    read = shop._facts.read
    moved = []

    def read_then_late(*given, **more):
        answer = read(*given, **more)
        if not moved:
            moved.append(announce(sequence=2, expected_at=NOW + 4 * DAY))
        return answer

    monkeypatch.setattr(shop._facts, "read", read_then_late)
    decided = json_of(shop.decide(order(("A", 8))))
    assert decided["shipments"][0]["ready_at"] == "2026-12-01T09:00:00Z"
    monkeypatch.undo()
    verify_replays(shop)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 2, "status": "cancelled"},
        {"sequence": 2, "expected_at": NOW + 4 * DAY},
        {"sequence": 2, "quantity": 7},
        {"sequence": 2, "status": "in_transit"},
        {"name": "PO-2"},
    ],
)
@pytest.mark.parametrize("condition", ["stock.incoming: {more_than: 7}", "stock.next_arrival: {at_most: 1 d}"])
def test_a_floor_that_depends_on_what_is_to_come_is_checked_again(shop, announce, monkeypatch, condition, change):
    """Between what is read and the commit: without that, an order could take what is kept since."""
    activate(shop, f"when: {{{condition}}}, then: {{keep: 1}}")
    announce()
    commit, given = Ledger.commit, []

    def commit_later(*args, **more):
        given.append(args)
        if len(given) == 1:
            announce(**change)
        return commit(*args, **more)

    monkeypatch.setattr(Ledger, "commit", commit_later)
    json_of(shop.decide(order(("A", 4))))
    assert len(given) == 2
    monkeypatch.undo()
    verify_replays(shop)


def test_receipts_may_change_where_no_floor_depends_on_them(shop, announce, monkeypatch):
    read, reads = shop._facts.read, []

    def read_then_more(*given, **more):
        reads.append(read(*given, **more))
        announce()
        return reads[-1]

    monkeypatch.setattr(shop._facts, "read", read_then_more)
    assert shipped_units(json_of(shop.decide(order(("A", 4))))) == 4
    assert len(reads) == 1


def test_an_order_waits_on_backorder_with_an_estimate_and_gets_what_arrives(shop, announce, receive, clock):
    activate(shop, "when: {product.sku: A}, then: {backorder: true}")
    announce()
    decided = json_of(shop.decide(order(("A", 9), ("B", 2))))
    by_line = {item["line"]: item for item in decided["unfilled"]}
    assert (decided["waiting"], decided["waiting_lines"]) == (True, ["1"])
    assert by_line["1"]["backorder"] is True
    assert by_line["1"]["estimate"] == {
        "units": 4,
        "receipts": [{"receipt": "PO-1", "units": 4, "expected_at": "2026-11-28T09:00:00Z"}],
        "ships_at": "2026-11-28T09:00:00Z",
        "arrives_by": "2026-11-30T09:00:00Z",
    }
    assert [item["code"] for item in by_line["1"]["reasons"]] == ["not_promised"]
    assert [place.entry.units for place in shop.backlog.page(limit=9).places] == [{"1": 4}]
    clock.now = NOW + DAY
    receive(10)
    assert not shop.backlog.page(limit=9).places
    verify_replays(shop)


def test_who_waits_is_promised_a_receipt_before_newcomers(sells, announce):
    shop = sells()
    waiting = json_of(shop.decide(order(("A", 9)), wait=True))
    assert shipped_units(waiting) == 5
    announce(quantity=6)
    (follow_up,) = [item.record for item in shop.replays.between(None, None)][1:]
    follow_up = json.loads(to_json(follow_up))
    assert of_receipts(follow_up) == {"PO-1": 4}
    assert of_receipts(json_of(shop.decide(order(("A", 9))))) == {"PO-1": 2}
    verify_replays(shop)


def test_a_load_of_the_network_leaves_what_is_to_come_to_be_promised(sells, announce):
    shop = sells()
    announce()
    shop.load(inventory([node("lyon", LYON), node("paris", PARIS)], {"A": {"lyon": 5}, "B": {"lyon": 7}}))
    assert of_receipts(json_of(shop.decide(order(("A", 9))))) == {"PO-1": 9}


def test_orders_of_a_batch_share_what_is_to_come(sells, announce):
    shop = sells()
    announce()
    results = list(shop.batch([order(("A", 4)) for _ in range(4)]).results())
    decided = [json_of(item.answer) for item in results]
    assert sorted(shipped_units(item) for item in decided) == [3, 4, 4, 4]
    assert sum(units for item in decided for units in of_receipts(item).values()) == 10
    verify_replays(shop)


def test_a_preorder_of_what_is_there_is_held_and_leaves_on_its_day(shop, clock):
    activate(shop, "then: {preorder_from: 2026-12-12}")
    decided = json_of(shop.decide(order(("A", 2))))
    (shipment,) = decided["shipments"]
    assert (shipment["ready_at"], shipment["lines"][0]["preorder_from"]) == ("2026-12-11T23:00:00Z", "2026-12-12")
    assert decided["hold"]["expires_at"] == shipment["ships_at"]
    assert shop.stock.show("A").nodes[0].position.held == 2
    shop.holds.release(decided["id"])
    assert shop.check().clean
    verify_replays(shop)


def test_an_order_on_a_receipt_can_be_amended_and_cancelled(sells, announce, coming):
    shop = sells()
    announce()
    placed = order(("A", 8))
    shop.decide(placed)
    shop.amendments.amend(AmendRequest(order=order(("A", 11), id=placed.id), waits=False))
    assert coming()[0].promised >= 6
    shop.cancellations.cancel(CancelRequest(order=placed.id))
    assert coming()[0].promised == 0
    verify_replays(shop)


def test_a_quote_promises_what_is_to_come_and_is_taken_up(sells, announce):
    shop = sells()
    announce()
    quote = shop.quotes.make(QuoteRequest(cart=order(("A", 8), id=""), deliveries=("standard",)))
    promise = quote.promises[0]
    assert [shipment.ready_at for shipment in promise.shipments] == ["2026-11-28T09:00:00Z"]
    taken = json_of(
        shop.quote_take_up.take(TakeRequest(quote=quote.id, promise=promise.promise, order_id="O-1"), caller="")
    )
    assert (of_receipts(taken), taken["quote"]["kept"]) == ({"PO-1": 8}, True)
    verify_replays(shop)


def test_never_more_is_promised_than_comes(sells, announce, receive, coming):
    """Eight threads sell on three receipts, while they arrive in parts, and orders are cancelled."""
    shop = sells("then: {haircut: 10%}")
    for number in range(1, 4):
        announce(f"PO-{number}", quantity=20, expected_at=NOW + number * DAY)
    decided, lock = [], threading.Lock()

    def sell(seed):
        chance = random.Random(seed)
        for _ in range(6):
            answer = json_of(shop.decide(order(("A", chance.randint(1, 5)))))
            with lock:
                decided.append(answer)
                mine = chance.choice(decided)
            if chance.random() < 0.3:
                try:
                    shop.cancellations.cancel(CancelRequest(order=mine["order"]["id"]))
                except PointsmanError:
                    continue
            elif chance.random() < 0.4:
                try:
                    receive(chance.randint(1, 4), f"PO-{chance.randint(1, 3)}")
                except PointsmanError:
                    continue

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(sell, seed) for seed in range(8)]:
            done.result()
    audit = shop.check()
    assert audit.clean
    position = shop.stock.show("A").nodes[0].position
    assert position.held <= position.on_hand
    for receipt in coming():
        assert 0 <= receipt.promised <= receipt.to_come
    verify_replays(shop)
