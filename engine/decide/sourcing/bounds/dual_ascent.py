"""What a choice costs at least while it is open which shipments there are: a dual ascent (after Erlenkotter 1978,
Operations Research 26:992).

Each demand class has a dual: what one of its units is worth, at most what leaving it unfilled costs. The surplus of a
shipment (its reduced cost with the sign turned) is what its units would be worth beyond their costs, less its fixed
cost. Whatever the duals, no choice costs less than the value of all units asked for, less the surpluses above zero: in
this bound each shipment carries what is best for it, as if no other did. The ascent raises one dual after another, each
to where the bound is highest.

Where shipments or lines share what a node has, the node as a whole has a surplus: see `shared_nodes`. Where not all
shipments may be opened, the dual of that limit is a toll: each shipment opened is charged it, and it is given back as
many times as shipments may be opened.
"""

from collections.abc import Collection, Mapping, Sequence
from heapq import nlargest

from engine.decide.sourcing.bounds.integer_bounds import best_filling
from engine.decide.sourcing.bounds.knapsack import Breakpoint
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import NodeSurplus
from engine.decide.sourcing.demand_classes import Arc


class DualAscent:
    """The bound if all of `opened` and up to `max_opened` of `free` are used; the ascent starts at `duals`."""

    def __init__(
        self,
        relaxation: Relaxation,
        opened: Collection[int],
        free: Sequence[int],
        duals: Sequence[int],
        max_opened: int,
    ) -> None:
        self.duals = list(duals)
        self.toll = 0
        self._max_opened = max_opened
        self._relaxation = relaxation
        self._classes = relaxation.classes
        self._opened = opened
        self._free = free
        self._nodes: list[NodeSurplus] = []
        # of each shipment that shares nothing; an opened one's is without its fixed cost
        self._surplus = {number: -relaxation.fixed[number] for number in free}
        self._surplus.update(dict.fromkeys(opened, 0))
        for node in relaxation.nodes:
            subsets = node.subsets_between(opened, free)
            if any(subset.numbers for subset in subsets):
                self._nodes.append(NodeSurplus(node, subsets, free, duals))
            for number in node.numbers:
                self._surplus.pop(number, None)
        self._opened_alone = [number for number in opened if number in self._surplus]
        self._arcs = [[arc for arc in arcs if arc[0] in self._surplus] for arcs in relaxation.arcs]
        self.steps = sum(map(len, self._arcs)) + sum([node.steps for node in self._nodes])
        """Prices looked at, or as much work."""
        self._climb()
        self.surplus = self._surpluses()
        """By free shipment: if above zero, how much more a choice costs at least without it; if below, how much more
        with it.
        """
        self._value_of_demand = relaxation.base_cost - self.toll * max_opened
        self._value_of_demand += sum(
            [demand.units * dual for demand, dual in zip(self._classes, self.duals, strict=True)]
        )
        self._value_of_demand += sum([relaxation.fixed[number] for number in self._opened_alone])
        self.lower_bound = self._value_of_demand - self._total_surplus()
        """No choice costs less."""

    def _climb(self) -> None:
        surplus, scarce = self._surplus, self._max_opened < len(self._free)
        for dual, arcs in zip(self.duals, self._arcs, strict=True):
            for number, cost, units in arcs:
                if cost < dual:
                    surplus[number] += units * (dual - cost)
        if scarce:
            self._set_toll()
        # only once: a second pass lifts the bound, but by less than the next branches do in that time
        for group in self._relaxation.class_groups:
            self._raise_together(group)
        for index in range(len(self.duals)):
            self._raise(index)
        if scarce:
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
        nodes = self._nodes_with(index) if self._nodes else ()
        for node in nodes:
            breakpoints += node.breakpoints(index, self._classes[index].sku, self.duals)
        new = _supply_price(breakpoints, self._classes[index].units, self._classes[index].unfilled)
        for (number, cost, units), surplus_without in zip(arcs, without_class, strict=True):
            surplus[number] = surplus_without + units * (new - cost) if cost < new else surplus_without
        self.duals[index] = new
        if nodes:
            self._set_duals(nodes, {index: new})

    def _raise_together(self, group: Sequence[int]) -> None:
        """Raises the duals of all classes of a SKU by the same amount. One by one, each would outbid the others by next
        to nothing.
        """
        classes, duals = self._classes, self.duals
        nodes = self._nodes_with(group[0])
        breakpoints = [point for node in nodes for point in node.joint_breakpoints(classes[group[0]].sku, duals)]
        largest_rise = max([classes[index].unfilled - duals[index] for index in group])
        rise = _supply_price(breakpoints, sum([classes[index].units for index in group]), largest_rise)
        self._set_duals(nodes, {index: min(duals[index] + rise, classes[index].unfilled) for index in group})

    def _nodes_with(self, index: int) -> list[NodeSurplus]:
        """The shared nodes that have some of the class's SKU."""
        sku = self._classes[index].sku
        return [node for node in self._nodes if sku in node.stocks]

    def _set_duals(self, nodes: Sequence[NodeSurplus], duals: Mapping[int, int]) -> None:
        for index, dual in duals.items():
            self.duals[index] = dual
        for node in nodes:
            node.update(self._classes[index].sku, self.duals)

    def _set_toll(self) -> None:
        """Sets the toll to the surplus of the first shipment, by size, that the limit leaves no room for."""
        surplus = self._surpluses()
        gains = nlargest(self._max_opened + 1, [gain + self.toll for gain in surplus.values()])
        toll = max(0, gains[-1])
        if toll != self.toll:
            for number in self._free:
                if number in self._surplus:
                    self._surplus[number] -= toll - self.toll
            for node in self._nodes:
                node.add_toll(toll - self.toll, self._opened)
            self.toll = toll

    def _total_surplus(self) -> int:
        """All surpluses above zero, of shared nodes and of other shipments."""
        own = self._surplus
        shipments = sum([own[number] for number in self._opened_alone])
        shipments += sum([gain for number in self._free if (gain := own.get(number, 0)) > 0])
        return shipments + sum([node.largest for node in self._nodes])

    def _surpluses(self) -> dict[int, int]:
        surpluses = {number: self._surplus[number] for number in self._free if number in self._surplus}
        for node in self._nodes:
            for number in node.free:
                surpluses[number] = node.surplus(number)
        return surpluses

    def lower_bound_in_whole_units(self, sku: str) -> int:
        """A bound that is closer where whole units matter: the units of one SKU are distributed exactly, by dynamic
        programming, those of the others are paid for by their duals.
        """
        classes = [index for index, demand in enumerate(self._classes) if demand.sku == sku]
        places = [node.surplus_by_units(sku, self.duals) for node in self._nodes if sku in node.stocks]
        places += [self._surplus_by_units(arc, classes[0]) for arc in self._arcs[classes[0]]]
        missing = min([self._classes[index].unfilled - self.duals[index] for index in classes])
        others = self._total_surplus() - sum([max(place.values()) for place in places])
        return (
            self._value_of_demand
            - others
            - best_filling(places, sum([self._classes[index].units for index in classes]), missing)
        )

    def _surplus_by_units(self, arc: Arc, index: int) -> dict[int, int]:
        """The surplus of a shipment by the number of units that it carries of a class."""
        margin, own = self.duals[index] - arc.cost, self._surplus[arc.number]
        without_class = own - max(0, margin) * arc.units
        surpluses = {units: without_class + units * margin for units in range(arc.units + 1)}
        if arc.number not in self._opened:
            surpluses[0] = max(0, without_class)
        return surpluses


def _supply_price(breakpoints: list[Breakpoint], units_wanted: int, highest: int) -> int:
    """The dual from which on all units asked for are supplied, at most `highest`."""
    breakpoints.sort()
    for dual, units in breakpoints:
        units_wanted -= units
        if units_wanted <= 0:
            return min(dual, highest)
    return highest
