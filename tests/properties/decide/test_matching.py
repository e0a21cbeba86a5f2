"""Matching agrees with the reference, `conditions.holds`, on random rules and facts: the first time and remembered."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.decide.matching import signature_table
from engine.decide.matching.matcher import Matcher, StageMatcher
from engine.decide.matching.signatures import ALWAYS_KNOWN
from rules.conditions import All, Compare, Operator, holds
from rules.loader import load_policies
from rules.vocabulary import Kind, Stage, attribute, group_of
from tests.properties.decide.peers_agree import PREFER, assert_agrees, by_reference, prefers
from tests.properties.rules import condition_trees
from tests.properties.rules.condition_trees import policy_set, rule_of
from tests.reference.rows import SHARED, VARYING, rows_of
from tests.support.conditions import compare
from tests.support.examples import examples

pytestmark = pytest.mark.slow

FEW = examples(50, in_suite=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@FEW
@given(policies=condition_trees.rule_sets(), data=st.data())
def test_matching_fires_exactly_the_rules_that_hold(policies, data):
    stages = {effect.stage for rule in policies.rules.values() for effect in rule.effects}
    cases = [
        (stage, facts)
        for stage in sorted(stages, key=lambda stage: stage.name)
        for facts in data.draw(st.lists(condition_trees.facts(stage), min_size=1, max_size=5))
    ]
    assert_agrees(policies, cases)


ALWAYS_GIVEN = dict.fromkeys(ALWAYS_KNOWN, 0) | {"route.late": False}
"""Facts that every position and every option has."""


def grouped(values):
    return {
        group: {path: value for path, value in values.items() if group_of(path) == group}
        for group in Stage.OPTION.value
    }


@pytest.mark.parametrize("most", [0, signature_table.MOST_IN_A_COLUMN], ids=["in a mapping", "in a column"])
@FEW
@given(
    conditions=st.lists(condition_trees.conditions(Stage.OPTION), min_size=1, max_size=6),
    lines=st.lists(
        st.tuples(
            condition_trees.facts(Stage.OPTION), st.lists(condition_trees.facts(Stage.OPTION), min_size=1, max_size=4)
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_the_options_of_a_line_are_judged_together_as_each_would_be_alone(most, conditions, lines):
    policies = prefers(conditions)
    matcher = Matcher(policies)
    judged = [(grouped(shared), [judged_alike(facts) for facts in options]) for shared, options in lines]
    rows = [rows_of(options) for _, options in judged]
    for _ in range(2):  # the second time by what was remembered
        for (shared, options), its in zip(judged, rows, strict=True):
            fixed = {group: shared[group] for group in SHARED}
            stage = matcher.stages[Stage.OPTION]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(signature_table, "MOST_IN_A_COLUMN", most)
                numbers = stage.judge_rows(fixed, its)
            assert [stage.table.judgements[number].fired for number in numbers] == [
                by_reference(policies, Stage.OPTION, merged(*fixed.values(), *option))[0] for option in options
            ]
    assert matcher.incidents == 0
    matcher.close()


def judged_alike(facts):
    values = ALWAYS_GIVEN | {
        path: value for path, value in facts.items() if path not in ALWAYS_GIVEN or value is not None
    }
    groups = grouped({"stock.days_of_cover": None, **values})
    return tuple(groups[group] for group in VARYING)


def merged(*groups):
    return {path: value for group in groups for path, value in group.items()}


def test_lines_that_leave_the_same_residual_formulas_share_what_is_remembered():
    near = compare("route.distance", Operator.AT_MOST, 300_000)
    web = compare("order.channel", Operator.EQUALS, "web")
    policies = prefers([near, All(parts=(web, near))])
    stage = StageMatcher(Stage.OPTION, policies)
    option = {"node": {}, "stock": {}, "service": {}, "route": {}}
    options = [judged_alike({**option["route"], "route.distance": distance}) for distance in (200_000, 400_000)]
    remembered = []
    for channel in ("web", "store", "app"):
        shared = {group: {} for group in SHARED} | {"order": {"order.channel": channel}}
        stage.judge_rows(shared, rows_of(options))
        remembered.append(stage.remembered)
    stage.close()
    assert remembered == [2, 4, 4], "of the store and of the app, the same is left to ask"


WINDOWS = (
    "",
    "from: 2026-11-02",
    "until: 2026-11-27",
    "{from: 2026-11-01 08:00, until: 2026-11-30 18:00}",
    'hours: ["08:00", "18:00"]',
    'hours: ["18:00", "08:00"]',
    "weekdays: [friday, monday]",
)


@FEW
@given(
    rules=st.lists(
        st.sampled_from([Stage.POSITION, Stage.OPTION]).flatmap(
            lambda stage: st.tuples(st.just(stage), condition_trees.conditions(stage), st.sampled_from(WINDOWS))
        ),
        min_size=1,
        max_size=4,
    ),
    facts=st.lists(condition_trees.facts(Stage.OPTION), min_size=1, max_size=4),
)
def test_what_is_written_in_yaml_means_what_the_tree_means(rules, facts):
    effects = {Stage.POSITION: "keep: 3", Stage.OPTION: "prefer: 4.00"}
    lines = ["policy: p", "rules:"]
    for number, (stage, condition, window) in enumerate(rules):
        extra = window.strip("{}").replace(", until", "\n    until")
        lines += [f"  - id: r{number}", "    because: why", f"    when: {condition_trees.written(condition)}"]
        lines += [f"    then: {{{effects[stage]}}}", f"    {extra}"]
    policies = load_policies({"p.yaml": "\n".join(lines).encode()})
    for number, (_, condition, window) in enumerate(rules):
        for values in facts if not window else ():
            assert holds(policies.rules[f"p/r{number}"].condition, values) is holds(condition, values)
    assert_agrees(policies, [(stage, values) for stage in (Stage.POSITION, Stage.OPTION) for values in facts])


def test_a_silenced_rule_silences_nothing():
    first, second, third = (compare("node.id", Operator.MATCHES, f"{letters}*") for letters in ("abc", "ab", "a"))
    policies = policy_set(
        [
            rule_of("p/weak", third, PREFER),
            rule_of("p/middle", second, PREFER, overrides=("p/weak",)),
            rule_of("p/strong", first, PREFER, overrides=("p/middle",)),
        ]
    )
    matcher = Matcher(policies)
    judged = {name: matcher.judge(Stage.OPTION, {"node.id": name}) for name in ("a", "ab", "abc")}
    matcher.close()
    assert judged["a"].fired == ("p/weak",)
    assert (judged["ab"].fired, judged["ab"].silenced) == (("p/middle",), ("p/weak",))
    assert (judged["abc"].fired, judged["abc"].silenced) == (("p/strong", "p/weak"), ("p/middle",))


def test_a_word_with_a_nul_is_a_word_like_any_other():
    policies = prefers(
        [compare("order.segment", Operator.EQUALS, "\0"), compare("order.segment", Operator.EQUALS, "a")]
    )
    assert_agrees(policies, [(Stage.OPTION, {"order.segment": word}) for word in ("\0", "a", "b", None)])


def test_an_attribute_that_is_one_is_not_taken_for_true():
    path = "node.attributes.x"
    flag, number = (attribute(path, kind) for kind in (Kind.FLAG, Kind.NUMBER))
    rules = [
        Compare(fact=flag, operator=Operator.EQUALS, operands=(True,)),
        Compare(fact=number, operator=Operator.EQUALS, operands=(1,)),
        Compare(fact=number, operator=Operator.AT_MOST, operands=(0,)),
    ]
    values = (True, 1, False, 0, "1", frozenset({"1"}), None, 1, True)
    assert_agrees(prefers(rules), [(Stage.OPTION, {path: value}) for value in values])


def test_the_outcome_without_a_rule_lets_those_act_that_it_silenced():
    held = compare("node.id", Operator.EQUALS, "a")
    policies = policy_set([rule_of("p/one", held, PREFER), rule_of("p/two", held, PREFER, overrides=("p/one",))])
    matcher = Matcher(policies)
    stage = matcher.stages[Stage.OPTION]
    judgement = matcher.judge(Stage.OPTION, {"node.id": "a"})
    without = stage.without(judgement, "p/two")
    matcher.close()
    assert judgement.fired == ("p/two",)
    assert (without.fired, without.outcome.adjustment) == (("p/one",), -4_000_000)
