"""Each kind of expectation of a policy test: one that is scenario, and one that is not, with the difference shown."""

import pytest

from tests.support.policy_test_files import differences, result_of

SCENARIO = "order: {lines: {A: 3}}\nstock: {A: {warehouse: 2, store: 1}}\n"
"""Two from the warehouse for 5.50, one from the store for 7.00."""
KEEP = "when: {node.type: store}, then: {keep: 2}"
KEEP_ONE = "when: {node.type: warehouse}, then: {keep: 1}"
NO_STORE = "when: {node.type: store}, then: {exclude: true}"
LAST_STORE = "when: {node.type: store}, then: {exclude: unless_needed}"
WEB = "when: {order.channel: web}, then: {hold: 30 min, priority: 70}"
UNTIL_SHIPPED = "then: {hold: until_shipped}"
UNTIL_SHIPPED_AND_4_HOURS = "then: {hold: until_shipped + 4 h}"
APPROVED = "then: {approve: true}"
SILENCING = "when: {node.tags: {has: closing}}, then: {keep: 0}, overrides: [test/r1]"


def expecting(expect: str, *rules: str, scenario: str = SCENARIO) -> list[tuple[str, str, str]]:
    return differences(f"{scenario}expect: {{{expect}}}\n", *rules)


@pytest.mark.parametrize(
    ("expect", "rules"),
    [
        ("status: filled", []),
        ("status: partial", [KEEP]),
        ("shipments: [{node: store}, {node: warehouse}]", []),
        ("shipments: [{node: warehouse, service: parcel, lines: {A: 2}}, {}]", []),
        ("shipments: [{node: [warehouse, store]}, {node: {not: warehouse}}]", []),
        ("shipments: [{units: 2, cost: 5.50 EUR, distance: 300 km, arrives: 48 h}, {node: {matches: 's*'}}]", []),
        ("shipments: [{co2: {at_most: 500 g}}, {late: {known: false}}]", []),
        ("shipments: [{lines: {A: {at_least: 2}}}, {lines: {A: 1}}]", []),
        ("shipments: [{rules: [test/r1]}, {node: warehouse}]", [LAST_STORE]),
        ("unfilled: {}", []),
        ("unfilled: {A: 1}", [NO_STORE]),
        ("unfilled: {A: {at_most: 1}}", [NO_STORE]),
        ("unfilled: {A: {units: 1, reason: excluded, by: test/r1}}", [NO_STORE]),
        ("unfilled: {A: {reason: excluded}}", [NO_STORE]),
        ("unfilled: {A: {units: 2, reason: [kept_back, excluded]}}", [NO_STORE, KEEP_ONE]),
        ("unfilled: {A: {reason: kept_back, by: [test/r1]}}", [KEEP]),
        ("fired: [test/r1]", [NO_STORE]),
        ("not_fired: [test/r1]", ["when: {node.type: supplier}, then: {keep: 2}"]),
        ("not_silenced: [test/r1]", [KEEP]),
        ("excluded: [{node: store}]", [NO_STORE]),
        ("excluded: [{node: store, service: parcel, sku: A, by: test/r1, unless_needed: true}]", [LAST_STORE]),
        ("not_excluded: [{node: warehouse}, {unless_needed: true}]", [NO_STORE]),
        ("kept: {A: {store: 2, warehouse: {less_than: 1}}}", [KEEP]),
        ("hold: 48 h, priority: 50", []),
        ("approve: true", [APPROVED]),
        ("approve: false", []),
        ("hold: until_shipped", [UNTIL_SHIPPED]),
        ("hold: until_shipped + 4h, priority: 50", [UNTIL_SHIPPED_AND_4_HOURS]),
        ("hold: {at_most: 30 min}, priority: {more_than: 50}", [WEB]),
        ("totals: {shipments: 2, units: 3, unfilled: 0, cost: 12.50 EUR, late: 0, arrives: {at_most: 2 d}}", []),
        ("totals: {cost: {between: [12.00 EUR, 13.00 EUR]}, co2: {more_than: 600 g}, shipments: {not: 1}}", []),
        ("", []),
    ],
)
def test_an_expectation_that_is_met_passes(expect, rules):
    assert expecting(expect, *rules) == []


SHIPPED = "{node: store, service: parcel, lines: {A: 1}}\n{node: warehouse, service: parcel, lines: {A: 2}}"
PRICED = """\
{node: store, service: parcel, lines: {A: 1}, cost: 7.00 EUR, late: unknown}
{node: warehouse, service: parcel, lines: {A: 2}, cost: 5.50 EUR, late: unknown}"""
EXCLUDED = "{node: store, service: parcel, sku: A, by: [test/r1]}"


@pytest.mark.parametrize(
    ("expect", "rules", "difference"),
    [
        ("status: partial", [], ("status", "partial", "filled")),
        ("shipments: []", [], ("shipments", "none", SHIPPED)),
        ("shipments: [{node: store}]", [], ("shipments", "{node: store}", SHIPPED)),
        (
            "shipments: [{node: store}, {node: store}]",
            [],
            ("shipments", "{node: store}\n{node: store}", SHIPPED),
        ),
        (
            "shipments: [{node: store}, {node: warehouse, lines: {A: {less_than: 2}}}]",
            [],
            ("shipments", "{node: store}\n{node: warehouse, lines: {A: {less_than: 2}}}", SHIPPED),
        ),
        (
            "shipments: [{rules: [test/r1]}]",
            ["when: {node.type: store}, then: {exclude: true}", "then: {keep_together: true}"],
            ("shipments", "{rules: [test/r1]}", "none"),
        ),
        (
            "shipments: [{cost: {at_most: 4.00 EUR}, late: true}, {}]",
            [],
            (
                "shipments",
                "{cost: {at_most: 4.00 EUR}, late: true}\n{}",
                PRICED,
            ),
        ),
        ("unfilled: {A: 1}", [], ("unfilled", "A: 1", "nothing")),
        (
            "unfilled: {}",
            [NO_STORE, KEEP_ONE],
            ("unfilled", "nothing", "A: {units: 2, reason: [excluded, kept_back], by: [test/r1, test/r2]}"),
        ),
        (
            "unfilled: {A: {units: 1, reason: kept_back}}",
            [NO_STORE],
            (
                "unfilled",
                "A: {units: 1, reason: kept_back}",
                "A: {units: 1, reason: [excluded], by: [test/r1]}",
            ),
        ),
        (
            "fired: [test/r1, test/r2]",
            [NO_STORE, "when: {node.type: supplier}, then: {keep: 2}"],
            ("fired", "test/r2", "test/r2 did not fire"),
        ),
        ("not_fired: [test/r1]", [NO_STORE], ("not_fired", "test/r1", "test/r1 fired")),
        ("silenced: [test/r1]", [KEEP], ("silenced", "test/r1", "test/r1 fired")),
        ("excluded: [{node: warehouse}]", [NO_STORE], ("excluded", "{node: warehouse}", EXCLUDED)),
        (
            "excluded: [{node: store, unless_needed: true}]",
            [NO_STORE],
            ("excluded", "{node: store, unless_needed: true}", EXCLUDED),
        ),
        ("excluded: [{node: store}]", [], ("excluded", "{node: store}", "none")),
        ("not_excluded: [{by: test/r1}]", [NO_STORE], ("not_excluded", "{by: test/r1}", EXCLUDED)),
        ("kept: {A: {store: 1}}", [KEEP], ("kept.A.store", "1", "2, by test/r1 (keep: 2)")),
        ("kept: {A: {supplier: 1}}", [KEEP], ("kept.A.supplier", "1", "nothing is there")),
        ("hold: 30 min", [], ("hold", "30 min", "48 h")),
        ("hold: {more_than: 1 h}", [WEB], ("hold", "{more_than: 1 h}", "30 min")),
        ("priority: 50", [WEB], ("priority", "50", "70")),
        ("hold: until_shipped", [UNTIL_SHIPPED_AND_4_HOURS], ("hold", "until_shipped", "until_shipped + 4 h")),
        ("hold: until_shipped + 5 h", [UNTIL_SHIPPED], ("hold", "until_shipped + 5 h", "until_shipped + 0 h")),
        ("approve: true", [], ("approve", "true", "false")),
        ("approve: false", [APPROVED], ("approve", "false", "true")),
        ("totals: {cost: {at_most: 9.00 EUR}}", [], ("totals.cost", "{at_most: 9.00 EUR}", "12.50 EUR")),
        ("totals: {shipments: 1}", [], ("totals.shipments", "1", "2")),
        ("totals: {arrives: {less_than: 2 d}}", [], ("totals.arrives", "{less_than: 2 d}", "48 h")),
        ("totals: {co2: 0 g}", [], ("totals.co2", "0 g", "722 g")),
    ],
)
def test_an_expectation_that_is_not_met_fails_and_is_shown_beside_what_was_decided(expect, rules, difference):
    assert expecting(expect, *rules) == [difference]


def test_an_order_for_a_nominated_day_is_compared_by_what_is_planned():
    day = "order: {lines: {A: 1}, deliver_on: 2026-06-20}\nstock: {A: {store: 1}}\n"
    planned = "expect: {status: scheduled, shipments: [{node: store, arrives: {at_least: 400 h}}], unfilled: {}}\n"
    assert differences(day + planned) == []
    assert differences(day + "expect: {status: filled}\n") == [("status", "filled", "scheduled")]


def test_a_rule_that_is_silenced_is_reported_as_silenced():
    scenario = SCENARIO + "nodes: {store: {tags: [closing]}}\n"
    rules = ("when: {node.type: store}, then: {keep: 2}", SILENCING)
    assert expecting("silenced: [test/r1], fired: [test/r2], not_fired: [test/r1]", *rules, scenario=scenario) == []
    assert expecting("fired: [test/r1], not_silenced: [test/r1]", *rules, scenario=scenario) == [
        ("fired", "test/r1", "test/r1 was silenced"),
        ("not_silenced", "test/r1", "test/r1 was silenced"),
    ]


SELLING = "order: {lines: {A: 1}}\nstock: {A: {warehouse: {on_hand: 9, daily_sales: 2}}}\nnow: 2026-06-02 10:00\n"
LEVELS = "then: {target_cover: 14 days, min: 3, alert_below: {cover: 5 days}}"
PEAK = "from: 2026-06-04, until: 2026-06-04, then: {uplift: 300%}"


def test_levels_of_the_articles_are_compared_and_their_rules_have_fired():
    expect = "levels: {A: {warehouse: {target: 32, alert: {at_least: 14}, min: 3, max: {known: false}}}}"
    assert expecting(f"{expect}, fired: [test/r1, test/r2]", LEVELS, PEAK, scenario=SELLING) == []
    after = SELLING.replace("06-02", "06-05")
    assert expecting("levels: {A: {warehouse: {target: 29}}}", LEVELS, PEAK, scenario=after) == [
        ("levels.A.warehouse.target", "29", "28")
    ]
    assert expecting("fired: [test/r2], levels: {A: {warehouse: {max: 9}}}", LEVELS, PEAK, scenario=after) == [
        ("fired", "test/r2", "test/r2 did not fire"),
        ("levels.A.warehouse.max", "9", "any number"),
    ]
    assert expecting("levels: {A: {store: {target: 1}}}", LEVELS, scenario=SELLING) == [
        ("levels.A.store", "a level", "nothing is there")
    ]


def test_every_difference_of_a_test_is_reported_at_once():
    shown = expecting("status: unfilled, hold: 1 h, totals: {units: 9, unfilled: 1}")
    assert [what for what, _, _ in shown] == ["status", "hold", "totals.units", "totals.unfilled"]


def test_a_shipment_that_fits_two_expectations_leaves_the_other_one_its_own():
    # the first expectation fits both shipments, the second only the one that the first would take
    assert expecting("shipments: [{service: parcel}, {node: store}]") == []
    assert expecting("shipments: [{service: parcel}, {node: warehouse}]") == []


def test_lines_of_one_sku_are_counted_together():
    scenario = "order: {lines: [{sku: A, quantity: 1}, {sku: A, quantity: 2}]}\nstock: {A: {warehouse: 2}}\n"
    assert expecting("shipments: [{lines: {A: 2}}], unfilled: {A: 1}", scenario=scenario) == []


def test_a_test_that_expects_nothing_passes_and_can_be_told_apart():
    for text in (SCENARIO, f"{SCENARIO}expect: {{}}\n", f"{SCENARIO}expect:\n"):
        result = result_of(text)
        assert result.passed
        assert result.test.expected.says_nothing
    assert not result_of(f"{SCENARIO}expect: {{unfilled: {{}}}}\n").test.expected.says_nothing
    assert not result_of(f"{SCENARIO}expect: {{shipments: [{{}}, {{}}]}}\n").test.expected.says_nothing
