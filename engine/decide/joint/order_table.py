"""What the columns of an order in the joint program are made of, and how the parts of the comparison are weighted."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.decide.evaluation.shipment_bands import ShipmentBands
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.shipping.columns import Flags, Integers, integers
from engine.decide.sourcing.problem import Choice

CHAIN = 20
"""A unit of a part weighs more than what so many orders can save in later parts by giving way to each other."""
WIDEST = 1 << 58
"""Costs beyond this may add up to more than 64 bits hold."""


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
            usable, table = order.tables.something, order.tables
            if usable.any():
                cheapest = min(cheapest, int(table.money[usable].min()))
                dearest = max(dearest, int(np.abs(table.money[usable]).max()))
                fixed = max(fixed, int(order.candidates.fixed.max()) + order.evaluation.order_outcome.split_penalty)
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


class Limit(NamedTuple):
    """How much a unit of each line takes of what a shipment is limited in; by way the least and the most of it."""

    amounts: Sequence[int]
    least: Integers
    most: Integers


class OrderTable:
    """What the columns of one order are made of, by line and way: without ways that are no better in anything than
    another one of their node, unless the start uses them.
    """

    def __init__(self, order: PlannedOrder, choice: Choice, weights: JointWeights, most_ways: int) -> None:
        evaluation, candidates = order.evaluation, order.candidates
        nodes = evaluation.reach.node[candidates.rows]
        self.option, self.bands, self.weight = candidates.rows, candidates.bands, candidates.parts
        lines, outcome = evaluation.order.lines, evaluation.order_outcome
        self.lines = [(line.sku, line.quantity) for line in lines]
        self.wanted = Counter[str]()
        for line in lines:
            self.wanted[line.sku] += line.quantity
        together = [evaluation.ships_whole(row) for row in range(len(lines))]
        whole_lots = integers(line.quantity if whole else 1 for line, whole in zip(lines, together, strict=True))
        multiple = candidates.table(
            np.ones_like(candidates.line) if candidates.multiple is None else candidates.multiple
        )
        self.lots = np.maximum(multiple, whole_lots[:, None])
        self.one_lot = len(lines) == 1 and bool((self.lots[0] == lines[0].quantity).all())
        self.sets, self.weights = list(evaluation.order.sets.values()), order.weights
        self.capacities = None if candidates.capacities is None else candidates.capacities[:, nodes]
        self.ship_complete, self.split_penalty = outcome.ship_complete, outcome.split_penalty
        self.most_shipments = evaluation.max_shipments
        something, self.unless_needed, self.tier, self.money = order.tables
        self.fixed = candidates.fixed
        stocks = [positions.stock.node for positions in evaluation.positions]
        self.free, offered = (_at_nodes(units, stocks, nodes) for units in (candidates.free, candidates.offered))
        quantity = integers(line.quantity for line in lines)[:, None]
        self.most = np.where(something, np.minimum(quantity, offered), 0)
        self.caps = candidates.caps
        self.rooms = candidates.rooms[nodes]
        self.node_ids = [evaluation.ways.node_ids[node] for node in nodes.tolist()]
        numbers = candidates.numbers(choice).tolist()
        self.shipped = {
            (number, line): units for number, ((_, line), units) in zip(numbers, choice.units.items(), strict=True)
        }
        self.used = {way for way, _ in self.shipped}
        cost = weights.unless_needed * self.unless_needed + weights.tier * self.tier + self.money
        takes_all = np.ones(len(nodes), dtype=bool) if self.bands is None else self.bands.are_free
        ships = self._can_ship(something) & ~dominated(nodes, candidates.fixed, something, cost, takes_all)
        self.is_whole = int(ships.sum()) <= most_ways
        if not self.is_whole:
            # the cheapest if it shipped all; what it can't ship counts as unfilled
            each = np.where(something, cost, weights.unfilled)
            shipping_all = np.where(ships, (quantity * each).sum(axis=0) + candidates.fixed, WIDEST)
            ships &= shipping_all <= np.sort(shipping_all)[most_ways - 1]
        ships[list(self.used)] = True
        self.ways = np.flatnonzero(ships)
        self.ways_of = Counter(self.node_ids[way] for way in self.ways.tolist())
        self.limits = [] if self.bands is None else self._limits(self.bands)

    def _limits(self, bands: ShipmentBands) -> list[Limit]:
        """What bounds the shipments."""
        units = np.ones_like(self.weight)
        return [
            Limit(amounts.tolist(), least, most)
            for amounts, least, most in (
                (self.weight, bands.least_weight, bands.most_weight),
                (units, bands.least_units, bands.most_units),
            )
        ]

    def takes_whole(self, way: int) -> bool:
        """Whether one shipment may take all that is ordered."""
        quantities = [quantity for _, quantity in self.lines]
        weight = sum(grams * units for grams, units in zip(self.weight.tolist(), quantities, strict=True))
        return self.bands is None or bool(self.bands.allow(weight, sum(quantities))[way])

    def _can_ship(self, something: Flags) -> Flags:
        can_ship: Flags = np.asarray(something.any(axis=0))
        if self.most_shipments == 0 or (self.ship_complete and not something.any(axis=1).all()):
            can_ship[:] = False
        return can_ship


def _at_nodes(columns: Sequence[Integers], stocks: Sequence[Integers], nodes: Integers) -> Integers:
    """By line, the value of each node's position; any value where the node has none. `columns` are by line and
    position, and so are the nodes of the positions in `stocks`.
    """
    nothing = np.zeros(len(nodes), dtype=np.int64)
    rows = [
        column[np.minimum(positions.searchsorted(nodes), len(positions) - 1)] if len(positions) else nothing
        for column, positions in zip(columns, stocks, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(len(columns), -1)


def dominated(nodes: Integers, fixed: Integers, something: Flags, cost: Integers, takes_all: Flags) -> Flags:
    """The ways that cost no less than another one of their node that `takes_all`, whatever the shipment weighs, for
    every line that they can ship; ways of a node follow each other. Of equal ones, the first is kept.
    """
    worse = np.zeros(len(nodes), dtype=bool)
    for distance in range(1, len(nodes)):
        first, second = slice(None, -distance), slice(distance, None)
        same = nodes[first] == nodes[second]
        if not same.any():
            break
        later = same & takes_all[first] & _no_dearer(first, second, fixed, something, cost)
        earlier = same & takes_all[second] & _no_dearer(second, first, fixed, something, cost) & ~later
        worse[second] |= later
        worse[first] |= earlier
    return worse


def _no_dearer(one: slice, other: slice, fixed: Integers, something: Flags, cost: Integers) -> Flags:
    """Whether each of `one` carries all that each of `other` carries, for no more."""
    lines = ~something[:, other] | (something[:, one] & (cost[:, one] <= cost[:, other]))
    opens: Flags = fixed[one] <= fixed[other]
    return opens & np.asarray(lines.all(axis=0))
