"""The reasons why units stay unfilled account for every unit there is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.matching.matcher import Matcher
from engine.decide.remainder import Remainder, decide_remainder
from engine.model.facts import StockPosition
from tests.properties.decide.baskets import BASKETS, SETS
from tests.support.clocks import date, running
from tests.support.examples import examples
from tests.support.facts import LILLE, LYON, MARSEILLE, NOW, decided, node, order, policies, service, snapshot

pytestmark = pytest.mark.slow

PLACES = {
    "held_for_others",
    "kept_back",
    "capacity_used",
    "excluded",
    "node_full",
    "resting",
    "unreachable",
    "other_day",
    "rejected",
    "shipment_limits",
}
# the day's room of a node is of a place, and of the order where its last went to another service
BOUNDS = {
    "capped",
    "kept_together",
    "max_shipments",
    "ship_complete",
    "node_full",
    "not_a_multiple",
    "set_apart",
    "capacity_used",
    "shipment_limits",
}
TOO_FEW = {"no_stock", "not_enough"}
RULES = [
    "then: {keep: 2}",
    "when: {line.quantity: {more_than: 4}}, then: {keep: 3}",
    "when: {node.id: lille}, then: {protect: {channel: app, units: 4}}",
    "when: {node.id: marseille, product.sku: A}, then: {exclude: true}",
    "when: {service.id: van}, then: {exclude: true}",
    "then: {max_shipments: 1}",
    "then: {max_shipments: 2}",
    "then: {ship_complete: true}",
    "then: {keep_together: true}",
    "when: {line.quantity: {more_than: 5}}, then: {keep_together: true}",
    "when: {node.id: lyon}, then: {daily_orders: 1}",
    "then: {multiple_of: 3}",
    "when: {node.id: lyon}, then: {daily_units: 3}",
    "then: {daily_weight: 5 kg}",
    "when: {node.id: [lille, lyon]}, then: {multiple_of: 4}",
    "then: {cap: {channel: web, units: 5}}",
    "when: {node.id: [lille, lyon]}, then: {cap: {channel: web, units: 3}}",
]
POSITIONS = st.builds(StockPosition, on_hand=st.integers(0, 12), held=st.integers(0, 6))
STOCK = st.dictionaries(st.sampled_from(["lyon", "lille", "marseille", "far"]), POSITIONS)
LINES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 14)), min_size=1, max_size=4)


def facts(stock, loads):
    nodes = [
        node("lyon", LYON, services=("parcel", "van")),
        node("lille", LILLE),
        node("marseille", MARSEILLE, services=("light",)),
        node("far", LYON, services=("short",)),
    ]
    services = [
        service(),
        service("van", mode="van", max_weight=3_000, runs=running("monday", "friday")),
        service("short", max_distance=1_000),
        service("light", max_weight=5_000),
    ]
    return snapshot(nodes, {"A": {}, "B": {}} | stock, services=services, loads=loads)


def accounted(decision, stock):
    """For each SKU: every available unit is shipped, or the reasons of each of its lines account for it."""
    for sku in {item.sku for item in decision.unfilled}:
        items = [item for item in decision.unfilled if item.sku == sku]
        lacking = sum(item.quantity for item in items)
        left = _there(decision, stock.get(sku, {}), sku, items)
        assert _units(items, TOO_FEW) == max(0, lacking - left), "too few are those that there are not"
        assert _units(items, PLACES | BOUNDS | TOO_FEW) >= lacking, "units are missing, and nothing says why"
        for item in items:
            assert all(reason.units > 0 for reason in item.reasons)
            assert _units([item], TOO_FEW) <= item.quantity
        if len(items) == 1:
            explained, bounds = _units(items, PLACES | BOUNDS), _units(items, BOUNDS)
            assert explained == left or (explained < left and bounds >= lacking), (
                "what would have filled the line is lost"
            )


def _there(decision, positions, sku, items):
    """The units that nobody holds and that are not shipped; or, if there are no others, the held units."""
    shipped = sum(parcel.quantity for item in decision.chosen for parcel in item.lines if parcel.sku == sku)
    left = sum(max(0, position.available) for position in positions.values()) - shipped
    held = [reason.units for reason in items[0].reasons if reason.code == "held_for_others"]
    return left + sum(held)


def _units(items, codes):
    return sum(reason.units for item in items for reason in item.reasons if reason.code in codes)


@examples(130)
@given(
    stock=st.dictionaries(st.sampled_from("AB"), STOCK),
    lines=LINES | BASKETS | SETS,
    rules=st.lists(st.sampled_from(RULES), unique=True, max_size=4),
    loads=st.dictionaries(st.just("lyon"), st.integers(0, 1)),
    day=st.none() | st.integers(0, 6).map(lambda days: date("2026-11-27") + days),
)
def test_reasons_account_for_every_unit_there_is(stock, lines, rules, loads, day):
    accounted(decided(order(*lines, deliver_on=day), facts(stock, loads), *rules), stock)


@examples(70)
@given(
    stock=st.dictionaries(st.sampled_from("AB"), STOCK),
    lines=LINES,
    rules=st.lists(st.sampled_from(RULES), unique=True, max_size=3),
    barred=st.dictionaries(st.sampled_from("AB"), st.frozensets(st.sampled_from(["lyon", "lille"]))),
    standing_shipments=st.integers(0, 3),
)
def test_reasons_account_for_every_unit_of_a_remainder_too(stock, lines, rules, barred, standing_shipments):
    whole_order = order(*lines)
    remainder = Remainder(
        whole_order=whole_order,
        units={line.id: line.quantity for line in whole_order.lines},
        barred=barred,
        standing_shipments=standing_shipments,
    )
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        accounted(decide_remainder(remainder, facts(stock, {}), matcher, NOW, held_from=NOW), stock)
