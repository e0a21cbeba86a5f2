"""Which bound and which allocation a problem takes: those of bounded shipments (`bounded/`), if it has some."""

from collections.abc import Collection, Sequence
from typing import Protocol

from engine.decide.sourcing.bounded.dual_ascent import BoundedDualAscent, BoundedRelaxation
from engine.decide.sourcing.bounded.primal import BoundedPrimalSearch
from engine.decide.sourcing.demand_classes import DemandClass
from engine.decide.sourcing.dual_ascent import DualAscent
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate


class Ascent(Protocol):
    """See `DualAscent`."""

    duals: list[int]
    toll: int
    surplus: dict[int, int]
    lower_bound: int
    steps: int


class Relaxation:
    """The demand classes and candidates of a problem, of whose branches it gives lower bounds."""

    def __init__(
        self, problem: Problem, classes: Sequence[DemandClass], candidates: Sequence[WeightedCandidate]
    ) -> None:
        self._classes = classes
        self._fixed = [candidate.fixed for candidate in candidates]
        self._bounded = BoundedRelaxation(classes, candidates) if problem.is_bounded else None

    def ascend(self, *, opened: Collection[int], free: Sequence[int], duals: Sequence[int], max_opened: int) -> Ascent:
        """The bound if all of `opened` and up to `max_opened` of `free` are used."""
        if self._bounded is not None:
            return BoundedDualAscent(self._bounded, opened=opened, free=free, duals=duals, max_opened=max_opened)
        return DualAscent(self._classes, self._fixed, opened=opened, free=free, duals=duals, max_opened=max_opened)


def primal_search(
    problem: Problem, candidates: Sequence[WeightedCandidate], unfilled: int, step_limit: int
) -> PrimalSearch:
    """The primal side of the search for a problem."""
    kind = BoundedPrimalSearch if problem.is_bounded else PrimalSearch
    return kind(problem, candidates, unfilled, step_limit)
