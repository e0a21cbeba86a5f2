"""Bounds that count whole units: of the only demand class there is, of one SKU while the others are paid for by their
duals, and of the units that few shipments leave unfilled.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import groupby
from typing import NamedTuple

from engine.decide.sourcing.demand_classes import DemandClass
from engine.decide.sourcing.problem import Problem


def single_class_bound(
    demand: DemandClass, fixed: Sequence[int], nodes: Sequence[str], opened: Collection[int], free: Collection[int]
) -> int:
    """What all of `opened` and some of `free` cost at least if this class is the only one. Dynamic programming over the
    nodes and the units that these ship together; more than one shipment from a node is never better than all its units
    by the cheaper one. `fixed` and `nodes` are by number of the shipment.
    """
    least = [units * demand.unfilled for units in range(demand.units + 1)]
    for _, of_node in groupby(demand.arcs, key=lambda arc: nodes[arc.number]):
        before = list(least)
        for number, cost, capacity in of_node:
            if number in opened or number in free:
                opening_cost = 0 if number in opened else fixed[number]
                least = list(map(min, least, _adding(before, opening_cost, cost, capacity)))
    return demand.base_cost + sum([fixed[number] for number in opened]) + least[demand.units]


def _adding(before: Sequence[int], fixed: int, cost: int, capacity: int) -> Iterator[int]:
    """By number of units, the least cost with one more shipment of up to `capacity` units."""
    yield before[0]
    # numbers of units to start from that are within reach and better than every later one
    window = deque[int]()
    for units in range(1, len(before)):
        while window and before[window[-1]] + (units - 1 - window[-1]) * cost >= before[units - 1]:
            window.pop()
        window.append(units - 1)
        if window[0] < units - capacity:
            window.popleft()
        yield before[window[0]] + (units - window[0]) * cost + fixed


class SkuSupply(NamedTuple):
    """Units of a SKU asked for; by number of the shipment, its node and how many units it can carry; and the stock by
    node.
    """

    sku: str
    units_wanted: int
    shipments: Mapping[int, tuple[str, int]]
    stocks: Mapping[str, int]


def sku_supplies(problem: Problem, nodes: Sequence[str], demand_classes: Sequence[DemandClass]) -> list[SkuSupply]:
    """One for each SKU. `nodes` are by number of the shipment."""
    by_sku: dict[str, list[DemandClass]] = {}
    for demand in demand_classes:
        by_sku.setdefault(demand.sku, []).append(demand)
    return [_sku_supply(problem, nodes, sku, of_sku) for sku, of_sku in by_sku.items()]


def _sku_supply(problem: Problem, nodes: Sequence[str], sku: str, demand_classes: Sequence[DemandClass]) -> SkuSupply:
    units: Counter[int] = Counter()
    for demand in demand_classes:
        units.update({arc.number: arc.units for arc in demand.arcs})
    stocks = {nodes[number]: problem.supply[nodes[number], sku] for number in units}
    shipments = {number: (nodes[number], min(capacity, stocks[nodes[number]])) for number, capacity in units.items()}
    return SkuSupply(sku, sum([demand.units for demand in demand_classes]), shipments, stocks)


def least_unfilled(
    supplies: Sequence[SkuSupply], opened: Collection[int], free: Sequence[int], max_opened: int
) -> dict[int, int]:
    """By free shipment: if it is opened, with up to `max_opened` - 1 others, how many units stay unfilled at least."""
    unfilled = dict.fromkeys(free, 0)
    for supply in supplies:
        from_opened, from_free = _by_node(supply, opened), _by_node(supply, free)
        left = supply.units_wanted - sum(from_opened.values())
        for node, units in from_free.items():
            from_free[node] = min(units, supply.stocks[node] - from_opened.get(node, 0))
        most_from_others = sum(nlargest(max_opened - 1, from_free.values()))
        if left > most_from_others:
            for number in free:
                node, units = supply.shipments.get(number, ("", 0))
                unfilled[number] += max(0, left - most_from_others - min(units, from_free.get(node, 0)))
    return unfilled


def _by_node(supply: SkuSupply, numbers: Collection[int]) -> dict[str, int]:
    """By node, how many units of the SKU these shipments can carry at most."""
    by_node: dict[str, int] = {}
    for number in numbers:
        if number in supply.shipments:
            node, units = supply.shipments[number]
            by_node[node] = min(supply.stocks[node], by_node.get(node, 0) + units)
    return by_node


def best_filling(sources: Sequence[Mapping[int, int]], units_wanted: int, unfilled_cost: int) -> int:
    """Each source ships one of the numbers of units that it lists, worth what it says; each unit that none ships costs
    `unfilled_cost`. The most that all can be worth, by dynamic programming over the sources and the units so far.
    """
    best: list[int | None] = [0] + [None] * units_wanted
    for source in sources:
        before, best = best, [None] * (units_wanted + 1)
        for units, value in source.items():
            for units_before in range(units_wanted + 1 - units):
                value_before = before[units_before]
                if value_before is not None:
                    known_value = best[units_before + units]
                    if known_value is None or value_before + value > known_value:
                        best[units_before + units] = value_before + value
    return max(
        [total - (units_wanted - units) * unfilled_cost for units, total in enumerate(best) if total is not None]
    )
