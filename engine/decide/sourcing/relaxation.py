"""What a choice costs at least while it is open which shipments there are: a dual ascent (after Erlenkotter 1978,
Operations Research 26:992).

Say a unit of each want is worth some value, at most what leaving it unfilled costs. The surplus of a shipment is what
its units would be worth beyond their costs, less its fixed cost. Whatever the values, no choice costs less than the
value of all units wanted less the surpluses above zero: there each shipment carries what is best for it, as if nobody
else did. The ascent raises the values in turn, each to where the bound is highest.

Where shipments or lines share what a node has, the node as a whole has a surplus: see `sharing`. Where not all
shipments may be opened, each may be charged a toll, which is given back as often as a shipment may be opened.
"""

from collections.abc import Collection, Mapping, Sequence
from heapq import nlargest
from operator import mul
from typing import NamedTuple

from engine.decide.sourcing.packing import Point
from engine.decide.sourcing.sharing import Sharing, Worth
from engine.decide.sourcing.wants import Want, several_want

PASSES = 2
"""Of the ascent over all wants; more hardly lift the bound."""


class Bound(NamedTuple):
    """No choice costs less than `floor`. By free shipment, `surplus` is how much more one costs at least without it; if
    that is below zero, how much more one costs with it. `values` are those of a unit by want.
    """

    floor: int
    surplus: Mapping[int, int]
    values: Sequence[int]


class Relaxation:
    """`fixed` by number of the shipment; `nodes` are those whose shipments or lines share stock or room."""

    def __init__(self, wants: Sequence[Want], fixed: Sequence[int], nodes: Sequence[Sharing]) -> None:
        self.wants = wants
        self.fixed = fixed
        self.base = sum(want.base for want in wants)
        self.nodes = nodes
        self.several = list(several_want(wants).values())
        self._units = [want.units for want in wants]
        shared = {number for node in nodes for number in node.numbers}
        self.offers = [[offer for offer in want.offers if offer.number not in shared] for want in wants]

    def bound(self, opened: Collection[int], free: Sequence[int], values: Sequence[int], most: int) -> Bound:
        """If all of `opened` and up to `most` of `free` are used, with the values raised from those given."""
        ascent = _Ascent(self, opened, free, values)
        for _ in range(PASSES):
            for several in self.several:
                ascent.raise_together(several)
            for want in range(len(ascent.values)):
                ascent.raise_value(want)
            if most < len(free):
                ascent.charge(most)
        floor = self.base + sum(map(mul, self._units, ascent.values)) - ascent.toll * most - ascent.worth()
        return Bound(floor + sum([self.fixed[number] for number in ascent.counted]), ascent.surplus(), ascent.values)


class _Ascent:
    """The values while they are raised, and what they make of each shipment."""

    def __init__(
        self, relaxation: Relaxation, opened: Collection[int], free: Sequence[int], values: Sequence[int]
    ) -> None:
        self.values = list(values)
        self.toll = 0
        self._wants = relaxation.wants
        self._opened = opened
        self._free = free
        self._nodes = []
        # of each shipment that shares nothing; of one that is opened without its fixed cost
        self._surplus = {number: -relaxation.fixed[number] for number in free}
        self._surplus.update(dict.fromkeys(opened, 0))
        for node in relaxation.nodes:
            menus = node.among(opened, free)
            if any(menu.numbers for menu in menus):
                self._nodes.append(Worth(node, menus, free, values))
            for number in node.numbers:
                self._surplus.pop(number, None)
        self.counted = [number for number in opened if number in self._surplus]
        self._offers = [[offer for offer in offers if offer[0] in self._surplus] for offers in relaxation.offers]
        surplus = self._surplus
        for value, offers in zip(values, self._offers, strict=True):
            for number, cost, units in offers:
                if cost < value:
                    surplus[number] += units * (value - cost)

    def raise_value(self, want: int) -> None:
        """Each shipment supplies the want from the value on where its surplus passes zero. The last it takes to have
        all that is wanted sets the value.
        """
        surplus, offers, old = self._surplus, self._offers[want], self.values[want]
        points = []
        for number, cost, units in offers:
            if cost < old:
                surplus[number] -= units * (old - cost)
            points.append((cost - min(0, surplus[number] // units), units))
        sharing = self._carrying(want)
        for node in sharing:
            points += node.points(want, self._wants[want].sku, self.values)
        new = _reached(points, self._wants[want].units, self._wants[want].unfilled)
        for number, cost, units in offers:
            if cost < new:
                surplus[number] += units * (new - cost)
        self._revalue(sharing, {want: new})

    def raise_together(self, several: Sequence[int]) -> None:
        """The values of wants for one SKU by as much: one alone would outbid the others by next to nothing, in turns."""
        wants, values = self._wants, self.values
        sharing = self._carrying(several[0])
        points = [point for node in sharing for point in node.points_together(wants[several[0]].sku, values)]
        most = max([wants[want].unfilled - values[want] for want in several])
        rise = _reached(points, sum([wants[want].units for want in several]), most)
        self._revalue(sharing, {want: min(values[want] + rise, wants[want].unfilled) for want in several})

    def _carrying(self, want: int) -> list[Worth]:
        """The nodes that have some of its SKU."""
        sku = self._wants[want].sku
        return [node for node in self._nodes if sku in node.stocks]

    def _revalue(self, sharing: Sequence[Worth], values: Mapping[int, int]) -> None:
        for want, value in values.items():
            self.values[want] = value
        for node in sharing:
            node.revalue(self._wants[want].sku, self.values)

    def charge(self, most: int) -> None:
        """Let the toll be what the first is worth that there is no room for."""
        surplus = self.surplus()
        gains = nlargest(most + 1, [gain + self.toll for gain in surplus.values()])
        toll = max(0, gains[-1])
        if toll != self.toll:
            for number in self._free:
                if number in self._surplus:
                    self._surplus[number] -= toll - self.toll
            for node in self._nodes:
                node.charge(toll - self.toll, self._opened)
            self.toll = toll

    def worth(self) -> int:
        """All surpluses, of nodes and of shipments."""
        own = self._surplus
        shipments = sum([own[number] for number in self.counted])
        shipments += sum([gain for number in self._free if (gain := own.get(number, 0)) > 0])
        return shipments + sum([node.most for node in self._nodes])

    def surplus(self) -> dict[int, int]:
        found = {number: self._surplus[number] for number in self._free if number in self._surplus}
        for node in self._nodes:
            for number in node.free:
                found[number] = node.surplus(number)
        return found


def _reached(points: list[Point], wanted: int, most: int) -> int:
    """The value from which on all that is wanted is supplied, up to `most`."""
    points.sort()
    for value, units in points:
        wanted -= units
        if wanted <= 0:
            return min(value, most)
    return most
