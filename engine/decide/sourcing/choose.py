"""choose(problem) -> Choice."""

from collections.abc import Mapping
from dataclasses import replace

from engine.decide.sourcing.branch_and_bound import Search, searched
from engine.decide.sourcing.demand_merging import alike, dealt, merged
from engine.decide.sourcing.optimality import unproven
from engine.decide.sourcing.problem import Choice, Key, Problem, Score, Unproven


def choose(problem: Problem) -> Choice:
    """The best choice for `problem`."""
    if len({demand.sku for demand in problem.demands}) == len(problem.demands):
        return _chosen(problem, searched(problem))
    runs = alike(problem)
    fewer = merged(problem, runs)
    choice = _chosen(fewer, searched(fewer))
    return replace(choice, units=dealt(choice.units, problem.demands, runs))


def _chosen(problem: Problem, search: Search) -> Choice:
    units = search.units()
    wanted = sum([demand.quantity for demand in problem.demands])
    filled = sum(units.values())
    if problem.ship_complete and filled < wanted:
        nothing = Score(unfilled=wanted, needed=0, tiers=0, money=0)
        # a choice with nothing unfilled would cost less than this
        if search.floor >> search.bits >= search.weights.unfilled - search.weights.tier // 2:
            return Choice(units={}, score=nothing)
        return Choice(units={}, score=nothing, gap=None, unproven=Unproven(part="unfilled_units", most=wanted))
    score = _score(problem, units, wanted - filled)
    doubt = unproven(problem, search.weights, score, search.floor >> search.bits)
    gap = None if doubt else _gap(search)
    return Choice(units=dict(sorted(units.items())), score=score, gap=gap, unproven=doubt)


def _gap(search: Search) -> int:
    """In micros, rounded up: what only the ties could better counts as one."""
    return -(min(0, search.floor - search.best) >> search.bits)


def _score(problem: Problem, units: Mapping[tuple[Key, int], int], unfilled: int) -> Score:
    candidates = {candidate.key: candidate for candidate in problem.candidates}
    parts = [(count, candidates[key].prices[index]) for (key, index), count in units.items()]
    used = {key for key, _ in units}
    return Score(
        unfilled=unfilled,
        needed=sum([count * price.needed for count, price in parts]),
        tiers=sum([count * price.tier for count, price in parts]),
        money=sum([count * price.money for count, price in parts])
        + sum([candidates[key].fixed for key in used])
        + problem.split_penalty * max(0, len(used) - 1),
    )
