"""The search decides shipment by shipment whether it is opened, depth first.

`Ascent` says what a branch costs at least, and which shipments that leaves open.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from engine.decide.sourcing.ascent import Ascent
from engine.decide.sourcing.closing import Closed, closed
from engine.decide.sourcing.counting import Carried, carried, least_alone, missing
from engine.decide.sourcing.lanes import Lane, useful, with_ties
from engine.decide.sourcing.opening import Opening
from engine.decide.sourcing.problem import Key, Problem
from engine.decide.sourcing.pruning import Pruning
from engine.decide.sourcing.refining import ROUNDS, refined
from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.sharing import sharing
from engine.decide.sourcing.wants import wants
from engine.decide.sourcing.weights import Weights

UNPROVEN_LINES = 10
UNPROVEN_CANDIDATES = 60
STEPS = 1_000_000
"""Beyond 10 lines x 60 options the search stops after looking at so many prices, and says what it could not rule
out. Steps and not seconds, so that every machine and every replay stops at the same place."""
PATIENCE = 2_000
"""And so many steps for one way to place lines that stay together."""

SOON, LATER = 50, 200
"""After so many bounds they are worth more work each, and then still more."""
import os
CLOSE=int(os.environ.get("CLOSE","12"));PAY=int(os.environ.get("PAY","8"));CAP=int(os.environ.get("CAP","64"))
COUNTED, COUNTED_ALONE = 60, 2_000
"""Up to so many units of a SKU it is worth to look at each, and if there is no other."""
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
    """The choices that use all of `opened` and some of `free`; none costs less than `floor`. `values`: see `Ascent`."""

    opened: frozenset[int]
    free: Sequence[int]
    values: Sequence[int]
    floor: int
    priced: Closed | None = None


class Search:
    """Over lanes by key, which are numbered in this order. What costs as much as `useless` is of no use: it leaves
    units unfilled where none may be. Done when it is made.
    """

    def __init__(
        self, problem: Problem, weights: Weights, lanes: Sequence[Lane], useless: int, most_steps: int | None
    ) -> None:
        self._problem = problem
        self.weights = weights
        self._lanes, self.bits = with_ties(lanes)
        unfilled = weights.unfilled << self.bits
        self._wants = wants(problem, self._lanes, unfilled)
        self._fixed = [lane.fixed for lane in self._lanes]
        self._nodes = [lane.key[0] for lane in self._lanes]
        self._relaxation = self._relaxed(closely=False)
        self._opening = Opening(problem, self._lanes, unfilled, None if most_steps is None else PATIENCE)
        self.useless = useless << self.bits
        self._bounds = 0
        self._looks = 0
        self._surplus: Mapping[int, int] = {}
        self._doubts: list[int] = []
        self.floor = self._run(most_steps)
        """No choice costs less than this, or the best if that is less."""

    @cached_property
    def _carried(self) -> Sequence[Carried]:
        return carried(self._problem, self._nodes, self._wants)

    @property
    def steps(self) -> int:
        """Taken so far."""
        return self._looks + self._opening.steps

    @property
    def best(self) -> int:
        """The cost of the best choice that was found."""
        return self._opening.best.cost

    def units(self) -> dict[tuple[Key, int], int]:
        """Of the best choice that was found."""
        return self._opening.units()

    def _run(self, steps: int | None) -> int:
        root = Branch(frozenset(), range(len(self._lanes)), self._relaxation.start, self._relaxation.base)
        stack, unrefined = [root], True
        roomy = self._opening.room(()) >= len(self._lanes)
        self._closely = False
        most = None if steps is None else self.steps + steps
        while stack and (most is None or self.steps <= most):
            stack += self._explored(stack.pop())
            if stack and unrefined and self._bounds > CLOSE:
                # once more from the start, where all branches begin with better values
                self._relaxation = self._relaxed(closely=True)
                values = self._refined(root) if roomy else self._first_values
                first = Closed(0, {}, self._first_values, self._first_toll, (), {}, 1, 0)
                stack, unrefined = [root._replace(values=values, priced=first)], False
                self._closely = True
                self._wait, self._next = 1, 0
        if stack:
            # it had to stop, maybe before it came upon what fills most
            self._opening.improve_all(self._surplus)
        return min([self._target, *self._doubts, *[branch.floor for branch in stack]])

    def _refined(self, root: Branch) -> Sequence[int]:
        first = Ascent(self._relaxation, root.opened, root.free, root.values, len(root.free))
        self._looks += first.steps * ROUNDS
        return refined(self._relaxation, first.values, self._target)

    def _explored(self, branch: Branch) -> list[Branch]:
        """What is left of the branch, in two: without one of its shipments and, to be explored first, with it."""
        while self._opening.fits(branch.opened):  # what must be opened may be more than there is room for
            free = self._reaching(branch)
            if not free:
                self._finish(branch.opened)
                break
            found, paid = None, False
            if self._closely:
                found, paid = self._closed(branch, free)
                if found.floor >= self._target:
                    break
            ascent = None
            if not paid:
                ascent = self._bounded(branch, free)
                if self._is_useless(ascent, branch, free):
                    break
            must, may = frozenset[int](), free
            for one in (ascent, found):
                if one is not None:
                    surplus, slack = one.surplus, self._target - one.floor
                    if slack <= 0:
                        return []
                    must |= frozenset([number for number in free if surplus[number] >= slack])
                    may = [number for number in may if -slack < surplus[number] < slack]
            may = [number for number in may if number not in must]
            floor = max([one.floor for one in (ascent, found) if one is not None])
            values = branch.values if ascent is None else ascent.values
            branch = Branch(branch.opened | must, may, values, max(floor, branch.floor), found)
            if len(may) == len(free):
                if found is not None and found.shares and any(0 < share < found.whole for share in found.shares.values()):
                    number = max(free, key=lambda number: (min(found.shares[number], found.whole - found.shares[number]), surplus[number], -number))
                else:
                    surplus = found.surplus if ascent is None else ascent.surplus
                    number = max(free, key=lambda number: (surplus[number], -number))
                without = branch._replace(free=[other for other in free if other != number])
                return [without, without._replace(opened=branch.opened | {number})]
        return []

    def _closed(self, branch: Branch, free: Sequence[int]) -> tuple[Closed, bool]:
        before = branch.priced
        assert before is not None
        due = self._bounds >= self._next
        self._bounds += 1
        def improve(valued) -> int:
            self._opening.improve_with(branch.opened, valued.plan.opened - branch.opened, valued.surplus)
            return self._target

        found, first = closed(self._relaxation, branch.opened, free, self._opening.room(branch.opened), before.values, before.toll, before.plans, self._target, due, improve)
        self._looks += found.steps
        if not due or first >= self._target:
            return found, False
        self._opening.swap()
        half = [n for n, share in found.shares.items() if 2 * share >= found.whole]
        self._opening.improve_with(branch.opened, half, found.surplus)
        gap = self._target - first
        pays = found.floor >= self._target or (found.floor - first) * PAY >= gap
        self._wait = 1 if pays else min(CAP, self._wait * 2)
        self._next = self._bounds + self._wait
        return found, pays

    def _finish(self, opened: frozenset[int]) -> None:
        self._opening.best = min(self._opening.best, self._opening.evaluated(opened))
        floor = self._opening.floor(opened)
        if floor < self._target:
            self._doubts.append(floor)

    def _bounded(self, branch: Branch, free: Sequence[int]) -> Ascent:
        if self._bounds == LATER:
            self._relaxation = self._relaxed(closely=True)
        most = self._opening.room(branch.opened)
        ascent = Ascent(self._relaxation, branch.opened, free, branch.values, most)
        self._looks += ascent.steps
        if self._bounds == 0 and most < len(free):
            # where that leaves units unfilled the values are high, and only come down to there with the toll
            other = Ascent(self._relaxation, branch.opened, free, [want.unfilled for want in self._wants], most)
            ascent = max(ascent, other, key=lambda one: one.floor)
        if self._bounds == 0:
            self._surplus = ascent.surplus
            self._first_values, self._first_toll = ascent.values, ascent.toll
        self._bounds += 1
        self._opening.improve(branch.opened, ascent.surplus)
        return ascent

    def _is_useless(self, ascent: Ascent, branch: Branch, free: Sequence[int]) -> bool:
        """Whether no choice of the branch costs less than the best, by bounds that are ever closer."""
        if ascent.floor >= self._target:
            return True
        if len(self._wants) == 1 and self._wants[0].units <= COUNTED_ALONE:
            (want,) = self._wants
            self._looks += want.units * len(free)
            return least_alone(want, self._fixed, self._nodes, branch.opened, free) >= self._target
        late = self._bounds > CLOSE
        # whatever it costs to open shipments, some units may have none that can carry them
        if (late or self._problem.ship_complete) and self._opening.floor(branch.opened, free) >= self._target:
            return True
        if late:
            for sku in self._carried:
                if sku.wanted <= COUNTED:
                    self._looks += sku.wanted * len(free)
                    if ascent.floor_in_units(sku.sku) >= self._target:
                        return True
        return False

    def _relaxed(self, *, closely: bool) -> Relaxation:
        nodes = sharing(self._problem, self._lanes, self._wants, closely=closely)
        return Relaxation(self._wants, self._fixed, list(nodes))

    def _reaching(self, branch: Branch) -> list[int]:
        """Of the free, those that there is room for, and with which no more need to stay unfilled than in the best."""
        most = self._opening.room(branch.opened)
        free = self._opening.fitting(branch.opened, branch.free) if most else []
        if most >= len(free):
            return free
        unfilled = missing(self._carried, branch.opened, free, most)
        self._looks += len(free) * len(self._carried)
        # money may lessen what a choice costs, by less than a tier
        bearable = (self._target >> self.bits) + self.weights.tier
        return [number for number in free if unfilled[number] * self.weights.unfilled <= bearable]

    @property
    def _target(self) -> int:
        """Only what costs less is of use."""
        return min(self.best, self.useless)
