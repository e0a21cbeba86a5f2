"""Which rules decided: those without which the choice would have been another.

A rule that fires need not decide: what it prefers may be best anyway. Each fired rule is taken away in turn, the
facts judged by the other rules, and the order decided again on the same facts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.judge import Judge
from engine.decide.matching.judgement_table import Judgement, JudgementTable
from engine.decide.matching.matcher import Matcher, StageMatcher, by_group
from engine.decide.matching.signature_table import Rows
from engine.decide.shipping.columns import Integers
from engine.model.facts import Order, Snapshot
from rules.effects import EffectValue, combine
from rules.vocabulary import Facts, Stage

Rejudge: TypeAlias = Callable[[StageMatcher, Judgement], Judgement]
"""What a judgement of the stage's matcher would be otherwise."""


class _RejudgedStage:
    """A `Judge` of one stage that judges as the stage's matcher would otherwise."""

    def __init__(self, matcher: StageMatcher, rejudge: Rejudge) -> None:
        self._matcher = matcher
        self._rejudge = rejudge
        self._numbers: list[int] = []
        """By the matcher's number of a judgement, the number here of what it is otherwise."""
        self.table = JudgementTable()

    def judge(self, facts: Mapping[str, Facts]) -> Judgement:
        return self._rejudge(self._matcher, self._matcher.judge(facts))

    def judge_rows(self, shared: Mapping[str, Facts], rows: Rows) -> Integers:
        numbers = self._matcher.judge_rows(shared, rows)
        for judgement in self._matcher.table.judgements[len(self._numbers) :]:
            self._numbers.append(self.table.number(self._rejudge(self._matcher, judgement)))
        own: Integers = np.array(self._numbers, dtype=np.int64)[numbers]
        return own

    def codes(self, facts: Facts) -> tuple[int, ...]:
        return self._matcher.codes(facts)


class RejudgingMatcher:
    """A `PolicyJudge` that judges as `matcher` would otherwise, from what `matcher` remembers."""

    def __init__(self, matcher: Matcher, rejudge: Rejudge) -> None:
        self.policies = matcher.policies
        self.volatile = matcher.volatile
        self.shipment_steps = matcher.shipment_steps
        self.stages: dict[Stage, Judge] = {stage: _RejudgedStage(matcher.stages[stage], rejudge) for stage in Stage}
        self.with_effect = matcher.with_effect

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        return self.stages[stage].judge(by_group(facts))


class CounterfactualMatcher(RejudgingMatcher):
    """Judges as `matcher` would without one rule: by itself at the stages at which the rule does not act."""

    def __init__(self, matcher: Matcher, rule: str) -> None:
        self.rule = rule
        super().__init__(matcher, self._without)
        self.stages |= {stage: its for stage, its in matcher.stages.items() if rule not in its.formulas}

    def _without(self, matcher: StageMatcher, judgement: Judgement) -> Judgement:
        acts = self.rule in judgement.fired or self.rule in judgement.silenced
        return matcher.without(judgement, self.rule) if acts else judgement


class ChangedEffectMatcher(RejudgingMatcher):
    """Judges as `matcher` would if one effect of a rule had another value; by the effect's place in the rule."""

    def __init__(self, matcher: Matcher, rule: str, place: int, value: EffectValue) -> None:
        self._rule = rule
        effects = [*matcher.policies.rules[rule].effects]
        effects[place] = replace(effects[place], value=value)
        self._effects = tuple(effects)
        self._stage = effects[place].stage
        super().__init__(matcher, self._changed)

    def _changed(self, matcher: StageMatcher, judgement: Judgement) -> Judgement:
        if matcher.stage is not self._stage or self._rule not in judgement.fired:
            return judgement
        rules = self.policies.rules
        effects = (
            effect
            for rule in judgement.fired
            for effect in (self._effects if rule == self._rule else rules[rule].effects)
        )
        return replace(judgement, outcome=combine(matcher.stage, effects))


def deciding_rules(order: Order, snapshot: Snapshot, matcher: Matcher, now: int) -> tuple[str, ...]:
    """The rules that decided `order`, by id. Without a rule, the nodes that rest by it alone don't."""
    decision = decide(order, snapshot, matcher, now)
    choice = _choice(decision)

    def differs(without: CounterfactualMatcher) -> bool:
        return _choice(decide(order, without_rests_of(snapshot, without), without, now)) != choice

    return deciding({*decision.fired, *decision.silenced}, matcher, differs)


def deciding(
    acted: Iterable[str], matcher: Matcher, differs: Callable[[CounterfactualMatcher], bool]
) -> tuple[str, ...]:
    """Those of the rules that acted on a decision of `matcher`, by id, where what is decided without them `differs`."""
    return tuple(rule for rule in sorted(acted) if differs(CounterfactualMatcher(matcher, rule)))


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
