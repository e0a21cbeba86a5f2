"""How much of a choice is proven, by what no choice costs less than."""

from typing import NamedTuple

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Part, Problem, Score, Unproven

WORST_TIER = 9


class _Step(NamedTuple):
    """A part of the comparison, what a unit of it weighs, and what all later parts may add up to at most."""

    part: Part
    found: int
    weight: int
    later: int


def unproven(problem: Problem, weights: Weights, score: Score, floor: int) -> Unproven | None:
    """The first part before money that could be better, if there is one. `floor`: no choice weighs less.

    A choice that weighs at least the floor has at least so much of a part that, with the most that all later parts may
    add, it comes to the floor; and if that is as much as was found, of the next part at least what is then left.
    """
    units = sum([demand.quantity for demand in problem.demands])
    filled, money = units - score.unfilled, weights.tier // 4  # see `Weights`

    def later(shipped: int) -> int:
        return WORST_TIER * shipped * weights.tier + money

    steps = (
        _Step("unfilled_units", score.unfilled, weights.unfilled, units * weights.needed + later(units)),
        _Step("unless_needed_units", score.needed, weights.needed, later(filled)),
        _Step("tiers", score.tiers, weights.tier, money),
    )
    for part, found, weight, most in steps:
        least = max(0, -((most - floor) // weight))
        if least < found:
            return Unproven(part=part, most=found - least)
        floor -= found * weight
    return None
