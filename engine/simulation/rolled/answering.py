"""What a variant decides at a place in the log: its policies, on the facts of the log as the variant has them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.audit.replay import ChoiceAgain
from engine.decide.decide import choose, reserve_at
from engine.decide.decision import NOTHING_LEFT, LeftToOthers, PromiseTerms
from engine.decide.evaluation.allotment_periods import period_names
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_order
from engine.decide.priority import priority, rank, rank_text
from engine.decide.remainder import Remainder, evaluate_remainder
from engine.model.facts import Network, Order, Snapshot
from engine.simulation.draft import deciding_rules
from engine.simulation.network_change import ChangedNetwork, NetworkChange
from engine.simulation.outcome import Decided, decided_by_choice, outcome_of_choice
from engine.simulation.rolled.units.placed_shipment import PlacedShipment
from engine.simulation.rolled.units.stock_difference import StockDifference


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be decided on the facts of the log. `may_wait`: units that stay unfilled wait; `may_park`: rules may
    say that a person must approve the order; `parked`: one must already.
    """

    remainder: Remainder
    logged: Snapshot
    now: int
    may_wait: bool
    may_park: bool = False
    parked: bool = False
    left: LeftToOthers = NOTHING_LEFT
    terms: PromiseTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is decided, the shipments that it holds, and the units that wait by line, before `not_before` for nothing.
    `rank` is that by which they are offered stock, without the decision under which they wait.
    """

    decided: Decided
    shipments: list[PlacedShipment]
    waiting: Mapping[str, int]
    policy_amounts: int
    fired: tuple[str, ...]
    rank: str
    not_before: int | None
    network: Network | None
    """None: nobody knows."""


class Answering:
    """Decides by the policies of the matcher, on the network as it is changed and stock that differs from the log's."""

    def __init__(self, matcher: Matcher, change: NetworkChange, difference: StockDifference) -> None:
        self.matcher = matcher
        self.network = ChangedNetwork(change)
        self.rules = frozenset(deciding_rules(matcher.policies))
        self._difference = difference

    def as_variant(self, logged: Snapshot, now: int) -> Snapshot:
        """The facts of the log as the variant has them."""
        return as_variant(logged, now, self.network, self._difference, self.matcher)

    def choose(self, question: Question) -> ChoiceAgain:
        """Raises OrderInvalid if the order names what the variant's network does not have."""
        snapshot = self.as_variant(question.logged, question.now)
        if self.network.change.other is not None:
            check_order(question.remainder.whole_order, snapshot)
        evaluation = evaluate_remainder(question.remainder, snapshot, self.matcher, question.now)
        candidates = Candidates(evaluation, question.left)
        return ChoiceAgain(evaluation=evaluation, candidates=candidates, choice=choose(candidates, question.terms))

    def answer(self, question: Question, decision: str) -> Answer:
        """Raises as `choose`."""
        again = self.choose(question)
        evaluation, order = again.evaluation, question.remainder.whole_order
        parked = question.parked or (question.may_park and evaluation.order_outcome.approve)
        made = decided_by_choice(again, may_wait=question.may_wait, parked=parked)
        outcome = outcome_of_choice(again, made, self.rules)
        scheduled = made.status == "scheduled"
        return Answer(
            decided=made,
            shipments=[] if scheduled else self._shipments(evaluation, made, decision),
            waiting=_waiting(evaluation, made, may_wait=question.may_wait or scheduled),
            policy_amounts=outcome.amounts.policy_amounts,
            fired=outcome.fired,
            rank=rank_text(rank(order, evaluation.order_outcome.priority)),
            not_before=reserve_at(evaluation, again.choice) if scheduled else None,
            network=evaluation.snapshot.network,
        )

    def rank(self, order: Order, snapshot: Snapshot, now: int) -> str:
        """That by which what waits of an order is offered stock, on facts that are the same in the variant."""
        return rank_text(rank(order, priority(order, snapshot, self.matcher, now)))

    def _shipments(self, evaluation: Evaluation, made: Decided, decision: str) -> list[PlacedShipment]:
        snapshot, order = evaluation.snapshot, evaluation.ordered
        tallies = period_names(self.matcher.policies, snapshot.network, evaluation.now)
        counted = tuple(name for tally, name in tallies.items() if tally.channel == order.channel)
        periods = evaluation.columns.periods
        return [
            PlacedShipment(
                decision=decision,
                number=number,
                record=shipment,
                periods=() if shipment.ready_at else periods.of(shipment.node),
                counted=counted,
                weights=evaluation.counted_weights,
            )
            for number, shipment in enumerate(made.shipments)
        ]


def as_variant(
    logged: Snapshot, now: int, network: ChangedNetwork, difference: StockDifference, matcher: Matcher
) -> Snapshot:
    """The facts of the log as a variant has them."""
    other = network.change.other
    paces = other.paces if other else None
    return difference.applied_to(network.of(logged, now), matcher.policies, now, paces)


def _waiting(evaluation: Evaluation, made: Decided, *, may_wait: bool) -> dict[str, int]:
    """By line, the units that wait: of those unfilled, and all that are planned for later."""
    waiting = {
        line.id: made.unfilled[line.id]
        for index, line in enumerate(evaluation.order.lines)
        if line.id in made.unfilled and (may_wait or evaluation.backorders(index))
    }
    for shipment in made.shipments if made.status == "scheduled" else ():
        for item in shipment.lines:
            waiting[item.line] = waiting.get(item.line, 0) + item.quantity
    return waiting
