"""Preprocessing: of very many candidates, keeps those that a best choice may use; the others are ruled out by price, as
in column generation (reduced-cost fixing).

A small core of promising candidates gives an incumbent, and duals that prove a lower bound for any choice among them.
At these duals each of the other candidates is priced once. A candidate without surplus does not change that lower
bound; the surpluses of the others lower it by their sum. A candidate whose use would cost more than the incumbent is
left out, which loses nothing. Candidates with a surplus join the core for the next round.
"""

from collections.abc import Sequence
from heapq import nlargest, nsmallest
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.demand_classes import DemandClass, group_demands
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Candidate, Problem
from engine.decide.sourcing.relaxation import Relaxation, primal_search
from engine.decide.sourcing.subgradient import subgradient_ascent
from engine.decide.sourcing.weighted_candidates import NodeStocks, WeightedCandidate, weigh_candidates

MANY, VERY_MANY = 80, 400
"""Numbers of candidates: above VERY_MANY the best duals are worth finding at once, and up to MANY not at all."""
CORE = 24
"""The core begins with so many promising candidates, and grows by so many with a surplus in each round."""
ROUNDS = 6

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

    def reduce(self) -> Sequence[Candidate]:
        """The candidates that a choice as good as the best may use."""
        candidates = self._problem.candidates
        by_cost_of_all = [
            (candidate.fixed + sum([price.money for price in candidate.prices.values()]), candidate.key, number)
            for number, candidate in enumerate(candidates)
        ]
        core = [candidates[number] for _, _, number in nsmallest(CORE, by_cost_of_all)]
        remaining = candidates
        for round_ in range(ROUNDS):
            # the best duals are not worth finding at first: few candidates may be left without them
            core_prices = self._price_core(core, finely=len(remaining) > (MANY if round_ else VERY_MANY))
            surpluses = self._not_ruled_out(core_prices, self._surpluses(core_prices, remaining), core)
            remaining = [candidate for _, candidate in surpluses]
            core_keys = {candidate.key for candidate in core}
            with_surplus = [pair for pair in surpluses if pair[0] > 0 and pair[1].key not in core_keys]
            if not with_surplus:
                break
            core += [
                candidate for _, candidate in nlargest(CORE, with_surplus, key=lambda pair: (pair[0], pair[1].key))
            ]
        return remaining

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
        primal = primal_search(problem, weighted, unfilled, 1)
        free = primal.with_room((), range(len(weighted)))
        fixed = [candidate.fixed for candidate in weighted]
        most = primal.shipments_left(())
        relaxation = Relaxation(problem, classes, weighted)
        ascent = relaxation.ascend(opened=(), free=free, duals=[0] * len(classes), max_opened=most)
        primal.improve(frozenset(), ascent.surplus)
        self._upper_bound = min(self._upper_bound, primal.incumbent.cost)
        if finely and not ascent.toll:
            duals = subgradient_ascent(classes, fixed, ascent.duals, self._upper_bound)
            better = relaxation.ascend(opened=(), free=free, duals=duals, max_opened=most)
            ascent = max(ascent, better, key=lambda run: run.lower_bound)
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
