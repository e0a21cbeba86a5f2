"""Warnings about rules that do nothing, case by case, and cases without a warning."""

import pytest

from rules.lint.check import check

STORE = "node.type: store"


def warnings(*rules: str, more: str = "") -> list[str]:
    """The warnings about the rules r0, r1 ..., without their places."""
    lines = [f"  - {{id: r{number}, because: x, {rule}}}\n" for number, rule in enumerate(rules)]
    checked = check({"p.yaml": f"policy: p\n{more}rules:\n{''.join(lines)}".encode()})
    assert checked.errors == ()
    return [str(item).partition("warning: ")[2] for item in checked.warnings]


IMPOSSIBLE = [
    "stock.on_hand: {less_than: 0}",
    "order.units: {between: [2, 5], not: {between: [1, 6]}}",
    "order.delivery: {known: true, not: [standard, express, click_and_collect]}",
    "order.tags: {has_any: [a, b], not: {has_any: [a, b, c]}}",
    "order.tags: {known: false, has: a}",
    "route.late: {known: true, not: [true, false]}",
    "node.attributes.size: {at_least: 5, not: {more_than: 3}}",
    "all: [{node.attributes.size: 5}, {node.attributes.size: big}]",
    "order.segment: {matches: '?*', not: {matches: '*'}}",
    "order.postcode: {matches: ['75*', '69*'], not: {matches: '?[5-9]*'}}, none: [{order.postcode: {matches: '*'}}]",
    "now.time: {more_than: '23:59'}",
    "any: [{order.units: {less_than: 0}}, {order.units: {more_than: 5, less_than: 6}}]",
    "now.date: {between: [2026-11-27, 2026-11-28]}, now.weekday: [monday, tuesday]",
]
POSSIBLE = [
    "order.units: {between: [2, 6], not: {between: [1, 5]}}",
    "order.delivery: {not: [standard, express, click_and_collect]}",
    "order.tags: {has_any: [a, b], not: {has: a}}",
    "node.attributes.size: {at_least: -5, less_than: -4.999999}",
    "order.postcode: {matches: '75*', not: {matches: ['?*0', '?*1', '?*2', '75']}}",
    "now.time: {at_least: '23:59'}",
    "now.date: {between: [2026-11-27, 2026-12-03]}, now.weekday: thursday",
    "none: [{now.date: {between: [2026-11-27, 2026-11-28]}}], now.weekday: friday",
]


@pytest.mark.parametrize("condition", IMPOSSIBLE)
def test_a_contradiction_never_fires(condition):
    (warning,) = warnings(f"when: {{{condition}}}, then: {{prefer: 1}}")
    assert warning.startswith("'p/r0' can never fire: ")


@pytest.mark.parametrize("condition", POSSIBLE)
def test_a_narrow_condition_without_a_contradiction_may_fire(condition):
    assert warnings(f"when: {{{condition}}}, then: {{prefer: 1}}") == []


def test_terms_that_contradict_each_other_are_found():
    more = "terms: {odd: {order.units: {at_least: 5}}, few: {order.units: {at_most: 3}}}\n"
    assert warnings("when: {is: [odd, few]}, then: {prefer: 1}", more=more) == [
        "'p/r0' can never fire: nothing meets all that is asked of order.units"
    ]


SHADOWED = [
    ("tier: 3", "tier: 2"),
    ("keep: 3", "keep: 3"),
    ("keep: 1%", "keep: 10%"),
    ("exclude: unless_needed", "exclude: true"),
    ("protect: {channel: web, units: 2}", "protect: {channel: web, units: 3}"),
]
APART = [
    ("tier: 2", "tier: 3"),
    ("prefer: 3.00", "prefer: 4.00"),
    ("avoid: 3.00", "avoid: 3.00"),
    ("keep: 3", "keep: 10%"),
    ("keep: 3", "protect: {channel: web, units: 3}"),
    ("protect: {channel: web, units: 2}", "protect: {channel: app, units: 3}"),
]


@pytest.mark.parametrize(("narrow", "wide"), SHADOWED)
def test_an_effect_is_shadowed_by_a_stronger_one_of_a_wider_rule(narrow, wide):
    (warning,) = warnings(
        f"when: {{{STORE}, order.units: 2}}, then: {{{narrow}}}", f"when: {{{STORE}}}, then: {{{wide}}}"
    )
    effect = narrow.partition(":")[0]
    assert warning == f"'{effect}' of 'p/r0' never counts: wherever it acts, that of 'p/r1' decides"


@pytest.mark.parametrize(("narrow", "wide"), APART)
def test_an_effect_that_adds_something_is_not_shadowed(narrow, wide):
    rules = (f"when: {{{STORE}, order.units: 2}}, then: {{{narrow}}}", f"when: {{{STORE}}}, then: {{{wide}}}")
    assert warnings(*rules) == []


def test_the_rule_that_decides_is_named_and_not_one_that_it_shadows_too():
    (weak,) = warnings(
        "then: {keep: 1}",
        f"when: {{{STORE}}}, then: {{keep: 3}}",
        f"when: {{{STORE}, order.units: 2}}, then: {{keep: 1}}",
        "then: {keep: 1%}",
    )
    assert weak == "'keep' of 'p/r2' never counts: wherever it acts, that of 'p/r1' decides"


def test_of_two_identical_rules_the_later_is_shadowed():
    same = f"when: {{{STORE}}}, then: {{keep: 3}}"
    (warning,) = warnings(same, same)
    assert warning.startswith("'keep' of 'p/r1' never counts")


def test_a_rule_that_others_may_silence_there_shadows_none():
    narrow, wide = f"when: {{{STORE}}}, then: {{keep: 2}}", "then: {keep: 5}"
    assert warnings(narrow, wide, "when: {order.units: 2}, then: {keep: 0}, overrides: [p/r1]") == []
    both = "when: {order.units: 2}, then: {keep: 0}, overrides: [p/r1, p/r0]"
    elsewhere = "when: {node.type: warehouse}, then: {keep: 0}, overrides: [p/r1]"
    for harmless in (both, elsewhere):
        assert len(warnings(narrow, wide, harmless)) == 1


def test_a_rule_is_always_silenced_by_one_or_by_several_together():
    weak = f"when: {{{STORE}, order.units: {{at_most: 5}}}}, then: {{prefer: 1}}"
    one = f"when: {{{STORE}}}, then: {{prefer: 2}}, overrides: [p/r0]"
    assert warnings(weak, one) == ["'p/r0' is always silenced by 'p/r1'"]
    few, many = (
        f"when: {{order.units: {{{bound}}}}}, then: {{prefer: 2}}, overrides: [p/r0]"
        for bound in ("at_most: 3", "at_least: 2")
    )
    assert warnings(weak, few, many) == ["'p/r0' is always silenced by one or another of 'p/r1', 'p/r2'"]
    assert warnings(weak, few) == []


def test_a_rule_whose_silencer_may_be_silenced_is_not_always_silenced():
    weak = f"when: {{{STORE}}}, then: {{prefer: 1}}"
    strong = "then: {prefer: 2}, overrides: [p/r0]"
    assert warnings(weak, strong, "when: {order.units: 1}, then: {prefer: 3}, overrides: [p/r1]") == []


def test_a_preference_for_excluded_options_is_reported_but_an_exception_is_not():
    air, express = "when: {service.mode: air}", "when: {service.mode: air, order.delivery: express}"
    assert warnings(f"{express}, then: {{prefer: 1}}", f"{air}, then: {{exclude: true}}") == [
        "'prefer' of 'p/r0' is for what 'p/r1' excludes in the very same cases"
    ]
    assert warnings(f"{air}, then: {{prefer: 1}}", f"{express}, then: {{exclude: true}}") == []
    assert warnings(f"{express}, then: {{prefer: 1}}, overrides: [p/r1]", f"{air}, then: {{exclude: true}}") == []


def test_options_excluded_unless_needed_may_be_ranked():
    air, express = "when: {service.mode: air}", "when: {service.mode: air, order.delivery: express}"
    last = f"{air}, then: {{exclude: unless_needed}}"
    assert warnings(f"{express}, then: {{tier: 1}}", last) == []
    assert len(warnings(f"{air}, then: {{tier: 1}}", last)) == 1
    assert warnings(f"{air}, then: {{tier: 6}}", last) == []
