"""How the best choice is found: by a search of our own, or where that stops or the order is large, as a mixed integer
program.
"""

from collections.abc import Collection
from dataclasses import replace

from engine.decide.shipping.columns import WIDEST
from engine.decide.sourcing.branch_and_bound import Limits, Search
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.objective import Solution, Units, Weights
from engine.decide.sourcing.preprocessing import CandidateReduction
from engine.decide.sourcing.problem import Price, Problem
from engine.decide.sourcing.relaxation import primal_search
from engine.decide.sourcing.weighted_candidates import (
    NodeStocks,
    undominated,
    weigh_candidates,
)
from engine.model.facts import OptionKey

SEARCHED_LINES, SEARCHED_CANDIDATES = 10, 80
"""Up to so many lines and candidates (those that preprocessing leaves), an order is searched."""
LIMITS = Limits(12_000, 2_000)
LAST_LIMITS = Limits(500_000, 2_000)
"""Of a search that no program can go on with."""
TIE_LIMITS = Limits(1_000_000, 2_000)
"""Of a small order's search that has only to decide which of equally good choices is preferred."""


def find_best(problem: Problem, weights: Weights) -> Solution:
    """The best choice, proven or not."""
    units: Units = {}
    # the weight of a tier is more than any choice costs in money; the search computes with integers of any size
    fits_columns = weights.tier < WIDEST and not problem.lot_limits  # which the program does not know
    if len(problem.demands) <= SEARCHED_LINES or not fits_columns:
        if len(problem.candidates) > SEARCHED_CANDIDATES:
            reduction = CandidateReduction(problem, weights, _cost_limit(problem, weights))
            problem = replace(problem, candidates=reduction.reduce())
        if len(problem.candidates) <= SEARCHED_CANDIDATES or not fits_columns:
            solution = _search(problem, weights, units, LIMITS if fits_columns else LAST_LIMITS)
            if not solution.gap or not fits_columns:
                return solution
            units = solution.units
    solution = _solve_program(problem, weights, units)
    if units and solution.gap == 1:  # at most the tie is open, and the order is small
        again = _search(problem, weights, {}, TIE_LIMITS)
        return solution if again.gap else again
    return solution


def _cost_limit(problem: Problem, weights: Weights) -> int:
    """What no choice costs that is looked for: with `ship_complete`, those that leave units unfilled."""
    if problem.ship_complete:
        return weights.unfilled - weights.tier // 2
    return weights.unfilled * (sum([demand.quantity for demand in problem.demands]) + 1)


def _search(problem: Problem, weights: Weights, units: Units, limits: Limits = LIMITS) -> Solution:
    weighted = weigh_candidates(problem, weights, problem.candidates, NodeStocks(problem))
    candidates = undominated(weighted, weights.unfilled)
    search = Search(problem, weights, candidates, cost_limit=_cost_limit(problem, weights), limits=limits, units=units)
    gap = 0 if search.is_proven else 1 + (search.best_cost - search.lower_bound >> search.tie_bits)
    return Solution(search.units(), search.lower_bound >> search.tie_bits, gap)


def _solve_program(problem: Problem, weights: Weights, units: Units) -> Solution:
    from engine.decide.sourcing.program.mixed_integer_program import Solver  # noqa: PLC0415 - seldom needed, and slow to import

    is_small = len(problem.demands) <= SEARCHED_LINES and len(problem.candidates) <= SEARCHED_CANDIDATES
    limits = TIE_LIMITS if is_small else LIMITS
    candidates, node_stocks = {candidate.key: candidate for candidate in problem.candidates}, NodeStocks(problem)

    def primal(keys: Collection[OptionKey]) -> PrimalSearch:
        opened = [candidates[key] for key in sorted(keys)]
        weighted = weigh_candidates(problem, weights, opened, node_stocks)
        return primal_search(replace(problem, candidates=opened), list(weighted), weights.unfilled, LIMITS.placement)

    def search(places: Collection[tuple[OptionKey, int]], units: Units) -> Solution | None:
        prices: dict[OptionKey, dict[int, Price]] = {}
        for key, line in places:
            prices.setdefault(key, {})[line] = candidates[key].prices[line]
        few = [replace(candidates[key], prices=of_key) for key, of_key in prices.items()]
        solution = _search(replace(problem, candidates=few), weights, units, limits)
        return None if solution.gap else solution

    solver = Solver(problem, weights, units, allocate=lambda keys: primal(keys).allocate(keys), search=search)
    solution = solver.solve()
    used = primal({key for key, _ in solution.units})
    used.adopt(solution.units)
    return solution._replace(units=used.units())
