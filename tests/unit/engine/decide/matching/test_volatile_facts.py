"""The ranges in which the commit must find stock and load: inside them no condition of a floor or a limit changes."""

import hypothesis.strategies as st
from hypothesis import assume, given

from engine.decide.decision import HIGHEST, StockRanges
from engine.decide.matching.volatile_facts import volatile_facts
from engine.decide.rule_facts import stock_facts
from engine.model.facts import StockPosition
from rules.conditions import holds
from rules.vocabulary import Stage
from tests.support.facts import policies

FACTS = ("on_hand", "held", "available", "days_of_cover")
TESTS = st.sampled_from(
    ["{at_least: %d}", "{more_than: %d}", "{at_most: %d}", "{less_than: %d}", "%d", "{not: %d}", "{known: true}"]
)
UNITS = st.integers(0, 12)


def volatile(*rules):
    return volatile_facts(policies(*rules))


def position(on_hand, held=0, pace=None):
    return StockPosition(on_hand=on_hand, held=held, pace=pace)


def test_a_condition_on_what_is_available_gives_the_range_in_which_it_stays_as_it_is():
    low = volatile("when: {stock.available: {at_most: 3}}, then: {keep: 2}")
    assert low.stock_ranges(position(9, 5)) == StockRanges(available=(4, HIGHEST))
    assert low.stock_ranges(position(9, 6)) == StockRanges(available=(3, 3))
    assert low.stock_ranges(position(9, 7)) == StockRanges(available=(0, 2))


def test_days_of_cover_are_a_range_of_what_is_available():
    # 2.5 units a day: 4 days are 10 to 12 units
    scarce = volatile("when: {stock.days_of_cover: 4}, then: {keep: 3}")
    assert scarce.stock_ranges(position(11, pace=2_500)) == StockRanges(available=(10, 12))
    assert scarce.stock_ranges(position(13, pace=2_500)) == StockRanges(available=(13, HIGHEST))
    # 2 units a day: 4 days are 8 or 9 units, and 10 are a fifth day
    assert scarce.stock_ranges(position(9, pace=2_000)) == StockRanges(available=(8, 9))
    assert scarce.stock_ranges(position(13)) == scarce.stock_ranges(position(13, pace=0)) == StockRanges()


def test_a_condition_on_the_load_gives_a_range_of_the_load():
    busy = volatile("when: {node.load: {at_least: 80}}, then: {daily_orders: 100}")
    assert (busy.load_range(7), busy.load_range(90)) == ((0, 79), (81, HIGHEST))


def test_what_no_floor_or_limit_depends_on_may_be_anything():
    free = volatile("when: {stock.available: {at_most: 3}}, then: {avoid: 2.00}", "then: {keep: 2}")
    assert (free.stock_ranges(position(9)), free.load_range(9)) == (StockRanges(), None)


@given(
    st.lists(st.tuples(st.sampled_from(FACTS), TESTS, UNITS), min_size=1, max_size=4),
    st.tuples(UNITS, UNITS, st.sampled_from([None, 0, 300, 1_000, 2_500])),
    st.tuples(UNITS, UNITS),
)
def test_inside_the_ranges_every_condition_holds_as_it_did(conditions, before, after):
    texts = [f"{{stock.{fact}: {text % units if '%' in text else text}}}" for fact, text, units in conditions]
    rules = policies(*(f"when: {text}, then: {{keep: 1}}" for text in texts))
    on_hand, held, pace = before
    seen, later = position(on_hand, held, pace), position(*after, pace)
    ranges = volatile_facts(rules).stock_ranges(seen)
    pairs = [(ranges.on_hand, later.on_hand), (ranges.held, later.held), (ranges.available, later.available)]
    assume(all(found is None or found[0] <= value <= found[1] for found, value in pairs))
    for rule in rules.rules.values():
        assert holds(rule.condition, stock_facts(seen)) == holds(rule.condition, stock_facts(later))


def test_stock_that_is_compared_with_another_fact_must_be_as_it_was():
    whole = volatile("when: {stock.available: {same_as: line.quantity}}, then: {keep: 2}")
    assert whole.stock_ranges(position(9, 5)) == StockRanges(available=(4, 4))
    busy = volatile("when: {node.attributes.limit: {same_as: node.attributes.most}}, then: {daily_orders: 2}")
    assert busy.load_range(7) is None


@given(
    st.lists(st.tuples(st.sampled_from(FACTS), TESTS, UNITS), min_size=1, max_size=4),
    st.tuples(UNITS, UNITS, st.sampled_from([None, 0, 300, 1_000, 2_500])),
    UNITS,
)
def test_two_stocks_that_no_condition_tells_apart_have_the_same_ranges(conditions, before, more_held):
    texts = [f"{{stock.{fact}: {text % units if '%' in text else text}}}" for fact, text, units in conditions]
    facts, (on_hand, held, pace) = volatile(*(f"when: {text}, then: {{keep: 1}}" for text in texts)), before
    one, other = position(on_hand, held, pace), position(on_hand, held + more_held, pace)
    if not facts.tell_stock_apart(one, other):
        assert facts.stock_ranges(one) == facts.stock_ranges(other)
    assert not facts.tell_stock_apart(one, one)


def test_loads_are_told_apart_by_conditions_that_hold_of_one_alone():
    busy = volatile("when: {node.load: {at_least: 80}}, then: {daily_orders: 100}")
    assert busy.tell_loads_apart(79, 80)
    assert not busy.tell_loads_apart(81, 90)


def test_ranks_tell_stocks_apart_by_parts_of_a_unit():
    ranked = volatile_facts(policies("when: {stock.rank: 1}, then: {prefer: 0.15}"), tuple(Stage))
    assert ranked.tell_stock_apart(position(8), position(4), scale=1_000)
    assert not ranked.tell_stock_apart(position(8), position(8), scale=1_000)
