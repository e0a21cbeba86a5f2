"""Whether a rule decided: whether a logged decision, made again without it, comes out otherwise."""

from engine.audit.replay import ChoiceAgain, DecisionFacts, Replay
from engine.decide.decide import choose, shipments_of
from engine.decide.decision import LeftToOthers
from engine.decide.evaluation.alike import alike_stages, judged_alike, share_parts
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.impact.rule_impact import CounterfactualMatcher, without_rests_of
from engine.decide.matching.matcher import Matcher
from engine.decide.remainder import evaluate_remainder
from engine.decide.sourcing.problem import Choice


def decides(rule: str, again: Replay, matcher: Matcher, left: LeftToOthers) -> bool:
    """Whether another choice is made without the rule: other units, places or services. `again` is the decision, made
    again by `matcher`, of which what is `left` to others of a batch is not taken.
    """
    chosen = ChoiceAgain(evaluation=again.evaluation, candidates=again.candidates, choice=again.choice)
    return decides_choice(rule, again.made_on, chosen, matcher, left)


def decides_choice(rule: str, made_on: DecisionFacts, again: ChoiceAgain, matcher: Matcher, left: LeftToOthers) -> bool:
    """The same of a choice that `matcher` made on these facts."""
    without = CounterfactualMatcher(matcher, rule)
    snapshot = without_rests_of(made_on.snapshot, without)
    evaluation = evaluate_remainder(made_on.remainder, snapshot, without, made_on.now)
    if not made_on.snapshot.resting:
        alike = alike_stages(without, matcher)
        if judged_alike(evaluation, again.evaluation, alike, by_the_same_rules=False):
            return False
        share_parts(evaluation, again.evaluation, alike)
    choice = choose(Candidates(evaluation, left), made_on.terms)
    return _ships(evaluation, choice) != _ships(again.evaluation, again.choice)


def _ships(evaluation: Evaluation, choice: Choice) -> list[tuple[str, str, tuple[object, ...]]]:
    return [(shipment.node, shipment.service, shipment.lines) for shipment in shipments_of(evaluation, choice)]
