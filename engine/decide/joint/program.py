"""The joint assignment of contending orders as a mixed integer program: columns, rows, and what a solution means.

The columns are, by order: each way opened (or not); lots of each line on each way, of one unit, or of all units of a
line that is kept together; whether anything ships, where splitting costs; whether all ships, where it must be all or
nothing. An order of one lot needs only the lot. The parts of the comparison are weighted into one cost.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from engine.decide.joint.order_table import WIDEST, JointWeights, OrderTable
from engine.decide.joint.planned_order import LOADS, PlannedOrder, Resource
from engine.decide.shipping.columns import NO_LIMIT, Integers
from engine.decide.sourcing.problem import UNBOUNDED, Choice
from engine.model.node_loads import grams_field, units_field

MOST_COLUMNS = 100_000
"""Of orders that would take more columns together, each has only its cheapest ways in the program."""
_NO_WAY = -1

Row: TypeAlias = tuple[Sequence[tuple[int, int]], int]
"""(column, coefficient) pairs, and the most that their sum may be."""


class Column(NamedTuple):
    """What one of it ships: `units` of the line `line` by the way `way` of the order's reach, and by part of the
    comparison what that costs; up to `most` of it.
    """

    order: int
    line: int
    way: int
    most: int
    units: int
    unless_needed: int
    tier: int
    money: int


class Program:
    """The program of `orders`, which are decided in this order. `scarce` is what they contend for; `start` are choices
    that all of them can have together.
    """

    def __init__(self, orders: Sequence[PlannedOrder], scarce: Collection[Resource], start: Sequence[Choice]) -> None:
        self._orders = orders
        self._scarce = scarce
        self.ordered = sum(line.quantity for order in orders for line in order.evaluation.order.lines)
        self.weights = JointWeights.of(orders)
        self.columns: list[Column] = []
        self.rows: list[Row] = []
        self.start: list[int] = []
        self._uses: defaultdict[tuple[Resource, int], list[tuple[int, int, int, int]]] = defaultdict(list)
        """By resource, or by resource and order where the order alone could take too much, the columns that take of it:
        (order, free for that order, column, amount).
        """
        lots = sum(len(order.evaluation.order.lines) + 1 for order in orders)
        self._most_ways = max(1, MOST_COLUMNS // max(1, lots))
        self.is_whole = True
        for index, (order, choice) in enumerate(zip(orders, start, strict=True)):
            self._add_order(index, order, choice)
        for uses in self._uses.values():
            self.rows += _nested(uses)

    @property
    def shortage(self) -> int:
        """How many units more of their SKUs are ordered than there are."""
        wanted: Counter[str] = Counter()
        free: dict[Resource, int] = {}
        for order in self._orders:
            for line in order.evaluation.order.lines:
                wanted[line.sku] += line.quantity
            for resource, access in order.access.items():
                free[resource] = max(access.free, free.get(resource, 0))
        for (sku, _), units in free.items():
            wanted[sku] -= units
        return sum(units for units in wanted.values() if units > 0)

    @property
    def is_too_wide(self) -> bool:
        """Whether 64 bits may not hold its costs."""
        return self.weights.unfilled * (self.ordered + 1) >= WIDEST

    def costs(self) -> Integers:
        """The weighted cost of one of each column: below zero where it ships."""
        parts = np.array([column[4:] for column in self.columns], dtype=np.int64).reshape(-1, 4).T
        units, unless_needed, tier, money = parts
        weights = self.weights
        return np.asarray(
            -weights.unfilled * units + weights.unless_needed * unless_needed + weights.tier * tier + money
        )

    def choices(self, values: Sequence[int]) -> list[Choice]:
        """By order, what a solution ships."""
        shipped: list[dict[tuple[int, int], int]] = [{} for _ in self._orders]
        for column, value in zip(self.columns, values, strict=True):
            if value and column.units:
                shipped[column.order][column.way, column.line] = column.units * value
        return [order.choice(units) for order, units in zip(self._orders, shipped, strict=True)]

    def _add_order(self, index: int, order: PlannedOrder, choice: Choice) -> None:
        table = OrderTable(order, choice, self.weights, self._most_ways)
        self.is_whole = self.is_whole and table.is_whole
        if not len(table.ways):
            return
        if table.one_lot:
            self._add_lots(index, table, opened=None)
        else:
            opened = self._add_opened(index, table)
            self._add_lots(index, table, opened)

    def _column(self, column: Column, start: int) -> int:
        self.columns.append(column)
        self.start.append(start)
        return len(self.columns) - 1

    def _add_opened(self, index: int, table: "OrderTable") -> Mapping[int, int]:
        """By way, the column that opens it; the rows that bound how many are opened, and count what a split costs."""
        opened: dict[int, int] = {}
        penalty = table.split_penalty
        for way in table.ways.tolist():
            column = Column(index, 0, way, 1, 0, 0, 0, int(table.fixed[way]) + penalty)
            opened[way] = self._column(column, int(way in table.used))
            self._use_room(index, table, way, opened[way])
        self._add_siblings(table, opened)
        if table.most_shipments is not None and table.most_shipments < len(opened):
            self.rows.append(([(column, 1) for column in opened.values()], table.most_shipments))
        if penalty:
            ships = self._column(Column(index, 0, _NO_WAY, 1, 0, 0, 0, -penalty), int(bool(table.used)))
            self.rows.append(([(ships, 1), *[(column, -1) for column in opened.values()]], 0))
        return opened

    def _add_siblings(self, table: "OrderTable", opened: Mapping[int, int]) -> None:
        """Of the bands of one option, one is opened."""
        if table.bands is not None:
            by_option: dict[int, list[int]] = {}
            for way, column in opened.items():
                by_option.setdefault(int(table.option[way]), []).append(column)
            self.rows += [([(column, 1) for column in bands], 1) for bands in by_option.values() if len(bands) > 1]

    def _add_limits(
        self, table: "OrderTable", opened: Mapping[int, int], lots: Mapping[int, Sequence[tuple[int, int, int]]]
    ) -> None:
        """What the shipments weigh and hold at most, and at least; `lots` are (line, column, units) by way."""
        for limit in table.limits:
            for way, parts in lots.items():
                terms = [(column, limit.amounts[line] * units) for line, column, units in parts]
                least, most = int(limit.least[way]), int(limit.most[way])
                if most < UNBOUNDED:
                    self.rows.append(([*terms, (opened[way], -most)], 0))
                if least:
                    self.rows.append(([*[(column, -amount) for column, amount in terms], (opened[way], least)], 0))

    def _add_lots(self, index: int, table: "OrderTable", opened: Mapping[int, int] | None) -> None:
        whole = None
        if table.ship_complete and opened is not None:
            whole = self._column(Column(index, 0, _NO_WAY, 1, 0, 0, 0, 0), int(bool(table.used)))
        lots: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        columns: dict[tuple[int, int], int] = {}
        for line, (_, quantity) in enumerate(table.lines):
            terms: list[tuple[int, int]] = []
            for way in table.ways[table.most[line, table.ways] > 0].tolist():
                if opened is None and not table.takes_whole(way):
                    continue
                lot = int(table.lots[line, way])
                most, fixed = int(table.most[line, way]) // lot, 0 if opened is not None else int(table.fixed[way])
                column = self._column(
                    Column(
                        order=index,
                        line=line,
                        way=way,
                        most=most,
                        units=lot,
                        unless_needed=lot * int(table.unless_needed[line, way]),
                        tier=lot * int(table.tier[line, way]),
                        money=lot * int(table.money[line, way]) + fixed,
                    ),
                    table.shipped.get((way, line), 0) // lot,
                )
                terms.append((column, lot))
                lots[way].append((line, column, lot))
                columns[line, way] = column
                self._use_units(index, table, line, way, column)
                self._use_capacity(index, table, line, way, column)
                if opened is None:
                    self._use_room(index, table, way, column)
                else:
                    self.rows.append(([(column, 1), (opened[way], -most)], 0))
            self.rows.append((terms, quantity))
            if whole is not None:
                self.rows.append(([(whole, quantity), *[(column, -lot) for column, lot in terms]], 0))
                self.rows += [([(column, lot), (whole, -quantity)], 0) for column, lot in terms]
        if opened is not None:
            self._add_limits(table, opened, lots)
        self._add_sets(table, columns)
        self._add_caps(table, columns)

    def _add_sets(self, table: "OrderTable", columns: Mapping[tuple[int, int], int]) -> None:
        """All lines of a set ship by a way, or none; `columns` are by line and way."""
        for lines in table.sets:
            for way in table.ways[table.most[lines[0], table.ways] > 0].tolist():
                for line, following in zip(lines, [*lines[1:], lines[0]], strict=True):
                    if line != following:
                        self.rows.append(([(columns[line, way], 1), (columns[following, way], -1)], 0))

    def _add_caps(self, table: "OrderTable", columns: Mapping[tuple[int, int], int]) -> None:
        """What several nodes ship of one SKU at most; `columns` are by line and way."""
        for sku, nodes, most in table.caps:
            terms = [
                (column, int(table.lots[line, way]))
                for (line, way), column in columns.items()
                if table.lines[line][0] == sku and table.node_ids[way] in nodes
            ]
            self.rows.append((terms, most))

    def _use_units(self, index: int, table: "OrderTable", line: int, way: int, column: int) -> None:
        sku, _ = table.lines[line]
        resource = (sku, table.node_ids[way])
        free = int(table.free[line, way])
        if resource in self._scarce:
            self._uses[resource, _NO_WAY].append((index, free, column, int(table.lots[line, way])))
        elif table.wanted[sku] > free:
            self._uses[resource, index].append((index, free, column, int(table.lots[line, way])))

    def _use_capacity(self, index: int, table: "OrderTable", line: int, way: int, column: int) -> None:
        """Take of the units and grams that the way's node may ship today, where that has a limit."""
        if table.capacities is None:
            return
        lot, node = int(table.lots[line, way]), table.node_ids[way]
        for field, amount, most in zip(
            (units_field(node), grams_field(node)),
            (lot, lot * table.weights[line]),
            table.capacities[:, way].tolist(),
            strict=True,
        ):
            if most < NO_LIMIT and amount:
                resource = LOADS, field
                key = (resource, _NO_WAY if resource in self._scarce else index)
                self._uses[key].append((index, most, column, amount))

    def _use_room(self, index: int, table: "OrderTable", way: int, column: int) -> None:
        resource, room = (LOADS, table.node_ids[way]), int(table.rooms[way])
        if resource in self._scarce:
            self._uses[resource, _NO_WAY].append((index, room, column, 1))
        elif room < table.ways_of[table.node_ids[way]]:
            self._uses[resource, index].append((index, room, column, 1))


def _nested(uses: Sequence[tuple[int, int, int, int]]) -> Iterator[Row]:
    """The rows of one resource. An order with a higher floor has less of it free: then those decided until the last
    such order may take no more than that, all together.
    """
    last: dict[int, int] = {}
    for order, free, _, _ in uses:
        last[free] = max(order, last.get(free, order))
    reached = _NO_WAY
    for free, order in sorted(last.items()):
        if order > reached:
            reached = order
            yield [(column, amount) for of, _, column, amount in uses if of <= reached], free
