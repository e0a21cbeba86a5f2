"""The places of one SKU between which packs of it can be moved, and what packs are worth there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from engine.decide.shipping.columns import Flags, Integers

FAR: Final = 1 << 60
"""Stands for the cost of a lane that there is not, and for the length of a path that there is not."""
REACHED: Final = FAR >> 1
"""Every path that there is is shorter."""
MOST_WORTH: Final = 1 << 50
"""No pack may be worth as much, nor a lane cost it: paths of them are then counted exactly."""

Value: TypeAlias = Callable[[int, int], int]
"""What the place of a number gains, in micros, by its pack number k: of those that come, k is 0, 1, 2 ..., and -1 is
the first that it sends, -2 the second. It never rises with k.
"""
Moves: TypeAlias = dict[tuple[int, int], int]
"""Packs by the numbers of the two places, each above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """`cost` is micros a pack, by origin and goal; FAR where no lane leads. None is negative. `movable` are the packs
    that a place can send of those it has, `room` those that it can be sent.
    """

    cost: Integers
    movable: Integers
    room: Integers
    value: Value

    @property
    def lanes(self) -> Flags:
        """Those that there are."""
        flags: Flags = self.cost < FAR
        return flags

    def without(self, closed: Flags) -> "Market":
        """Without the lanes that are marked."""
        return replace(self, cost=np.where(closed, FAR, self.cost))

    def dearer(self, surcharge: Integers) -> "Market":
        """With so much more for a pack on each lane."""
        return replace(self, cost=np.where(self.cost < FAR, self.cost + surcharge, FAR))

    def allows(self, moves: Moves) -> bool:
        """Whether lanes lead there, and no place sends or is sent more than it can be."""
        leaving, coming = np.zeros_like(self.movable), np.zeros_like(self.room)
        for (origin, goal), packs in moves.items():
            if packs <= 0 or self.cost[origin, goal] >= FAR:
                return False
            leaving[origin] += packs
            coming[goal] += packs
        return bool((leaving <= self.movable).all() and (coming <= self.room).all())

    def worth(self, moves: Moves) -> int:
        """Micros that places gain by moving so, less what the lanes cost."""
        costs = sum(int(self.cost[pair]) * packs for pair, packs in moves.items())
        return sum(self.gain(place, change) for place, change in _changes(moves).items()) - costs

    def lost_without_each(self, moves: Moves) -> dict[tuple[int, int], int]:
        """By lane, the micros that `worth` says less if nothing is moved on it: only its two ends then have others."""
        changes = _changes(moves)

        def gained(place: int, packs: int) -> int:
            return self.gain(place, changes[place]) - self.gain(place, changes[place] - packs)

        return {
            (origin, goal): gained(origin, -packs) + gained(goal, packs) - int(self.cost[origin, goal]) * packs
            for (origin, goal), packs in moves.items()
        }

    def packs_alike(self, place: int, k: int, most: int) -> int:
        """How many packs, at most `most`, are worth the same as the one of number k: it and those that come after it,
        or of packs that are sent, before it.
        """
        value, sign = self.value(place, k), -1 if k < 0 else 1
        # values only fall, so that all between two of the same value have it, too
        packs = step = 1
        while packs < most and self.value(place, k + sign * (min(packs + step, most) - 1)) == value:
            packs = min(packs + step, most)
            step *= 2
        while step:
            if packs + step <= most and self.value(place, k + sign * (packs + step - 1)) == value:
                packs += step
            step //= 2
        return packs

    def steps(self, place: int, k: int, most: int) -> Iterator[tuple[int, int]]:
        """At most `most` packs from number k on, 0 or -1: how many are worth the same, and how much each."""
        sign = -1 if k < 0 else 1
        value = self.value(place, k)
        while most > 0:
            following = self.value(place, k + sign)
            packs = 1 if following != value else self.packs_alike(place, k, most)
            yield packs, value
            most -= packs
            k += sign * packs
            value = following if packs == 1 else self.value(place, k)

    def gain(self, place: int, change: int) -> int:
        """Micros that a place gains by so many packs more; below 0: loses by so many fewer."""
        first, sign = (-1, -1) if change < 0 else (0, 1)
        return sign * sum(packs * value for packs, value in self.steps(place, first, abs(change)))


def _changes(moves: Moves) -> dict[int, int]:
    """By place that sends or is sent any, how many packs more it then has."""
    changes: dict[int, int] = {}
    for (origin, goal), packs in moves.items():
        changes[origin] = changes.get(origin, 0) - packs
        changes[goal] = changes.get(goal, 0) + packs
    return changes
