"""The optimiser's entry point, choose(problem) -> Choice: runs branch and bound and states how far the result is
proven.
"""

from collections.abc import Mapping
from dataclasses import replace

from engine.decide.sourcing.bounded.binding_bounds import tightened
from engine.decide.sourcing.demand_merging import deal_units, interchangeable_runs, merge_demands
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.optimality import first_unproven
from engine.decide.sourcing.problem import Choice, Problem, Score, Unproven
from engine.decide.sourcing.solution import find_best
from engine.decide.sourcing.tightening import tighten
from engine.model.facts import OptionKey


def choose(problem: Problem) -> Choice:
    """The best choice for `problem`. What can't ship is taken away first; interchangeable demands of one SKU are merged
    and their units dealt out afterwards.
    """
    tightened, left_out = tighten(problem)
    if not left_out:
        return _choose_merged(tightened)
    if problem.ship_complete:
        ordered = sum([demand.quantity for demand in problem.demands])
        return Choice(units={}, score=Score(unfilled=ordered, unless_needed=0, tiers=0, money=0))
    choice = _choose_merged(tightened)
    return replace(choice, score=replace(choice.score, unfilled=choice.score.unfilled + left_out))


def _choose_merged(problem: Problem) -> Choice:
    if len({demand.sku for demand in problem.demands}) == len(problem.demands):
        return _choose(problem)
    runs = interchangeable_runs(problem)
    choice = _choose(merge_demands(problem, runs))
    return replace(choice, units=deal_units(choice.units, problem.demands, runs))


def _choose(problem: Problem) -> Choice:
    if problem.is_bounded:
        problem = tightened(problem)
    weights = Weights.of(problem)
    units, lower_bound, gap = find_best(problem, weights)
    ordered = sum([demand.quantity for demand in problem.demands])
    filled = sum(units.values())
    if problem.ship_complete and filled < ordered:
        nothing = Score(unfilled=ordered, unless_needed=0, tiers=0, money=0)
        # every choice with nothing unfilled costs less than this; if the bound reaches it, there is none
        if lower_bound >= weights.unfilled - weights.tier // 2:
            return Choice(units={}, score=nothing)
        return Choice(units={}, score=nothing, gap=None, unproven=Unproven(part="unfilled_units", most=ordered))
    score = _score(problem, units, ordered - filled)
    doubt = first_unproven(problem, weights, score, lower_bound)
    return Choice(units=dict(sorted(units.items())), score=score, gap=None if doubt else gap, unproven=doubt)


def _score(problem: Problem, units: Mapping[tuple[OptionKey, int], int], unfilled: int) -> Score:
    candidates = {candidate.key: candidate for candidate in problem.candidates}
    shipped = [(count, candidates[key].prices[index]) for (key, index), count in units.items()]
    used = {key for key, _ in units}
    return Score(
        unfilled=unfilled,
        unless_needed=sum([count * price.unless_needed for count, price in shipped]),
        tiers=sum([count * price.tier for count, price in shipped]),
        money=sum([count * price.money for count, price in shipped])
        + sum([candidates[key].fixed for key in used])
        + problem.split_penalty * max(0, len(used) - 1),
    )
