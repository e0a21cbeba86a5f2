"""Makes the number of shipments a part of the comparison: the best choice of those that have as few as the parts before
it allow.

The optimiser takes a limit on shipments. A higher limit never leaves more of what comes before shipments, so the lowest
limit that leaves as little of it as any is found by bisection, and the best choice under that limit is the best of all.
This is exact whichever way the optimiser takes, as far as it proves its choices.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.problem import Choice, ComparedPart, Unproven

Solve: TypeAlias = Callable[[int | None], Choice]
"""The best choice of at most so many shipments; None: of any number."""
BEFORE_EXTRA_SHIPMENTS: Sequence[ComparedPart] = ("unfilled_units",)
"""What comes before the shipments beyond a limit that gives way."""
BEFORE_SHIPMENTS: Sequence[ComparedPart] = ("unfilled_units", "unless_needed_units")
"""What comes before all shipments where the fewest come first."""


class Limited(NamedTuple):
    """The best choice, and the limit on shipments under which it is the best."""

    choice: Choice
    limit: int | None


def choose_few_shipments(solve: Solve, *, limit: int | None, fewest: bool, most: int | None) -> Choice:
    """The best choice. More shipments than `limit` are there only for units that would stay unfilled; with `fewest`,
    fewer shipments come before tiers and money. There are never more than `most`.
    """
    solve_once = cache(solve)
    doubt: Unproven | None = None
    if limit is not None:
        limited = lowest_limit(solve_once, limit, most, BEFORE_EXTRA_SHIPMENTS)
        if not fewest:
            return limited.choice
        most, doubt = limited.limit, _doubt(limited.choice, ("unfilled_units", "shipments"))
    return _doubted(lowest_limit(solve_once, 1, most, BEFORE_SHIPMENTS).choice, doubt)


def lowest_limit(solve: Solve, start: int, most: int | None, before: Sequence[ComparedPart]) -> Limited:
    """The best choice under the lowest limit from `start` to `most` that leaves as little of the parts `before` as any
    limit up to `most`.
    """
    if most is not None and start >= most:
        return Limited(solve(most), most)
    first = solve(start)
    if not any(_amounts(first, before)):
        return Limited(first, start)
    free = solve(most)
    least = min(_amounts(first, before), _amounts(free, before))
    fails, fits, certain = start, _shipments(free), start
    if _amounts(first, before) == least or fits <= start:
        best = min(first, free, key=lambda choice: choice.score) if fits <= start else first
        return Limited(_doubted(best, _doubt(free, before)), start)
    best = free
    if not _doubt(first, before):
        certain = start + 1
    while fits - fails > 1:
        middle = (fails + fits) // 2
        choice = solve(middle)
        if _amounts(choice, before) <= least:
            best, fits = choice, middle
        else:
            fails = middle
            certain = certain if _doubt(choice, before) else middle + 1
    fewer = Unproven(part="shipments", most=fits - certain) if certain < fits else None
    return Limited(_doubted(best, _doubt(free, before) or fewer), fits)


def _amounts(choice: Choice, parts: Sequence[ComparedPart]) -> tuple[int, ...]:
    """How much the choice has of these parts."""
    amounts = {"unfilled_units": choice.score.unfilled, "unless_needed_units": choice.score.unless_needed}
    return tuple(amounts[part] for part in parts)


def _shipments(choice: Choice) -> int:
    return len({key for key, _ in choice.units})


def _doubt(choice: Choice, parts: Sequence[ComparedPart]) -> Unproven | None:
    """What is unproven of these parts."""
    return choice.unproven if choice.unproven and choice.unproven.part in parts else None


def _doubted(choice: Choice, doubt: Unproven | None) -> Choice:
    return choice if doubt is None else replace(choice, gap=None, unproven=doubt)
