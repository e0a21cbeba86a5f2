"""What it costs to open some shipments, and the best that was found."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.allocation.sku_allocation import Goods
from engine.decide.sourcing.columns import Lane
from engine.decide.sourcing.problem import Key, Problem

IMPROVED, IMPROVING, SWAPPING = 3, 100_000, 50_000
"""So many answers are improved shipment by shipment, each in so many steps; by then the best is nearly always known, if
not proven. And so many steps go into swaps.
"""


class Found(NamedTuple):
    """What the shipments cost that are used, and their numbers."""

    cost: int
    used: frozenset[int]


class Opening:
    """Shipments go by number. `patience`: see `Transport`."""

    def __init__(self, problem: Problem, lanes: Sequence[Lane], unfilled: int, patience: int | None) -> None:
        self._lanes = lanes
        self._room = problem.room
        self._most = len(lanes) if problem.max_shipments is None else problem.max_shipments
        skus = {demand.sku: None for demand in problem.demands}
        self._goods = [Goods(problem, sku, lanes, unfilled=unfilled, patience=patience) for sku in skus]
        self._steps = 0
        self._tried: set[frozenset[int]] = set()
        self.best = self.evaluated(frozenset())

    @property
    def steps(self) -> int:
        """Taken so far."""
        return self._steps + sum([goods.steps for goods in self._goods])

    def evaluated(self, opened: frozenset[int]) -> Found:
        """The cheapest way to use some of these."""
        self._steps += len(self._goods)
        parts = [goods.cheapest(opened) for goods in self._goods]
        used = frozenset().union(*[part.used for part in parts])
        return Found(sum([part.cost for part in parts]) + sum([self._lanes[number].fixed for number in used]), used)

    def floor(self, opened: frozenset[int], free: Iterable[int] = ()) -> int:
        """What it costs at least to use all of these and no others, but for the free, as if these had no fixed cost."""
        every = opened.union(free)
        self._steps += len(self._goods)
        floors = sum([goods.cheapest(every).floor for goods in self._goods])
        return floors + sum([self._lanes[number].fixed for number in opened])

    def room(self, opened: Collection[int]) -> int:
        """How many more may be opened; below zero if these are too many."""
        return self._most - len(opened)

    def fits(self, opened: Collection[int]) -> bool:
        """Whether these may be opened together."""
        taken = Counter([self._lanes[number].key[0] for number in opened]) if self._room else {}
        return self.room(opened) >= 0 and all(count <= self._room.get(node, count) for node, count in taken.items())

    def fitting(self, opened: Collection[int], free: Iterable[int]) -> list[int]:
        """Those of the free for which their node has room."""
        if not self._room:
            return list(free)
        taken = Counter([self._lanes[number].key[0] for number in opened])
        full = {node for node, most in self._room.items() if taken[node] >= most}
        return [number for number in free if self._lanes[number].key[0] not in full]

    def improve(self, opened: frozenset[int], surplus: Mapping[int, int]) -> None:
        """From the most promising shipments, leave out one after another while that helps."""
        opened = self._more(opened, [number for number, worth in surplus.items() if worth >= 0], surplus)
        found = self.evaluated(opened)
        if opened not in self._tried and len(self._tried) < IMPROVED:
            self._tried.add(opened)
            found = self._fewer(found, surplus)
        self.best = min(self.best, found)

    def improve_with(self, opened: frozenset[int], more: Collection[int], surplus: Mapping[int, int]) -> None:
        """The same from these, if they are better as they are than the best."""
        found = self.evaluated(self._more(opened, more, surplus))
        if found < self.best:
            self.best = self._fewer(found, surplus)

    def swap(self) -> None:
        """Where not all may be opened: another instead of one that is used, or one more, while that helps."""
        until, before = self.steps + SWAPPING, None
        while before != self.best and self._most < len(self._lanes):
            before = self.best
            for number in range(len(self._lanes)):
                if number not in self.best.used and self.steps < until:
                    self._put(number)

    def _put(self, number: int) -> None:
        """Among those that are used, if that is better."""
        used = self.best.used
        for other in (None, *sorted(used)):
            some = used.difference((other,)) | {number}
            if self.fits(some) and (found := self.evaluated(some)) < self.best:
                self.best = self._fewer(found, {})
                return

    def improve_all(self, surplus: Mapping[int, int]) -> None:
        """The same from all of them."""
        found = self.evaluated(self._more(frozenset(), surplus, surplus))
        self.best = min(self.best, self._fewer(found, surplus))

    def _more(self, opened: frozenset[int], more: Iterable[int], surplus: Mapping[int, int]) -> frozenset[int]:
        """With more, the most promising first, as long as there is room."""
        promising = [number for _, number in sorted([(-surplus[number], number) for number in more])]
        if not self._room:
            return opened.union(promising[: max(0, self.room(opened))])
        for number in promising:
            if self.room(opened) > 0:
                opened = opened.union(self.fitting(opened, [number]))
        return opened

    def _fewer(self, found: Found, surplus: Mapping[int, int]) -> Found:
        """Without one after another, those first that seem to be worth least, while that helps."""
        until, before = self.steps + IMPROVING, None
        while before != found and self.steps < until:
            before = found
            for number in sorted(found.used, key=lambda number: (surplus.get(number, 0), number)):
                found = min(found, self.evaluated(found.used - {number}))
        return found

    def units(self) -> dict[tuple[Key, int], int]:
        """Of the best, by shipment and line: the most in the first places."""
        return {item: count for goods in self._goods for item, count in goods.transport(self.best.used).first().items()}
