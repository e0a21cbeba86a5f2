"""What an order was decided on, so that it can be decided again, unchanged or with something changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.audit.explanation.costs import Costs, costs_of
from engine.decide.decide import choose_among, shipments_of
from engine.decide.decision import NOTHING_LEFT, LeftToOthers, PromiseTerms, Shipment
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.matcher import Matcher
from engine.decide.remainder import Remainder, evaluate_remainder
from engine.decide.sourcing.problem import Problem
from engine.model.facts import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCase:
    """The arguments of a decision: see `remainder.decide_remainder`."""

    remainder: Remainder
    snapshot: Snapshot
    matcher: Matcher
    now: int
    left: LeftToOthers = field(default=NOTHING_LEFT)
    terms: PromiseTerms | None = None
    judge: PolicyJudge | None = None
    """What judges in place of `matcher`, if something of the rules is changed."""


class NeedsSearch(Exception):
    """The choice would take a search, and that is not to be made."""


@dataclass(slots=True)
class Searches:
    """How many searches were made, and whether more may be."""

    made: int = 0
    allowed: bool = True


class CountedCandidates(Candidates):
    """Candidates that note each time a search is made, unless none is allowed. Copies share the notes."""

    def __init__(self, evaluation: Evaluation, left: LeftToOthers) -> None:
        super().__init__(evaluation, left)
        self.searched = Searches()

    def problem(self, max_shipments: int | None) -> Problem:
        """See `Candidates`."""
        if not self.searched.allowed:
            raise NeedsSearch
        self.searched.made += 1
        return super().problem(max_shipments)


class ExplainedChoice:
    """A case decided again, with the candidates among which its choice is the best.

    `everybody` are all candidates; where a promise is kept, `candidates` are those of them that arrive in time, and
    `keeps` has its terms.
    """

    def __init__(self, case: DecidedCase) -> None:
        self.case = case
        self.evaluation = evaluate_remainder(case.remainder, case.snapshot, case.judge or case.matcher, case.now)
        self.everybody = CountedCandidates(self.evaluation, case.left)
        self.candidates, self.choice, self.keeps = choose_among(self.everybody, case.terms)

    @property
    def searches(self) -> int:
        """How many choices among the candidates, or some of them, took a search so far."""
        return self.everybody.searched.made

    @cached_property
    def shipments(self) -> tuple[Shipment, ...]:
        """What the choice ships, now or later."""
        return tuple(shipments_of(self.evaluation, self.choice))

    @property
    def co2(self) -> int:
        """Milligrams of CO2e."""
        return sum(shipment.co2 for shipment in self.shipments)

    @cached_property
    def costs(self) -> Costs:
        return costs_of(self.evaluation, self.choice)

    @cached_property
    def missing_by_sku(self) -> Mapping[str, int]:
        """The units that the choice does not ship, where there are some."""
        missing = Counter[str]()
        for line in self.evaluation.order.lines:
            missing[line.sku] += line.quantity
        for (_, index), units in self.choice.units.items():
            missing[self.evaluation.order.lines[index].sku] -= units
        return +missing

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes that ship something."""
        return frozenset(key.node for key, _ in self.choice.units)

    @property
    def is_from_one_place(self) -> bool:
        """Whether one node ships all of the order, of which nothing was left out or stays unfilled."""
        remainder = self.case.remainder
        return len(self.nodes) == 1 and not self.missing_by_sku and remainder.order == remainder.whole_order
