"""How fast articles sell: where the paces come from, and what one was learnt from."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

DemandSource: TypeAlias = Literal["file", "log"]
"""Paces are those of stock.csv, or learnt from the log."""
DemandMethod: TypeAlias = Literal["mean", "tsb", "auto"]
"""The mean of the days, the method of Teunter, Syntetos and Babai, or that only for what sells seldom."""
UsedMethod: TypeAlias = Literal["mean", "tsb"]
WINDOW_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTerms:
    """What a network says of demand. `window` is the whole days that paces are learnt from; movements of units with one
    of the `sale_reasons` are sales beside orders.
    """

    source: DemandSource = "file"
    window: int = WINDOW_DAYS
    method: DemandMethod = "auto"
    sale_reasons: frozenset[str] = frozenset({"sale"})


class LearntPace(NamedTuple):
    """What a learnt pace of sale was made of: `units` that sold on `days` that count. `given` is the pace of stock.csv
    whose place it took, in thousandths of a unit a day; None if there was none.
    """

    method: UsedMethod
    units: int
    days: int
    given: int | None = None
