"""Columns of integers: their types, the values that stand for none, and arithmetic that rounds."""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NO_LIMIT: Final = 1 << 40
"""Metres or shipments: stands for no limit."""
NOWHERE: Final = -1
"""Minutes of a way that no band of its service's transit reaches; the number of no lanes, of no node."""
WIDEST: Final = 1 << 61
"""No amount that is computed in columns may reach this; int64 ends at four times as much."""


class Once:
    """Makes a column when it is first asked for; lighter than functools.cache, of which every line needs some."""

    __slots__ = ("_column", "_make")

    def __init__(self, make: Callable[[], Integers]) -> None:
        self._make = make
        self._column: Integers | None = None

    def __call__(self) -> Integers:
        if self._column is None:
            self._column = self._make()
        return self._column


def integers(values: Iterable[int]) -> Integers:
    """A column of the values."""
    return np.array(list(values), dtype=np.int64)


def rounded(numerator: Integers, denominator: int | Integers) -> Integers:
    """Quotients by an even number, rounded half to even, as by `facts.rounded`."""
    and_a_half = numerator + denominator // 2
    quotient: Integers = and_a_half // denominator
    quotient -= (quotient * denominator == and_a_half) & (quotient & 1)
    return quotient


def product_rounded(column: Integers, factor: int, denominator: int) -> Integers:
    """Of each value, none of them negative, times the factor, the quotient by an even number rounded half to even;
    exact where 64 bits don't hold the product.
    """
    exact = column if int(column.max(initial=0)) * factor < WIDEST else column.astype(object)
    return rounded(exact * factor, denominator).astype(np.int64, copy=False)
