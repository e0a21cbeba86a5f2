"""The problem as columns of integers: a row for each line on each candidate that can carry some of it."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.problem import Problem
from engine.model.facts import OptionKey


class Placements(NamedTuple):
    """Columns of a row a line on a candidate, sorted by both. A placement ships `lot` units at a time, all of the line
    if it is kept together, and up to `most` lots. `stock` numbers the (node, SKU) pairs. The costs are of a lot.
    """

    candidate: Integers
    line: Integers
    stock: Integers
    lot: Integers
    most: Integers
    unless_needed: Integers
    tiers: Integers
    money: Integers

    def at(self, rows: Flags | npt.NDArray[np.intp]) -> "Placements":
        """Some of the rows."""
        return Placements(*[column[rows] for column in self])


class Part(NamedTuple):
    """A part of the comparison, which is to be least: the cost of a lot by placement, and of opening a candidate."""

    cost: Integers
    opening: Integers


class Model:
    """`keys`, `opening` (micros, with the split penalty) and `node` are by candidate, in the order of keys; `room` is
    by node, `supply` by stock, `quantity` by line.
    """

    def __init__(self, problem: Problem) -> None:
        self.keys: list[OptionKey] = []
        stocks: dict[tuple[str, str], int] = {}
        rows: list[tuple[int, ...]] = []
        opening = []
        ordered: Counter[str] = Counter()
        for demand in problem.demands:
            ordered[demand.sku] += demand.quantity
        lots = [demand.quantity if demand.together else 1 for demand in problem.demands]
        for candidate in sorted(problem.candidates, key=lambda candidate: candidate.key):
            node, before = candidate.key.node, len(rows)
            for line, price in sorted(candidate.prices.items()) if problem.room.get(node, 1) else ():
                demand, lot = problem.demands[line], lots[line]
                place = node, demand.sku
                most = min(demand.quantity, problem.supply.get(place, 0)) // lot
                if most:
                    costs = (lot * price.unless_needed, lot * price.tier, lot * price.money)
                    stock = stocks.setdefault(place, len(stocks))
                    rows.append((len(self.keys), line, stock, lot, most, *costs))
            if len(rows) > before:
                self.keys.append(candidate.key)
                opening.append(candidate.fixed + problem.split_penalty)
        columns = np.array(rows, dtype=np.int64).reshape(len(rows), len(Placements._fields))
        self.placements = Placements(*columns.T)
        self.opening = np.array(opening, dtype=np.int64)
        nodes = {node: number for number, node in enumerate(dict.fromkeys(key.node for key in self.keys))}
        self.node = np.array([nodes[key.node] for key in self.keys], dtype=np.int64)
        self.room = np.array([problem.room.get(node, len(self.keys)) for node in nodes], dtype=np.int64)
        self.supply = np.array([min(problem.supply[place], ordered[place[1]]) for place in stocks], dtype=np.int64)
        self.quantity = np.array([demand.quantity for demand in problem.demands], dtype=np.int64)
        most_opened = problem.max_shipments
        self.most_opened = len(self.keys) if most_opened is None else min(len(self.keys), most_opened)

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
