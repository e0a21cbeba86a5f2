"""The orders that come out otherwise under a shadow or a canary, in pages: those that lose most first. Pure."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from engine.policies.trial_figures import FIRST_FIGURE, Row
from rules.gate import GATE_FIGURES

Place: TypeAlias = tuple[int, int, str]
"""Where an order stands: how many units more stay unfilled, how much more it costs in micros, and its id."""
_UNFILLED = FIRST_FIGURE + GATE_FIGURES.index("unfilled")
_COST = FIRST_FIGURE + GATE_FIGURES.index("cost")


class ChangedOrders(NamedTuple):
    """Some of them, those first that lose most units and then most money; the next page begins after the place `after`.
    None: this is the last.
    """

    rows: list[Row]
    after: Place | None


def changed_orders(rows: Iterable[Row], *, limit: int, after: Place | None = None) -> ChangedOrders:
    """At most `limit` of the rows that stand after a place."""
    listed = sorted(rows, key=_key)
    if after is not None:
        listed = [row for row in listed if _key(row) > _key_of(after)]
    page = listed[:limit]
    return ChangedOrders(page, place_of(page[-1]) if len(listed) > limit else None)


def place_of(row: Row) -> Place:
    return row[_UNFILLED], row[_COST], row[0]


def _key(row: Row) -> Place:
    return _key_of(place_of(row))


def _key_of(place: Place) -> Place:
    units, cost, order = place
    return -units, -cost, order
