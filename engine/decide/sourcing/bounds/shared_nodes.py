"""The surplus of a node whose shipments, or lines of one SKU, share its stock or its room."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby, pairwise
from typing import NamedTuple

from engine.decide.sourcing.bounds.knapsack import (
    Breakpoint,
    Stock,
    best_value,
    breakpoints_together,
    cost_by_units,
    upper_hull,
    values_beside,
)
from engine.decide.sourcing.demand_classes import DemandClass, classes_by_contested_sku
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate

MOST_PACKED = 10
"""Up to so many lines that are kept together are packed whole into a node's stock; with more, as if they could be
split.
"""
SUBSET_SIZE, SUBSET_SIZE_CLOSELY = 3, 4
"""At most so many shipments of a node are looked at together: they have 2 ** 3 subsets, or 2 ** 4 in the closer
bounds.
"""


class ShipmentSubset(NamedTuple):
    """Some of a node's shipments, opened together; `costs` are of a unit by class, by the cheapest of these
    shipments.
    """

    numbers: frozenset[int]
    fixed: int
    costs: Mapping[int, int]


class SharedNode:
    """A node, or some of its shipments if it has many. `fixed` and `costs` are by number of the shipment, `stocks` by
    SKU; `room` is how many of the shipments may be opened.
    """

    def __init__(
        self,
        fixed: Mapping[int, int],
        costs: Mapping[int, Mapping[int, int]],
        stocks: Mapping[str, Stock],
        room: int,
    ) -> None:
        self.numbers = tuple(fixed)
        self.stocks = stocks
        self.subsets = [
            ShipmentSubset(
                numbers=frozenset(some),
                fixed=sum([fixed[number] for number in some]),
                costs=_cheapest_costs([costs[number] for number in some]),
            )
            for size in range(min(room, len(fixed)) + 1)
            for some in combinations(fixed, size)
        ]

    def subsets_between(self, opened: Collection[int], free: Collection[int]) -> list[ShipmentSubset]:
        """The subsets that have all of the node's shipments in `opened`, and otherwise only some in `free`."""
        opened_here = [number for number in self.numbers if number in opened]
        return [
            subset
            for subset in self.subsets
            if subset.numbers.issuperset(opened_here)
            and all(number in opened or number in free for number in subset.numbers)
        ]


def find_shared_nodes(
    problem: Problem, candidates: Sequence[WeightedCandidate], classes: Sequence[DemandClass], *, closely: bool
) -> Iterator[SharedNode]:
    """The nodes with a SKU that several classes compete for; and, if looked at `closely`, those with less room than
    shipments, or with less of a SKU than their shipments could carry together.
    """
    contested, subset_size = classes_by_contested_sku(classes), SUBSET_SIZE_CLOSELY if closely else SUBSET_SIZE
    shared: set[str] = set()
    for demand in classes:
        nodes = [candidates[arc.number].key.node for arc in demand.arcs]
        if demand.sku in contested:
            shared.update(nodes)
        elif closely and len(nodes) > len(set(nodes)):
            shared.update([a for a, b in pairwise(nodes) if a == b and problem.supply[a, demand.sku] < demand.units])
    if not shared and not closely:
        return
    for node, numbers in groupby(range(len(candidates)), key=lambda number: candidates[number].key.node):
        of_node = list(numbers)
        room = problem.room.get(node, len(of_node))
        if node in shared or (closely and room < len(of_node)):
            for start in range(0, len(of_node), subset_size):
                yield _shared_node(problem, candidates, classes, of_node[start : start + subset_size], room)


def _shared_node(
    problem: Problem,
    candidates: Sequence[WeightedCandidate],
    classes: Sequence[DemandClass],
    numbers: Sequence[int],
    room: int,
) -> SharedNode:
    node = candidates[numbers[0]].key.node
    costs: dict[int, dict[int, int]] = {number: {} for number in numbers}
    quantities: dict[str, dict[int, int]] = {}
    for index, demand in enumerate(classes):
        for arc in demand.arcs:
            if arc.number in costs:
                costs[arc.number][index] = arc.cost
                quantities.setdefault(demand.sku, {})[index] = demand.units
    together = frozenset([index for index, demand in enumerate(classes) if demand.together])
    if len(together) > MOST_PACKED:
        together = frozenset()
    stocks = {sku: Stock(problem.supply[node, sku], units, together) for sku, units in quantities.items()}
    return SharedNode(
        {number: candidates[number].fixed for number in numbers},
        costs,
        stocks,
        room,
    )


def _cheapest_costs(costs: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    least: dict[int, int] = {}
    for of_shipment in costs:
        for index, cost in of_shipment.items():
            least[index] = min(cost, least.get(index, cost))
    return least


class NodeSurplus:
    """The surplus of a shared node while an ascent raises the duals. For each subset of its shipments: what the units
    would be worth beyond their costs, less the fixed costs of the subset. The surplus of the node is that of its best
    subset.
    """

    def __init__(
        self, node: SharedNode, subsets: Sequence[ShipmentSubset], free: Collection[int], duals: Sequence[int]
    ) -> None:
        self.free = [number for number in node.numbers if number in free]
        self.subsets = subsets
        self.stocks = node.stocks
        self.steps = 4 * len(subsets) * sum([len(stock.quantities) ** 2 for stock in self.stocks.values()])
        """As many prices are looked at when the duals of all classes are raised once."""
        self.totals = [-subset.fixed for subset in subsets]
        self._stock_values: dict[str, Sequence[int]] = {sku: [0] * len(subsets) for sku in node.stocks}
        for sku in node.stocks:
            self.update(sku, duals)

    @property
    def largest(self) -> int:
        return max(self.totals)

    def breakpoints(self, index: int, sku: str, duals: Sequence[int]) -> list[Breakpoint]:
        """The duals of a class at which the node would supply more units of it, each with how many more.

        With `t` units of the class and the best of everything else, the node's surplus is `t` times the dual plus an
        intercept; so, as a function of the dual, it follows the upper hull of these lines.
        """
        stock = self.stocks[sku]
        intercepts: dict[int, int] = {}
        for subset, total, stock_values in zip(self.subsets, self.totals, self._stock_values[sku], strict=True):
            for units, worth in values_beside(stock, subset.costs, duals, index):
                if units not in intercepts or total - stock_values + worth > intercepts[units]:
                    intercepts[units] = total - stock_values + worth
        return list(upper_hull(intercepts))

    def joint_breakpoints(self, sku: str, duals: Sequence[int]) -> list[Breakpoint]:
        """The same if the duals of all classes of a SKU are raised by the same amount: the amounts and the units
        added.
        """
        stock = self.stocks[sku]
        intercepts: dict[int, int] = {}
        for subset, total, stock_values in zip(self.subsets, self.totals, self._stock_values[sku], strict=True):
            for units, cost in breakpoints_together(stock, subset.costs, duals):
                intercepts[units] = max(total - stock_values - cost, intercepts.get(units, total - stock_values - cost))
        return list(upper_hull(intercepts))

    def surplus_by_units(self, sku: str, duals: Sequence[int]) -> dict[int, int]:
        """The surplus of the node if it ships exactly so many units of a SKU."""
        stock = self.stocks[sku]
        surpluses: dict[int, int] = {}
        for subset, total, stock_values in zip(self.subsets, self.totals, self._stock_values[sku], strict=True):
            for units, cost in cost_by_units(stock, subset.costs, duals).items():
                surpluses[units] = max(total - stock_values - cost, surpluses.get(units, total - stock_values - cost))
        return surpluses

    def update(self, sku: str, duals: Sequence[int]) -> None:
        """Recomputes the surplus after duals of classes of `sku` have changed."""
        stock = self.stocks[sku]
        stock_values = [best_value(stock, subset.costs, duals) for subset in self.subsets]
        before = self._stock_values[sku]
        self.totals = [total + new - old for total, new, old in zip(self.totals, stock_values, before, strict=True)]
        self._stock_values[sku] = stock_values

    def add_toll(self, increase: int, opened: Collection[int]) -> None:
        """Charges each shipment that is not opened yet so much more."""
        self.totals = [
            total - increase * sum(number not in opened for number in subset.numbers)
            for total, subset in zip(self.totals, self.subsets, strict=True)
        ]

    def surplus(self, number: int) -> int:
        """The surplus of one shipment: by how much the node is worth more with it than without it. There are subsets of
        both kinds.
        """
        within = [total for total, subset in zip(self.totals, self.subsets, strict=True) if number in subset.numbers]
        without = [
            total for total, subset in zip(self.totals, self.subsets, strict=True) if number not in subset.numbers
        ]
        return max(within) - max(without)
