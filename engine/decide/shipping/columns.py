"""Columns of integers: their types, the values that stand for none, and arithmetic that rounds."""

import functools
from collections.abc import Callable, Iterable, Sequence
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


NONE: Final[Integers] = np.zeros(0, dtype=np.int64)
ZERO: Final[Integers] = np.array(0)
"""As an array, with which numpy reckons faster than with a number of Python's."""


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


def least(column: Integers) -> int:
    """The smallest of the values, of which there are some. Found by its place: a reduction takes numpy ten times as
    long where a column is short, as those of most orders are.
    """
    return int(column.item(column.argmin()))


def greatest(column: Integers) -> int:
    """The largest of the values, of which there are some."""
    return int(column.item(column.argmax()))


def any_of(flags: Flags | Integers) -> bool:
    """Whether one of the flags is set, or one of the values not 0; as `least`, counted faster than reduced."""
    return bool(np.count_nonzero(flags))


def all_of(flags: Flags) -> bool:
    """Whether each flag is set."""
    return bool(np.count_nonzero(flags) == flags.size)


def filled(count: int, value: int) -> Integers:
    """A column of one value, a third of the time of np.full."""
    column: Integers = np.empty(count, dtype=np.int64)
    column.fill(value)
    return column


def integers(values: Iterable[int]) -> Integers:
    """A column of the values."""
    return np.array(list(values), dtype=np.int64)


def joined(columns: Sequence[Integers]) -> Integers:
    """The columns one after another; nothing of none."""
    return columns[0] if len(columns) == 1 else np.concatenate([NONE, *columns])


def rounded(numerator: Integers, denominator: int | Integers) -> Integers:
    """Quotients by an even number, rounded half to even, as by `facts.rounded`."""
    half, whole = _halved(denominator) if isinstance(denominator, int) else (denominator // 2, denominator)
    and_a_half = numerator + half
    quotient: Integers = and_a_half // whole
    halves = quotient * whole == and_a_half
    if any_of(halves):
        quotient -= halves & (quotient & 1)
    return quotient


@functools.lru_cache(maxsize=1_000)
def _halved(even: int) -> tuple[Integers, Integers]:
    """A half of the number, and the number: arrays, as ZERO."""
    return np.array(even // 2), np.array(even)


def split(column: Integers, parts: int | Integers) -> Integers:
    """Of each value, one of so many parts, 1 or an even number, rounded half to even."""
    if isinstance(parts, int):
        return column if parts == 1 else rounded(column, parts)
    some = parts > 1
    return np.where(some, rounded(column, parts), column) if any_of(some) else column


def product_rounded(column: Integers, factor: int | Integers, denominator: int | Integers) -> Integers:
    """Of each value, none of them negative, times the factor, the quotient by an even number rounded half to even;
    exact where 64 bits don't hold the product.
    """
    if not column.size:
        return column
    most = factor if isinstance(factor, int) else greatest(factor)
    exact = column if greatest(column) * most < WIDEST else column.astype(object)
    return rounded(exact * factor, denominator).astype(np.int64, copy=False)
