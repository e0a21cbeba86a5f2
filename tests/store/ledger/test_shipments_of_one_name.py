"""Lines of one order that go to two places leave one node by one service as two shipments, which have one name."""

import pytest
from msgspec import UNSET

from engine.errors import HoldEnded
from engine.model.facts import Line
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, PARIS, inventory, node, order

NAME = ("lyon", "parcel")


@pytest.fixture
def shop(bare):
    """Twenty of A in Lyon."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)], {"A": {"lyon": 20}}))
    activate(bare)
    return bare


@pytest.fixture
def split(shop):
    """The decision of an order of which three of A go to the customer, and five are collected in Lille."""
    lines = [Line(id="1", sku="A", quantity=3), Line(id="2", sku="A", quantity=5, collect_at="lille")]
    made = json_of(shop.decide(order(*lines, id="O", place=PARIS)))
    assert [(item["node"], item["service"]) for item in made["shipments"]] == [NAME, NAME]
    return made["id"]


def units(state):
    """By shipment, its units by state."""
    return [
        {item.state: sum(dict(item.units).values())}
        | {other: sum(dict(of).values()) for other, of in item.others.items()}
        for item in state.shipments
    ]


def held(shop):
    return next(item.position.held for item in shop.stock.show("A").nodes if item.node == "lyon")


def test_lines_say_which_of_them_is_meant(shop, split):
    state = shop.holds.confirm(split, shipments=[NAME], lines={"2": 4})
    assert units(state) == [{"held": 3}, {"held": 1, "confirmed": 4}]
    assert [item.collect_at for item in state.shipments] == [UNSET, "lille"]
    assert units(shop.holds.confirm(split, lines={"A": 4})) == [{"confirmed": 3}, {"confirmed": 5}]
    assert units(shop.holds.undo(split, shipments=[NAME], lines={"1": 2})) == [
        {"held": 2, "confirmed": 1},
        {"confirmed": 5},
    ]
    assert shop.check().clean


def test_the_name_stands_for_what_of_them_is_still_held(shop, split):
    shop.holds.release(split, lines={"1": 3})
    state = shop.holds.confirm(split, shipments=[NAME], op="left")
    assert units(state) == [{"released": 3}, {"confirmed": 5}]
    assert shop.holds.confirm(split, shipments=[NAME], op="left") == state, "as it was answered"
    assert shop.holds.confirm(split, shipments=[NAME]) == state, "sent again"
    with pytest.raises(HoldEnded, match="lyon/parcel was released at"):
        shop.holds.release(split, shipments=[NAME], lines={"1": 1})
    assert (held(shop), shop.check().clean) == (0, True)


def test_the_name_is_refused_if_none_of_them_ended_so(shop, split):
    shop.holds.release(split, shipments=[NAME])
    with pytest.raises(HoldEnded, match=r"lyon/parcel was released at .*; lyon/parcel was released at"):
        shop.holds.confirm(split, shipments=[NAME])


def test_units_of_each_are_cancelled_where_they_are(shop, split):
    answer = shop.cancellations.cancel(CancelRequest(order="O", lines={"1": 1, "2": 2}, shipments=[NAME]))
    assert [(item.line, item.quantity, item.node) for item in answer.units] == [("1", 1, "lyon"), ("2", 2, "lyon")]
    assert units(shop.holds.state(split)) == [{"held": 2, "cancelled": 1}, {"held": 3, "cancelled": 2}]
    assert (held(shop), shop.check().clean) == (5, True)
    shop.cancellations.cancel(CancelRequest(order="O"))
    assert units(shop.holds.state(split)) == [{"cancelled": 3}, {"cancelled": 5}]
    assert (held(shop), shop.check().clean) == (0, True)


def test_an_order_shows_both_and_where_each_goes(shop, split):
    shop.holds.confirm(split, lines={"2": 5})
    state = shop.orders.show("O")
    assert [(item.record.collect_at, item.state, item.held) for item in state.shipments] == [
        (UNSET, "held", 3),
        ("lille", "confirmed", 0),
    ]
    assert [{name: count for name, count in line.units.items() if count} for line in state.lines] == [
        {"held": 3},
        {"shipped": 5},
    ]


def test_a_short_pick_of_both_is_one_step(shop, split):
    request = RejectionRequest(decision=split, node="lyon", reason="not_in_stock", confirmed={"1": 2, "2": 4})
    follow_up = json_of(shop.rerouting.reject(request))
    assert {item["line"]: item["quantity"] for item in follow_up["unfilled"]} == {"1": 1, "2": 1}
    assert units(shop.holds.state(split)) == [{"rejected": 1, "confirmed": 2}, {"rejected": 1, "confirmed": 4}]
    assert shop.check().clean
