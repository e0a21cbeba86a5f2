"""Units of one SKU from open shipments to the lines that want it: the least-cost transport, exactly.

One line is filled from its cheapest shipments first. Several lines that share the stock are filled by successive
shortest paths (Ford & Fulkerson 1962; Bellman-Ford for the paths, since costs may be negative), which re-route
earlier units where that is cheaper. Lines that must stay together are placed first, by branch and bound.

`Relaxation` says what a choice costs at least while it is open which shipments there are.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import groupby
from operator import mul
from typing import TypeAlias

Key: TypeAlias = tuple[str, str]
"""(node, service) of a shipment."""
Flow: TypeAlias = dict[tuple[Key, int], int]
"""Units by (shipment, line), above zero."""
Costs: TypeAlias = Mapping[tuple[Key, int], int]
PASSES = 2
"""Of the ascent over all SKUs; more hardly lift the bound."""
_Path: TypeAlias = list[tuple[Key, int]]
_Reach: TypeAlias = tuple[int, _Path]
"""The cost of a path, and the path."""
Offers: TypeAlias = Sequence[Sequence[tuple[int, int, int]]]
"""By SKU: the number of a shipment, what a unit costs on it, and how many units at most."""
_Edges: TypeAlias = Sequence[tuple[tuple[Key, int], int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One SKU: `quantities` by line, `supply` by node, which its shipments share; a unit that is not shipped costs
    `unfilled`, more than any way to ship it.
    """

    quantities: Mapping[int, int]
    together: Collection[int] = ()
    supply: Mapping[str, int]
    costs: Costs
    unfilled: int

    def cheapest(self) -> tuple[Flow, int]:
        """A flow of the least cost, and that cost."""
        if len(self.quantities) == 1 and not self.together:
            flow = self._one_line()
            return flow, self._cost(flow)
        return _Placing(self).best()

    def first(self) -> Flow:
        """Of the cheapest flows that with the most units where `costs` has the smallest (line, key), then the next.

        Each place weighs more than all later ones together, and all of them less than one unit of cost.
        """
        places = sorted(self.costs, key=lambda item: (item[1], item[0]))
        base = sum(self.quantities.values()) + 1
        scale = base ** len(places)
        costs = {
            item: self.costs[item] * scale - base ** (len(places) - place) for place, item in enumerate(places, start=1)
        }
        return replace(self, costs=costs, unfilled=self.unfilled * scale).cheapest()[0]

    def _cost(self, flow: Flow) -> int:
        missing = sum(self.quantities.values()) - sum(flow.values())
        return sum(units * self.costs[item] for item, units in flow.items()) + missing * self.unfilled

    def _one_line(self) -> Flow:
        ((_, left),) = self.quantities.items()
        flow: Flow = {}
        free = dict(self.supply)
        for _, item in sorted((cost, item) for item, cost in self.costs.items()):
            node = item[0][0]
            if take := min(left, free[node]):
                flow[item] = take
                free[node] -= take
                left -= take
        return flow


class _Placing:
    """Depth first over where each line that must stay together goes, whole: a shipment, or unfilled."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._together = sorted(transport.together)
        self._split = {i: q for i, q in transport.quantities.items() if i not in transport.together}
        self._edges = sorted((item, cost) for item, cost in transport.costs.items() if item[1] in self._split)
        self._floors = self._least()
        # worse than anything: to leave all unfilled costs less
        self._best: tuple[Flow, int] = {}, transport.unfilled * sum(transport.quantities.values()) + 1

    def best(self) -> tuple[Flow, int]:
        self._place(0, 0, {}, dict(self._transport.supply))
        return self._best

    def _least(self) -> list[int]:
        """By how many lines are placed: what the others cost at least, each by its cheapest shipment."""
        least = dict.fromkeys(self._transport.quantities, self._transport.unfilled)
        for (_, line), cost in self._transport.costs.items():
            least[line] = min(least[line], cost)
        floors = [sum(units * least[line] for line, units in self._split.items())]
        for line in reversed(self._together):
            floors.append(floors[-1] + self._transport.quantities[line] * least[line])
        return floors[::-1]

    def _place(self, placed: int, spent: int, flow: Flow, supply: dict[str, int]) -> None:
        if spent + self._floors[placed] >= self._best[1]:
            return
        if placed == len(self._together):
            self._finish(spent, flow, supply)
            return
        units = self._transport.quantities[self._together[placed]]
        for cost, item in self._ways(self._together[placed], units, supply):
            left = supply | {item[0][0]: supply[item[0][0]] - units}
            self._place(placed + 1, spent + units * cost, {**flow, item: units}, left)
        self._place(placed + 1, spent + units * self._transport.unfilled, flow, supply)

    def _ways(self, line: int, units: int, supply: Mapping[str, int]) -> list[tuple[int, tuple[Key, int]]]:
        costs = self._transport.costs
        return sorted((cost, item) for item, cost in costs.items() if item[1] == line and supply[item[0][0]] >= units)

    def _finish(self, spent: int, flow: Flow, supply: Mapping[str, int]) -> None:
        rest = _many_lines(self._split, supply, self._edges)
        cost = spent + sum(units * self._transport.costs[item] for item, units in rest.items())
        cost += (sum(self._split.values()) - sum(rest.values())) * self._transport.unfilled
        if cost < self._best[1]:
            self._best = (flow | rest, cost)


def _many_lines(quantities: Mapping[int, int], supply: Mapping[str, int], edges: _Edges) -> Flow:
    flow: Flow = {}
    wanted, free = dict(quantities), dict(supply)
    while path := _shortest_path(wanted, free, edges, flow):
        taken_back = [flow[item] for item in path[1::2]]
        units = min(wanted[path[0][1]], free[path[-1][0][0]], *taken_back)
        wanted[path[0][1]] -= units
        free[path[-1][0][0]] -= units
        for step, item in enumerate(path):
            # even steps ship, odd ones take back what an earlier path shipped
            flow[item] = flow.get(item, 0) + (units if step % 2 == 0 else -units)
    return {item: units for item, units in flow.items() if units}


def _shortest_path(wanted: Mapping[int, int], free: Mapping[str, int], edges: _Edges, flow: Flow) -> _Path:
    """From a line with units wanted to a node with units free: shipments to add, take back, add ..."""
    lines: dict[int, _Reach] = {line: (0, []) for line, units in wanted.items() if units}
    nodes: dict[str, _Reach] = {}
    while _forward(lines, nodes, edges) and _backward(lines, nodes, edges, flow):
        pass
    ends = [(cost, node) for node, (cost, _) in nodes.items() if free[node]]
    return nodes[min(ends)[1]][1] if ends else []


def _forward(lines: dict[int, _Reach], nodes: dict[str, _Reach], edges: _Edges) -> bool:
    """Reach nodes by shipping to the lines that are reached."""
    nearer = False
    for item, cost in edges:
        if item[1] in lines:
            spent, path = lines[item[1]]
            node = item[0][0]
            if node not in nodes or spent + cost < nodes[node][0]:
                nodes[node] = (spent + cost, [*path, item])
                nearer = True
    return nearer


def _backward(lines: dict[int, _Reach], nodes: dict[str, _Reach], edges: _Edges, flow: Flow) -> bool:
    """Reach lines by taking back from the nodes that are reached what they ship to them."""
    nearer = False
    for item, cost in edges:
        if flow.get(item) and item[0][0] in nodes:
            spent, path = nodes[item[0][0]]
            if item[1] not in lines or spent - cost < lines[item[1]][0]:
                lines[item[1]] = (spent - cost, [*path, item])
                nearer = True
    return nearer


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
