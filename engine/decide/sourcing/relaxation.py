"""What a choice costs at least while it is open which shipments there are."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import groupby
from operator import mul
from typing import TypeAlias

from engine.decide.sourcing.lanes import Lane
from engine.decide.sourcing.problem import Problem

PASSES = 2
"""Of the ascent over all SKUs; more hardly lift the bound."""
Offers: TypeAlias = Sequence[Sequence[tuple[int, int, int]]]
"""By SKU: the number of a shipment, what a unit costs on it, and how many units at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What any choice costs at least: a dual ascent (after Erlenkotter 1978, Operations Research 26:992).

    Say a unit of each SKU is worth some value, at most what leaving it unfilled costs. The surplus of a shipment is
    what its units would be worth beyond their costs, less its fixed cost. Whatever the values, no choice costs less
    than the value of all units wanted less the surpluses above zero: there each shipment carries what is best for it,
    as if nobody else did. The ascent raises the values in turn, each to where the bound is highest.
    """

    base: int
    wanted: Sequence[int]
    unfilled: Sequence[int]
    fixed: Sequence[int]
    nodes: Sequence[str]
    offers: Offers

    def missing(self, opened: Collection[int], free: Sequence[int], most: int) -> dict[int, int]:
        """By each of `free`: if it is opened and up to `most` - 1 others are, how many units stay unfilled at least."""
        missing = dict.fromkeys(free, 0)
        for wanted, offers in zip(self.wanted, self.offers, strict=True):
            units = {number: units for number, _, units in offers}
            others = nlargest(most - 1, [units.get(number, 0) for number in free])
            left = wanted - sum([units.get(number, 0) for number in opened]) - sum(others)
            if left > 0:
                for number in free:
                    missing[number] += max(0, left - units.get(number, 0))
        return missing

    def bound(
        self, opened: Collection[int], free: Sequence[int], values: Sequence[int], most: int
    ) -> tuple[int, dict[int, int], list[int]]:
        """What `opened` and up to `most` of `free` cost at least; the surplus of each, where the fixed cost of one that
        is opened counts as spent; and the values raised from those given.
        """
        values = list(values)
        surplus = self._surpluses(opened, free, values)
        for _ in range(PASSES):
            for sku in range(len(values)):
                self._raise(sku, values, surplus)
        above = [surplus[number] for number in free if surplus[number] > 0]
        floor = self.base + sum(map(mul, self.wanted, values)) - sum(nlargest(most, above))
        return floor + sum([self.fixed[number] - surplus[number] for number in opened]), surplus, values

    def bound_alone(self, opened: Collection[int], free: Collection[int]) -> int:
        """Closer, if there is but one SKU: dynamic programming over the nodes and how many units they ship together, as
        more than one shipment from a node is never better than all its units by the cheaper. Else, no bound.
        """
        if len(self.wanted) != 1:
            return self.base
        (wanted,), (unfilled,), (offers,) = self.wanted, self.unfilled, self.offers
        least = [units * unfilled for units in range(wanted + 1)]
        for _, of_node in groupby(offers, key=lambda offer: self.nodes[offer[0]]):
            before = list(least)
            for number, cost, most in of_node:
                if number in opened or number in free:
                    fixed = 0 if number in opened else self.fixed[number]
                    least = list(map(min, least, _adding(before, fixed, cost, most)))
        return self.base + sum([self.fixed[number] for number in opened]) + least[wanted]

    def _surpluses(self, opened: Iterable[int], free: Iterable[int], values: Sequence[int]) -> dict[int, int]:
        surplus = {number: -self.fixed[number] for number in free}
        surplus.update(dict.fromkeys(opened, 0))
        for value, offers in zip(values, self.offers, strict=True):
            for number, cost, units in offers:
                if cost < value and number in surplus:
                    surplus[number] += units * (value - cost)
        return surplus

    def _raise(self, sku: int, values: list[int], surplus: dict[int, int]) -> None:
        """Each shipment supplies the SKU from the value on where its surplus passes zero. The last it takes to have all
        that is wanted sets the value.
        """
        old, points = values[sku], []
        for number, cost, units in self.offers[sku]:
            if number in surplus:
                if cost < old:
                    surplus[number] -= units * (old - cost)
                points.append((cost - min(0, surplus[number] // units), units, number, cost))
        points.sort()
        left, new = self.wanted[sku], self.unfilled[sku]
        for worth, units, _, _ in points:
            left -= units
            if left <= 0:
                new = min(new, worth)
                break
        values[sku] = new
        for _, units, number, cost in points:
            if cost < new:
                surplus[number] += units * (new - cost)


def _adding(before: Sequence[int], fixed: int, cost: int, most: int) -> Iterator[int]:
    """By units, the least cost with a shipment of up to `most` of them added."""
    yield before[0]
    # of the amounts before it that it can add to, those better than every later one
    window = deque[int]()
    for units in range(1, len(before)):
        while window and before[window[-1]] + (units - 1 - window[-1]) * cost >= before[units - 1]:
            window.pop()
        window.append(units - 1)
        if window[0] < units - most:
            window.popleft()
        yield before[window[0]] + (units - window[0]) * cost + fixed


def relaxation(problem: Problem, lanes: Sequence[Lane], unfilled: int) -> Relaxation:
    """Lines of one SKU count as one if they cost the same, or one costs the same more everywhere; any other as if it
    had the stock for itself.
    """
    least = []
    alike: dict[tuple[str, tuple[tuple[int, int], ...]], list[int]] = {}
    for index, demand in enumerate(problem.demands):
        costs = {number: lane.costs[index] for number, lane in enumerate(lanes) if index in lane.costs}
        least.append(min(costs.values(), default=unfilled))
        dearer = tuple([(number, cost - least[index]) for number, cost in costs.items()])
        alike.setdefault((demand.sku, dearer), []).append(index)
    wanted = [sum(problem.demands[index].quantity for index in lines) for lines in alike.values()]
    return Relaxation(
        base=sum(demand.quantity * cost for demand, cost in zip(problem.demands, least, strict=True)),
        wanted=wanted,
        unfilled=[unfilled - max(least[index] for index in lines) for lines in alike.values()],
        fixed=[lane.fixed for lane in lanes],
        nodes=[lane.key[0] for lane in lanes],
        offers=[
            [(number, cost, min(units, problem.supply[lanes[number].key[0], sku])) for number, cost in dearer]
            for units, (sku, dearer) in zip(wanted, alike, strict=True)
        ],
    )
