"""Which rules decided: those without which the choice would have been another.

A rule that fires need not decide: what it prefers may be best anyway. Each fired rule is taken away in turn, the
facts judged by the other rules, and the order decided again on the same facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.judge import GroupCodes, Judgement, judge_facts
from engine.decide.matching.matcher import Matcher, StageMatcher
from engine.decide.matching.partial_evaluation import Residual
from engine.decide.matching.signatures import GroupCoder
from engine.model.facts import Order, Snapshot
from rules.vocabulary import Facts, Stage


class _StageWithoutRule:
    """A `Judge` of one stage that judges as the stage's matcher would without one rule."""

    def __init__(self, matcher: StageMatcher, rule: str) -> None:
        self._matcher = matcher
        self._rule = rule
        self._remembered: dict[GroupCodes, Judgement] = {}
        self._residuals: dict[GroupCodes, Residual[Judgement]] = {}

    @property
    def coders(self) -> Mapping[str, GroupCoder]:
        return self._matcher.coders

    def residual(self, shared_codes: GroupCodes, shared: Mapping[str, Facts]) -> Residual[Judgement]:
        """The columns are the matcher's; judgements without the rule are remembered apart."""
        if shared_codes not in self._residuals:
            self._residuals[shared_codes] = replace(self._matcher.residual(shared_codes, shared), remembered={})
        return self._residuals[shared_codes]

    def judge(self, codes: GroupCodes, facts: Callable[[], Facts]) -> Judgement:
        judgement = self._remembered.get(codes)
        if judgement is None:
            judgement = self._matcher.judge(codes, facts)
            if self._rule in judgement.fired or self._rule in judgement.silenced:
                judgement = self._matcher.without(judgement, self._rule)
            self._remembered[codes] = judgement
        return judgement


class CounterfactualMatcher:
    """A `PolicyJudge` that judges as `matcher` would without one rule, from what `matcher` remembers."""

    def __init__(self, matcher: Matcher, rule: str) -> None:
        self.rule = rule
        self.policies = matcher.policies
        self.volatile = matcher.volatile
        self.stages = {stage: _StageWithoutRule(matcher.stages[stage], rule) for stage in Stage}
        self.with_effect = matcher.with_effect

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        return judge_facts(self.stages[stage], stage, facts)


def deciding_rules(order: Order, snapshot: Snapshot, matcher: Matcher, now: int) -> tuple[str, ...]:
    """The rules that decided `order`, by id. Without a rule, the nodes that rest by it alone don't."""
    decision = decide(order, snapshot, matcher, now)
    choice = _choice(decision)

    def differs(without: CounterfactualMatcher) -> bool:
        return _choice(decide(order, _without_rests_of(snapshot, without), without, now)) != choice

    return deciding(decision, matcher, differs)


def deciding(decision: Decision, matcher: Matcher, differs: Callable[[CounterfactualMatcher], bool]) -> tuple[str, ...]:
    """The rules that acted on a decision of `matcher`, by id, where what is decided without them `differs`."""
    acted = sorted({*decision.fired, *decision.silenced})
    return tuple(rule for rule in acted if differs(CounterfactualMatcher(matcher, rule)))


def _without_rests_of(snapshot: Snapshot, without: CounterfactualMatcher) -> Snapshot:
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
    return [(shipment.node, shipment.service, shipment.lines) for shipment in decision.shipments]
