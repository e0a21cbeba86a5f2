"""The joint assignment of contending orders as a mixed integer program: columns, rows, and what a solution means.

The columns are, by order: each way opened (or not); lots of each line on each way, of one unit, or of all units of a
line that is kept together; whether anything ships, where splitting costs; whether all ships, where it must be all or
nothing. An order of one lot needs only the lot. The parts of the comparison are weighted into one cost.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from engine.decide.joint.planned_order import SHIPMENTS, PlannedOrder, Resource
from engine.decide.shipping.ways import Flags, Integers, integers
from engine.decide.sourcing.problem import Choice

CHAIN = 20
"""A unit of a part weighs more than what so many orders can save in later parts by giving way to each other."""
WIDEST = 1 << 58
MOST_COLUMNS = 100_000
"""Of orders that would take more columns together, each has only its cheapest ways in the program."""
_NO_WAY = -1

Row: TypeAlias = tuple[Sequence[tuple[int, int]], int]
"""(column, coefficient) pairs, and the most that their sum may be."""


class JointWeights(NamedTuple):
    """What a unit of each part of the comparison weighs, in micros; a part that no choice changes weighs nothing.
    `least_tier` is the best tier that there is, and no unit costs less than `least_money`.
    """

    least_tier: int
    least_money: int
    tier: int
    unless_needed: int
    unfilled: int

    @classmethod
    def of(cls, orders: Sequence[PlannedOrder]) -> "JointWeights":
        dearest = fixed = cheapest = 0
        unless_needed = False
        lowest, highest = 9, 1
        for order in orders:
            usable, table = order.candidates.something, order.candidates
            if usable.any():
                cheapest = min(cheapest, int(table.money[usable].min()))
                dearest = max(dearest, int(np.abs(table.money[usable]).max()))
                fixed = max(fixed, int(table.fixed.max()) + order.evaluation.order_outcome.split_penalty)
                lowest = min(lowest, int(table.tier[usable].min()))
                highest = max(highest, int(table.tier[usable].max()))
                unless_needed = unless_needed or bool(table.unless_needed[usable].any())
        tiers = max(0, highest - lowest)
        tier = CHAIN * 2 * (dearest + fixed) + 1
        after_tiers = tier * (CHAIN * tiers + 1)
        return cls(
            least_tier=lowest,
            least_money=cheapest,
            tier=tier if tiers else 0,
            unless_needed=after_tiers if unless_needed else 0,
            unfilled=after_tiers * (CHAIN + 1 if unless_needed else 1),
        )


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
        table = _Table(order, choice, self.weights, self._most_ways)
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

    def _add_opened(self, index: int, table: "_Table") -> Mapping[int, int]:
        """By way, the column that opens it; the rows that bound how many are opened, and count what a split costs."""
        opened: dict[int, int] = {}
        penalty = table.split_penalty
        for way in table.ways.tolist():
            column = Column(index, 0, way, 1, 0, 0, 0, int(table.fixed[way]) + penalty)
            opened[way] = self._column(column, int(way in table.used))
            self._use_room(index, table, way, opened[way])
        if table.most_shipments is not None and table.most_shipments < len(opened):
            self.rows.append(([(column, 1) for column in opened.values()], table.most_shipments))
        if penalty:
            ships = self._column(Column(index, 0, _NO_WAY, 1, 0, 0, 0, -penalty), int(bool(table.used)))
            self.rows.append(([(ships, 1), *[(column, -1) for column in opened.values()]], 0))
        return opened

    def _add_lots(self, index: int, table: "_Table", opened: Mapping[int, int] | None) -> None:
        whole = None
        if table.ship_complete and opened is not None:
            whole = self._column(Column(index, 0, _NO_WAY, 1, 0, 0, 0, 0), int(bool(table.used)))
        for line, (_, quantity) in enumerate(table.lines):
            terms: list[tuple[int, int]] = []
            for way in table.ways[table.most[line, table.ways] > 0].tolist():
                lot = table.lots[line]
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
                self._use_units(index, table, line, way, column)
                if opened is None:
                    self._use_room(index, table, way, column)
                else:
                    self.rows.append(([(column, 1), (opened[way], -most)], 0))
            self.rows.append((terms, quantity))
            if whole is not None:
                self.rows.append(([(whole, quantity), *[(column, -lot) for column, lot in terms]], 0))
                self.rows += [([(column, lot), (whole, -quantity)], 0) for column, lot in terms]

    def _use_units(self, index: int, table: "_Table", line: int, way: int, column: int) -> None:
        sku, _ = table.lines[line]
        resource = (sku, table.node_ids[way])
        free = int(table.free[line, way])
        if resource in self._scarce:
            self._uses[resource, _NO_WAY].append((index, free, column, table.lots[line]))
        elif table.wanted[sku] > free:
            self._uses[resource, index].append((index, free, column, table.lots[line]))

    def _use_room(self, index: int, table: "_Table", way: int, column: int) -> None:
        resource, room = (SHIPMENTS, table.node_ids[way]), int(table.rooms[way])
        if resource in self._scarce:
            self._uses[resource, _NO_WAY].append((index, room, column, 1))
        elif room < table.ways_of[table.node_ids[way]]:
            self._uses[resource, index].append((index, room, column, 1))


class _Table:
    """What the columns of one order are made of, by line and way: without ways that are no better in anything than
    another one of their node, unless the start uses them.
    """

    def __init__(self, order: PlannedOrder, choice: Choice, weights: JointWeights, most_ways: int) -> None:
        evaluation, candidates = order.evaluation, order.candidates
        reach, index = evaluation.reach, evaluation.ways.way_index
        lines, outcome = evaluation.order.lines, evaluation.order_outcome
        self.lines = [(line.sku, line.quantity) for line in lines]
        self.wanted = Counter[str]()
        for line in lines:
            self.wanted[line.sku] += line.quantity
        together = [evaluation.keeps_together(row) for row in range(len(lines))]
        self.lots = [line.quantity if whole else 1 for line, whole in zip(lines, together, strict=True)]
        self.one_lot = len(lines) == 1 and self.lots[0] == lines[0].quantity
        self.ship_complete, self.split_penalty = outcome.ship_complete, outcome.split_penalty
        self.most_shipments = evaluation.max_shipments
        self.unless_needed, self.money, self.fixed = candidates.unless_needed, candidates.money, candidates.fixed
        self.tier = candidates.tier
        self.free = np.array(
            [
                _at_nodes(free, positions.stock.node, reach.node)
                for free, positions in zip(candidates.free, evaluation.positions, strict=True)
            ]
        ).reshape(len(lines), -1)
        quantity = integers(line.quantity for line in lines)[:, None]
        self.most = np.where(candidates.something, np.minimum(quantity, self.free), 0)
        self.rooms = candidates.rooms[reach.node]
        self.node_ids = [evaluation.ways.node_ids[node] for node in reach.node.tolist()]
        self.shipped = {
            (int(reach.way.searchsorted(index[key])), line): units for (key, line), units in choice.units.items()
        }
        self.used = {way for way, _ in self.shipped}
        cost = weights.unless_needed * self.unless_needed + weights.tier * self.tier + self.money
        ships = self._can_ship(candidates.something) & ~dominated(
            reach.node, candidates.fixed, candidates.something, cost
        )
        self.is_whole = int(ships.sum()) <= most_ways
        if not self.is_whole:
            # the cheapest if it shipped all; what it can't ship counts as unfilled
            each = np.where(candidates.something, cost, weights.unfilled)
            shipping_all = np.where(ships, (quantity * each).sum(axis=0) + candidates.fixed, WIDEST)
            ships &= shipping_all <= np.sort(shipping_all)[most_ways - 1]
        ships[list(self.used)] = True
        self.ways = np.flatnonzero(ships)
        self.ways_of = Counter(self.node_ids[way] for way in self.ways.tolist())

    def _can_ship(self, something: Flags) -> Flags:
        can_ship: Flags = np.asarray(something.any(axis=0))
        if self.most_shipments == 0 or (self.ship_complete and not something.any(axis=1).all()):
            can_ship[:] = False
        return can_ship


def _at_nodes(column: Integers, positions: Integers, nodes: Integers) -> Integers:
    """The value of each node's position; any value where the node has none."""
    if not len(positions):
        return np.zeros(len(nodes), dtype=np.int64)
    return column[np.minimum(positions.searchsorted(nodes), len(positions) - 1)]


def dominated(nodes: Integers, fixed: Integers, something: Flags, cost: Integers) -> Flags:
    """The ways that cost no less than another one of their node, for every line that they can ship; ways of a node
    follow each other. Of equal ones, the first is kept.
    """
    worse = np.zeros(len(nodes), dtype=bool)
    for distance in range(1, len(nodes)):
        first, second = slice(None, -distance), slice(distance, None)
        same = nodes[first] == nodes[second]
        if not same.any():
            break
        later = same & _no_dearer(first, second, fixed, something, cost)
        earlier = same & _no_dearer(second, first, fixed, something, cost) & ~later
        worse[second] |= later
        worse[first] |= earlier
    return worse


def _no_dearer(one: slice, other: slice, fixed: Integers, something: Flags, cost: Integers) -> Flags:
    """Whether each of `one` carries all that each of `other` carries, for no more."""
    lines = ~something[:, other] | (something[:, one] & (cost[:, one] <= cost[:, other]))
    opens: Flags = fixed[one] <= fixed[other]
    return opens & np.asarray(lines.all(axis=0))


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
