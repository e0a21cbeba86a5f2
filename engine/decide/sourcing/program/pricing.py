"""What each placement and candidate costs at given duals: a lower bound of every choice, in integers (Lagrangian
relaxation), and which placements a better choice may use (reduced-cost fixing).

The duals come from the linear relaxation over some candidates. Whatever they are, the bound is valid for all.
"""

from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

import numpy as np

from engine.decide.shipping.columns import WIDEST, Flags, Integers
from engine.decide.sourcing.program.model import Model, Part, ShipmentLimit


class Held(NamedTuple):
    """A part of the comparison that may not exceed `most`."""

    part: Part
    most: int


class LimitDuals(NamedTuple):
    """What it is worth by candidate, times the scale of the duals, if a shipment may have one more, and one less, of
    what is limited.
    """

    most: Integers
    least: Integers


class Duals(NamedTuple):
    """What it is worth, times `scale`, to have one more: unit of a line, shipment, unit of a stock, shipment of a node;
    one less of each held part; and by group one more of each limit. Then those of the limits of shipments, and what one
    more shipment of an option is worth, by option.
    """

    scale: int
    line: Integers
    shipment: int
    stock: Integers
    node: Integers
    held: Sequence[int]
    limits: Sequence[Integers] = ()
    shipment_limits: Sequence[LimitDuals] = ()
    option: Integers | None = None


class Priced(NamedTuple):
    """No choice costs less than `lower_bound`. `opening` is what using a candidate adds to that at least, below zero
    if the bound counts on it; `cost` what one lot of a placement adds, once its candidate is used. All times `scale`.
    """

    scale: int
    lower_bound: int
    opening: Integers
    cost: Integers

    def may_cost(self, candidate: Integers, most: int) -> Flags:
        """The placements that choices which cost up to `most` may use; `candidate` is by placement."""
        used = self.lower_bound + np.maximum(self.opening, 0)[candidate] + np.maximum(self.cost, 0)
        at_most: Flags = used <= most * self.scale
        return at_most


def price(model: Model, kept: Flags, part: Part, held: Sequence[Held], duals: Duals) -> Priced | None:
    """What choices cost that use only placements in `kept`. None if 61 bits don't hold the sums."""
    placements, scale = model.placements, duals.scale
    if _most(model, part, held, duals) >= WIDEST:
        return None
    cost = part.cost * scale + placements.lot * (duals.line[placements.line] + duals.stock[placements.stock])
    lower_bound = -int(duals.line @ model.quantity) - duals.shipment * model.most_opened
    lower_bound -= int(duals.stock @ model.supply) + int(duals.node @ model.room)
    for (earlier, most), dual in zip(held, duals.held, strict=True):
        cost = cost + dual * earlier.cost
        lower_bound -= dual * most
    for limit, dual_of_group in zip(model.limits, duals.limits, strict=True) if duals.limits else ():
        cost = cost + dual_of_group[limit.group] * limit.use
        lower_bound -= int(dual_of_group @ limit.most)
    for shipments, its in _of_shipments(model, duals):
        cost = cost + (its.most - its.least)[placements.candidate] * shipments.amount
    if model.has_sets:
        # of a set all lines ship or none: what they cost together decides
        together = np.zeros_like(cost)
        np.add.at(together, placements.leader, cost)
        cost = together
    opening = part.opening * scale + duals.shipment + duals.node[model.node]
    if duals.option is not None:
        opening = opening + duals.option[model.option]
        lower_bound -= int(duals.option.sum())
    for shipments, its in _of_shipments(model, duals):
        opening = opening + its.least * shipments.least - its.most * shipments.most
    np.add.at(opening, placements.candidate, _least(model, np.where(kept, cost, 0)))
    return Priced(scale, lower_bound + int(np.minimum(opening, 0).sum()), opening, cost)


def _of_shipments(model: Model, duals: Duals) -> Iterator[tuple[ShipmentLimit, LimitDuals]]:
    if duals.shipment_limits:
        yield from zip(model.shipment_limits, duals.shipment_limits, strict=True)


def _least(model: Model, cost: Integers) -> Integers:
    """By placement, what it adds at least to the cost of its candidate. Lines of one SKU share the candidate's stock:
    the cheapest units come first.
    """
    placements = model.placements
    unit_cost, of_lots = np.minimum(cost // placements.lot, 0), placements.lot * placements.most
    if not model.shares_stock:
        alone: Integers = np.minimum(of_lots, model.supply[placements.stock]) * unit_cost
        return alone
    shared = placements.candidate * len(model.supply) + placements.stock
    order = np.lexsort((unit_cost, shared))
    units = of_lots[order]
    before = units.cumsum() - units
    first = np.concatenate(([True], np.diff(shared[order]) > 0)) if len(order) else np.zeros(0, dtype=bool)
    before -= np.repeat(before[first], np.diff(np.append(np.flatnonzero(first), len(order))))
    left = model.supply[placements.stock[order]] - before
    least = np.empty_like(cost)
    least[order] = np.clip(left, 0, units) * unit_cost[order]
    return least


def _most(model: Model, part: Part, held: Sequence[Held], duals: Duals) -> int:
    """More than any sum of `price` can reach."""
    units, candidates = int(model.quantity.sum()), len(model.keys)
    unit = int(np.abs(part.cost).max(initial=0)) * duals.scale
    unit += int(duals.line.max(initial=0)) + int(duals.stock.max(initial=0))
    for (earlier, most), dual in zip(held, duals.held, strict=True):
        unit += dual * max(abs(most), int(np.abs(earlier.cost).max(initial=0)))
    for limit, dual_of_group in zip(model.limits, duals.limits, strict=True) if duals.limits else ():
        unit += int(dual_of_group.max(initial=0)) * max(int(limit.use.max(initial=0)), int(limit.most.max(initial=0)))
    if model.has_sets:
        unit *= len(model.quantity)
    opening = int(part.opening.max(initial=0)) * duals.scale + duals.shipment + int(duals.node.max(initial=0))
    opening += 0 if duals.option is None else int(duals.option.max(initial=0))
    for shipments, its in _of_shipments(model, duals):
        unit += int(np.maximum(its.most, its.least).max(initial=0)) * int(shipments.amount.max(initial=0))
        opening += int(its.least.max(initial=0)) * int(shipments.least.max(initial=0))
        opening += max(map(mul, its.most.tolist(), shipments.most.tolist()), default=0)
    return (units * unit + opening * int(model.room.max(initial=0))) * candidates + unit * int(model.supply.sum())
