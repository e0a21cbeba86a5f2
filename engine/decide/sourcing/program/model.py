"""The problem as columns of integers: a row for each line on each candidate that can carry some of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.bounded.binding_bounds import siblings
from engine.decide.sourcing.problem import Bounds, Capacity, Problem, SkuCap
from engine.decide.sourcing.tightening import demands_by_set
from engine.model.facts import OptionKey

_COSTS = ("unless_needed", "tier", "money")
"""What a unit costs, by part of the comparison, as `Price` has it."""


class Placements(NamedTuple):
    """Columns of a row a line on a candidate, sorted by both. A placement ships `lot` units at a time, all of the line
    if it is kept together, and up to `most` lots. `stock` numbers the (node, SKU) pairs. The costs are of a lot.
    `leader` is the row of the first line of the same set on the candidate, where each line of it ships its one lot or
    none does; of a line without a set its own.
    """

    candidate: Integers
    line: Integers
    stock: Integers
    lot: Integers
    most: Integers
    unless_needed: Integers
    tiers: Integers
    money: Integers
    leader: Integers

    def at(self, rows: Integers) -> "Placements":
        """Some of the rows."""
        return Placements(*[column.take(rows) for column in self])


class Part(NamedTuple):
    """A part of the comparison, which is to be least: the cost of a lot by placement, and of opening a candidate."""

    cost: Integers
    opening: Integers


class Limit(NamedTuple):
    """What groups of placements may use together: so much a lot, and the group, by placement; the most by group, and
    whether it has a limit at all.
    """

    use: Integers
    group: Integers
    most: Integers
    is_limited: Flags


class ShipmentLimit(NamedTuple):
    """What bounds shipments: how much of it a lot of each placement takes, and the least and the most of it by
    candidate.
    """

    amount: Integers
    least: Integers
    most: Integers


class Model:
    """`keys`, `opening` (micros, with the split penalty), `node` and `option` are by candidate, in the order of keys;
    `room` is by node, `supply` by stock, `quantity` by line. `limits` are those of nodes whose capacity is scarce, in
    units and in grams, then those of caps; `shipment_limits` those of shipments, if any are bounded, in grams and in
    units. Of the candidates of one option, one can be opened. `has_sets`: some placements are led by another.
    `shares_stock`: some lines are of one SKU.
    """

    def __init__(self, problem: Problem) -> None:
        self.quantity = np.array([demand.quantity for demand in problem.demands], dtype=np.int64)
        self.keys, self.supply, self.opening, self.placements = self._columns(problem)
        nodes = _numbered(key.node for key in self.keys)
        self.node = np.array([nodes[key.node] for key in self.keys], dtype=np.int64)
        self.room = np.array([problem.room.get(node, len(self.keys)) for node in nodes], dtype=np.int64)
        self.shares_stock = len({demand.sku for demand in problem.demands}) < len(problem.demands)
        self.has_sets = bool((self.placements.leader != np.arange(len(self.placements.leader))).any())
        self.limits = [*self._limits(problem, list(nodes)), *self._caps(problem, list(nodes))]
        self.option = np.array(siblings(self.keys), dtype=np.int64)
        self.shipment_limits = self._shipment_limits(problem) if problem.is_bounded else ()
        most_opened = problem.max_shipments
        self.most_opened = len(self.keys) if most_opened is None else min(len(self.keys), most_opened)

    def _shipment_limits(self, problem: Problem) -> Sequence[ShipmentLimit]:
        bounds = {candidate.key: candidate.bounds or Bounds() for candidate in problem.candidates}
        columns = np.array([bounds[key] for key in self.keys], dtype=np.int64).reshape(-1, 4).T
        weight = np.array([demand.weight for demand in problem.demands], dtype=np.int64)
        line, lot = self.placements.line, self.placements.lot
        by_weight = ShipmentLimit(lot * weight[line], columns[0], columns[1])
        return by_weight, ShipmentLimit(lot, columns[2], columns[3])

    def _columns(self, problem: Problem) -> tuple[list[OptionKey], Integers, Integers, Placements]:
        """The keys of the candidates that have placements, the supply of each stock, what it costs to open each of the
        candidates, and all placements.
        """
        candidates = sorted(
            [each for each in problem.candidates if problem.room.get(each.key.node, 1)], key=lambda each: each.key
        )
        counts = np.array([len(each.prices) for each in candidates], dtype=np.int64)
        candidate = np.repeat(np.arange(len(candidates)), counts)
        line = np.fromiter(chain.from_iterable(each.prices for each in candidates), dtype=np.int64)
        prices = list(chain.from_iterable(each.prices.values() for each in candidates))
        of_candidate, of_line, supply, ordered = _stocks(problem, [each.key.node for each in candidates])
        place = of_candidate[candidate] + of_line[line]
        least = np.where([demand.together for demand in problem.demands], self.quantity, 1)
        rows = np.flatnonzero(supply[place] >= least[line])
        rows = rows[np.argsort(candidate[rows] * len(self.quantity) + line[rows], kind="stable")]
        costs = [np.fromiter(map(attrgetter(part), prices), dtype=np.int64)[rows] for part in _COSTS]
        line, place = line[rows], place[rows]
        used, of_used = np.unique(candidate[rows], return_inverse=True)
        keys = [candidates[number].key for number in used.tolist()]
        places, stock = np.unique(place, return_inverse=True)
        lot = least[line]
        if problem.multiples:
            of_node = zip([keys[number].node for number in of_used.tolist()], line.tolist(), strict=True)
            multiples = [problem.multiples.get(node_and_line, 1) for node_and_line in of_node]
            lot = np.maximum(lot, np.array(multiples, dtype=np.int64))
        unless_needed, tiers, money = [cost * lot for cost in costs]
        placements = Placements(
            candidate=of_used,
            line=line,
            stock=stock,
            lot=lot,
            most=np.minimum(self.quantity[line], supply[place]) // lot,
            unless_needed=unless_needed,
            tiers=tiers,
            money=money,
            leader=_leaders(problem, of_used, line),
        )
        opening = [candidates[number].fixed + problem.split_penalty for number in used.tolist()]
        return keys, np.minimum(supply, ordered)[places], np.array(opening, dtype=np.int64), placements

    def _limits(self, problem: Problem, nodes: Sequence[str]) -> list[Limit]:
        if not problem.capacity:
            return []
        lot, none = self.placements.lot, Capacity()
        weight = np.array([demand.weight for demand in problem.demands], dtype=np.int64)[self.placements.line]
        of_nodes = [problem.capacity.get(node, none) for node in nodes]
        limits = []
        for use, most in (
            (lot, [capacity.units for capacity in of_nodes]),
            (lot * weight, [capacity.weight for capacity in of_nodes]),
        ):
            limited = np.array([value is not None for value in most], dtype=bool)
            if limited.any():
                group = self.node[self.placements.candidate]
                limits.append(Limit(use, group, np.array([value or 0 for value in most], dtype=np.int64), limited))
        return limits

    def _caps(self, problem: Problem, nodes: Sequence[str]) -> Iterator[Limit]:
        """The caps: the lowest of each SKU, then the next of each, and so on, as a node may be under several."""
        levels: list[list[SkuCap]] = []
        counts = Counter[str]()
        for cap in sorted(problem.caps, key=lambda cap: cap.most):
            if counts[cap.sku] == len(levels):
                levels.append([])
            levels[counts[cap.sku]].append(cap)
            counts[cap.sku] += 1
        placements = self.placements
        on = zip(self.node[placements.candidate].tolist(), placements.line.tolist(), strict=True) if levels else ()
        places = [(nodes[node], problem.demands[line].sku) for node, line in on]
        for caps in levels:
            number = {(node, cap.sku): group for group, cap in enumerate(caps) for node in cap.nodes}
            group = np.array([number.get(place, len(caps)) for place in places], dtype=np.int64)
            most = np.array([*[cap.most for cap in caps], 0], dtype=np.int64)
            yield Limit(placements.lot, group, most, np.arange(len(most)) < len(caps))

    def parts(self) -> Sequence[Part]:
        """The parts of the comparison, the most important first: the units shipped, below zero; the units
        `unless_needed`; tiers; money.
        """
        placements, nothing = self.placements, np.zeros_like(self.opening)
        return (
            Part(-placements.lot, nothing),
            Part(placements.unless_needed, nothing),
            Part(placements.tiers, nothing),
            Part(placements.money, self.opening),
        )


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """A number for each name, in the order in which they come first."""
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _stocks(problem: Problem, nodes: Sequence[str]) -> tuple[Integers, Integers, Integers, Integers]:
    """Numbers the stocks, (node, SKU) pairs, by node, then by SKU: that of a candidate and a line is the sum of what is
    returned of each. Then by stock, the units there are, and those that are ordered of its SKU. `nodes` are those of
    the candidates.
    """
    node, sku = _numbered(nodes), _numbered(demand.sku for demand in problem.demands)
    of_line = np.array([sku[demand.sku] for demand in problem.demands], dtype=np.int64)
    of_candidate = np.array([node[each] for each in nodes], dtype=np.int64)
    ordered = np.zeros(len(sku), dtype=np.int64)
    np.add.at(ordered, of_line, [demand.quantity for demand in problem.demands])
    # one more row and column take what no candidate or line uses
    supply = np.zeros((len(node) + 1, len(sku) + 1), dtype=np.int64)
    row = [node.get(name, len(node)) for name, _ in problem.supply]
    supply[row, [sku.get(name, len(sku)) for _, name in problem.supply]] = list(problem.supply.values())
    return of_candidate * len(sku), of_line, supply[:-1, :-1].ravel(), np.tile(ordered, len(node))


def _leaders(problem: Problem, candidate: Integers, line: Integers) -> Integers:
    rows = np.arange(len(line))
    for lines in demands_by_set(problem.demands).values():
        of_set = np.flatnonzero(np.isin(line, lines))
        rows[of_set] = of_set[candidate[of_set].searchsorted(candidate[of_set])]
    return rows
