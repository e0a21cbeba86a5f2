"""Warnings are true, and where they can be complete none is missing: for random policy sets, by trying every case.

The rules of a set are built from three conditions, so there are eight cases (each condition true or not). Facts are
made for each possible case. The six properties check about a thousand sets together.
"""

import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import strategies as st

from rules.conditions import All, AnyOf, Condition, Not, holds
from rules.effects import SUMMED, Effect, Exclusion, OptionOutcome, combine
from rules.lint.check import check
from rules.lint.satisfiability import Search, literal_form, witness
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage
from tests.properties.rules import condition_trees
from tests.support.examples import examples

pytestmark = pytest.mark.slow

MANY = examples(60, in_suite=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
EFFECTS = {
    Stage.OPTION: ("tier: 2", "tier: 7", "prefer: 1.00", "exclude: true", "exclude: unless_needed", "avoid: 1.00"),
    Stage.POSITION: ("keep: 0", "keep: 2", "keep: 10%", "keep: {cover: 2 days}", "protect: {channel: web, units: 2}"),
    Stage.LEVEL: (
        "alert_below: 4",
        "alert_below: {cover: 2 days}",
        "min: 2",
        "max: 9",
        "uplift: 150%",
        "transfer: false",
    ),
    Stage.RETURN: ("disposition: restock", "disposition: destroy", "as_sku: a", "as_sku: b"),
    Stage.PROMISE: ("reroute_if_late: true", "reroute_if_late: true"),
    Stage.REJECTION: ("rest_after_rejection: 1 h", "rest_after_rejection: 2 h"),
    Stage.ORDER: (
        "priority: 80",
        "priority: 20",
        "max_shipments: 2",
        "max_shipments: {at_most: 2, unless_needed: true}",
        "hold: 3 h",
        "hold: until_shipped",
        "hold: until_shipped + 1 h",
        "ship_complete: true",
        "approve: true",
    ),
}


@st.composite
def sets(draw: st.DrawFn) -> tuple[PolicySet, tuple[str, ...], Stage, list[Facts]]:
    """A policy set, its warnings, the stage at which its rules act, and facts for every possible case."""
    stage = draw(st.sampled_from(list(EFFECTS)))
    base = [draw(condition_trees.conditions(stage, pairs=False)) for _ in range(3)]
    cases = list(_cases(base))
    pairs = st.lists(st.sampled_from(base), min_size=2, max_size=2, unique_by=id).map(tuple)
    conditions = (
        st.sampled_from(base)
        | pairs.map(lambda parts: All(parts=parts))
        | pairs.map(lambda parts: AnyOf(parts=parts))
        | st.sampled_from(base).map(lambda part: Not(part=part))
        | pairs.map(lambda parts: All(parts=(parts[0], Not(part=parts[1]))))
    )
    lines = ["policy: p", "rules:"]
    for number in range(draw(st.integers(1, 6))):
        effects = draw(st.lists(st.sampled_from(EFFECTS[stage]), min_size=1, max_size=2, unique_by=_name))
        earlier = [f"p/r{other}" for other in range(number)]
        silenced = draw(st.lists(st.sampled_from(earlier), max_size=1)) if earlier else []
        when = condition_trees.written(draw(conditions))
        lines.append(f"  - {{id: r{number}, because: x, when: {when}, then: {{{', '.join(effects)}}},")
        lines.append(f"     overrides: [{', '.join(silenced)}]}}")
    checked = check({"p.yaml": "\n".join(lines).encode()})
    assert checked.policies, checked.errors
    return checked.policies, tuple(str(item) for item in checked.warnings), stage, cases


def _name(effect: str) -> str:
    return effect.partition(":")[0]


def _cases(base: list[Condition]) -> Iterator[Facts]:
    for signs in itertools.product((True, False), repeat=len(base)):
        domains = Search().solve([literal_form(part, true=sign) for part, sign in zip(base, signs, strict=True)])
        if domains is not None:
            yield witness(domains)


def acting(policies: PolicySet, facts: Facts) -> set[str]:
    """The rules that act: a rule that fires acts unless one that acts overrides it."""
    fired = {name: rule for name, rule in policies.rules.items() if holds(rule.condition, facts)}

    def acts(name: str) -> bool:
        return name in fired and not any(name in rule.overrides and acts(other) for other, rule in fired.items())

    return {name for name in fired if acts(name)}


def effects(policies: PolicySet, facts: Facts, without: tuple[str, str] = ("", "")) -> list[Effect]:
    return [
        effect
        for name in acting(policies, facts)
        for effect in policies.rules[name].effects
        if (effect.name, name) != without
    ]


def words_of(warnings: tuple[str, ...], code: str) -> list[tuple[str, ...]]:
    """The quoted words of each warning with this code."""
    words = [tuple(re.findall(r"'([^']+)'", line)) for line in warnings if f"  {code}  " in line]
    if words:
        event(code)
    return words


@MANY
@given(sets())
def test_a_rule_is_reported_never_to_fire_exactly_if_it_fires_in_no_case(drawn):
    policies, warnings, _, cases = drawn
    never = {name for name, rule in policies.rules.items() if not any(holds(rule.condition, facts) for facts in cases)}
    assert {words[0] for words in words_of(warnings, "never-fires")} == never


@MANY
@given(sets())
def test_a_rule_reported_as_always_silenced_acts_in_no_case(drawn):
    policies, warnings, _, cases = drawn
    for name, *_ in words_of(warnings, "always-silenced"):
        assert not any(name in acting(policies, facts) for facts in cases)


@MANY
@given(sets())
def test_without_an_effect_reported_as_shadowed_nothing_changes(drawn):
    policies, warnings, stage, cases = drawn
    for name, rule, *_ in words_of(warnings, "shadowed"):
        assert name not in SUMMED
        for facts in cases:
            all_of_them = combine(stage, effects(policies, facts))
            assert combine(stage, effects(policies, facts, without=(name, rule))) == all_of_them


@MANY
@given(sets())
def test_without_all_effects_reported_as_shadowed_nothing_changes(drawn):
    policies, warnings, stage, cases = drawn
    removed = {words[:2] for words in words_of(warnings, "shadowed")}
    for facts in cases:
        remaining = [
            effect
            for name in acting(policies, facts)
            for effect in policies.rules[name].effects
            if (effect.name, name) not in removed
        ]
        assert combine(stage, remaining) == combine(stage, effects(policies, facts))


@MANY
@given(sets())
def test_without_overrides_every_shadowed_effect_is_reported(drawn):
    policies, warnings, stage, cases = drawn
    if any(rule.overrides for rule in policies.rules.values()):
        return
    fires = {
        name: {number for number, facts in enumerate(cases) if holds(rule.condition, facts)}
        for name, rule in policies.rules.items()
    }
    # ids have one digit, so their order is that of lines
    rule_effects = [(name, effect) for name, rule in policies.rules.items() for effect in rule.effects if fires[name]]

    def decides(strong: tuple[str, Effect], weak: tuple[str, Effect]) -> bool:
        if strong[1].name != weak[1].name or strong[0] == weak[0] or not fires[weak[0]] <= fires[strong[0]]:
            return False
        alone, both = combine(stage, [strong[1]]), combine(stage, [strong[1], weak[1]])
        same = fires[weak[0]] == fires[strong[0]] and both == combine(stage, [weak[1]])
        return alone == both and (not same or strong[0] < weak[0])

    expected = {
        (weak[1].name, weak[0])
        for weak in rule_effects
        if weak[1].name not in SUMMED and any(decides(strong, weak) for strong in rule_effects)
    }
    assert {words[:2] for words in words_of(warnings, "shadowed")} == expected


@MANY
@given(sets())
def test_what_is_reported_as_preferred_and_excluded_is(drawn):
    policies, warnings, stage, cases = drawn
    for name, rule, *_ in words_of(warnings, "excluded-and-preferred"):
        assert name in ("prefer", "tier")
        for facts in cases:
            if rule in acting(policies, facts):
                outcome = combine(stage, effects(policies, facts))
                assert isinstance(outcome, OptionOutcome)
                assert outcome.exclude is not Exclusion.NO


@pytest.mark.parametrize("kind", ["rules", "terms"])
def test_a_check_that_exceeds_its_steps_gives_no_warning(kind):
    """Each rule would have to be compared with all before it, which exceeds the steps of the check."""
    many = 1_500
    terms = "terms:\n" + "".join(f"  t{n}: {{order.units: {{at_least: {n}}}}}\n" for n in range(many))
    conditions = {"terms": "is: t{}", "rules": "order.units: {{at_least: {}}}"}
    lines = [
        f"  - {{id: r{n}, because: x, when: {{{conditions[kind].format(n)}}}, then: {{split_penalty: {n + 1}.00}}}}\n"
        for n in range(many)
    ]
    text = f"policy: p\n{terms if kind == 'terms' else ''}rules:\n{''.join(lines)}"
    assert check({"p.yaml": text.encode()}).findings == ()
