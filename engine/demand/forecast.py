"""The pace of sale that follows from the units sold on each of some days. Exact: integers, rounded once, half to even.

What sells seldom is forecast by the method of Teunter, Syntetos and Babai ("Intermittent demand: linking forecasting to
inventory obsolescence", European Journal of Operational Research 214(3), 2011): the chance that a day has a sale and
the size of a sale are smoothed by themselves, the chance on every day, so that the forecast of an article that does not
sell any more falls. Which articles sell seldom is told by the average interval between days with sales: 1.32 days or
more (Syntetos, Boylan and Croston, "On the categorization of demand patterns", Journal of the Operational Research
Society 56(5), 2005).
"""

from collections.abc import Sequence

from engine.model.demand import DemandMethod, UsedMethod
from engine.model.facts import MAX_PACE, UNIT_MILLIS, rounded

_SMOOTHING = 10
"""One part in so many of the forecast is what the newest day says: a constant of 0.1, for chance and size."""
_SELDOM_INTERVAL = (132, 100)
"""1.32 days, as a fraction."""


def method_for(sold: Sequence[int], method: DemandMethod) -> UsedMethod:
    """The method by which these days are forecast: `auto` is the mean, or TSB for what sells seldom."""
    if method != "auto":
        return method
    days_with_sales = sum(units > 0 for units in sold)
    most, scale = _SELDOM_INTERVAL
    return "tsb" if days_with_sales and len(sold) * scale >= days_with_sales * most else "mean"


def pace(sold: Sequence[int], method: UsedMethod) -> int:
    """Thousandths of a unit a day, of the units sold on each day, the oldest first; there must be some day. A day on
    which more came back than was sold counts as one without a sale to TSB, and lowers the mean, which is never below 0.
    At most MAX_PACE.
    """
    mean_or_tsb = _tsb(sold) if method == "tsb" else rounded(sum(sold) * UNIT_MILLIS, len(sold))
    return min(MAX_PACE, max(0, mean_or_tsb))


def _tsb(sold: Sequence[int]) -> int:
    chance, of_chance = _smoothed([int(units > 0) for units in sold])
    size, of_size = _smoothed([units for units in sold if units > 0])
    return rounded(chance * size * UNIT_MILLIS, of_chance * of_size)


def _smoothed(values: Sequence[int]) -> tuple[int, int]:
    """Simple exponential smoothing that begins with the first value, as numerator and denominator; 0 of no values."""
    numerator, denominator = values[0] if values else 0, 1
    for value in values[1:]:
        numerator = numerator * (_SMOOTHING - 1) + value * denominator
        denominator *= _SMOOTHING
    return numerator, denominator
