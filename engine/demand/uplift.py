"""What is expected to sell over some days, of which some sell more than usual or less."""

from collections.abc import Callable, Iterable

from engine.model.facts import rounded

AS_USUAL = 100
"""Percent."""


def expected_demand(pace: int, days: Iterable[int], percent_on: Callable[[int], int]) -> int:
    """Thousandths of a unit, at a usual `pace` of thousandths a day: on each of the `days`, `percent_on` says what
    percentage of it sells. Days are the caller's, such as ordinals of dates. Rounded half to even, once.
    """
    return rounded(pace * sum(map(percent_on, days)), AS_USUAL)
