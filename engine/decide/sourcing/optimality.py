"""How much of a choice is proven, by what no choice costs less than."""

from typing import NamedTuple

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import ComparedPart, Problem, Score, Unproven

WORST_TIER = 9


class _WeightedPart(NamedTuple):
    """A part of the comparison, what a unit of it weighs, and what all later parts may add up to at most."""

    part: ComparedPart
    amount: int
    weight: int
    later: int


def first_unproven(problem: Problem, weights: Weights, score: Score, lower_bound: int) -> Unproven | None:
    """The first part before money that could be better, if there is one. `floor`: no choice weighs less.

    A choice that weighs at least the floor has at least so much of a part that, with the most that all later parts may
    add, it comes to the floor; and if that is as much as was found, of the next part at least what is then left.
    """
    units = sum([demand.quantity for demand in problem.demands])
    filled, money = units - score.unfilled, weights.tier // 4  # see `Weights`

    def later(shipped: int) -> int:
        return WORST_TIER * shipped * weights.tier + money

    parts = (
        _WeightedPart("unfilled_units", score.unfilled, weights.unfilled, units * weights.needed + later(units)),
        _WeightedPart("unless_needed_units", score.needed, weights.needed, later(filled)),
        _WeightedPart("tiers", score.tiers, weights.tier, money),
    )
    for part, amount, weight, later_at_most in parts:
        least = max(0, -((later_at_most - lower_bound) // weight))
        if least < amount:
            return Unproven(part=part, most=amount - least)
        lower_bound -= amount * weight
    return None
