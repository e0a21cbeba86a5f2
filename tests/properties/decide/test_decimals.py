"""Properties of quantities with decimals: whole units are decided as before, and commits check what rules see."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide import rule_facts
from engine.decide.matching.volatile_facts import volatile_facts
from engine.decide.order_checks import check_order
from engine.errors import OrderInvalid
from engine.model.facts import StockPosition
from tests.support.examples import examples
from tests.support.facts import LILLE, LYON, decided, node, order, policies, product, snapshot, units

NODES = [node("lyon", LYON, unit_handling=1_000_000), node("lille", LILLE, unit_handling=2_000_000, handling=500_000)]
RULES = (
    "when: {line.quantity: {at_least: 3}}, then: {keep: 1}",
    "when: {stock.available: {at_least: 4}}, then: {keep: 25%}",
    "when: {stock.held: {at_most: 1}}, then: {protect: {channel: app, units: 2}}",
    "when: {node.id: lille}, then: {oversell: 2, prefer: 0.70}",
    "then: {oversell: 3, keep: 50%}",
    "when: {order.units: {more_than: 4}}, then: {max_shipments: 1}",
    "then: {multiple_of: 2}",
    "then: {cap: {channel: web, units: 3}}",
    "then: {allocate: {channel: app, units: 2, per: day}}",
)
_UNITS = st.fixed_dictionaries({"lyon": st.integers(0, 8), "lille": st.integers(0, 8)})


@examples(20)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=3), _UNITS, _UNITS, st.lists(st.sampled_from(RULES), unique=True)
)
def test_whole_units_are_decided_as_without_decimals(quantities, on_hand, held, rules):
    def decide(scale, decimals):
        stock = {
            name: StockPosition(on_hand=on_hand[name] * scale, held=min(held[name], on_hand[name]) * scale)
            for name in on_hand
        }
        facts = snapshot(NODES, {"A": stock}, products=[product("A", weight=1_000, decimals=decimals)])
        return decided(order(*(("A", quantity * scale) for quantity in quantities)), facts, *rules)

    whole, smallest = decide(1, 0), decide(100, 2)
    # a share is rounded up to the smallest part, so that less of it may stay
    if any("%" in rule for rule in rules) and any(units % 4 for units in on_hand.values()):
        return
    assert units(smallest) == {key: 100 * count for key, count in units(whole).items()}
    assert [item.cost for item in smallest.shipments] == [item.cost for item in whole.shipments]
    assert smallest.score == replace(
        whole.score,
        unfilled=100 * whole.score.unfilled,
        unless_needed=100 * whole.score.unless_needed,
        tiers=100 * whole.score.tiers,
    )
    for claim in smallest.claims:
        there, others = on_hand[claim.node] * 100, min(held[claim.node], on_hand[claim.node]) * 100
        assert claim.floor == max((item.of(there, held=others) for item in claim.floors), default=claim.floor)
    assert [item.floor for item in smallest.claims] == [100 * item.floor for item in whole.claims]


@pytest.mark.parametrize("scale", [1, 10, 1_000])
@examples(20)
@given(st.data())
def test_the_ranges_of_the_commit_are_those_in_which_rules_see_the_same(scale, data):
    number = data.draw(st.integers(0, 6))
    condition = data.draw(
        st.sampled_from(["{at_least: %d}", "{more_than: %d}", "{at_most: %d}", "{less_than: %d}", "%d"])
    )
    path = data.draw(st.sampled_from(["on_hand", "held", "available"]))
    rules = volatile_facts(policies(f"when: {{stock.{path}: {condition % number}}}, then: {{keep: 1}}"))
    near = st.integers(0, 8 * scale)
    before = StockPosition(on_hand=data.draw(near), held=data.draw(near))
    after = StockPosition(on_hand=data.draw(near), held=data.draw(near))
    ranges = rules.stock_ranges(before, scale)
    low, high = getattr(ranges, path)
    assert low <= getattr(before, path) <= high

    def holds(position):
        value = rule_facts.stock_facts(position, scale)[f"stock.{path}"]
        return {
            "{at_least: %d}": value >= number,
            "{more_than: %d}": value > number,
            "{at_most: %d}": value <= number,
            "{less_than: %d}": value < number,
            "%d": value == number,
        }[condition]

    if low <= getattr(after, path) <= high:
        assert holds(after) is holds(before)


def test_an_order_is_refused_for_what_its_whole_units_could_cost():
    nodes = [node("lyon", LYON, unit_handling=3 * 10**12)]
    facts = snapshot(nodes, {"A": {"lyon": 10**6}}, products=[product("A", decimals=2)])
    check_order(order(("A", 10**6)), facts)
    with pytest.raises(OrderInvalid, match="could cost or emit more"):
        check_order(order(("A", 10**8)), facts)
