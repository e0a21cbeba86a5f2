"""How far a choice is proven: compares its score, part by part, with the lower bound of the search."""

from typing import NamedTuple

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import ComparedPart, Problem, Score, Unproven

WORST_TIER = 9


class _WeightedPart(NamedTuple):
    """A part of the comparison: how much of it the choice has, the weight of one unit of it, and the most that all
    later parts can weigh together.
    """

    part: ComparedPart
    amount: int
    weight: int
    later: int


def first_unproven(problem: Problem, weights: Weights, score: Score, lower_bound: int) -> Unproven | None:
    """The first part before money of which another choice could have less, or None. No choice weighs less than
    `lower_bound`.

    Part by part: a choice that weighs at least `lower_bound` has at least so much of the part that this, together with
    the most that all later parts can weigh, reaches the bound. If that is less than our choice has, the part is
    unproven. If not, the part is proven, its weight is subtracted, and the remainder of the bound says the same of the
    next part.
    """
    units = sum([demand.quantity for demand in problem.demands])
    filled, money = units - score.unfilled, weights.tier // 4  # see `Weights`

    def later(shipped: int) -> int:
        return WORST_TIER * shipped * weights.tier + money

    parts = (
        _WeightedPart("unfilled_units", score.unfilled, weights.unfilled, units * weights.unless_needed + later(units)),
        _WeightedPart("unless_needed_units", score.unless_needed, weights.unless_needed, later(filled)),
        _WeightedPart("tiers", score.tiers, weights.tier, money),
    )
    for part, amount, weight, later_at_most in parts:
        least = max(0, -((later_at_most - lower_bound) // weight))
        if least < amount:
            return Unproven(part=part, most=amount - least)
        lower_bound -= amount * weight
    return None
