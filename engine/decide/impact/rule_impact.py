"""Which rules decided: those without which the choice would have been another.

A rule that fires need not decide: what it prefers may be best anyway. Each fired rule is taken away in turn, the
facts judged by the other rules, and the order decided again on the same facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.judgement_table import Judgement, JudgementTable
from engine.decide.matching.matcher import Matcher, StageMatcher, by_group
from engine.decide.matching.signature_table import Rows
from engine.decide.shipping.columns import Integers
from engine.model.facts import Order, Snapshot
from rules.vocabulary import Facts, Stage


class _StageWithoutRule:
    """A `Judge` of one stage that judges as the stage's matcher would without one rule."""

    def __init__(self, matcher: StageMatcher, rule: str) -> None:
        self._matcher = matcher
        self._rule = rule
        self._numbers: list[int] = []
        """By the matcher's number of a judgement, the number here of what it is without the rule."""
        self.table = JudgementTable()

    def judge(self, facts: Mapping[str, Facts]) -> Judgement:
        return self._without(self._matcher.judge(facts))

    def judge_rows(self, shared: Mapping[str, Facts], rows: Rows) -> Integers:
        numbers = self._matcher.judge_rows(shared, rows)
        for judgement in self._matcher.table.judgements[len(self._numbers) :]:
            self._numbers.append(self.table.number(self._without(judgement)))
        own: Integers = np.array(self._numbers, dtype=np.int64)[numbers]
        return own

    def _without(self, judgement: Judgement) -> Judgement:
        acts = self._rule in judgement.fired or self._rule in judgement.silenced
        return self._matcher.without(judgement, self._rule) if acts else judgement


class CounterfactualMatcher:
    """A `PolicyJudge` that judges as `matcher` would without one rule, from what `matcher` remembers."""

    def __init__(self, matcher: Matcher, rule: str) -> None:
        self.rule = rule
        self.policies = matcher.policies
        self.volatile = matcher.volatile
        self.shipment_steps = matcher.shipment_steps
        self.stages = {stage: _StageWithoutRule(matcher.stages[stage], rule) for stage in Stage}
        self.with_effect = matcher.with_effect

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        return self.stages[stage].judge(by_group(facts))


def deciding_rules(order: Order, snapshot: Snapshot, matcher: Matcher, now: int) -> tuple[str, ...]:
    """The rules that decided `order`, by id. Without a rule, the nodes that rest by it alone don't."""
    decision = decide(order, snapshot, matcher, now)
    choice = _choice(decision)

    def differs(without: CounterfactualMatcher) -> bool:
        return _choice(decide(order, without_rests_of(snapshot, without), without, now)) != choice

    return deciding(decision, matcher, differs)


def deciding(decision: Decision, matcher: Matcher, differs: Callable[[CounterfactualMatcher], bool]) -> tuple[str, ...]:
    """The rules that acted on a decision of `matcher`, by id, where what is decided without them `differs`."""
    acted = sorted({*decision.fired, *decision.silenced})
    return tuple(rule for rule in acted if differs(CounterfactualMatcher(matcher, rule)))


def without_rests_of(snapshot: Snapshot, without: CounterfactualMatcher) -> Snapshot:
    """The snapshot without the rests that only the rule left out gave. A rule of that name in another version of the
    policies is another rule: a node that rests by it goes on resting.
    """
    resting = {
        node: node_rest
        for node, node_rest in snapshot.resting.items()
        if node_rest.policy_version != without.policies.version or set(node_rest.because) != {without.rule}
    }
    return replace(snapshot, resting=resting)


def _choice(decision: Decision) -> list[tuple[str, str, tuple[object, ...]]]:
    return [(shipment.node, shipment.service, shipment.lines) for shipment in decision.chosen]
