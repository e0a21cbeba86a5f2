"""The search decides shipment by shipment whether it is opened, depth first.

`Bounding` says what a branch costs at least, and which shipments that leaves open.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.sourcing.bounds.bounding import Bounding
from engine.decide.sourcing.bounds.column_generation import Part, Priced
from engine.decide.sourcing.columns import Lane, useful, with_ties
from engine.decide.sourcing.incumbent import Opening
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.preprocessing import Pruning
from engine.decide.sourcing.problem import Key, Problem

UNPROVEN_LINES = 10
UNPROVEN_CANDIDATES = 60
STEPS = 1_000_000
"""Beyond 10 lines x 60 options the search stops after looking at so many prices, and says what it could not rule
out. Steps and not seconds, so that every machine and every replay stops at the same place."""
PATIENCE = 2_000
"""And so many steps for one way to place lines that stay together."""

FIRST_STEPS = 30_000
"""To search a few of very many lanes first."""


def searched(problem: Problem) -> "Search":
    """The search of all that a best choice may use."""
    weights = Weights.of(problem)
    useless = weights.unfilled * (sum([demand.quantity for demand in problem.demands]) + 1)
    if problem.ship_complete:
        useless = weights.unfilled - weights.tier // 2

    def cost(lanes: Sequence[Lane]) -> int:
        search = Search(problem, weights, useful(lanes, weights.unfilled), useless, FIRST_STEPS)
        return search.best >> search.bits

    lanes = useful(Pruning(problem, weights, useless).lanes(cost), weights.unfilled)
    hard = len(problem.demands) > UNPROVEN_LINES or len(lanes) > UNPROVEN_CANDIDATES
    return Search(problem, weights, lanes, useless, STEPS if hard else None)


class Branch(NamedTuple):
    """The choices that use all of `opened` and some of `free`; none costs less than `floor`. `values`: see `Ascent`;
    `priced`: see `Closing`.
    """

    opened: frozenset[int]
    free: Sequence[int]
    values: Sequence[int]
    floor: int
    priced: Priced | None = None


class Search:
    """Over lanes by key, which are numbered in this order. What costs as much as `useless` is of no use: it leaves
    units unfilled where none may be. Done when it is made.
    """

    def __init__(
        self, problem: Problem, weights: Weights, lanes: Sequence[Lane], useless: int, most_steps: int | None
    ) -> None:
        self.weights = weights
        tied, self.bits = with_ties(lanes)
        unfilled = weights.unfilled << self.bits
        self._opening = Opening(problem, tied, unfilled, None if most_steps is None else PATIENCE)
        self._bounding = Bounding(problem, tied, unfilled, self._opening, self._target)
        self.useless = useless << self.bits
        self._doubts: list[int] = []
        self.floor = self._run(range(len(lanes)), most_steps)
        """No choice costs less than this, or the best if that is less."""

    @property
    def steps(self) -> int:
        """Taken so far."""
        return self._bounding.steps + self._opening.steps

    @property
    def bounds(self) -> int:
        """How many times it was asked what a branch costs at least."""
        return self._bounding.count

    @property
    def best(self) -> int:
        """The cost of the best choice that was found."""
        return self._opening.best.cost

    def units(self) -> dict[tuple[Key, int], int]:
        """Of the best choice that was found."""
        return self._opening.units()

    def _run(self, every: Sequence[int], steps: int | None) -> int:
        bounding = self._bounding
        root = Branch(frozenset(), every, bounding.start, bounding.base)
        stack = [root]
        most = None if steps is None else self.steps + steps
        while stack and (most is None or self.steps <= most):
            stack += self._explored(stack.pop())
            if stack and bounding.is_time_to_begin_again():
                # once more from the start, where all branches begin with better values
                values, priced = bounding.begun_again()
                stack = [root._replace(values=values, priced=priced)]
        if stack:
            # it had to stop, maybe before it came upon what fills most
            self._opening.improve_all(bounding.surplus)
        return min([self._target(), *self._doubts, *[branch.floor for branch in stack]])

    def _explored(self, branch: Branch) -> list[Branch]:
        """What is left of the branch, in two: without one of its shipments and, to be explored first, with it."""
        while self._opening.fits(branch.opened):  # what must be opened may be more than there is room for
            free = self._reaching(branch)
            if not free:
                self._finish(branch.opened)
                break
            part = Part(branch.opened, free, self._opening.room(branch.opened))
            found = self._bounding.bounded(part, branch.values, branch.priced)
            if found is None:
                break
            must, may = found.decided(free, self._target())
            floor = max([branch.floor, *[floor for floor, _ in found.floors]])
            branch = Branch(branch.opened | must, may, found.values, floor, found.priced)
            if len(may) == len(free):
                number = found.divides(free)
                without = branch._replace(free=[other for other in free if other != number])
                return [without, without._replace(opened=branch.opened | {number})]
        return []

    def _finish(self, opened: frozenset[int]) -> None:
        self._opening.best = min(self._opening.best, self._opening.evaluated(opened))
        floor = self._opening.floor(opened)
        if floor < self._target():
            self._doubts.append(floor)

    def _reaching(self, branch: Branch) -> Sequence[int]:
        """Of the free, those that there is room for, and with which no more need to stay unfilled than in the best."""
        most = self._opening.room(branch.opened)
        free = self._opening.fitting(branch.opened, branch.free) if most else []
        if most >= len(free):
            return free
        unfilled = self._bounding.unfilled(Part(branch.opened, free, most))
        # money may lessen what a choice costs, by less than a tier
        bearable = (self._target() >> self.bits) + self.weights.tier
        return [number for number in free if unfilled[number] * self.weights.unfilled <= bearable]

    def _target(self) -> int:
        """Only what costs less is of use."""
        return min(self.best, self.useless)
