"""Bounds by counting whole units: of the only want there is, of one SKU while the others are paid by value, and where
few shipments are allowed.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import groupby
from typing import NamedTuple

from engine.decide.sourcing.demand_classes import Want
from engine.decide.sourcing.problem import Problem


def least_alone(
    want: Want, fixed: Sequence[int], nodes: Sequence[str], opened: Collection[int], free: Collection[int]
) -> int:
    """What all of `opened` and some of `free` cost at least if nothing else is wanted: dynamic programming over the
    nodes and how many units they ship together, as more than one shipment from a node is never better than all its
    units by the cheaper. `fixed` and `nodes` by number of the shipment.
    """
    least = [units * want.unfilled for units in range(want.units + 1)]
    for _, of_node in groupby(want.offers, key=lambda offer: nodes[offer.number]):
        before = list(least)
        for number, cost, most in of_node:
            if number in opened or number in free:
                once = 0 if number in opened else fixed[number]
                least = list(map(min, least, _adding(before, once, cost, most)))
    return want.base + sum([fixed[number] for number in opened]) + least[want.units]


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


class Carried(NamedTuple):
    """Units wanted of a SKU; by number of the shipment, its node and how many units it carries at most; and by node."""

    sku: str
    wanted: int
    shipments: Mapping[int, tuple[str, int]]
    stocks: Mapping[str, int]


def carried(problem: Problem, nodes: Sequence[str], wants: Sequence[Want]) -> list[Carried]:
    """By SKU. `nodes` by number of the shipment."""
    by_sku: dict[str, list[Want]] = {}
    for want in wants:
        by_sku.setdefault(want.sku, []).append(want)
    return [_carried(problem, nodes, sku, of_sku) for sku, of_sku in by_sku.items()]


def _carried(problem: Problem, nodes: Sequence[str], sku: str, wants: Sequence[Want]) -> Carried:
    units: Counter[int] = Counter()
    for want in wants:
        units.update({offer.number: offer.units for offer in want.offers})
    stocks = {nodes[number]: problem.supply[nodes[number], sku] for number in units}
    shipments = {number: (nodes[number], min(most, stocks[nodes[number]])) for number, most in units.items()}
    return Carried(sku, sum([want.units for want in wants]), shipments, stocks)


def missing(carried: Sequence[Carried], opened: Collection[int], free: Sequence[int], most: int) -> dict[int, int]:
    """By each of `free`: if it is opened and up to `most` - 1 others are, how many units stay unfilled at least."""
    found = dict.fromkeys(free, 0)
    for sku in carried:
        certain, more = _by_node(sku, opened), _by_node(sku, free)
        left = sku.wanted - sum(certain.values())
        for node, units in more.items():
            more[node] = min(units, sku.stocks[node] - certain.get(node, 0))
        others = sum(nlargest(most - 1, more.values()))
        if left > others:
            for number in free:
                node, units = sku.shipments.get(number, ("", 0))
                found[number] += max(0, left - others - min(units, more.get(node, 0)))
    return found


def _by_node(sku: Carried, numbers: Collection[int]) -> dict[str, int]:
    """How many units of a SKU these shipments carry at most."""
    found: dict[str, int] = {}
    for number in numbers:
        if number in sku.shipments:
            node, units = sku.shipments[number]
            found[node] = min(sku.stocks[node], found.get(node, 0) + units)
    return found


def most_filling(places: Sequence[Mapping[int, int]], wanted: int, missing: int) -> int:
    """Each place ships one of the amounts it names, worth what it says; a unit that none ships costs `missing`. Dynamic
    programming over the places and the units so far.
    """
    worth: list[int | None] = [0] + [None] * wanted
    for place in places:
        before, worth = worth, [None] * (wanted + 1)
        for units, more in place.items():
            for at in range(wanted + 1 - units):
                so_far = before[at]
                if so_far is not None:
                    there = worth[at + units]
                    if there is None or so_far + more > there:
                        worth[at + units] = so_far + more
    return max([total - (wanted - units) * missing for units, total in enumerate(worth) if total is not None])
