"""Compares matching with the reference, `conditions.holds`; and short ways to write rules."""

from collections.abc import Iterable

from engine.decide.matching.matcher import Matcher
from rules.conditions import Condition, holds
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage
from tests.properties.rules.condition_trees import EFFECTS, policy_set, rule_of

PREFER = EFFECTS[Stage.OPTION][0]


def by_reference(policies: PolicySet, stage: Stage, facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that act and those silenced: a rule that fires acts unless one that acts overrides it."""
    rules = {rule.id: rule for rule in policies.rules.values() if rule.acts_at(stage)}
    fired = [name for name, rule in rules.items() if holds(rule.condition, facts)]

    def acts(name: str) -> bool:
        return not any(name in rules[other].overrides and acts(other) for other in fired)

    return tuple(sorted(filter(acts, fired))), tuple(sorted(name for name in fired if not acts(name)))


def assert_agrees(policies: PolicySet, cases: Iterable[tuple[Stage, Facts]]) -> Matcher:
    """Each case is judged as the reference does: the first time, at once again, and after all others."""
    matcher = Matcher(policies)
    seen = []
    try:
        for stage, facts in cases:
            expected = by_reference(policies, stage, facts)
            for _ in range(2):
                judgement = matcher.judge(stage, facts)
                assert (judgement.fired, judgement.silenced) == expected
            seen.append((stage, facts, expected))
        for stage, facts, expected in reversed(seen):
            judgement = matcher.judge(stage, facts)
            assert (judgement.fired, judgement.silenced) == expected
        assert matcher.incidents == 0
    finally:
        matcher.close()
    return matcher


def prefers(conditions: Iterable[Condition]) -> PolicySet:
    return policy_set([rule_of(f"p/r{number:04}", condition, PREFER) for number, condition in enumerate(conditions)])
