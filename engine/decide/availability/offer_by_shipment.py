"""How many units of a product an order could get where one shipment can't take all that a place has of it, since it is
bounded in weight or units, or where caps bound what ships in multiples or in few shipments.

Of each way out there is one shipment at most. It has what its bounds allow, in whole multiples.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.kept_choices import KeptChoices
from engine.decide.shipping.columns import NO_LIMIT, Flags, Integers, integers
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import UNBOUNDED, Bounds, Candidate, Demand, Price, Problem, SkuCap
from engine.model.facts import OptionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """The ways out that may be used, by row of the stock: its number, that of the service, whether the way is only for
    who needs it, and the number of what bounds its shipment.
    """

    row: Integers
    service: Integers
    on_need: Flags
    bounds: Integers


@dataclass(frozen=True, kw_only=True)
class Shipments:
    """What bounds the shipments of orders of one product. `bounds`: by the number in `ways_out`, as `ShipmentBounds`
    says; of each row of the stock, of how many units it ships a multiple, and how many shipments its place may take; of
    each product, how many an order may have. `exact` weighs the smallest units by their share of a gram, not in whole
    grams.
    """

    facts: StockFacts
    ways_out: WaysOut
    bounds: Sequence[Sequence[Bounds] | None]
    multiples: Integers
    rooms: Integers
    most: Integers
    exact: bool

    def largest(self, free: Integers) -> tuple[Integers, Flags]:
        """Of each way out, the units that a shipment can have of those that are `free` by row, and whether it can have
        any smaller number, too.
        """
        row = self.ways_out.row
        largest, down = free[row], np.ones(len(row), dtype=bool)
        for number, bounds in enumerate(self.bounds):
            these = (self.ways_out.bounds == number).nonzero()[0]
            if bounds is None or not len(these):
                continue
            wanted, multiple = largest[these], self.multiples[row[these]]
            units, before = np.zeros_like(wanted), np.zeros_like(wanted)
            for least, most in self._ranges(bounds, self.facts.stock.sku[row[these]]):
                here = np.minimum(wanted, most) // multiple * multiple
                fits = (here > 0) & (here >= least)
                down[these] &= ~(fits & (least > before + multiple))
                units, before = np.where(fits, here, units), np.where(fits, here, before)
            largest[these] = units
        return largest, down

    def _ranges(self, bounds: Sequence[Bounds], sku: Integers) -> Iterator[tuple[Integers, Integers]]:
        """Of shipments of these products, the least and the most units that one may have: the smallest range first."""
        weight, parts = self._weights(sku)
        ranges = [_range(item, weight, parts) for item in bounds]
        if not ranges:
            return
        least, most = (np.array(ends) for ends in zip(*ranges, strict=True))
        order = least.argsort(axis=0, kind="stable")
        yield from zip(np.take_along_axis(least, order, 0), np.take_along_axis(most, order, 0), strict=True)

    def _weights(self, sku: Integers) -> tuple[Integers, Integers]:
        """Of products, by number: the weight of a unit, and of how many parts a gram is in it."""
        products = self.facts.products
        weights = integers(item.weight if self.exact else item.counted_weight for item in products)
        parts = integers(item.scale if self.exact else 1 for item in products)
        return weights[sku], parts[sku]

    def added(self, free: Integers, largest: Integers) -> tuple[list[int], list[int], Flags]:
        """By product, the most units that shipments can have, how many of them are left to who has no others, and
        whether that is certain. Holds where each shipment may be smaller, too.
        """
        row, on_need, count = self.ways_out.row, self.ways_out.on_need, len(self.facts.products)
        order = np.lexsort((-largest, row))
        rows, total = row[order], np.zeros(len(free), dtype=np.int64)
        np.add.at(total, row, largest)
        rank = np.arange(len(rows)) - rows.searchsorted(rows)
        sums = largest[order].cumsum()
        before = sums - largest[order]
        before -= before[rows.searchsorted(rows)] if len(rows) else 0
        adds = np.minimum(before + largest[order], free[rows]) - np.minimum(before, free[rows])
        in_room = rank < self.rooms[rows]
        sku, adds = self.facts.stock.sku[rows[in_room]], adds[in_room]
        by_product = np.lexsort((-adds, sku))
        sku, adds = sku[by_product], adds[by_product]
        taken = np.arange(len(sku)) - sku.searchsorted(sku) < self.most[sku]
        units, all_units, freely = (np.zeros(count, dtype=np.int64) for _ in range(3))
        np.add.at(units, sku[taken], adds[taken])
        stock = self.facts.stock.sku
        np.add.at(all_units, stock, np.minimum(free, total))
        without_need = np.zeros(len(free), dtype=np.int64)
        np.add.at(without_need, row[~on_need], largest[~on_need])
        np.add.at(freely, stock, np.minimum(free, without_need))
        # what is limited in number may be of either kind, unless there is one kind alone
        limited = np.zeros(count, dtype=bool)
        limited[stock[rows[~in_room]]] = True
        limited |= np.bincount(sku, minlength=count) > self.most
        one_kind = (freely == 0) | (np.bincount(stock[row[on_need]], minlength=count) == 0)
        needed = np.where(freely == 0, units, np.where(one_kind, 0, all_units - freely))
        return units.tolist(), needed.tolist(), ~limited | one_kind

    def from_each(self, free: Integers, largest: Integers, down: Flags) -> Integers:
        """Of each row, the units that an order can have from there alone; `largest` and `down` are what the method of
        that name says.
        """
        row, sku = self.ways_out.row, self.facts.stock.sku
        order = np.lexsort((-largest, row))
        rows = row[order]
        taken = np.arange(len(rows)) - rows.searchsorted(rows) < np.minimum(self.rooms, self.most[sku])[rows]
        units = np.zeros_like(free)
        np.add.at(units, rows[taken], largest[order][taken])
        units = np.minimum(free, units)
        for number in np.unique(row[~down]).tolist():
            product = int(sku[number])
            alone = np.zeros_like(free[self.facts.rows[product]])
            alone[number - self.facts.rows[product].start] = free[number]
            units[number], _ = self.chosen(product, alone, None)
        return units

    def chosen(self, product: int, supply: Integers, caps: Integers | None) -> tuple[int, int]:
        """The largest order of the product that fills, and how many of its units are left to who has no others, by the
        optimiser. `supply` is what its rows may ship, each by itself, and `caps` what each is offered.
        """
        kept = self.facts.snapshot.caches.get(KeptChoices)
        score = kept.score(
            self._asked(product, supply, caps), lambda: choose(self._problem(product, supply, caps)).score
        )
        return int(supply.sum()) - score.unfilled, score.unless_needed

    def _asked(self, product: int, supply: Integers, caps: Integers | None) -> Hashable:
        """All that a problem is made of but for names of nodes and services, which are those of the network."""
        facts, rows, out = self.facts, self.facts.rows[product], self.ways_out
        ways = slice(*out.row.searchsorted([rows.start, rows.stop]).tolist())
        numbers = out.bounds[ways].tolist()
        columns = (
            facts.stock.node[rows],
            out.row[ways] - rows.start,
            out.service[ways],
            out.on_need[ways],
            out.bounds[ways],
            self.rooms[rows],
            self.multiples[rows],
            supply,
        )
        return (
            *(column.tobytes() for column in columns),
            None if caps is None else caps.tobytes(),
            tuple((number, _hashable(self.bounds[number])) for number in sorted(set(numbers))),
            *(column.item() for column in self._weights(integers([product]))),
            int(self.most[product]),
        )

    def _problem(self, product: int, supply: Integers, caps: Integers | None) -> Problem:
        facts, rows = self.facts, self.facts.rows[product]
        item, names, services = facts.products[product], facts.nodes, facts.ways.services
        out = self.ways_out
        (weight,), (parts,) = (column.tolist() for column in self._weights(integers([product])))
        of_product = range(*out.row.searchsorted([rows.start, rows.stop]).tolist())
        candidates = [
            Candidate(
                key=OptionKey(node=names[row], service=services[service].id, band=number),
                fixed=0,
                prices={0: Price(unless_needed=int(on_need), tier=1, money=0)},
                bounds=bounds,
            )
            for row, service, on_need, bound in (
                [int(column[way]) for column in (out.row, out.service, out.on_need, out.bounds)] for way in of_product
            )
            for number, bounds in enumerate(_in_parts(self.bounds[bound], parts))
            if supply[row - rows.start]
        ]
        most = int(self.most[product])
        places = range(rows.start, rows.stop)
        return Problem(
            demands=[Demand(sku=item.sku, quantity=int(supply.sum()), weight=weight)],
            candidates=candidates,
            supply={(names[row], item.sku): int(supply[row - rows.start]) for row in places},
            max_shipments=None if most >= NO_LIMIT else most,
            room={names[row]: int(self.rooms[row]) for row in places if self.rooms[row] < NO_LIMIT},
            multiples={(names[row], 0): int(self.multiples[row]) for row in places if self.multiples[row] > 1},
            caps=[] if caps is None else list(_caps(item.sku, names[rows], caps)),
        )


def _hashable(bounds: Sequence[Bounds] | None) -> tuple[Bounds, ...] | None:
    return None if bounds is None else tuple(bounds)


def _caps(sku: str, names: Sequence[str], caps: Integers) -> Iterator[SkuCap]:
    """The caps of a product; `names` and `caps` are by row."""
    for most in np.unique(caps[caps < NO_LIMIT]).tolist():
        yield SkuCap(
            sku=sku, nodes=frozenset(name for name, cap in zip(names, caps, strict=True) if cap <= most), most=most
        )


def _range(bounds: Bounds, weight: Integers, parts: Integers) -> tuple[Integers, Integers]:
    """How many units of so many `parts` of a gram a shipment within the bounds has at the least and at the most. Of
    what weighs nothing any number weighs nothing.
    """
    divisor = np.maximum(weight, 1)
    weightless = NO_LIMIT if bounds.least_weight > 0 else 0
    least = np.where(weight > 0, -(-bounds.least_weight * parts // divisor), weightless)
    most = np.where(weight > 0, (bounds.most_weight * parts + parts - 1) // divisor, NO_LIMIT)
    return np.maximum(least, bounds.least_units), np.minimum(most, bounds.most_units)


def _in_parts(bounds: Sequence[Bounds] | None, parts: int) -> Sequence[Bounds | None]:
    """The same bounds, in so many parts of a gram."""
    if bounds is None:
        return [None]
    return [
        item._replace(
            least_weight=item.least_weight * parts,
            most_weight=UNBOUNDED if item.most_weight >= UNBOUNDED else item.most_weight * parts + parts - 1,
        )
        for item in bounds
    ]
