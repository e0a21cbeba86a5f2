"""An order while its batch is planned: what it may take of which resource, and its best choice if it were alone."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.columns import NO_LIMIT, Flags, Integers
from engine.decide.sourcing.problem import Choice, Score

Resource: TypeAlias = tuple[str, str]
"""What orders compete for: the units of a position, as (SKU, node), or a node's shipments of the day, as (SHIPMENTS,
node).
"""
SHIPMENTS = ""
"""In place of a SKU: no SKU is empty."""


class Access(NamedTuple):
    """How much of a resource an order could take: `most` in all, of `free`, which is less the higher the floor that it
    must leave.
    """

    most: int
    free: int


class Tables(NamedTuple):
    """A row a line and a column a candidate: whether it may ship units of the line, and the parts
    of a unit's price.
    """

    something: Flags
    unless_needed: Integers
    tier: Integers
    money: Integers

    @classmethod
    def of(cls, candidates: Candidates) -> "Tables":
        something = candidates.table(np.ones(len(candidates.line), dtype=bool)) > 0
        parts = (candidates.unless_needed, candidates.tier, candidates.money)
        return cls(something, *map(candidates.table, parts))


class PlannedOrder:
    """`alone` is the order's best choice if no other order took anything, and `alone_free` how much it could have of
    each resource that this choice takes of. An order that does not keep its evaluation (`keeps`) is evaluated again if
    that is needed.
    """

    def __init__(self, evaluation: Evaluation, *, keeps: bool = True) -> None:
        self.evaluation = evaluation
        self.keeps = keeps
        self.alone = Candidates(evaluation).choose()
        self.alone_takes = self.takes(self.alone)
        self.alone_free = {resource: self._free(resource) for resource in self.alone_takes}
        if not keeps:
            self.evaluation = evaluation.not_yet_evaluated()

    @cached_property
    def candidates(self) -> Candidates:
        """Made again for those that contend: of all others they would only take memory."""
        return Candidates(self.evaluation)

    @cached_property
    def tables(self) -> Tables:
        return Tables.of(self.candidates)

    def _free(self, resource: Resource) -> int:
        sku, node = resource
        evaluation, number = self.evaluation, self.evaluation.ways.node_index[node]
        if sku == SHIPMENTS:
            return int(evaluation.rooms[number])
        return min(
            int(positions.free[positions.stock.node.searchsorted(number)])
            for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
            if line.sku == sku
        )

    @cached_property
    def access(self) -> Mapping[Resource, Access]:
        """Every resource that some choice of the order takes something of."""
        evaluation, candidates = self.evaluation, self.candidates
        lines, node_ids = evaluation.order.lines, evaluation.ways.node_ids
        nodes = evaluation.reach.node[candidates.rows]
        wanted = Counter[str]()
        for line in lines:
            wanted[line.sku] += line.quantity
        access: dict[Resource, Access] = {}
        for row, line in enumerate(lines):
            column, free = evaluation.positions[row].stock.node, candidates.free[row]
            for node in sorted(set(nodes[self.tables.something[row]].tolist())):
                units = int(free[column.searchsorted(node)])
                access[line.sku, node_ids[node]] = Access(min(units, wanted[line.sku]), units)
        usable = nodes[self.tables.something.any(axis=0)].tolist()
        for node, ways in sorted(Counter(usable).items()):
            room = int(candidates.rooms[node])
            if room < NO_LIMIT:
                access[SHIPMENTS, node_ids[node]] = Access(min(room, ways, wanted.total()), room)
        return access

    @property
    def kept_back(self) -> int:
        """Units of floors that the order must leave, of a line on average."""
        positions = self.evaluation.positions
        return sum(int(np.maximum(item.floor, 0).sum()) for item in positions) // len(positions)

    def choice(self, shipped: Mapping[tuple[int, int], int]) -> Choice:
        """The choice that ships so many units by (candidate, line)."""
        evaluation, tables = self.evaluation, self.tables
        ways = {way for way, _ in shipped}  # candidates: of an option, the band of the shipment's weight
        opening = sum(int(self.candidates.fixed[way]) for way in ways)
        penalties = evaluation.order_outcome.split_penalty * max(0, len(ways) - 1)
        unless_needed, tiers, money = (
            sum(units * int(part[line, way]) for (way, line), units in shipped.items())
            for part in (tables.unless_needed, tables.tier, tables.money)
        )
        ordered = sum(line.quantity for line in evaluation.order.lines)
        return Choice(
            units={(self.candidates.key(way), line): units for (way, line), units in shipped.items()},
            score=Score(
                unfilled=ordered - sum(shipped.values()),
                unless_needed=unless_needed,
                tiers=tiers,
                money=money + opening + penalties,
            ),
        )

    def takes(self, choice: Choice) -> Counter[Resource]:
        """What the choice takes of each resource; shipments only of nodes that may not have any number of them."""
        lines, rooms, node_index = self.evaluation.order.lines, self.evaluation.rooms, self.evaluation.ways.node_index
        takes: Counter[Resource] = Counter(
            (SHIPMENTS, key.node) for key in {key for key, _ in choice.units} if rooms[node_index[key.node]] < NO_LIMIT
        )
        for (key, index), units in choice.units.items():
            takes[lines[index].sku, key.node] += units
        return takes
