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

from engine.decide.sourcing.bounds.integer_bounds import most_filling
from engine.decide.sourcing.bounds.knapsack import Point
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import Worth
from engine.decide.sourcing.demand_classes import Offer


class Ascent:
    """If all of `opened` and up to `most` of `free` are used, with the values raised from those given."""

    def __init__(
        self, relaxation: Relaxation, opened: Collection[int], free: Sequence[int], values: Sequence[int], most: int
    ) -> None:
        self.values = list(values)
        self.toll = 0
        self._most = most
        self._relaxation = relaxation
        self._wants = relaxation.wants
        self._opened = opened
        self._free = free
        self._nodes: list[Worth] = []
        # of each shipment that shares nothing; of one that is opened without its fixed cost
        self._surplus = {number: -relaxation.fixed[number] for number in free}
        self._surplus.update(dict.fromkeys(opened, 0))
        for node in relaxation.nodes:
            menus = node.among(opened, free)
            if any(menu.numbers for menu in menus):
                self._nodes.append(Worth(node, menus, free, values))
            for number in node.numbers:
                self._surplus.pop(number, None)
        self._counted = [number for number in opened if number in self._surplus]
        self._offers = [[offer for offer in offers if offer[0] in self._surplus] for offers in relaxation.offers]
        self.steps = sum(map(len, self._offers)) + sum([node.steps for node in self._nodes])
        """Prices looked at, or work like that."""
        self._climb()
        self.surplus = self._surpluses()
        """By free shipment, how much more a choice costs at least without it; below zero, how much more one with it."""
        self._sum = relaxation.base - self.toll * most
        self._sum += sum([want.units * value for want, value in zip(self._wants, self.values, strict=True)])
        self._sum += sum([relaxation.fixed[number] for number in self._counted])
        self.floor = self._sum - self._worth()
        """No choice costs less."""

    def _climb(self) -> None:
        surplus, scarce = self._surplus, self._most < len(self._free)
        for value, offers in zip(self.values, self._offers, strict=True):
            for number, cost, units in offers:
                if cost < value:
                    surplus[number] += units * (value - cost)
        if scarce:
            self._charge()
        # once: to go over them again lifts the bound, but by less than the next branches do in that time
        for several in self._relaxation.several:
            self._raise_together(several)
        for want in range(len(self.values)):
            self._raise(want)
        if scarce:
            self._charge()

    def _raise(self, want: int) -> None:
        """Each shipment supplies the want from the value on where its surplus passes zero. The last it takes to have
        all that is wanted sets the value.
        """
        surplus, offers, old = self._surplus, self._offers[want], self.values[want]
        points, bare = [], []
        for number, cost, units in offers:
            worth = surplus[number]
            if cost < old:
                worth -= units * (old - cost)
            bare.append(worth)
            points.append((cost if worth >= 0 else cost - worth // units, units))
        sharing = self._carrying(want) if self._nodes else ()
        for node in sharing:
            points += node.points(want, self._wants[want].sku, self.values)
        new = _reached(points, self._wants[want].units, self._wants[want].unfilled)
        for (number, cost, units), worth in zip(offers, bare, strict=True):
            surplus[number] = worth + units * (new - cost) if cost < new else worth
        self.values[want] = new
        if sharing:
            self._revalue(sharing, {want: new})

    def _raise_together(self, several: Sequence[int]) -> None:
        """The values of wants for one SKU by as much: each alone would outbid the others by next to nothing."""
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

    def _charge(self) -> None:
        """Let the toll be what the first is worth that there is no room for."""
        surplus = self._surpluses()
        gains = nlargest(self._most + 1, [gain + self.toll for gain in surplus.values()])
        toll = max(0, gains[-1])
        if toll != self.toll:
            for number in self._free:
                if number in self._surplus:
                    self._surplus[number] -= toll - self.toll
            for node in self._nodes:
                node.charge(toll - self.toll, self._opened)
            self.toll = toll

    def _worth(self) -> int:
        """All surpluses, of nodes and of shipments."""
        own = self._surplus
        shipments = sum([own[number] for number in self._counted])
        shipments += sum([gain for number in self._free if (gain := own.get(number, 0)) > 0])
        return shipments + sum([node.most for node in self._nodes])

    def _surpluses(self) -> dict[int, int]:
        found = {number: self._surplus[number] for number in self._free if number in self._surplus}
        for node in self._nodes:
            for number in node.free:
                found[number] = node.surplus(number)
        return found

    def floor_in_units(self, sku: str) -> int:
        """A floor that is higher where whole units matter: one SKU is filled exactly, the others are paid by value."""
        wants = [index for index, want in enumerate(self._wants) if want.sku == sku]
        places = [node.by_unit(sku, self.values) for node in self._nodes if sku in node.stocks]
        places += [self._by_unit(offer, wants[0]) for offer in self._offers[wants[0]]]
        missing = min([self._wants[want].unfilled - self.values[want] for want in wants])
        others = self._worth() - sum([max(place.values()) for place in places])
        return self._sum - others - most_filling(places, sum([self._wants[want].units for want in wants]), missing)

    def _by_unit(self, offer: Offer, want: int) -> dict[int, int]:
        """What a shipment is worth by units of a want that it carries."""
        margin, own = self.values[want] - offer.cost, self._surplus[offer.number]
        rest = own - max(0, margin) * offer.units
        found = {units: rest + units * margin for units in range(offer.units + 1)}
        if offer.number not in self._opened:
            found[0] = max(0, rest)
        return found


def _reached(points: list[Point], wanted: int, most: int) -> int:
    """The value from which on all that is wanted is supplied, up to `most`."""
    points.sort()
    for value, units in points:
        wanted -= units
        if wanted <= 0:
            return min(value, most)
    return most
