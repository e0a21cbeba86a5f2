"""The positions of a SKU as columns, and what the rules keep of them back from a channel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from engine.decide import rule_facts
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.judgement_table import ExpectedColumn
from engine.decide.matching.signature_table import COVER, LOAD, NEXT_ARRIVAL, UNKNOWN_NUMBER, Rows
from engine.decide.shipping.columns import ZERO, Integers, integers, least
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.ways import Ways
from engine.made_once import made_once
from engine.model.facts import MAX_COVER, NO_UNITS_TAKEN, UNIT_MILLIS, StockPosition, TakenUnits
from engine.model.position_columns import PositionColumns, PositionsInOrder
from engine.model.receipts import Receipt
from rules.reserves import Tally
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
    positions: list[StockPosition] | PositionsInOrder
    taken: Mapping[Tally, Integers] = field(default_factory=dict)
    """Units that channels took in the periods of their allotments."""
    scale: int = 1
    """How many of the units are in a whole one."""
    receipts: Mapping[int, Sequence[Receipt]] = field(default_factory=dict)
    """By row whose position has some, its open receipts, if the policies look at these."""
    now: int = 0

    @classmethod
    def of(
        cls,
        positions: Mapping[str, StockPosition],
        ways: Ways,
        taken: TakenUnits = NO_UNITS_TAKEN,
        *,
        scale: int = 1,
        receipts: Mapping[str, Sequence[Receipt]] = MappingProxyType({}),
        now: int = 0,
    ) -> "Stock":
        """`receipts` are by node; where some are to come, there is a position, though it never had stock."""
        if receipts:
            positions = {**dict.fromkeys(receipts, StockPosition(0)), **positions}
        node = np.fromiter(map(ways.node_index.__getitem__, positions), dtype=np.int64, count=len(positions))
        order = node.argsort()
        stored: list[StockPosition] | PositionsInOrder
        if not isinstance(positions, dict) and isinstance(positions, PositionColumns):  # a dictionary is told at once
            stored = PositionsInOrder(positions, order.tolist())
            units, held_units = integers(positions.on_hand)[order], integers(positions.held)[order]
        else:
            values = list(positions.values())
            stored = [values[row] for row in order.tolist()]
            on_hand, held, _ = zip(*stored, strict=True) if stored else ((), (), ())
            units, held_units = (np.fromiter(its, np.int64, len(stored)) for its in (on_hand, held))
        node = node[order]
        columns = {tally: _units_at(node, units, ways) for tally, units in taken.items()}
        stock = cls(node, units, held_units, np.maximum(units - held_units, ZERO), stored, columns, scale)
        if not receipts:
            return stock
        rows = {int(node.searchsorted(ways.node_index[name])): its for name, its in receipts.items()}
        return replace(stock, receipts=rows, now=now)

    def above(self, floor: Integers) -> Integers:
        """The units above a floor that nobody holds. Where the floor is below 0, so many more than there are."""
        units: Integers = np.maximum(self.on_hand - self.held - floor, ZERO)
        return units

    @made_once
    def columns(self) -> Mapping[str, Callable[[], Integers]]:
        """By the path of a fact, what makes its column."""
        return {
            **whole_units(self.on_hand, self.held, self.available, self.scale),
            COVER: lambda: self.cover,
            "stock.incoming": lambda: self._incoming[0] // self.scale,
            NEXT_ARRIVAL: lambda: self._incoming[1],
        }

    def facts(self, row: int) -> Facts:
        """Those of the position in a row."""
        return {
            **rule_facts.stock_facts(self.positions[row], self.scale),
            **rule_facts.incoming_facts(self.receipts.get(row, ()), self.now, self.scale),
        }

    @made_once
    def _incoming(self) -> Integers:
        """The units that are to come, and the minutes until the next do; a row each."""
        return incoming_columns(len(self.node), self.receipts, self.now)

    @made_once
    def pace(self) -> Integers:
        """Thousandths of a unit a day; NO_PACE where it is not known."""
        stored = self.positions
        paces = [item.pace for item in stored] if isinstance(stored, list) else stored.paces
        return integers([NO_PACE if pace is None else pace for pace in paces])

    @made_once
    def cover(self) -> Integers:
        """Days of cover; UNKNOWN_NUMBER where no pace of sale is known."""
        return days_of_cover(self.available, self.pace)


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
    matcher: PolicyJudge, shared: Shared, stock: Stock, rows: Rows, *, expected: ExpectedColumn, channel: str
) -> Positions:
    """What the rules say of the positions, as `rows`, for an order on the channel. `expected` is what sells there."""
    judge = matcher.stages[Stage.POSITION]
    judgement = judge.judge_rows(shared, rows)
    floor = judge.table.floors(
        channel, judgement, stock.on_hand, stock.held, stock.taken, expected=expected, scale=stock.scale
    )
    return Positions(stock, judgement, floor, stock.above(floor))


def with_shared_floors(skus: Sequence[str], positions: Sequence[Positions]) -> Sequence[Positions]:
    """By line, given the SKUs of lines: those of one SKU share its floors, the largest that the rules give any line."""
    if len(set(skus)) == len(skus):
        return positions
    floors: dict[str, Integers] = {}
    for sku, of_line in zip(skus, positions, strict=True):
        floors[sku] = np.maximum(floors[sku], of_line.floor) if sku in floors else of_line.floor
    return [of_line.with_floor(floors[sku]) for sku, of_line in zip(skus, positions, strict=True)]


def position_rows(stock: Stock, *, ways: Ways, loads: Integers, clocks: ClockFacts) -> Rows:
    """The positions as a matcher judges them when the nodes' clocks show this. `loads` is by node."""

    def facts(row: int) -> Facts:
        return {
            **node_facts_at(ways, int(stock.node[row]), loads, clocks),
            **stock.facts(row),
        }

    columns = {LOAD: lambda: loads[stock.node], **stock.columns}
    return Rows(ways, stock.node, None, columns, facts, clocks.apart)


def whole_units(
    on_hand: Integers, held: Integers, available: Integers, scale: int | Integers
) -> Mapping[str, Callable[[], Integers]]:
    """By the path of a fact, what makes its column, as `rule_facts.stock_facts` has it: in whole units."""
    if isinstance(scale, int) and scale == 1:
        return {
            "stock.on_hand": lambda: on_hand,
            "stock.held": lambda: held,
            "stock.available": lambda: available,
        }
    return {
        "stock.on_hand": lambda: on_hand // scale,
        "stock.held": lambda: -(-held // scale),
        "stock.available": lambda: available // scale,
    }


def incoming_columns(rows: int, receipts: Mapping[int, Sequence[Receipt]], now: int) -> Integers:
    """Of so many positions, a row each: the units that are to come, and the minutes until the next do; UNKNOWN_NUMBER
    where none are expected.
    """
    table = np.zeros((2, rows), dtype=np.int64)
    table[1] = UNKNOWN_NUMBER
    for row, its in receipts.items():
        units, arrival = rule_facts.incoming(its, now)
        table[:, row] = units, UNKNOWN_NUMBER if arrival is None else arrival
    return table


def days_of_cover(available: Integers, pace: Integers) -> Integers:
    """For how many whole days the units last at the pace of sale; UNKNOWN_NUMBER where that is NO_PACE."""
    if len(pace) and least(pace) > 0:
        whole: Integers = np.minimum(available * UNIT_MILLIS // pace, MAX_COVER)
        return whole
    days = np.minimum(MAX_COVER, available * UNIT_MILLIS // np.maximum(pace, 1))
    return np.where(pace > 0, days, np.where(pace == 0, MAX_COVER, UNKNOWN_NUMBER))


def loads_by_node(loads: Mapping[str, int], ways: Ways) -> Integers:
    """By node, the shipments it was given today; `loads` may count more than that."""
    if not loads:
        return np.zeros(len(ways.nodes), dtype=np.int64)
    return np.fromiter(map(loads.get, ways.node_ids, repeat(0)), dtype=np.int64, count=len(ways.nodes))


def _units_at(nodes: Integers, units: Mapping[str, int], ways: Ways) -> Integers:
    """Of each of some nodes, the units by its id."""
    return integers([units.get(ways.node_ids[node], 0) for node in nodes.tolist()])


def node_facts_at(ways: Ways, node: int, loads: Integers, clocks: ClockFacts) -> dict[str, Any]:
    """The facts of a node by its number."""
    return {**ways.node_facts[node], LOAD: int(loads[node]), **clocks.of_node(node)}
