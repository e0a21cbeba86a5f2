"""Policy tests run by a policy set: the coverage of its rules, and what is left untested although all pass."""

import pytest

from engine.decide.policy_tests.runner import run_policy_tests, select_tests
from engine.decide.policy_tests.yaml_text import flow_style, with_unit
from rules.syntax import literals
from rules.vocabulary import Kind
from tests.support.facts import policies
from tests.support.policy_test_files import report

CASES = """
    stock: {usual: {A: {warehouse: 9, store: 9}}}
    tests:
      - {test: one, order: {channel: web, lines: {A: 1}}, expect: {shipments: [{node: store}]}}
      - {test: two, order: {channel: app, lines: {A: 1}}, expect: {shipments: [{node: warehouse}]}}
"""
PREFER = "when: {order.channel: web, node.type: store}, then: {prefer: 4.00}"
"""A store costs 1.50 more than a warehouse."""
LITTLE = "when: {order.channel: web, node.type: store}, then: {prefer: 0.10}"
NEVER = "when: {order.channel: social}, then: {hold: 1 h}"
ALWAYS_HELD = "then: {hold: 12 h}"
URGENT = "when: {order.channel: app}, then: {priority: 90}"
SILENCER = "when: {order.channel: web, node.tags: {has: x}}, then: {tier: 5}, overrides: [test/r1]"


def counts(*rules: str, find_changing: bool = True, text: str = CASES) -> list[tuple[int, int, int | None]]:
    return [
        (item.fired, item.quiet, item.changed) for item in report(text, *rules, find_changing=find_changing).coverage
    ]


def test_coverage_counts_the_cases_a_rule_fires_in_those_it_does_not_and_those_it_changes():
    assert counts(PREFER, LITTLE, NEVER) == [(1, 1, 1), (1, 1, 0), (0, 2, 0)]


def test_a_rule_that_changes_only_the_hold_or_the_priority_changes_what_is_decided():
    assert counts(PREFER, ALWAYS_HELD, URGENT) == [(1, 1, 1), (2, 0, 2), (1, 1, 1)]


def test_a_rule_that_acts_by_silencing_another_changes_what_is_decided():
    text = CASES + "    nodes: {store: {tags: [x]}}\n"
    assert counts(PREFER, SILENCER, text=text) == [(0, 2, 0), (1, 1, 1)]


def test_a_rule_that_says_how_much_stock_there_should_be_fires_where_its_articles_lie_and_changes_that():
    text = CASES.replace("warehouse: 9", "warehouse: {on_hand: 9, daily_sales: 1}")
    levels, peak = "then: {target_cover: 9 days}", "from: 2026-06-05, then: {uplift: 200%}"
    assert counts(levels, peak, text=text) == [(2, 0, 2), (2, 0, 2)]
    assert counts("then: {alert_below: {cover: 3 days}}", peak, text=text) == [(2, 0, 2), (0, 2, 0)]


def test_what_rules_change_is_not_known_unless_asked_for():
    assert counts(PREFER, find_changing=False) == [(1, 1, None)]


def test_a_report_passes_if_all_its_cases_do():
    good, bad = report(CASES, PREFER), report(CASES)
    assert (good.passed, good.failed) == (True, ())
    assert not bad.passed
    assert [item.test.name for item in bad.failed] == ["one"]


def test_a_policy_set_without_tests_passes_but_is_not_tested():
    empty_report = run_policy_tests(policies(PREFER), [])
    assert empty_report.passed
    assert empty_report.untested == ("no case fires test/r1",)


def test_each_case_is_reported_as_soon_as_it_is_decided():
    policy_set = policies(PREFER)
    names: list[str] = []
    done = run_policy_tests(
        policy_set, [item.test for item in report(CASES, PREFER).results], progress=lambda t: names.append(t.test.name)
    )
    assert names == [item.test.name for item in done.results] == ["one", "two"]


def test_what_tests_nothing_is_named():
    text = CASES + "      - {test: idle, order: {lines: {A: 1}}, expect: {}}\n"
    assert report(text, PREFER).untested == ("test_test.yaml:6: the case 'idle' expects nothing",)
    assert report(CASES, NEVER).untested == (
        "no case fires test/r1",
        "test_test.yaml: no case fires a rule of test",
    )


def test_cases_are_picked_by_a_word_of_their_name_or_file():
    cases = [item.test for item in report(CASES).results]
    assert [case.name for case in select_tests(cases, "TWO")] == ["two"]
    assert select_tests(cases, "test_test") == select_tests(cases, "") == cases
    assert select_tests(cases, "three") == []


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.MONEY, 6_200_000, "6.20 EUR"),
        (Kind.MONEY, 0, "0.00 EUR"),
        (Kind.MONEY, 1_234_567, "1.234567 EUR"),
        (Kind.MONEY, 12_500_000_000_000, "12500000.00 EUR"),
        (Kind.DURATION, 2_880, "48 h"),
        (Kind.DURATION, 90, "90 min"),
        (Kind.DISTANCE, 300_000, "300 km"),
        (Kind.DISTANCE, 1_200, "1.2 km"),
        (Kind.CARBON, 338_000, "338 g"),
        (Kind.CARBON, 1, "0.001 g"),
        (Kind.COUNT, 10, "10"),
        (Kind.FLAG, False, "false"),
        (Kind.WORD, "store", "store"),
        (Kind.MONEY, None, "unknown"),
    ],
)
def test_values_are_shown_as_policies_write_them(kind, value, text):
    readers = {Kind.MONEY: literals.money, Kind.DURATION: literals.duration, Kind.DISTANCE: literals.distance}
    assert with_unit(kind, value, "EUR") == text
    if value is not None and kind in readers:
        assert readers[kind](text) == value


def test_documents_are_shown_in_one_line():
    assert (
        flow_style({"a": ["x", "1"], "b": {"c": None}, "d": frozenset({"z", "y"})})
        == "{a: [x, 1], b: {c: ~}, d: [y, z]}"
    )


def test_a_test_may_say_how_often_a_service_is_on_time():
    text = """
        stock: {usual: {A: {warehouse: 9}}}
        services: {parcel: {on_time_rate: 79.99%}}
        tests:
          - test: one
            order: {channel: web, lines: {A: 1}}
            expect: {shipments: [{node: warehouse, service: parcel}]}
          - test: two
            services: {parcel: {on_time_rate: 80%}}
            order: {channel: web, lines: {A: 1}}
            expect: {shipments: [{node: warehouse}]}
    """
    seldom = report(text, "when: {service.on_time_rate: {less_than: 80%}}, then: {avoid: 0.10}")
    assert [(item.fired, item.quiet) for item in seldom.coverage] == [(1, 1)]
