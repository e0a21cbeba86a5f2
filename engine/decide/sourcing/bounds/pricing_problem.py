"""The pricing problem (Lagrangian subproblem): the lower bound of a branch at given duals, and the plan that attains
it.

`dual_ascent` raises duals; here they stay as they are. At fixed duals each node, or shipment that shares nothing, does
what is best for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from engine.decide.sourcing.bounds.knapsack import Stock, best_fill
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.restricted_master import Plan
from engine.decide.sourcing.bounds.shared_nodes import ShipmentSubset


class _SubsetVariants(NamedTuple):
    """Some shipments of a node that may be opened together, of which `newly_opened` are not open yet; for each SKU,
    which variant of its costs applies.
    """

    numbers: frozenset[int]
    fixed: int
    newly_opened: int
    variants: Sequence[int]


class _Node(NamedTuple):
    """`stocks_with_costs`: for each SKU its stock, and the variants of its costs (of a unit, by class) among the
    subsets.
    """

    subsets: Sequence[_SubsetVariants]
    stocks_with_costs: Sequence[tuple[Stock, Sequence[Mapping[int, int]]]]
    free: Sequence[int]


class PricingSolution:
    """No choice costs less than `lower_bound`, which is what `plan` costs at these duals."""

    def __init__(
        self, lower_bound: int, plan: Plan, alone: Mapping[int, int], nodes: Sequence[tuple[_Node, Sequence[int]]]
    ) -> None:
        self.lower_bound = lower_bound
        self.plan = plan
        self._alone = alone
        self._nodes = nodes

    @cached_property
    def surplus(self) -> Mapping[int, int]:
        """By free shipment: see `DualAscent`."""
        surplus = dict(self._alone)
        for node, totals in self._nodes:
            for number in node.free:
                with_it = [number in subset.numbers for subset in node.subsets]
                within = max([total for total, has in zip(totals, with_it, strict=True) if has])
                surplus[number] = within - max([total for total, has in zip(totals, with_it, strict=True) if not has])
        return surplus


class PricingProblem:
    """The pricing problem of the choices that use all of `opened` and up to `max_opened` of `free`."""

    def __init__(self, relaxation: Relaxation, opened: frozenset[int], free: Sequence[int], max_opened: int) -> None:
        self._relaxation = relaxation
        self._max_opened = max_opened
        free_set = frozenset(free)
        self._opened = opened
        shared = {number for node in relaxation.nodes for number in node.numbers}
        alone: dict[int, list[tuple[int, int, int]]] = {
            number: [] for number in sorted(opened | free_set) if number not in shared
        }
        for index, arcs in enumerate(relaxation.arcs):
            for number, cost, units in arcs:
                if number in alone:
                    alone[number].append((index, cost, units))
        fixed = relaxation.fixed
        self._alone = [(number, fixed[number], arcs) for number, arcs in alone.items() if number in free_set]
        self._opened_alone = [(fixed[number], arcs) for number, arcs in alone.items() if number in opened]
        subsets_between = [(node, node.subsets_between(opened, free_set)) for node in relaxation.nodes]
        self._nodes = [
            _node(node.stocks, subsets, opened)
            for node, subsets in subsets_between
            if any(subset.numbers for subset in subsets)
        ]
        self.steps = sum(map(len, alone.values()))
        self.steps += sum(
            [len(costs) for node in self._nodes for _, variants in node.stocks_with_costs for costs in variants]
        )

    def empty_plan(self) -> Plan:
        """The plan that opens only what must be opened, and ships nothing."""
        relaxation = self._relaxation
        cost = relaxation.base_cost + sum([relaxation.fixed[number] for number in self._opened])
        return Plan(cost, [demand.units for demand in relaxation.classes], self._max_opened, self._opened)

    def solve(self, duals: Sequence[int], toll: int) -> PricingSolution:
        classes = self._relaxation.classes
        shortfall = [demand.units for demand in classes]
        surplus = self._surplus_alone(duals, toll, shortfall)
        used = self._opened.union([number for number, surplus_of in surplus.items() if surplus_of > 0])
        lower_bound = (
            self._relaxation.base_cost
            - toll * self._max_opened
            - sum([surplus_of for surplus_of in surplus.values() if surplus_of > 0])
        )
        lower_bound += sum([demand.units * dual for demand, dual in zip(classes, duals, strict=True)])
        lower_bound += sum([fixed - surplus_of for fixed, surplus_of in self._surplus_opened(duals, shortfall)])
        nodes = []
        for node in self._nodes:
            subset, totals, filled = _best_subset(node, duals, toll)
            nodes.append((node, totals))
            lower_bound -= max(totals)
            used |= subset.numbers
            for index, units in filled:
                shortfall[index] -= units
        spare_shipments = self._max_opened - len(used) + len(self._opened)
        cost = (
            lower_bound
            - sum([units * dual for units, dual in zip(shortfall, duals, strict=True)])
            + spare_shipments * toll
        )
        return PricingSolution(lower_bound, Plan(cost, shortfall, spare_shipments, used), surplus, nodes)

    def _surplus_alone(self, duals: Sequence[int], toll: int, shortfall: list[int]) -> dict[int, int]:
        """Surpluses of the free shipments that share nothing. What those with a surplus above zero supply is subtracted
        from `shortfall`.
        """
        surplus = {}
        for number, fixed, arcs in self._alone:
            surplus_of = -fixed - toll
            for index, cost, units in arcs:
                if cost < duals[index]:
                    surplus_of += units * (duals[index] - cost)
            surplus[number] = surplus_of
            if surplus_of > 0:
                _subtract_supply(arcs, duals, shortfall)
        return surplus

    def _surplus_opened(self, duals: Sequence[int], shortfall: list[int]) -> Iterator[tuple[int, int]]:
        """The same of opened shipments: (fixed cost, surplus without it)."""
        for fixed, arcs in self._opened_alone:
            _subtract_supply(arcs, duals, shortfall)
            yield fixed, sum([units * (duals[index] - cost) for index, cost, units in arcs if cost < duals[index]])


def _subtract_supply(arcs: Sequence[tuple[int, int, int]], duals: Sequence[int], shortfall: list[int]) -> None:
    for index, cost, units in arcs:
        if cost < duals[index]:
            shortfall[index] -= units


def _node(stocks: Mapping[str, Stock], subsets: Sequence[ShipmentSubset], opened: frozenset[int]) -> _Node:
    stocks_with_costs: list[tuple[Stock, list[Mapping[int, int]]]] = []
    variants: list[list[int]] = [[] for _ in subsets]
    for stock in stocks.values():
        different: list[Mapping[int, int]] = []
        for subset, of_subset in zip(subsets, variants, strict=True):
            costs = {index: subset.costs[index] for index in stock.quantities if index in subset.costs}
            if costs not in different:
                different.append(costs)
            of_subset.append(different.index(costs))
        stocks_with_costs.append((stock, different))
    with_variants = [
        _SubsetVariants(subset.numbers, subset.fixed, len(subset.numbers - opened), of_subset)
        for subset, of_subset in zip(subsets, variants, strict=True)
    ]
    return _Node(
        with_variants, stocks_with_costs, sorted(frozenset().union(*[subset.numbers for subset in subsets]) - opened)
    )


def _best_subset(
    node: _Node, duals: Sequence[int], toll: int
) -> tuple[_SubsetVariants, list[int], list[tuple[int, int]]]:
    """The node's best subset, the surplus of every subset, and (class, units) that the best one supplies."""
    stocks_with_costs = [
        [best_fill(stock, costs, duals) for costs in variants] for stock, variants in node.stocks_with_costs
    ]
    totals = []
    for subset in node.subsets:
        total = -subset.fixed - toll * subset.newly_opened
        for variants, variant in zip(stocks_with_costs, subset.variants, strict=True):
            total += variants[variant][0]
        totals.append(total)
    subset = node.subsets[totals.index(max(totals))]
    return (
        subset,
        totals,
        [
            item
            for variants, variant in zip(stocks_with_costs, subset.variants, strict=True)
            for item in variants[variant][1]
        ],
    )
