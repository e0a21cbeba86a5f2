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
from engine.model.node_loads import counts_shipments, grams_field, node_of, units_field

Resource: TypeAlias = tuple[str, str]
"""What orders compete for: the units of a position, as (SKU, node), or a node's shipments, units or grams of the day,
as (LOADS, field of the loads).
"""
LOADS = ""
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
        evaluation, number = self.evaluation, self.evaluation.ways.node_index[node_of(node)]
        if sku == LOADS:
            if counts_shipments(node):
                return int(evaluation.rooms[number])
            units, grams = evaluation.capacity(node_of(node))
            return (units if node == units_field(node_of(node)) else grams) or 0
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
        access |= self._capacities()
        usable = nodes[self.tables.something.any(axis=0)].tolist()
        for node, ways in sorted(Counter(usable).items()):
            room = int(candidates.rooms[node])
            if room < NO_LIMIT:
                access[LOADS, node_ids[node]] = Access(min(room, ways, wanted.total()), room)
        return access

    @cached_property
    def weights(self) -> list[int]:
        """Grams a unit, by line."""
        products = self.evaluation.snapshot.products
        return [products[line.sku].counted_weight for line in self.evaluation.order.lines]

    def _capacities(self) -> dict[Resource, Access]:
        """What it could take of the units and grams that nodes may ship today."""
        evaluation, capacities = self.evaluation, self.candidates.capacities
        if capacities is None:
            return {}
        lines, something, names = evaluation.order.lines, self.tables.something, evaluation.ways.node_ids
        access: dict[Resource, Access] = {}
        of_candidates = evaluation.reach.node[self.candidates.rows]
        for node in sorted(set(of_candidates[something.any(axis=0)].tolist())):
            rows = np.flatnonzero(something[:, of_candidates == node].any(axis=1)).tolist()
            units = sum(lines[row].quantity for row in rows)
            grams = sum(lines[row].quantity * self.weights[row] for row in rows)
            fields = units_field(names[node]), grams_field(names[node])
            for field, wanted, most in zip(fields, (units, grams), capacities[:, node].tolist(), strict=True):
                if most < NO_LIMIT:
                    access[LOADS, field] = Access(min(most, wanted), most)
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
        """What the choice takes of each resource; of the day's loads only where nodes have limits."""
        lines, rooms, node_index = self.evaluation.order.lines, self.evaluation.rooms, self.evaluation.ways.node_index
        takes: Counter[Resource] = Counter(
            (LOADS, key.node) for key in {key for key, _ in choice.units} if rooms[node_index[key.node]] < NO_LIMIT
        )
        for (key, index), units in choice.units.items():
            takes[lines[index].sku, key.node] += units
            most = self.evaluation.capacity(key.node)
            if most.units is not None:
                takes[LOADS, units_field(key.node)] += units
            if most.weight is not None:
                takes[LOADS, grams_field(key.node)] += units * self.weights[index]
        return takes
