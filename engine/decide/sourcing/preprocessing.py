"""Preprocessing: of very many candidates, keeps those that a best choice may use; the others are ruled out by price, as
in column generation (reduced-cost fixing).

A small core of promising candidates gives an incumbent, and duals that prove a lower bound for any choice among them.
At these duals each of the other candidates is priced once. A candidate without surplus does not change that lower
bound; the surpluses of the others lower it by their sum. A candidate whose use would cost more than the incumbent is
left out, which loses nothing. Candidates with a surplus join the core for the next round.
"""

from collections.abc import Callable, Sequence
from heapq import nlargest, nsmallest
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.bounds.dual_ascent import DualAscent
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import find_shared_nodes
from engine.decide.sourcing.bounds.subgradient import subgradient_ascent
from engine.decide.sourcing.demand_classes import DemandClass, group_demands
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Candidate, Problem
from engine.decide.sourcing.weighted_candidates import NodeStocks, WeightedCandidate, weigh_candidates

MANY, VERY_MANY = 80, 400
"""Numbers of candidates: up to MANY are all searched; above VERY_MANY it is worth finding the best duals at
once.
"""
SEVERAL = 5
"""Lines; with fewer, the first duals nearly always leave few candidates."""
CORE = 24
"""The core begins with so many promising candidates, and grows by so many with a surplus in each round."""
ROUNDS, SEARCHED = 6, 2
"""The most rounds; and the round, counted from 0, in which the core is searched if many other candidates are left. It
is searched as well when no candidate has a surplus.
"""


_Surplus: TypeAlias = tuple[int, Candidate]


class _CorePrices(NamedTuple):
    """A lower bound for any choice among the core, with the duals (of a unit, by line) and the toll that prove it."""

    lower_bound: int
    duals: Sequence[int]
    toll: int


class CandidateReduction:
    """Reduces the candidates of `problem`. Choices that cost `cost_limit` or more are not looked for."""

    def __init__(self, problem: Problem, weights: Weights, cost_limit: int) -> None:
        self._problem = problem
        self._weights = weights
        self._node_stocks = NodeStocks(problem)
        self._upper_bound = cost_limit

    def reduce(self, search_core: Callable[[Sequence[WeightedCandidate]], int]) -> list[WeightedCandidate]:
        """The candidates that a choice as good as the best may use. `search_core` returns the cost of the best choice
        among some candidates, or of one nearly as good.
        """
        candidates = self._problem.candidates
        if len(candidates) <= MANY:
            return self._weigh(candidates)
        by_cost_of_all = [
            (candidate.fixed + sum([price.money for price in candidate.prices.values()]), candidate.key, number)
            for number, candidate in enumerate(candidates)
        ]
        core = [candidates[number] for _, _, number in nsmallest(CORE, by_cost_of_all)]
        remaining = candidates
        many_lines = len(self._problem.demands) >= SEVERAL
        for round_ in range(ROUNDS):
            # the best duals are not worth finding at first: few candidates may be left without them
            core_prices = self._price_core(
                core, finely=len(remaining) > MANY and (round_ > 0 or (many_lines and len(remaining) > VERY_MANY))
            )
            surpluses = self._not_ruled_out(core_prices, self._surpluses(core_prices, remaining), core)
            remaining = [candidate for _, candidate in surpluses]
            core_keys = {candidate.key for candidate in core}
            with_surplus = [pair for pair in surpluses if pair[0] > 0 and pair[1].key not in core_keys]
            if len(remaining) > MANY and (round_ == SEARCHED or not with_surplus):
                self._upper_bound = min(self._upper_bound, search_core(self._weigh(core)))
                remaining = [candidate for _, candidate in self._not_ruled_out(core_prices, surpluses, core)]
            if not with_surplus:
                break
            core += [
                candidate for _, candidate in nlargest(CORE, with_surplus, key=lambda pair: (pair[0], pair[1].key))
            ]
        return self._weigh(remaining if len(remaining) <= MANY else self._reduce_further(remaining))

    def _reduce_further(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Rules out more, with duals that are better for all of these candidates together."""
        core_prices = self._price_finely(candidates)
        return [
            candidate for _, candidate in self._not_ruled_out(core_prices, self._surpluses(core_prices, candidates), ())
        ]

    def _price_finely(self, candidates: Sequence[Candidate]) -> _CorePrices:
        weighted = sorted(self._weigh(candidates), key=attrgetter("key"))
        classes = group_demands(self._problem, weighted, self._weights.unfilled)
        relaxation = Relaxation(classes, [candidate.fixed for candidate in weighted], [])
        numbers = range(len(weighted))
        first = DualAscent(relaxation, frozenset(), numbers, relaxation.start, len(numbers))
        duals = self._by_line(classes, subgradient_ascent(relaxation, first.duals, self._upper_bound))
        lower_bound = sum([demand.quantity * dual for demand, dual in zip(self._problem.demands, duals, strict=True)])
        return _CorePrices(lower_bound, duals, 0)

    def _by_line(self, classes: Sequence[DemandClass], duals: Sequence[int]) -> list[int]:
        duals_by_line = [0] * len(self._problem.demands)
        for demand, dual in zip(classes, duals, strict=True):
            for line, cheapest in demand.lines:
                duals_by_line[line] = dual + cheapest
        return duals_by_line

    def _weigh(self, candidates: Sequence[Candidate]) -> list[WeightedCandidate]:
        return list(weigh_candidates(self._problem, self._weights, candidates, self._node_stocks))

    def _price_core(self, core: Sequence[Candidate], *, finely: bool) -> _CorePrices:
        problem, unfilled = self._problem, self._weights.unfilled
        weighted = sorted(self._weigh(core), key=attrgetter("key"))
        classes = group_demands(problem, weighted, unfilled)
        fixed = [candidate.fixed for candidate in weighted]
        relaxation = Relaxation(classes, fixed, list(find_shared_nodes(problem, weighted, classes, closely=False)))
        primal = PrimalSearch(problem, weighted, unfilled, 1)
        free = primal.with_room((), range(len(weighted)))
        ascent = DualAscent(relaxation, frozenset(), free, relaxation.start, primal.shipments_left(()))
        primal.improve(frozenset(), ascent.surplus)
        self._upper_bound = min(self._upper_bound, primal.incumbent.cost)
        if finely and not relaxation.nodes and not ascent.toll:
            duals = subgradient_ascent(relaxation, ascent.duals, self._upper_bound)
            better = DualAscent(relaxation, frozenset(), free, duals, primal.shipments_left(()))
            if better.lower_bound > ascent.lower_bound:
                ascent = better
        return _CorePrices(ascent.lower_bound, self._by_line(classes, ascent.duals), ascent.toll)

    def _surpluses(self, core_prices: _CorePrices, candidates: Sequence[Candidate]) -> list[_Surplus]:
        """What each candidate would be worth at most if it were opened: carrying all units of the order or, where that
        leaves a surplus, as many as its node has.
        """
        unless_needed, tier = self._weights.unless_needed, self._weights.tier
        fixed_extra = core_prices.toll + self._problem.split_penalty
        quantities = [demand.quantity for demand in self._problem.demands]
        dual_at_tier = [[dual - step * tier for step in range(10)] for dual in core_prices.duals]
        surpluses = []
        for candidate in candidates:
            surplus = -candidate.fixed - fixed_extra
            margins = {}
            for line, price in candidate.prices.items():
                margin = dual_at_tier[line][price.tier] - price.money
                if margin > 0 and (not price.unless_needed or (margin := margin - unless_needed) > 0):
                    margins[line] = margin
                    surplus += margin * quantities[line]
            if surplus > 0:
                units = self._node_stocks[candidate.key.node].units
                surplus = (
                    sum([margin * units.get(line, 0) for line, margin in margins.items()])
                    - candidate.fixed
                    - fixed_extra
                )
            surpluses.append((surplus, candidate))
        return surpluses

    def _not_ruled_out(
        self, core_prices: _CorePrices, surpluses: Sequence[_Surplus], core: Sequence[Candidate]
    ) -> list[_Surplus]:
        """The candidates that are not ruled out. A choice that uses one costs at least the lower bound, less all
        surpluses above zero outside the core, plus the amount by which this one's surplus is below zero.
        """
        core_keys = {candidate.key for candidate in core}
        lower_bound = core_prices.lower_bound - sum(
            [surplus for surplus, candidate in surpluses if surplus > 0 and candidate.key not in core_keys]
        )
        least_surplus = lower_bound - self._upper_bound
        return [pair for pair in surpluses if pair[0] >= least_surplus or pair[1].key in core_keys]
