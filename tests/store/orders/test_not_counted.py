"""Products that are not counted, gift cards and services: they need no stock and no parcel."""

import dataclasses

import pytest

from engine.errors import AlreadyShipped, AwaitingApproval, HoldEnded, InputInvalid, NotFound
from engine.inventory.position_checks import not_counted
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.quotes.quotes import PageRequest, QuoteRequest
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, inventory, node, order, product

CARD = product("CARD", weight=0, counted=False)
WHOLE_IN_ONE = "then: {max_shipments: 1, ship_complete: true}"


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def load(bare):
    """Puts so many books in Lyon; gift cards are not counted, unless `card` says otherwise."""

    def load(books=5, card=CARD, **cards):
        bare.load(inventory([node("lyon", LYON)], {"BOOK": {"lyon": books}, "CARD": cards}, products=[card]))

    return load


@pytest.fixture
def shop(bare, load):
    load()
    activate(bare)
    return bare


def placed(*lines, **more):
    return order(*lines, id="O-1", **more)


def amend(shop, *lines):
    return shop.amendments.amend(AmendRequest(order=placed(*lines)))


def states(shop):
    """By line, the units in each state that has some."""
    lines = shop.orders.show("O-1").lines
    return {line.line: {state: count for state, count in line.units.items() if count} for line in lines}


def test_the_other_lines_decide_the_shipments(shop):
    activate(shop, WHOLE_IN_ONE)
    decided = json_of(shop.decide(placed(("BOOK", 1), ("CARD", 2))))
    assert decided["status"] == "filled"
    assert [part["lines"] for part in decided["shipments"]] == [[{"line": "1", "sku": "BOOK", "quantity": 1}]]
    assert decided["not_counted"] == [{"line": "2", "sku": "CARD", "quantity": 2}]
    assert states(shop) == {"1": {"held": 1}, "2": {"not_counted": 2}}
    assert shop.check().clean


def test_rules_see_the_whole_order(shop):
    activate(shop, "when: {order.lines: 2, order.units: 2}, then: {priority: 90}")
    assert json_of(shop.decide(placed(("BOOK", 1), ("CARD", 1))))["rules"]["fired"] == {"test/r1": 1}


def test_what_is_not_counted_is_filled_whatever_else_is_lacking(shop):
    decided = json_of(shop.decide(placed(("BOOK", 9), ("CARD", 1)), wait=True))
    assert (decided["status"], states(shop)) == ("partial", {"1": {"held": 5, "waiting": 4}, "2": {"not_counted": 1}})
    alone = json_of(shop.decide(order(("BOOK", 9), ("CARD", 1), id="O-2")))
    assert (alone["status"], alone["score"]["unfilled_units"]) == ("partial", 9)
    shop.stock.move([Movement(op="m", node="lyon", sku="BOOK", delta=4)])
    (later,) = (json_of(answer) for answer in shop.backlog.run(limit=9).answers)
    assert later["shipments"][0]["lines"][0]["quantity"] == 4
    assert "not_counted" not in later, "only what waited is decided again"
    assert states(shop) == {"1": {"held": 9}, "2": {"not_counted": 1}}
    assert shop.check().clean


def test_an_order_of_nothing_else_is_filled_and_holds_nothing(shop):
    decided = json_of(shop.decide(placed(("CARD", 3), deliver_on=None)))
    assert (decided["status"], decided["shipments"], decided["hold"]) == ("filled", [], None)
    with pytest.raises(HoldEnded, match="ships nothing"):
        shop.holds.confirm(decided["id"])
    assert [action for action, _ in shop.orders.show("O-1").actions] == ["cancel", "amend"]
    assert json_of(shop.decide(placed(("CARD", 3))))["id"] == decided["id"], "sent again, it is answered"


def test_for_a_nominated_day_nothing_of_it_is_scheduled(shop):
    day = dataclasses.replace(placed(("CARD", 1)), deliver_on=739_950)
    assert json_of(shop.decide(day))["status"] == "filled"


def test_units_that_need_no_stock_are_cancelled_like_others(shop):
    shop.decide(placed(("BOOK", 1), ("CARD", 3)))
    cancelled = shop.cancellations.cancel(CancelRequest(order="O-1", lines={"CARD": 2}))
    assert [(item.line, item.quantity, item.was) for item in cancelled.units] == [("2", 2, "not_counted")]
    assert states(shop) == {"1": {"held": 1}, "2": {"cancelled": 2, "not_counted": 1}}
    with pytest.raises(InputInvalid, match="2 x 'CARD' can't be cancelled: 1 can"):
        shop.cancellations.cancel(CancelRequest(order="O-1", lines={"CARD": 2}))
    shop.cancellations.cancel(CancelRequest(order="O-1"))
    assert states(shop) == {"1": {"cancelled": 1}, "2": {"cancelled": 3}}
    assert shop.check().clean


def test_an_amendment_takes_more_and_fewer_of_them_without_a_decision(shop):
    shop.decide(placed(("BOOK", 1), ("CARD", 1)))
    for cards in (4, 2):
        assert amend(shop, ("BOOK", 1), ("CARD", cards)).decision is None
        assert states(shop) == {"1": {"held": 1}, "2": {"not_counted": cards}}
    decided = json_of(amend(shop, ("BOOK", 1), ("CARD", 2), ("CARD", 7)).decision)
    assert decided["not_counted"] == [{"line": "3", "sku": "CARD", "quantity": 7}]
    assert states(shop) == {"1": {"held": 1}, "2": {"not_counted": 2}, "3": {"not_counted": 7}}
    amend(shop, ("BOOK", 1), ("BOOK", 2))
    assert states(shop) == {"1": {"held": 1}, "2": {"held": 2}}, "line 2 is of another product now"
    assert shop.check().clean


def test_a_person_approves_an_order_of_gift_cards(shop):
    activate(shop, "then: {approve: true}")
    shop.decide(placed(("CARD", 1)))
    assert shop.orders.show("O-1").states == ("not_counted", "awaiting_approval")
    shop.orders.approve("O-1", who="a person", note="")
    assert shop.orders.show("O-1").states == ("not_counted",)
    assert shop.check().clean


def test_a_product_that_was_counted_keeps_the_units_that_are_held(shop, load):
    load(card=dataclasses.replace(CARD, counted=True), lyon=2)
    name = json_of(shop.decide(placed(("CARD", 3)), wait=True))["id"]
    load()
    (later,) = shop.backlog.run(limit=9).answers or [None]
    assert later is None, "nothing arrived; a load of the stock offers none"
    shop.orders.wait("O-1")
    assert states(shop) == {"1": {"held": 2, "waiting": 1}}
    assert shop.holds.confirm(name).shipments
    assert states(shop) == {"1": {"shipped": 2, "waiting": 1}}
    with pytest.raises(AlreadyShipped):
        amend(shop, ("CARD", 1))
    assert shop.check().clean


def test_a_product_that_is_counted_from_now_on_stays_filled_where_it_was_decided(shop, load):
    shop.decide(placed(("CARD", 3)))
    load(card=dataclasses.replace(CARD, counted=True), lyon=2)
    assert states(shop) == {"1": {"not_counted": 3}}
    assert json_of(shop.decide(order(("CARD", 3), id="O-2")))["status"] == "partial"
    assert shop.check().clean


def test_its_availability_is_any_number(shop):
    items = {item.sku: item.free for item in shop.stock.availability(["BOOK", "CARD"], "web").skus}
    assert items == {"BOOK": 5, "CARD": None}
    blocks = shop.availability_feed.read("web").blocks
    assert {item.sku: item.free for block in blocks for item in block} == {"BOOK": 5, "CARD": None}
    assert [shop.stock.show(sku).counted for sku in ("BOOK", "CARD")] == [True, False]


def test_stock_of_it_is_refused(shop):
    stamp = Stamp(kind="s", number=1)
    with pytest.raises(NotFound, match="'CARD' is not counted, so it has no stock"):
        shop.stock.set_count(Count(node="lyon", sku="CARD", on_hand=1, stamp=stamp))
    (outcome,) = shop.stock.move([Movement(op="m", node="lyon", sku="CARD", delta=1)])
    assert outcome.message == not_counted("CARD")


def test_a_quote_promises_the_other_lines(shop):
    def quoted(*lines):
        return shop.quotes.make(QuoteRequest(cart=dataclasses.replace(placed(*lines), id=""), deliveries=["standard"]))

    mixed, cards = quoted(("BOOK", 1), ("CARD", 1)), quoted(("CARD", 1))
    assert [len(promise.shipments) for promise in mixed.promises] == [1]
    assert [item.sku for item in mixed.not_counted] == ["CARD"]
    assert (cards.promises, cards.not_promised, cards.complete) == ([], [], True)
    page = shop.quotes.promises(PageRequest(skus=["BOOK", "CARD"], quantity=1, order=placed(), deliveries=["standard"]))
    assert [(item.sku, item.promise is None, item.counted) for item in page.promises] == [
        ("BOOK", False, True),
        ("CARD", True, False),
    ]


def test_a_batch_plans_around_orders_that_need_no_stock(shop):
    orders = [order(("CARD", 1), id="cards"), order(("BOOK", 3), ("CARD", 1)), order(("BOOK", 3), placed_at=NOW + 1)]
    records = [json_of(answer) for answer in decide_batch(shop, orders).answers]
    assert sorted(record["status"] for record in records) == ["filled", "filled", "partial"]
    assert shop.check().clean


def test_a_parked_order_lets_nothing_leave(shop):
    activate(shop, "then: {approve: true}")
    name = json_of(shop.decide(placed(("BOOK", 1), ("CARD", 1))))["id"]
    with pytest.raises(AwaitingApproval):
        shop.holds.confirm(name)
