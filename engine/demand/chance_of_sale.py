"""The chance that a unit sells in time, where what is asked for in some days is a Poisson number around its mean.

Only integers are used, so every machine gets the same. The probabilities are weights that start at the mode and follow
the recurrence P(k + 1) = P(k) * mean / (k + 1), divided by their sum: B. L. Fox and P. W. Glynn, "Computing Poisson
probabilities", Communications of the ACM 31(4), 1988. That takes some twenty-four standard deviations of steps,
whatever the mean, and no exponential, which would underflow.
"""

from array import array
from dataclasses import dataclass
from functools import lru_cache

from engine.model.facts import UNIT_MILLIS, rounded

CERTAIN = 1_000_000
"""A chance of 1, in parts per million."""
_MODE_WEIGHT = 10**30
"""The weight of the mode; weights below one part of it are left out."""
_MOST_TABLES = 16_384
_MOST_SPREAD = 10**9 * UNIT_MILLIS
"""An expected demand beyond a billion units is taken for what is asked for exactly: it strays by less than 0.004 %."""


def chance_above(units: int, demand: int) -> int:
    """The chance, in parts per million, that more than `units` are asked for, of an expected `demand` in thousandths of
    a unit: that one unit more than these sells. Rounded half to even.
    """
    return CERTAIN if units < 0 else _chances(demand).above(units)


def expected_below(units: int, demand: int) -> int:
    """How many of `units` sell on average, in millionths of a unit, of an expected `demand` in thousandths of one: the
    sum of the chances of each, so that one unit more is worth exactly its `chance_above`.
    """
    return 0 if units <= 0 else _chances(demand).sum_below(units)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chances:
    """Those that more than k are asked for, in parts per million: certain for k below `first`, then `listed`, then 0.
    `sums` are the sums of the listed ones before each of them, and of all.
    """

    first: int
    listed: "array[int]"
    sums: "array[int]"

    def above(self, units: int) -> int:
        index = units - self.first
        if index < 0:
            return CERTAIN
        return self.listed[index] if index < len(self.listed) else 0

    def sum_below(self, units: int) -> int:
        index = units - self.first
        if index <= 0:
            return units * CERTAIN
        return self.first * CERTAIN + self.sums[min(index, len(self.listed))]


@lru_cache(maxsize=_MOST_TABLES)
def _chances(demand: int) -> _Chances:
    """Of an expected demand in thousandths of a unit, from 0."""
    if demand > _MOST_SPREAD:
        return _Chances(first=demand // UNIT_MILLIS, listed=array("l"), sums=array("q", [0]))
    least, weights = _weights(demand)
    total = above = sum(weights)
    first, listed, sums = least, array("l"), array("q", [0])
    for weight in weights:
        above -= weight
        chance = rounded(above * CERTAIN, total)
        if chance == CERTAIN and not listed:
            first += 1
            continue
        if not chance:
            break
        listed.append(chance)
        sums.append(sums[-1] + chance)
    return _Chances(first=first, listed=listed, sums=sums)


def _weights(demand: int) -> tuple[int, list[int]]:
    """The least number with a weight, and the weights of it and those that follow."""
    mode = demand // UNIT_MILLIS
    upwards, weight, number = [], _MODE_WEIGHT, mode
    while weight:
        upwards.append(weight)
        number += 1
        weight = weight * demand // (number * UNIT_MILLIS)
    downwards, number = [], mode
    weight = _MODE_WEIGHT
    while number:
        weight = weight * number * UNIT_MILLIS // demand
        if not weight:
            break
        number -= 1
        downwards.append(weight)
    return number, downwards[::-1] + upwards
