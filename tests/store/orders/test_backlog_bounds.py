"""Limits on an order as a whole also apply to all its follow-up decisions from the backlog."""

import uuid

import pytest

from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.store.outcomes import MovementApplied
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, inventory, node, order
from tests.support.order_json import shipped_units, unfilled_units

PLACES = [LYON, LILLE, MARSEILLE, LYON, LILLE]
NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Two units of A at each of five nodes."""
    nodes = [node(name, place) for name, place in zip(NAMES, PLACES, strict=True)]
    bare.load(inventory(nodes, {"A": dict.fromkeys(NAMES, 2), "B": {"a": 0}}))
    return bare


def arrive(shop, units, *, name, sku="A"):
    (outcome,) = shop.stock.move([Movement(op=f"{sku}{name}{units}", node=name, sku=sku, delta=units)])
    assert isinstance(outcome, MovementApplied)


def decide_and_wait(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, **more), wait=True))


def run(shop):
    return [json_of(answer) for answer in shop.backlog.run(limit=100).answers]


def waiting(shop):
    return [dict(place.entry.units) for place in shop.backlog.page(limit=100).places]


def test_an_order_has_no_more_shipments_than_it_may_however_often_the_backlog_runs(shop):
    activate(shop, "then: {max_shipments: 3}")
    first = decide_and_wait(shop, ("A", 10))
    assert (len(first["shipments"]), unfilled_units(first)) == (3, 4)
    assert [reason["code"] for reason in first["unfilled"][0]["reasons"]] == ["max_shipments"]
    assert (run(shop), run(shop)) == ([], [])
    arrive(shop, 9, name="e")
    assert run(shop) == []
    assert waiting(shop) == [{"1": 4}]


def test_shipments_of_all_decisions_of_an_order_count_together(shop):
    activate(shop, "then: {max_shipments: 2}")
    first = decide_and_wait(shop, ("B", 3), ("A", 1))
    assert len(first["shipments"]) == 1
    arrive(shop, 1, name="b", sku="B")
    (second,) = run(shop)
    assert (len(second["shipments"]), second["status"]) == (1, "partial")
    arrive(shop, 9, name="c", sku="B")
    assert run(shop) == []


def test_a_released_shipment_makes_room_for_units_that_wait(shop):
    activate(shop, "then: {max_shipments: 3}")
    first = decide_and_wait(shop, ("A", 10))
    assert run(shop) == []
    gone = first["shipments"][0]
    shop.holds.release(first["id"], shipments=[(gone["node"], gone["service"])])
    (second,) = run(shop)
    assert (len(second["shipments"]), shipped_units(second)) == (1, 2)
    assert run(shop) == []


def test_policies_that_allow_more_shipments_let_waiting_units_ship(shop):
    activate(shop, "then: {max_shipments: 3}")
    decide_and_wait(shop, ("A", 10))
    activate(shop, "then: {max_shipments: 4}")
    (second,) = run(shop)
    assert shipped_units(second) == 2
    assert run(shop) == []


def test_an_entry_of_an_order_with_all_its_shipments_is_not_decided_again(shop, clock):
    activate(shop, "then: {max_shipments: 3}")
    decide_and_wait(shop, ("A", 10))
    begun = []  # each decision that is begun needs an id
    with Pointsman(shop.settings, clock=clock, new_id=lambda: begun.append("") or uuid.uuid4().hex) as other:
        other.backlog.run(limit=9)
        assert begun == []
        activate(other, "then: {max_shipments: 4}")
        other.backlog.run(limit=9)
    assert begun


def test_rejected_units_ship_in_one_shipment_more_and_not_in_two(shop):
    activate(shop, "then: {max_shipments: 3}")
    arrive(shop, 4, name="a")
    first = decide_and_wait(shop, ("A", 10))
    assert (len(first["shipments"]), first["status"]) == (3, "filled")
    free = sorted(set(NAMES) - {shipment["node"] for shipment in first["shipments"]})
    for name in free:
        arrive(shop, -2, name=name)
    rejection = RejectionRequest(decision=first["id"], node="a", reason="damaged", lines={"A": 4}, waits=True)
    again = json_of(shop.rerouting.reject(rejection))
    assert (again["shipments"], waiting(shop)) == ([], [{"1": 4}])
    for name in free:
        arrive(shop, 1, name=name)
    (second,) = run(shop)
    assert (len(second["shipments"]), shipped_units(second), second["status"]) == (1, 1, "partial")
    assert (run(shop), waiting(shop)) == ([], [{"1": 3}])


def test_the_first_shipment_of_a_follow_up_costs_the_split_penalty(shop):
    activate(shop, "then: {split_penalty: 3.00}")
    first = decide_and_wait(shop, ("A", 10), ("B", 1))
    alone = json_of(shop.decide(order(("B", 1)), dry_run=True))
    assert alone["score"]["money_micros"] == 0, "where nothing ships, nothing is split"
    arrive(shop, 5, name="b", sku="B")
    alone = json_of(shop.decide(order(("B", 1)), dry_run=True))
    (second,) = run(shop)
    assert second["score"]["money_micros"] == alone["score"]["money_micros"] + 3 * EURO
    assert len(first["shipments"]) == 5


def test_an_order_that_ships_complete_waits_until_it_is_complete(shop):
    activate(shop, "then: {ship_complete: true}")
    first = decide_and_wait(shop, ("A", 3), ("B", 2))
    assert first["shipments"] == []
    arrive(shop, 1, name="a", sku="B")
    assert run(shop) == []
    arrive(shop, 1, name="c", sku="B")
    (second,) = run(shop)
    assert (second["status"], shipped_units(second)) == ("filled", 5)


def test_a_line_kept_together_waits_together(shop):
    activate(shop, "when: {product.sku: A}, then: {keep_together: true}")
    first = decide_and_wait(shop, ("A", 3))
    assert first["shipments"] == []
    assert run(shop) == []
    arrive(shop, 1, name="d")
    (second,) = run(shop)
    assert [(shipment["node"], shipped_units(second)) for shipment in second["shipments"]] == [("d", 3)]
