"""Levels of stock follow the demand that is expected: they rise before a peak that a rule announces, fall after it."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channels.levels import levels
from engine.decide.availability.free_units import StockFacts
from engine.decide.levels.stock_levels import Level
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from tests.reference.plain_levels import expected_units, level_outcome
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, NOW, decided, node, order, policies, product, shipped, snapshot
from tests.unit.engine.decide.availability.test_availability import snapshots

DAY = 24 * HOUR
NODES = [node("lyon", LYON), node("lille", LILLE, type="store")]


def facts(on_hand=40, pace=2_500, **more):
    """Two and a half units sell a day in Lyon; nobody knows how many in Lille."""
    stock = {"A": {"lyon": StockPosition(on_hand=on_hand, pace=pace), "lille": StockPosition(on_hand=3)}}
    return snapshot(NODES, stock, **more)


def level(*rules, scenario=None, now=NOW, place="lyon"):
    scenario = scenario or facts()
    stock, matcher = StockFacts.of(scenario), Matcher(policies(*rules))
    row = stock.nodes.index(place)
    found = levels(stock, matcher, now).at(row)
    matcher.close()
    return found


def test_without_rules_any_number_of_units_is_right():
    assert level() == Level(minimum=0, maximum=None, target=0, alert=0)


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("target_cover: 14 days", Level(minimum=0, maximum=None, target=35, alert=0)),
        ("target_cover: 3 days", Level(minimum=0, maximum=None, target=8, alert=0)),
        ("target_cover: 14 days, max: 30", Level(minimum=0, maximum=30, target=30, alert=0)),
        ("target_cover: 1 day, min: 6", Level(minimum=6, maximum=None, target=6, alert=0)),
        ("min: 6, max: 4", Level(minimum=6, maximum=6, target=6, alert=0)),
        ("alert_below: 10", Level(minimum=0, maximum=None, target=0, alert=10)),
        ("alert_below: {cover: 5 days}", Level(minimum=0, maximum=None, target=0, alert=13)),
    ],
)
def test_a_level_is_what_sells_in_its_days_between_its_bounds(then, expected):
    assert level(f"then: {{{then}}}") == expected


def test_of_several_the_largest_counts_be_it_units_or_days():
    rules = ["then: {alert_below: 10}", "then: {alert_below: {cover: 5 days}}", "then: {alert_below: {cover: 2 days}}"]
    assert [level(*rules[:count]).alert for count in (1, 2, 3)] == [10, 13, 13]
    assert level(*rules, scenario=facts(pace=1_000)).alert == 10


def test_where_no_pace_is_known_days_of_cover_come_to_nothing():
    rule = "then: {target_cover: 14 days, alert_below: {cover: 5 days}, min: 2}"
    assert level(rule, place="lille") == Level(minimum=2, maximum=None, target=2, alert=0)


def test_a_level_rises_ahead_of_a_peak_that_a_rule_announces_and_falls_after_it():
    rules = ["then: {target_cover: 3 days}", "from: 2026-12-04, until: 2026-12-05, then: {uplift: 300%}"]
    targets = [level(*rules, scenario=facts(pace=1_000), now=NOW + day * DAY).target for day in range(12)]
    # 27 November to 8 December; on the 2nd, the 4th is the third day, with three units instead of one
    assert targets == [3, 3, 3, 3, 3, 5, 7, 7, 5, 3, 3, 3]


def test_the_day_of_a_level_is_the_installations_whole_date():
    rules = ["then: {target_cover: 1 day}", "from: 2026-11-28, until: 2026-11-28, then: {uplift: 400%}"]
    midnight = int(datetime.datetime(2026, 11, 27, 23, 0, tzinfo=datetime.UTC).timestamp())
    at = [midnight - 1, midnight, midnight + DAY - 1, midnight + DAY]
    assert [level(*rules, scenario=facts(pace=1_000), now=now).target for now in at] == [1, 4, 4, 1]


def test_an_article_in_decimals_has_its_levels_in_the_units_that_are_counted():
    ribbon = [product("A", unit="m", decimals=2)]
    scenario = facts(on_hand=4_000, pace=250_000, products=ribbon)
    assert level("then: {min: 3, max: 9, alert_below: 2, target_cover: 3 days}", scenario=scenario) == Level(
        minimum=300, maximum=900, target=750, alert=200
    )


@pytest.mark.slow
@examples(40)
@given(
    scenario=snapshots(),
    rules=st.lists(
        st.sampled_from(
            [
                "then: {alert_below: 4}",
                "when: {node.type: store}, then: {alert_below: {cover: 5 days}, min: 2}",
                "when: {product.lifecycle: core, stock.days_of_cover: {less_than: 9}}, then: {target_cover: 6 days}",
                "weekdays: [saturday, sunday], then: {uplift: 150%, max: 7}",
                "from: 2026-11-29, until: 2026-11-30, then: {uplift: 12.5%}",
                "when: {node.load: {more_than: 3}}, then: {uplift: 333.33%}",
                "then: {target_cover: 2 days}, overrides: [test/r1]",
            ]
        ),
        max_size=4,
        unique=True,
    ),
    hours=st.integers(0, 72),
)
def test_levels_of_many_positions_are_those_of_each_by_itself(scenario, rules, hours):
    if rules and "overrides" in rules[0]:
        rules = rules[1:]
    loaded, now = policies(*rules), NOW + hours * HOUR
    stock, matcher = StockFacts.of(scenario), Matcher(loaded)
    found, skus = levels(stock, matcher, now), [item.sku for item in stock.products]
    for row, name in enumerate(stock.nodes):
        place = {"sku": skus[int(stock.stock.sku[row])], "node": name, "now": now}
        outcome, units = level_outcome(scenario, loaded, **place), expected_units(scenario, loaded, **place)
        assert found.at(row).alert == max(outcome.alert.units, units(outcome.alert.cover))
        most = 1 << 40 if outcome.maximum is None else max(outcome.minimum, outcome.maximum)
        assert found.at(row).target == min(max(units(outcome.target_cover), outcome.minimum), most)
    assert np.all(found.minimum <= found.maximum)
    assert matcher.incidents == 0
    matcher.close()


def most(scenario, *rules, channel, now=NOW):
    return sum(shipped(decided(order(("A", 1_000), channel=channel), scenario, *rules, now=now)).values())


def test_what_is_protected_in_days_of_cover_follows_the_pace_of_the_place():
    rule = "then: {protect: {channel: web, cover: 3 days}}"
    assert [most(facts(), rule, channel=name) for name in ("web", "store")] == [43, 35]
    assert most(facts(pace=8_000), rule, channel="store") == 19
    assert most(facts(pace=0), rule, channel="store") == 43


def test_protections_in_days_of_cover_rise_before_a_peak_and_fall_after_it():
    rules = [
        "when: {node.id: lyon}, then: {protect: {channel: web, cover: 3 days}, keep: {cover: 1 day}}",
        "from: 2026-12-04, until: 2026-12-05, then: {uplift: 300%}",
    ]
    left = [43 - most(facts(pace=1_000), *rules, channel="store", now=NOW + day * DAY) for day in range(11)]
    assert left == [4, 4, 4, 4, 4, 6, 8, 10, 8, 4, 4]


def test_the_commit_is_given_the_units_that_days_of_cover_came_to():
    decision = decided(order(("A", 9)), facts(), "then: {keep: {cover: 2 days}, protect: {channel: app, cover: 1 day}}")
    claim = {item.node: item for item in decision.claims}["lyon"]
    (floor,) = claim.floors
    assert (claim.floor, floor.keep.units, [item.reserve.units for item in floor.others]) == (8, 5, [3])
    assert not floor.has_cover


def test_the_commit_looks_again_at_the_stock_that_an_uplift_hangs_on():
    cover = "then: {keep: {cover: 2 days}}"
    scarce = "when: {stock.available: {at_most: 50}}, then: {uplift: 200%}"
    (ranges,) = {
        item.ranges.available for item in decided(order(("A", 9)), facts(), cover, scarce).claims if item.node == "lyon"
    }
    assert ranges[0] <= 40 <= ranges[1] <= 50
    (claim,) = [
        item for item in decided(order(("A", 9)), facts(), "then: {keep: 2}", scarce).claims if item.node == "lyon"
    ]
    assert claim.ranges.available is None
