"""Stock and load facts that rules depend on. The commit checks again those of floors and daily limits.

A floor is computed on a snapshot and enforced in the commit. Where a rule gives it only under a condition on stock
or load, the commit must find these in the range in which every such condition stays as it was: otherwise two orders
that race could each be judged by the stock that the other one takes.
"""

import bisect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.decide.decision import HIGHEST, Range, StockRanges
from engine.decide.matching.value_classes import numbers
from engine.model.facts import MAX_COVER, UNIT_MILLIS, StockPosition
from rules.conditions import Compare, comparisons
from rules.policy import PolicySet
from rules.vocabulary import Stage

_VOLATILE = frozenset({"stock.on_hand", "stock.held", "stock.available", "stock.days_of_cover", "node.load"})
_CHECKED_AGAIN = (Stage.POSITION, Stage.NODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatileFacts:
    """By the path of each such fact, the values at which a condition may become true or false, ascending; the first of
    them is below any value. Of facts that a condition compares with another fact (`paired`), every value counts, for
    this can't tell what the other is.
    """

    steps: Mapping[str, Sequence[float]]
    paired: frozenset[str] = frozenset()

    def stock_ranges(self, position: StockPosition) -> StockRanges:
        """The ranges around a position's stock in which no condition changes."""
        return StockRanges(
            on_hand=self._range("stock.on_hand", position.on_hand),
            held=self._range("stock.held", position.held),
            available=common_range(
                self._range("stock.available", position.available),
                _available(self._range("stock.days_of_cover", position.days_of_cover), position.pace),
            ),
        )

    def load_range(self, load: int) -> Range | None:
        """The range around a node's load in which no condition changes; None if none mentions it."""
        return self._range("node.load", load)

    def _range(self, path: str, value: int | None) -> Range | None:
        steps = self.steps.get(path)
        if path in self.paired and value is not None:
            return value, value
        if steps is None or value is None:
            return None
        above = bisect.bisect_right(steps, value)
        lowest = int(max(0, steps[above - 1]))
        return lowest, int(steps[above]) - 1 if above < len(steps) else HIGHEST


def volatile_facts(policies: PolicySet, stages: Collection[Stage] = _CHECKED_AGAIN) -> VolatileFacts:
    """Those mentioned by rules that act at these stages, and by rules that may silence such rules."""
    by_path: dict[str, list[Compare]] = {}
    paired: set[str] = set()
    for rule in policies.relevant_at(*stages).values():
        for item in comparisons(rule.condition):
            if item.other is not None:
                paired.update(_VOLATILE.intersection(fact.path for fact in item.facts))
            elif item.fact.path in _VOLATILE:
                by_path.setdefault(item.fact.path, []).append(item)
    return VolatileFacts(
        steps={path: numbers(compared[0].fact, compared).steps for path, compared in by_path.items()},
        paired=frozenset(paired),
    )


def _available(cover: Range | None, pace: int | None) -> Range | None:
    """The units available that give days of cover in the range `cover`, at a pace of sale."""
    if cover is None or not pace:
        return None  # without a pace, or where nothing sells, it does not depend on what is available
    lowest, highest = cover
    most = HIGHEST if highest >= MAX_COVER else ((highest + 1) * pace - 1) // UNIT_MILLIS
    return -(-lowest * pace // UNIT_MILLIS), most


def common_range(one: Range | None, other: Range | None) -> Range | None:
    """What is in both; None stands for any value."""
    if one is None or other is None:
        return one or other
    return max(one[0], other[0]), min(one[1], other[1])
