"""Which rules decided: those without which the choice would have been another.

A rule that fires need not decide: what it prefers may be best anyway. Each fired rule is taken away in turn, the
rest judged as before, and the order decided again on the same facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.matcher import Codes, Judgement, Matcher, StageMatcher
from engine.decide.matching.partial_evaluation import Opening
from engine.model.facts import Order, Snapshot
from rules.vocabulary import Facts, Stage


class _StageWithout(StageMatcher):
    def __init__(self, whole: StageMatcher, rule: str) -> None:
        self.stage = whole.stage
        self.coders = whole.coders
        self._whole = whole
        self._rule = rule
        self._changed: dict[Codes, Judgement] = {}
        self._openings: dict[Codes, Opening[Judgement]] = {}

    def opening(self, fixed: Codes, shared: Mapping[str, Facts]) -> Opening[Judgement]:
        """As the whole one's, but with what is found without the rule."""
        if fixed not in self._openings:
            self._openings[fixed] = replace(self._whole.opening(fixed, shared), seen={})
        return self._openings[fixed]

    def judge(self, codes: Codes, facts: Callable[[], Facts]) -> Judgement:
        known = self._changed.get(codes)
        if known is None:
            judgement = self._whole.judge(codes, facts)
            acts = self._rule in judgement.fired or self._rule in judgement.silenced
            known = self._changed[codes] = self._whole.without(judgement, self._rule) if acts else judgement
        return known


class MatcherWithout(Matcher):
    """A matcher as it would judge without one rule; what it remembers is the whole one's."""

    def __init__(self, whole: Matcher, rule: str) -> None:
        self.rule = rule
        self.policies = whole.policies
        self.watched = whole.watched
        self.stages = {stage: _StageWithout(whole.stages[stage], rule) for stage in Stage}


def deciding_rules(order: Order, snapshot: Snapshot, matcher: Matcher, now: int) -> tuple[str, ...]:
    """The rules that decided `order`, by id. Without a rule, the nodes that rest by it alone don't."""
    made = decide(order, snapshot, matcher, now)
    chosen = _choice(made)

    def differs(without: MatcherWithout) -> bool:
        return _choice(decide(order, _awake(snapshot, without), without, now)) != chosen

    return deciding(made, matcher, differs)


def deciding(made: Decision, matcher: Matcher, differs: Callable[[MatcherWithout], bool]) -> tuple[str, ...]:
    """The rules that acted on a decision of `matcher`, by id, where what is decided without them `differs`."""
    acted = sorted({*made.fired, *made.silenced})
    return tuple(rule for rule in acted if differs(MatcherWithout(matcher, rule)))


def _awake(snapshot: Snapshot, without: MatcherWithout) -> Snapshot:
    """A rule of that name in another version of the policies is another rule: what rests by it goes on resting."""
    resting = {
        node: rest
        for node, rest in snapshot.resting.items()
        if rest.policy_version != without.policies.version or set(rest.because) != {without.rule}
    }
    return replace(snapshot, resting=resting)


def _choice(decision: Decision) -> list[tuple[str, str, tuple[object, ...]]]:
    return [(shipment.node, shipment.service, shipment.lines) for shipment in decision.shipments]
