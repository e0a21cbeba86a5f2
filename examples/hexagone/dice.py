"""Seeded choices that come out the same on every Python from 3.11 on.

Only `random.Random.random` is promised to keep its sequence between releases, so everything here is built on that one
method. Sums are made with `accumulate`, because the built-in `sum` rounds floats differently from Python 3.12 on.
"""

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values with weights to draw from; their order is part of the outcome."""

    def __init__(self, things: Iterable[T], weights: Iterable[float]) -> None:
        self.things = list(things)
        self.bounds = list(accumulate(weights))


class Dice:
    """One stream of random choices. Each part of the data has its own stream, so that asking for more orders does not
    change the stock.
    """

    def __init__(self, seed: int, part: str) -> None:
        self._random = random.Random(f"{seed}/{part}").random

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def between(self, low: float, high: float) -> float:
        """A float in [low, high)."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """An integer in low..high, both included."""
        return low + int((high - low + 1) * self._random())

    def pick(self, things: Sequence[T]) -> T:
        return things[int(len(things) * self._random())]

    def draw(self, weighted: Weighted[T]) -> T:
        last = len(weighted.things) - 1
        return weighted.things[min(last, bisect_right(weighted.bounds, self._random() * weighted.bounds[-1]))]

    def shuffled(self, things: Iterable[T]) -> list[T]:
        """Fisher and Yates."""
        cards = list(things)
        for i in range(len(cards) - 1, 0, -1):
            j = int((i + 1) * self._random())
            cards[i], cards[j] = cards[j], cards[i]
        return cards
