"""The positions of a SKU as columns, and what the rules keep of them back from a channel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from engine.decide import rule_facts
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.signature_table import COVER, LOAD, UNKNOWN_NUMBER, Rows
from engine.decide.shipping.columns import Integers, integers
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.ways import Ways
from engine.model.facts import MAX_COVER, UNIT_MILLIS, StockPosition
from rules.vocabulary import Facts, Stage

NO_PACE = -1
"""Stands in a column of paces for one that is not known."""
Shared: TypeAlias = Mapping[str, Facts]
"""Facts that many rows share, by group."""


@dataclass(frozen=True)
class Stock:
    """The positions of one SKU, by node id."""

    node: Integers
    on_hand: Integers
    held: Integers
    available: Integers
    positions: Sequence[StockPosition]

    @classmethod
    def of(cls, positions: Mapping[str, StockPosition], ways: Ways) -> "Stock":
        node = integers(map(ways.node_index.__getitem__, positions))
        order = node.argsort()
        stored = list(positions.values())
        stored = [stored[row] for row in order.tolist()]
        on_hand, held, _ = zip(*stored, strict=True) if stored else ((), (), ())
        units, held_units = integers(on_hand), integers(held)
        return cls(node[order], units, held_units, np.maximum(units - held_units, 0), stored)

    def above(self, floor: Integers) -> Integers:
        """The units above a floor that nobody holds. Where the floor is below 0, so many more than there are."""
        units: Integers = np.maximum(self.on_hand - self.held - floor, 0)
        return units

    @cached_property
    def columns(self) -> Mapping[str, Callable[[], Integers]]:
        """By the path of a fact, what makes its column."""
        return {
            "stock.on_hand": lambda: self.on_hand,
            "stock.held": lambda: self.held,
            "stock.available": lambda: self.available,
            COVER: lambda: self.cover,
        }

    @cached_property
    def cover(self) -> Integers:
        """Days of cover; UNKNOWN_NUMBER where no pace of sale is known."""
        pace = integers([NO_PACE if item.pace is None else item.pace for item in self.positions])
        return days_of_cover(self.available, pace)


class Positions(NamedTuple):
    """The positions of a line's SKU; `judgement` numbers what the rules say of each for that line. `free` units may be
    taken: those not held, less the floor, never below 0.
    """

    stock: Stock
    judgement: Integers
    floor: Integers
    free: Integers

    def with_floor(self, floor: Integers) -> "Positions":
        """The same with another floor."""
        return self._replace(floor=floor, free=self.stock.above(floor))


def judge_positions(
    matcher: PolicyJudge, shared: Shared, stock: Stock, *, ways: Ways, loads: Integers, clocks: ClockFacts, channel: str
) -> Positions:
    """What the rules say of the positions for an order on the channel. `loads` is by node."""

    def facts(row: int) -> Facts:
        return {
            **node_facts_at(ways, int(stock.node[row]), loads, clocks),
            **rule_facts.stock_facts(stock.positions[row]),
        }

    columns = {LOAD: lambda: loads[stock.node], **stock.columns}
    judge = matcher.stages[Stage.POSITION]
    judgement = judge.judge_rows(shared, Rows(ways, stock.node, None, columns, facts, clocks.apart))
    floor = judge.table.floors(channel, judgement, stock.on_hand)
    return Positions(stock, judgement, floor, stock.above(floor))


def days_of_cover(available: Integers, pace: Integers) -> Integers:
    """For how many whole days the units last at the pace of sale; UNKNOWN_NUMBER where that is NO_PACE."""
    days = np.minimum(MAX_COVER, available * UNIT_MILLIS // np.maximum(pace, 1))
    return np.where(pace > 0, days, np.where(pace == 0, MAX_COVER, UNKNOWN_NUMBER))


def loads_by_node(loads: Mapping[str, int], ways: Ways) -> Integers:
    """By node, the shipments it was given today."""
    column, index = np.zeros(len(ways.nodes), dtype=np.int64), ways.node_index
    for node, load in loads.items():
        if node in index:
            column[index[node]] = load
    return column


def node_facts_at(ways: Ways, node: int, loads: Integers, clocks: ClockFacts) -> dict[str, Any]:
    """The facts of a node by its number."""
    return {**ways.node_facts[node], LOAD: int(loads[node]), **clocks.of_node(node)}
