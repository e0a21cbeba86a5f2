"""Warnings are true, and where they can be exact none is missing: of random sets of rules, by trying every case.

The rules of a set are put together from three conditions, so eight cases (each condition true or not) are all there
are. Facts are made for each case that can be. The six properties see about a thousand sets together.
"""

import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rules.conditions import All, AnyOf, Condition, Not, holds
from rules.effects import SUMMED, Effect, Exclusion, OptionOutcome, combine
from rules.lint.check import check
from rules.lint.satisfiability import Search, literal_form, witness
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage
from tests.properties.rules import condition_trees

MANY = settings(max_examples=170, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
EFFECTS = {
    Stage.OPTION: ("tier: 2", "tier: 7", "prefer: 1.00", "exclude: true", "exclude: unless_needed", "avoid: 1.00"),
    Stage.POSITION: ("keep: 0", "keep: 2", "keep: 10%", "protect: {channel: web, units: 2}"),
    Stage.REJECTION: ("rest_after_rejection: 1 h", "rest_after_rejection: 2 h"),
    Stage.ORDER: ("priority: 80", "priority: 20", "max_shipments: 2", "hold: 3 h", "ship_complete: true"),
}


@st.composite
def sets(draw: st.DrawFn) -> tuple[PolicySet, tuple[str, ...], Stage, list[Facts]]:
    """A set, what `check` warns of, the stage its rules act at, and the facts of every case there is."""
    stage = draw(st.sampled_from(list(EFFECTS)))
    base = [draw(condition_trees.conditions(stage)) for _ in range(3)]
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
        way = Search().solve([literal_form(part, true=sign) for part, sign in zip(base, signs, strict=True)])
        if way is not None:
            yield witness(way)


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


def said(warnings: tuple[str, ...], code: str) -> list[tuple[str, ...]]:
    """The quoted words of each warning with this code."""
    found = [tuple(re.findall(r"'([^']+)'", line)) for line in warnings if f"  {code}  " in line]
    if found:
        event(code)
    return found


@MANY
@given(sets())
def test_a_rule_is_said_never_to_fire_just_if_it_fires_in_no_case(drawn):
    policies, warnings, _, cases = drawn
    never = {name for name, rule in policies.rules.items() if not any(holds(rule.condition, facts) for facts in cases)}
    assert {words[0] for words in said(warnings, "never-fires")} == never


@MANY
@given(sets())
def test_a_rule_said_to_be_always_silenced_acts_in_no_case(drawn):
    policies, warnings, _, cases = drawn
    for name, *_ in said(warnings, "always-silenced"):
        assert not any(name in acting(policies, facts) for facts in cases)


@MANY
@given(sets())
def test_an_effect_said_to_be_shadowed_can_go_and_nothing_changes(drawn):
    policies, warnings, stage, cases = drawn
    for name, rule, *_ in said(warnings, "shadowed"):
        assert name not in SUMMED
        for facts in cases:
            all_of_them = combine(stage, effects(policies, facts))
            assert combine(stage, effects(policies, facts, without=(name, rule))) == all_of_them


@MANY
@given(sets())
def test_all_effects_said_to_be_shadowed_can_go_at_once(drawn):
    policies, warnings, stage, cases = drawn
    gone = {words[:2] for words in said(warnings, "shadowed")}
    for facts in cases:
        left = [
            effect
            for name in acting(policies, facts)
            for effect in policies.rules[name].effects
            if (effect.name, name) not in gone
        ]
        assert combine(stage, left) == combine(stage, effects(policies, facts))


@MANY
@given(sets())
def test_without_overrides_every_effect_that_another_rule_decides_is_said_to_be_shadowed(drawn):
    policies, warnings, stage, cases = drawn
    if any(rule.overrides for rule in policies.rules.values()):
        return
    fires = {
        name: {number for number, facts in enumerate(cases) if holds(rule.condition, facts)}
        for name, rule in policies.rules.items()
    }
    # ids have one digit, so their order is that of lines
    acts = [(name, effect) for name, rule in policies.rules.items() for effect in rule.effects if fires[name]]

    def decides(strong: tuple[str, Effect], weak: tuple[str, Effect]) -> bool:
        if strong[1].name != weak[1].name or strong[0] == weak[0] or not fires[weak[0]] <= fires[strong[0]]:
            return False
        alone, both = combine(stage, [strong[1]]), combine(stage, [strong[1], weak[1]])
        same = fires[weak[0]] == fires[strong[0]] and both == combine(stage, [weak[1]])
        return alone == both and (not same or strong[0] < weak[0])

    expected = {
        (weak[1].name, weak[0])
        for weak in acts
        if weak[1].name not in SUMMED and any(decides(strong, weak) for strong in acts)
    }
    assert {words[:2] for words in said(warnings, "shadowed")} == expected


@MANY
@given(sets())
def test_what_is_said_to_be_preferred_and_excluded_is(drawn):
    policies, warnings, stage, cases = drawn
    for name, rule, *_ in said(warnings, "excluded-and-preferred"):
        assert name in ("prefer", "tier")
        for facts in cases:
            if rule in acting(policies, facts):
                outcome = combine(stage, effects(policies, facts))
                assert isinstance(outcome, OptionOutcome)
                assert outcome.exclude is not Exclusion.NO


@pytest.mark.parametrize("kind", ["rules", "terms"])
def test_beyond_its_bounds_a_check_is_silent_and_true(kind):
    """Each rule is to be compared with all before it, which is given up somewhere."""
    many = 1_500
    terms = "terms:\n" + "".join(f"  t{n}: {{order.units: {{at_least: {n}}}}}\n" for n in range(many))
    asked = {"terms": "is: t{}", "rules": "order.units: {{at_least: {}}}"}
    lines = [
        f"  - {{id: r{n}, because: x, when: {{{asked[kind].format(n)}}}, then: {{split_penalty: {n}.00}}}}\n"
        for n in range(many)
    ]
    text = f"policy: p\n{terms if kind == 'terms' else ''}rules:\n{''.join(lines)}"
    assert check({"p.yaml": text.encode()}).findings == ()
