"""What a choice costs at least while it is open which shipments there are: a dual ascent (after Erlenkotter 1978,
Operations Research 26:992).

Each demand class has a dual: what one of its units is worth, at most what leaving it unfilled costs. The surplus of a
shipment (its reduced cost with the sign turned) is what its units would be worth beyond their costs, less its fixed
cost. Whatever the duals, no choice costs less than the value of all units asked for, less the surpluses above zero: in
this bound each shipment carries what is best for it, as if no other did. The ascent raises one dual after another, each
to where the bound is highest.

Where not all shipments may be opened, the dual of that limit is a toll: each shipment opened is charged it, and it is
given back as many times as shipments may be opened.
"""

from collections.abc import Collection, Sequence
from heapq import nlargest

from engine.decide.sourcing.demand_classes import DemandClass


class DualAscent:
    """The bound if all of `opened` and up to `max_opened` of `free` are used; the ascent starts at `duals`. `fixed` is
    by number of the shipment.
    """

    def __init__(
        self,
        classes: Sequence[DemandClass],
        fixed: Sequence[int],
        *,
        opened: Collection[int],
        free: Sequence[int],
        duals: Sequence[int],
        max_opened: int,
    ) -> None:
        self.duals = list(duals)
        self.toll = 0
        self._max_opened, self._classes, self._free = max_opened, classes, free
        # an opened shipment's is without its fixed cost
        self._surplus = {number: -fixed[number] for number in free}
        self._surplus.update(dict.fromkeys(opened, 0))
        self._arcs = [[arc for arc in demand.arcs if arc[0] in self._surplus] for demand in classes]
        self.steps = sum(map(len, self._arcs))
        """Prices looked at."""
        self._climb()
        self.surplus = {number: self._surplus[number] for number in free}
        """By free shipment: if above zero, how much more a choice costs at least without it; if below, how much more
        with it.
        """
        value_of_demand = sum([demand.base_cost for demand in classes]) - self.toll * max_opened
        value_of_demand += sum([demand.units * dual for demand, dual in zip(classes, self.duals, strict=True)])
        self.lower_bound = value_of_demand + sum([fixed[number] - self._surplus[number] for number in opened])
        """No choice costs less."""
        self.lower_bound -= sum([gain for gain in self.surplus.values() if gain > 0])

    def _climb(self) -> None:
        surplus, is_scarce = self._surplus, self._max_opened < len(self._free)
        for dual, arcs in zip(self.duals, self._arcs, strict=True):
            for number, cost, units in arcs:
                if cost < dual:
                    surplus[number] += units * (dual - cost)
        if is_scarce:
            self._set_toll()
        # only once: a second pass lifts the bound, but by less than the next branches do in that time
        for index in range(len(self.duals)):
            self._raise(index)
        if is_scarce:
            self._set_toll()

    def _raise(self, index: int) -> None:
        """Raises the dual of a class. Each shipment supplies the class from that dual on at which its own surplus
        passes zero; the shipment with which all units are supplied sets the dual.
        """
        surplus, arcs, old = self._surplus, self._arcs[index], self.duals[index]
        breakpoints, without_class = [], []
        for number, cost, units in arcs:
            surplus_without = surplus[number]
            if cost < old:
                surplus_without -= units * (old - cost)
            without_class.append(surplus_without)
            breakpoints.append((cost if surplus_without >= 0 else cost - surplus_without // units, units))
        new = _supply_price(breakpoints, self._classes[index].units, self._classes[index].unfilled)
        for (number, cost, units), surplus_without in zip(arcs, without_class, strict=True):
            surplus[number] = surplus_without + units * (new - cost) if cost < new else surplus_without
        self.duals[index] = new

    def _set_toll(self) -> None:
        """Sets the toll to the surplus of the first shipment, by size, that the limit leaves no room for."""
        gains = nlargest(self._max_opened + 1, [self._surplus[number] + self.toll for number in self._free])
        toll = max(0, gains[-1])
        for number in self._free:
            self._surplus[number] -= toll - self.toll
        self.toll = toll


def _supply_price(breakpoints: list[tuple[int, int]], units_wanted: int, highest: int) -> int:
    """The dual from which on all units asked for are supplied, at most `highest`."""
    breakpoints.sort()
    for dual, units in breakpoints:
        units_wanted -= units
        if units_wanted <= 0:
            return min(dual, highest)
    return highest
