"""Of very many candidates, those that a best choice may use: the others are ruled out by price, as in column
generation.

A few candidates that look good give a choice, and values that say what any choice among them costs at least. At these
values every other candidate is looked at once. One with no surplus changes nothing in that floor; with surpluses, the
floor is lower by their sum. One whose use would cost more than a choice that is known is left out, and nothing is lost.
"""

from collections.abc import Callable, Sequence
from heapq import nlargest, nsmallest
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.bounds.dual_ascent import Ascent
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import sharing
from engine.decide.sourcing.bounds.subgradient import refined
from engine.decide.sourcing.columns import Lane, Shelves, weighed
from engine.decide.sourcing.demand_classes import Want, wants
from engine.decide.sourcing.incumbent import Opening
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Candidate, Problem

MANY, VERY_MANY = 80, 400
"""Candidates; fewer are all searched, and of more it is worth to find the best values."""
SEVERAL = 5
"""Lines; with fewer, the first values nearly always leave few candidates."""
CORE = 24
"""So many that look good to begin with, and so many more of those with a surplus each time."""
ROUNDS, SEARCHED = 6, 2
"""In this round, counted from 0, or in the last, those that look good are searched if many others are left."""


_Surplus: TypeAlias = tuple[int, Candidate]


class _Priced(NamedTuple):
    """What any choice of some lanes costs at least, at which values of a unit by line and which toll."""

    floor: int
    values: Sequence[int]
    toll: int


class Pruning:
    """`useless`: what costs as much is of no use."""

    def __init__(self, problem: Problem, weights: Weights, useless: int) -> None:
        self._problem = problem
        self._weights = weights
        self._shelves = Shelves(problem)
        self._known = useless

    def lanes(self, searched: Callable[[Sequence[Lane]], int]) -> list[Lane]:
        """Of all candidates that a choice may use that is as good as the best. `searched` says what the best choice of
        some lanes costs, or one that is nearly as good.
        """
        candidates = self._problem.candidates
        if len(candidates) <= MANY:
            return self._weighed(candidates)
        whole = [
            (candidate.fixed + sum([price.money for price in candidate.prices.values()]), candidate.key, number)
            for number, candidate in enumerate(candidates)
        ]
        core = [candidates[number] for _, _, number in nsmallest(CORE, whole)]
        left = candidates
        several = len(self._problem.demands) >= SEVERAL
        for round_ in range(ROUNDS):
            # at first the best values are not worth finding: few may be left without
            priced = self._priced(core, finely=len(left) > MANY and (round_ > 0 or (several and len(left) > VERY_MANY)))
            surpluses = self._left(priced, self._surpluses(priced, left), core)
            left = [candidate for _, candidate in surpluses]
            inside = {candidate.key for candidate in core}
            better = [pair for pair in surpluses if pair[0] > 0 and pair[1].key not in inside]
            if len(left) > MANY and (round_ == SEARCHED or not better):
                self._known = min(self._known, searched(self._weighed(core)))
                left = [candidate for _, candidate in self._left(priced, surpluses, core)]
            if not better:
                break
            core += [candidate for _, candidate in nlargest(CORE, better, key=lambda pair: (pair[0], pair[1].key))]
        return self._weighed(left if len(left) <= MANY else self._closer(left))

    def _closer(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """With values that are better for all of these together."""
        priced = self._refined(candidates)
        return [candidate for _, candidate in self._left(priced, self._surpluses(priced, candidates), ())]

    def _refined(self, candidates: Sequence[Candidate]) -> _Priced:
        lanes = sorted(self._weighed(candidates), key=attrgetter("key"))
        of_lanes = wants(self._problem, lanes, self._weights.unfilled)
        relaxation = Relaxation(of_lanes, [lane.fixed for lane in lanes], [])
        every = range(len(lanes))
        first = Ascent(relaxation, frozenset(), every, relaxation.start, len(every))
        values = self._by_line(of_lanes, refined(relaxation, first.values, self._known))
        floor = sum([demand.quantity * value for demand, value in zip(self._problem.demands, values, strict=True)])
        return _Priced(floor, values, 0)

    def _by_line(self, of_lanes: Sequence[Want], values: Sequence[int]) -> list[int]:
        by_line = [0] * len(self._problem.demands)
        for want, value in zip(of_lanes, values, strict=True):
            for line, least in want.lines:
                by_line[line] = value + least
        return by_line

    def _weighed(self, candidates: Sequence[Candidate]) -> list[Lane]:
        return list(weighed(self._problem, self._weights, candidates, self._shelves))

    def _priced(self, core: Sequence[Candidate], *, finely: bool) -> _Priced:
        problem, unfilled = self._problem, self._weights.unfilled
        lanes = sorted(self._weighed(core), key=attrgetter("key"))
        of_core = wants(problem, lanes, unfilled)
        fixed = [lane.fixed for lane in lanes]
        relaxation = Relaxation(of_core, fixed, list(sharing(problem, lanes, of_core, closely=False)))
        opening = Opening(problem, lanes, unfilled, 1)
        free = opening.fitting((), range(len(lanes)))
        ascent = Ascent(relaxation, frozenset(), free, relaxation.start, opening.room(()))
        opening.improve(frozenset(), ascent.surplus)
        self._known = min(self._known, opening.best.cost)
        if finely and not relaxation.nodes and not ascent.toll:
            values = refined(relaxation, ascent.values, self._known)
            again = Ascent(relaxation, frozenset(), free, values, opening.room(()))
            if again.floor > ascent.floor:
                ascent = again
        return _Priced(ascent.floor, self._by_line(of_core, ascent.values), ascent.toll)

    def _surpluses(self, priced: _Priced, candidates: Sequence[Candidate]) -> list[_Surplus]:
        """What each would be worth at most if it were opened: with all that is wanted, or where that is something, with
        what its node has.
        """
        needed, tier = self._weights.needed, self._weights.tier
        once = priced.toll + self._problem.split_penalty
        quantities = [demand.quantity for demand in self._problem.demands]
        worth = [[value - step * tier for step in range(10)] for value in priced.values]
        found = []
        for candidate in candidates:
            surplus = -candidate.fixed - once
            above = {}
            for line, price in candidate.prices.items():
                more = worth[line][price.tier] - price.money
                if more > 0 and (not price.needed or (more := more - needed) > 0):
                    above[line] = more
                    surplus += more * quantities[line]
            if surplus > 0:
                units = self._shelves[candidate.key[0]].units
                surplus = sum([more * units.get(line, 0) for line, more in above.items()]) - candidate.fixed - once
            found.append((surplus, candidate))
        return found

    def _left(self, priced: _Priced, surpluses: Sequence[_Surplus], core: Sequence[Candidate]) -> list[_Surplus]:
        """Those that are not ruled out: with all the surplus there is, a choice with one costs at least so much."""
        inside = {candidate.key for candidate in core}
        floor = priced.floor - sum([more for more, candidate in surpluses if more > 0 and candidate.key not in inside])
        least = floor - self._known
        return [pair for pair in surpluses if pair[0] >= least or pair[1].key in inside]
