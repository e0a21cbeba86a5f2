"""The objective: the parts of the comparison before the tie-break, weighted into one integer (lexicographic order by
weights).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.problem import Problem
from engine.model.facts import OptionKey

Units: TypeAlias = Mapping[tuple[OptionKey, int], int]
"""Units by candidate key and demand index, all above zero."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What one unit of each part of the comparison weighs, in micros: more than all later parts together can add up to.
    `tier` weighs twice that, so that a gap below half of it is a gap in money alone.
    """

    tier: int
    unless_needed: int
    unfilled: int

    @classmethod
    def of(cls, problem: Problem) -> "Weights":
        units = sum(demand.quantity for demand in problem.demands)
        money = [price.money for candidate in problem.candidates for price in candidate.prices.values()]
        dearest = max(max(money, default=0), -min(money, default=0))
        fixed = max((candidate.fixed for candidate in problem.candidates), default=0) + problem.split_penalty
        return cls.over(units, dearest=dearest, fixed=fixed)

    @classmethod
    def over(cls, units: int, *, dearest: int, fixed: int) -> "Weights":
        """The weights if no unit costs more micros than `dearest`, above or below zero, and no shipment, its split
        penalty included, more than `fixed`.
        """
        tier = 4 * units * (dearest + fixed) + 1  # there are no more shipments than units
        unless_needed = tier * (9 * units + 1)
        return cls(tier=tier, unless_needed=unless_needed, unfilled=unless_needed * (units + 1))


class Solution(NamedTuple):
    """The best choice found. No choice costs less than `lower_bound`, in weights and without the tie-break; another
    could cost less by `gap` at most, rounded up, so that one which is only better by the tie-break counts as one micro.
    """

    units: Units
    lower_bound: int
    gap: int
