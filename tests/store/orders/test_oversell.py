"""A place may sell so many units more than it has: never one more, and what is not there yet does not leave."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import HoldEnded, InputInvalid, StockConflict
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.outcomes import Committed
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.order_json import shipped_units

FIVE_IN_LYON = "when: {node.id: lyon}, then: {tier: 1, oversell: 5}"


@pytest.fixture
def runs_backlog():
    return "auto"


@pytest.fixture
def load(bare):
    def load(*rules, **stock):
        bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": stock}))
        activate(bare, *rules)
        return bare

    return load


@pytest.fixture
def shop(load):
    """Three in Lyon, which may sell five more."""
    return load(FIVE_IN_LYON, lyon=3, lille=0)


def decide(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, **more)))


def backorder(decided):
    return [line.get("backorder", 0) for part in decided["shipments"] for line in part["lines"]]


def position(shop, name="lyon"):
    return next(item for item in shop.stock.show("A").nodes if item.node == name)


def put(shop, units, number=1):
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=units, stamp=Stamp(kind="s", number=number)))


def test_what_is_not_on_hand_is_on_backorder(shop):
    decided = decide(shop, ("A", 2), ("A", 4))
    assert (decided["status"], backorder(decided)) == ("filled", [0, 3]), "what is there goes to the first line"
    assert decided["stock"] == {"A": {"lyon": {"on_hand": 3, "held": 0, "floor": -5}}}
    assert position(shop).position.available == 0
    assert position(shop).free == {"*": 2}
    last = decide(shop, ("A", 4))
    assert (shipped_units(last), backorder(last), last["unfilled"][0]["quantity"]) == (2, [2], 2)
    assert (position(shop).position.held, shop.check().clean, shop.check().short) == (8, True, 0)


def test_units_on_backorder_leave_that_a_count_has_as_gone(shop, clock):
    name = decide(shop, ("A", 5))["id"]
    clock.now += 600
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=0, stamp=Stamp(kind="t", number=clock.now * 1_000_000)))
    with pytest.raises(StockConflict, match="0 are on hand"):
        shop.holds.confirm(name)
    shop.holds.confirm(name, left_at=(clock.now - 60) * 1_000_000)
    assert position(shop).position[:2] == (0, 0)
    assert shop.check().clean


def test_where_more_left_than_was_counted_as_many_are_sold_as_where_nothing_is(shop):
    name = decide(shop, ("A", 3))["id"]
    put(shop, 1)
    shop.holds.confirm(name)
    decided = decide(shop, ("A", 6))
    assert decided["stock"] == {"A": {"lyon": {"on_hand": 0, "held": 0, "floor": -5}}}
    assert (shipped_units(decided), backorder(decided)) == (5, [5])
    assert shop.check().clean


def test_a_place_without_the_article_sells_none_of_it(load):
    assert decide(load(FIVE_IN_LYON, lille=1), ("A", 2))["unfilled"][0]["quantity"] == 1
    lacking = decide(load(FIVE_IN_LYON, lyon=0), ("A", 7))
    assert (shipped_units(lacking), [(item["code"], item["units"]) for item in lacking["unfilled"][0]["reasons"]]) == (
        5,
        [("not_enough", 2)],
    )


def test_what_may_be_sold_is_there_when_it_is_said_why_units_are_lacking(load):
    shop = load("then: {oversell: 5, max_shipments: 1}", lyon=0, lille=0)
    reasons = decide(shop, ("A", 8))["unfilled"][0]["reasons"]
    assert [(item["code"], item["units"]) for item in reasons] == [("max_shipments", 3)]


def test_what_is_kept_is_not_sold_in_its_place(load):
    shop = load("then: {keep: 2, oversell: 3}", lyon=1)
    assert (position(shop).free, shipped_units(decide(shop, ("A", 9)))) == ({"*": 2}, 2)
    assert shop.check().clean


def test_orders_that_race_take_no_more_than_may_be_sold(shop, opened):
    workers = [opened() for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        decided = list(pool.map(lambda number: decide(workers[number % 3], ("A", 2)), range(9)))
    assert sum(map(shipped_units, decided)) == 8
    assert sum(sum(backorder(item)) for item in decided) == 5, "the three on hand are nobody's backorder"
    assert (position(shop).position.held, shop.check().clean) == (8, True)


def test_the_backorder_is_that_of_the_commit(shop, opened, before_commit):
    outcomes = before_commit(lambda: shop.decide(order(("A", 2))))
    assert backorder(decide(opened(), ("A", 3))) == [2]
    assert outcomes[0] != Committed()
    outcomes = before_commit(lambda: put(shop, 9))
    assert backorder(decide(opened(), ("A", 2))) == [0]


def test_a_floor_that_depends_on_stock_is_worked_out_again(load, opened, before_commit):
    shop = load("then: {keep: 50%, oversell: 3}", "when: {line.quantity: {at_least: 2}}, then: {keep: 1}", lyon=4)
    before_commit(lambda: put(shop, 8))
    decided = decide(opened(), ("A", 9), ("A", 1))
    assert (shipped_units(decided), sum(backorder(decided))) == (7, 0)
    assert shop.check().clean


def test_units_on_backorder_leave_once_they_are_there(shop):
    name = decide(shop, ("A", 5))["id"]
    with pytest.raises(StockConflict, match="of A are on backorder at lyon, where 3 are on hand"):
        shop.holds.confirm(name)
    shop.holds.confirm(name, lines={"1": 3})
    assert position(shop).position == (0, 2, None)
    with pytest.raises(StockConflict, match="where 0 are on hand"):
        shop.holds.confirm(name)
    shop.stock.move([Movement(op="m", node="lyon", sku="A", delta=2)])
    shop.holds.confirm(name)
    assert position(shop).position == (0, 0, None)
    shop.holds.undo(name)
    assert position(shop).position.held == 5
    assert shop.check().clean


def test_a_short_pick_lets_nothing_leave_that_is_not_there(shop):
    name = decide(shop, ("A", 5))["id"]

    def pick(units):
        request = RejectionRequest(
            decision=name, node="lyon", reason="not_in_stock", lines={"1": 5 - units}, confirmed={"1": units}
        )
        return shop.rerouting.reject(request)

    with pytest.raises(StockConflict, match="on backorder"):
        pick(4)
    pick(3)
    assert (position(shop).position, shop.check().clean) == ((0, 0, None), True)


def test_without_backorder_a_confirm_is_as_ever(shop):
    name = decide(shop, ("A", 3))["id"]
    put(shop, 1)
    shop.holds.confirm(name)
    assert (position(shop).position.on_hand, shop.check().clean) == (0, True)


def test_a_smaller_count_leaves_units_short_and_is_no_drift(shop):
    decide(shop, ("A", 8))
    put(shop, 1)
    audit = shop.check()
    assert (audit.clean, audit.short) == (True, 2)


def test_more_than_may_be_sold_is_a_drift(shop, redis_client, keys):
    decide(shop, ("A", 8))
    redis_client.hset(keys.held("A"), "lyon", 9)
    assert {drift.what for drift in shop.check().drifts} == {"units held", "more held than on hand"}


def test_who_waits_is_offered_what_may_be_sold_again(shop):
    decide(shop, ("A", 5))
    last = decide(shop, ("A", 3))["id"]
    waiting = json_of(shop.decide(order(("A", 2), id="waits"), wait=True))
    assert waiting["waiting"] is True
    shop.holds.release(last)
    assert shop.orders.show("waits").states == ("held",)


def test_other_policies_offer_more_to_those_that_wait(shop):
    shop.decide(order(("A", 9), id="waits"), wait=True)
    activate(shop, "then: {oversell: 50}")
    assert len(shop.backlog.run(limit=9).answers) == 1
    assert shop.orders.show("waits").states == ("held",)


def test_units_on_backorder_are_cancelled_like_others(shop):
    decide(shop, ("A", 8), id="O-1")
    shop.cancellations.cancel(CancelRequest(order="O-1", lines={"1": 6}))
    assert (position(shop).free, shop.check().clean) == ({"*": 6}, True)
    with pytest.raises((HoldEnded, InputInvalid)):
        shop.cancellations.cancel(CancelRequest(order="O-1", lines={"1": 3}))


def test_availability_is_what_an_order_gets(shop):
    (item,) = shop.stock.availability(["A"], "web").skus
    assert (item.free, item.available, item.free_by_node) == (8, [0, 3], [0, 8])
