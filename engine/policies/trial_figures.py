"""What a shadow or a canary comes to: sums over its decisions, and what differs by order. Pure.

Sums are named `orders`, `decisions`, `changed`, and `before:FIGURE` and `by:FIGURE` for each figure of a gate: what the
decisions come to under the other version, and how much more they come to. A row is of one order: its id, its last
decision, how many decisions differ, and by how much each figure does.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from engine.simulation.bootstrap import intervals
from rules.gate import GATE_FIGURES, Bound, GateFigure

Row: TypeAlias = list[Any]
FIRST_FIGURE = 3
"""Where the figures of a row begin."""


class Compared(NamedTuple):
    """One decision that was compared: `before` and `by` are what it comes to under the other version and how much more
    it does, in the order of GATE_FIGURES.
    """

    first: str
    order: str
    decision: str
    is_first: bool
    changed: bool
    before: Sequence[int]
    by: Sequence[int]


def added(
    compared: Sequence[Compared], rows: Mapping[str, Row], *, has_room: bool = True
) -> tuple[dict[str, int], dict[str, Row]]:
    """The sums of these decisions, and the rows of their orders, given those there are. Without room for more, no order
    gets a row that has none; one whose first decision differs is counted all the same.
    """
    sums: dict[str, int] = dict.fromkeys(("orders", "decisions", "changed", "orders_changed"), 0)
    made: dict[str, Row] = {}
    for item in compared:
        sums["orders"] += item.is_first
        sums["decisions"] += 1
        sums["changed"] += item.changed
        for figure, before, by in zip(GATE_FIGURES, item.before, item.by, strict=True):
            sums[f"before:{figure}"] = sums.get(f"before:{figure}", 0) + before
            sums[f"by:{figure}"] = sums.get(f"by:{figure}", 0) + by
        if not item.changed:
            continue
        row = made.get(item.first) or rows.get(item.first)
        if row is None:
            sums["orders_changed"] += has_room or item.is_first
            if not has_room:
                continue
            row = [item.order, item.decision, 0, *(0 for _ in GATE_FIGURES)]
        differences = (its + by for its, by in zip(row[FIRST_FIGURE:], item.by, strict=True))
        made[item.first] = [item.order, item.decision, row[2] + 1, *differences]
    return {name: number for name, number in sums.items() if number}, made


def is_broken(bound: Bound, sums: Mapping[str, int]) -> bool:
    """Whether what came of it is more than a bound allows."""
    return not bound.allows(sums.get(f"by:{bound.figure}", 0), sums.get(f"before:{bound.figure}", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFigure:
    """A figure under the other version, how much more it is, and between what 95 % of the differences lie. `bound` is
    that of a canary, if it has one.
    """

    figure: GateFigure
    before: int
    difference: int
    low: int
    high: int
    bound: Bound | None

    @property
    def is_broken(self) -> bool:
        return self.bound is not None and not self.bound.allows(self.difference, self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What came of all decisions so far."""

    orders: int
    decisions: int
    orders_changed: int
    figures: tuple[WatchedFigure, ...]

    @classmethod
    def of(cls, sums: Mapping[str, int], rows: Mapping[str, Row], bounds: Sequence[Bound]) -> "Watched":
        by_figure = {its.figure: its for its in bounds}
        differing = [row[FIRST_FIGURE:] for _, row in sorted(rows.items()) if any(row[FIRST_FIGURE:])]
        orders, changed = sums.get("orders", 0), sums.get("orders_changed", 0)
        # of more orders that differ than have rows, those with rows stand for as large a share of all
        drawn_from = orders * len(rows) // changed if changed > len(rows) else orders
        # an order counts once its first decision is compared, so there may be further ones that differ
        found = intervals(differing, max(drawn_from, len(differing))) or [(0, 0)] * len(GATE_FIGURES)
        if changed > len(rows) > 0:
            found = _of_all_orders(found, rows.values(), sums)
        return cls(
            orders=orders,
            decisions=sums.get("decisions", 0),
            orders_changed=sums.get("orders_changed", 0),
            figures=tuple(
                WatchedFigure(
                    figure=figure,
                    before=sums.get(f"before:{figure}", 0),
                    difference=sums.get(f"by:{figure}", 0),
                    low=low,
                    high=high,
                    bound=by_figure.get(figure),
                )
                for figure, (low, high) in zip(GATE_FIGURES, found, strict=True)
            ),
        )


def _of_all_orders(
    found: Sequence[tuple[int, int]], rows: Collection[Row], sums: Mapping[str, int]
) -> list[tuple[int, int]]:
    """The intervals of all orders that differ, given those of the orders that have rows, of which the others are taken
    to be alike: the spread of a sum of independent differences grows with the square root of their number.
    """
    wider = math.sqrt(sums["orders_changed"] / len(rows))
    made = []
    for place, (figure, (low, high)) in enumerate(zip(GATE_FIGURES, found, strict=True)):
        listed, whole = sum(row[FIRST_FIGURE + place] for row in rows), sums.get(f"by:{figure}", 0)
        made.append((whole - round(wider * (listed - low)), whole + round(wider * (high - listed))))
    return made
