"""From numbers to where they stand in a chart, and which numbers an axis names."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Numbers from `low` to `high` stand from `start` to `end`; of an empty range, in the midst."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, numbers: Iterable[float], *, start: float, end: float, margin: float = 0.0) -> Self:
        """All numbers and 0, with a share of their range as a margin on either side."""
        known = [0.0, *numbers]
        low, high = min(known), max(known)
        more = (high - low) * margin
        return cls(low=low - more, high=high + more, start=start, end=end)

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int = 5, *, least: float = 0.0) -> list[float]:
        """Round numbers within, about so many and always 0 if it is within; they are `least` apart at least."""
        if self.high == self.low:
            return [self.low]
        step = max(_round_step((self.high - self.low) / most), least)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [place * step for place in range(first, last + 1)]


def _round_step(least: float) -> float:
    """The next of 1, 2, 5, 10 ... times a power of ten that is not less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
