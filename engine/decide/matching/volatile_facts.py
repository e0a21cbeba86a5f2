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
from rules.vocabulary import INCOMING, Stage

_VOLATILE = frozenset({"stock.on_hand", "stock.held", "stock.available", "stock.days_of_cover", "node.load"})
_STOCK_RANK = "stock.rank"
"""Changes with what any place has available."""
_CHECKED_AGAIN = (Stage.POSITION, Stage.NODE)
_WITH_UPLIFTS = (*_CHECKED_AGAIN, Stage.LEVEL)
"""Where floors are what is expected to sell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatileFacts:
    """By the path of each such fact, the values at which a condition may become true or false, ascending; the first of
    them is below any value. Of facts that a condition compares with another (`paired`), every value counts, for this
    can't tell what the other is.
    """

    steps: Mapping[str, Sequence[float]]
    paired: frozenset[str] = frozenset()
    receipts: bool = False
    """Whether a condition mentions what is to come. Then the open receipts of a position must be as they were."""

    def stock_ranges(self, position: StockPosition, scale: int = 1) -> StockRanges:
        """The ranges around a position's stock in which no condition changes. `scale` of its units are in a whole one,
        which conditions compare (see `rule_facts.stock_facts`).
        """
        return StockRanges(
            on_hand=_there_whole(self._range("stock.on_hand", position.on_hand // scale), scale),
            held=_begun(self._range("stock.held", -(-position.held // scale)), scale),
            available=common_range(
                _there_whole(self._range("stock.available", position.available // scale), scale),
                _available(self._range("stock.days_of_cover", position.days_of_cover), position.pace),
            ),
        )

    def tell_stock_apart(self, one: StockPosition, other: StockPosition, scale: int = 1) -> bool:
        """Whether some condition may be true of one of two stocks of a position and not of the other."""
        if "stock.available" in self.paired and one.available != other.available:
            return True  # ranks compare the smallest units
        pairs = (
            ("stock.on_hand", one.on_hand // scale, other.on_hand // scale),
            ("stock.held", -(-one.held // scale), -(-other.held // scale)),
            ("stock.available", one.available // scale, other.available // scale),
            ("stock.days_of_cover", one.days_of_cover, other.days_of_cover),
        )
        return any(self._tell_apart(path, *pair) for path, *pair in pairs)

    def tell_loads_apart(self, one: int, other: int) -> bool:
        """The same of two loads of a node."""
        return self._tell_apart("node.load", one, other)

    def _tell_apart(self, path: str, one: int | None, other: int | None) -> bool:
        if one == other:
            return False
        steps = self.steps.get(path)
        if path in self.paired or one is None or other is None:
            return path in self.paired or steps is not None
        return steps is not None and bisect.bisect_right(steps, one) != bisect.bisect_right(steps, other)

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


def volatile_facts(policies: PolicySet, stages: Collection[Stage] | None = None) -> VolatileFacts:
    """Those mentioned by rules that act at these stages, and by rules that may silence such rules. Unless said, the
    stages of which the commit checks the facts again.
    """
    if stages is None:
        stages = _WITH_UPLIFTS if policies.longest_cover and policies.has_uplifts else _CHECKED_AGAIN
    by_path: dict[str, list[Compare]] = {}
    paired: set[str] = set()
    mentioned: set[str] = set()
    for rule in policies.relevant_at(*stages).values():
        for item in comparisons(rule.condition):
            paths = {fact.path for fact in item.facts}
            mentioned |= paths
            if _STOCK_RANK in paths:
                paired.add("stock.available")
            if item.other is not None:
                paired.update(_VOLATILE.intersection(paths))
            elif item.fact.path in _VOLATILE:
                by_path.setdefault(item.fact.path, []).append(item)
    return VolatileFacts(
        steps={path: numbers(compared[0].fact, compared).steps for path, compared in by_path.items()},
        paired=frozenset(paired),
        receipts=not INCOMING.isdisjoint(mentioned),
    )


def _there_whole(whole: Range | None, scale: int) -> Range | None:
    """The numbers of smallest units of which so many whole ones are there."""
    if whole is None or scale == 1:
        return whole
    return whole[0] * scale, HIGHEST if whole[1] == HIGHEST else whole[1] * scale + scale - 1


def _begun(whole: Range | None, scale: int) -> Range | None:
    """The numbers of smallest units that make so many whole ones, each begun counting as one."""
    if whole is None or scale == 1:
        return whole
    return max(0, (whole[0] - 1) * scale + 1), HIGHEST if whole[1] == HIGHEST else whole[1] * scale


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
