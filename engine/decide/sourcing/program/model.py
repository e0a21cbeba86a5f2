"""The problem as columns of integers: a row for each line on each candidate that can carry some of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.bounded.binding_bounds import siblings
from engine.decide.sourcing.problem import Bounds, Capacity, Price, Problem, SkuCap
from engine.decide.sourcing.tightening import demands_by_set
from engine.model.facts import OptionKey


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

    def at(self, rows: Flags | npt.NDArray[np.intp]) -> "Placements":
        """Some of the rows."""
        return Placements(*[column[rows] for column in self])


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
    """

    def __init__(self, problem: Problem) -> None:
        ordered: Counter[str] = Counter()
        for demand in problem.demands:
            ordered[demand.sku] += demand.quantity
        self.quantity = np.array([demand.quantity for demand in problem.demands], dtype=np.int64)
        self.keys: list[OptionKey] = []
        self._stocks: dict[tuple[str, str], int] = {}
        self.placements, self.opening = self._columns(problem)
        nodes = {node: number for number, node in enumerate(dict.fromkeys(key.node for key in self.keys))}
        self.node = np.array([nodes[key.node] for key in self.keys], dtype=np.int64)
        self.room = np.array([problem.room.get(node, len(self.keys)) for node in nodes], dtype=np.int64)
        self.supply = np.array(
            [min(problem.supply[place], ordered[place[1]]) for place in self._stocks], dtype=np.int64
        )
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

    def _columns(self, problem: Problem) -> tuple[Placements, Integers]:
        """All placements, and what it costs to open each candidate that has some; numbers these and the stocks."""
        stocks, opening, counts = {}, [], []
        line: list[int] = []
        stock: list[int] = []
        prices: list[Price] = []
        for candidate in sorted(problem.candidates, key=lambda candidate: candidate.key):
            node = candidate.key.node
            if node not in stocks:
                stocks[node] = self._stocks_of(problem, node)
            carried = {number: of for number, of in stocks[node].items() if number in candidate.prices}
            if carried:
                self.keys.append(candidate.key)
                opening.append(candidate.fixed + problem.split_penalty)
                counts.append(len(carried))
                line += carried
                stock += carried.values()
                prices += [candidate.prices[number] for number in carried]
        costs = (
            [price.unless_needed for price in prices],
            [price.tier for price in prices],
            [price.money for price in prices],
        )
        of_line, of_stock = np.array(line, dtype=np.int64), np.array(stock, dtype=np.int64)
        supply = np.array([problem.supply[place] for place in self._stocks], dtype=np.int64)
        lot = np.where([demand.together for demand in problem.demands], self.quantity, 1)[of_line]
        candidates = np.repeat(np.arange(len(counts)), np.array(counts, dtype=np.int64))
        if problem.multiples:
            places = zip([self.keys[number].node for number in candidates.tolist()], line, strict=True)
            multiples = np.array([problem.multiples.get(place, 1) for place in places], dtype=np.int64)
            lot = np.maximum(lot, multiples)
        most = np.minimum(self.quantity[of_line], supply[of_stock]) // lot
        unless_needed, tiers, money = np.array(costs, dtype=np.int64) * lot
        placements = Placements(
            candidate=candidates,
            line=of_line,
            stock=of_stock,
            lot=lot,
            most=most,
            unless_needed=unless_needed,
            tiers=tiers,
            money=money,
            leader=_leaders(problem, candidates, of_line),
        )
        return placements, np.array(opening, dtype=np.int64)

    def _stocks_of(self, problem: Problem, node: str) -> dict[int, int]:
        """By line that the node has a lot of, the number of its stock."""
        stocks = {}
        for line, demand in enumerate(problem.demands) if problem.room.get(node, 1) else ():
            place = node, demand.sku
            if problem.supply.get(place, 0) >= (demand.quantity if demand.together else 1):
                stocks[line] = self._stocks.setdefault(place, len(self._stocks))
        return stocks

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
        places = [
            (nodes[node], problem.demands[line].sku)
            for node, line in zip(self.node[placements.candidate].tolist(), placements.line.tolist(), strict=True)
        ]
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


def _leaders(problem: Problem, candidate: Integers, line: Integers) -> Integers:
    rows = np.arange(len(line))
    for lines in demands_by_set(problem.demands).values():
        of_set = np.flatnonzero(np.isin(line, lines))
        rows[of_set] = of_set[candidate[of_set].searchsorted(candidate[of_set])]
    return rows
