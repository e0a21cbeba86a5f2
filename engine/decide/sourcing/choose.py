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
from engine.decide.sourcing.sku_caps import trim_to_caps
from engine.decide.sourcing.solution import find_best
from engine.decide.sourcing.tightening import tighten
from engine.model.facts import OptionKey


def choose(problem: Problem) -> Choice:
    """The best choice for `problem`. What can't ship is taken away first; interchangeable demands of one SKU are merged
    and their units dealt out afterwards.
    """
    tight, left_out = tighten(problem)
    runs = None
    if len({demand.sku for demand in tight.demands}) < len(tight.demands):
        runs = interchangeable_runs(tight)
    merged, beyond_caps = trim_to_caps(tight if runs is None else merge_demands(tight, runs))
    left_out += beyond_caps
    if left_out and problem.ship_complete:
        ordered = sum([demand.quantity for demand in problem.demands])
        return Choice(units={}, score=Score(unfilled=ordered, unless_needed=0, tiers=0, money=0))
    choice = _choose(merged)
    if runs is not None:
        choice = replace(choice, units=deal_units(choice.units, tight.demands, runs))
    if left_out:
        choice = replace(choice, score=replace(choice.score, unfilled=choice.score.unfilled + left_out))
    return choice


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
