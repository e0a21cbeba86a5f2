"""What couples the lines of an order beyond the stock of one SKU: sets, multiples, caps, what nodes can ship, and which
lots a shipment may use.
"""

from collections.abc import Mapping, Sequence

from engine.decide.sourcing.allocation.min_cost_flow import Flow
from engine.decide.sourcing.problem import Demand, Problem, SkuCap
from engine.model.facts import OptionKey


class CouplingConstraints:
    """What the lines may take together: stock, what caps leave of it, and what the nodes can ship today; and in which
    multiples.
    """

    def __init__(self, problem: Problem, lines: Mapping[int, Demand]) -> None:
        self.lines = lines
        self.supply, self.capacity, self.multiples = problem.supply, problem.capacity, problem.multiples
        skus = {demand.sku for demand in lines.values()}
        self.caps = [cap for cap in problem.caps if cap.sku in skus]
        self.lot_limits = [limit for limit in problem.lot_limits if any(index in lines for _, index in limit.places)]

    def keeps_to_all(self, flow: Flow) -> bool:
        """Whether a flow that keeps to stock ships each set whole, whole multiples, and no more than caps, lots and
        capacity allow.
        """
        sets: dict[str, list[tuple[OptionKey, int]]] = {}
        for (key, line), units in flow.items():
            name = self.lines[line].set_name
            if units % self.multiples.get((key.node, line), 1):
                return False
            if name is not None:
                sets.setdefault(name, []).append((key, line))
        return (
            self._has_capacity(flow)
            and all(self._shipped(flow, cap) <= cap.most for cap in self.caps)
            and self._has_lots(flow)
            and self._sets_are_whole(sets)
        )

    def _shipped(self, flow: Flow, cap: SkuCap) -> int:
        """The units that count for a cap."""
        return sum(
            [units for (key, line), units in flow.items() if self.lines[line].sku == cap.sku and key.node in cap.nodes]
        )

    def _sets_are_whole(self, sets: Mapping[str, Sequence[tuple[OptionKey, int]]]) -> bool:
        return all(
            len({key for key, _ in of_set}) == 1 and len(of_set) == self._size(name) for name, of_set in sets.items()
        )

    def _size(self, name: str) -> int:
        return sum([demand.set_name == name for demand in self.lines.values()])

    def _has_lots(self, flow: Flow) -> bool:
        return all(
            sum([units for place, units in flow.items() if place in limit.places]) <= limit.most
            for limit in self.lot_limits
        )

    def _has_capacity(self, flow: Flow) -> bool:
        if not self.capacity:
            return True
        units_of, weight_of = dict[str, int](), dict[str, int]()
        for (key, line), units in flow.items():
            units_of[key.node] = units_of.get(key.node, 0) + units
            weight_of[key.node] = weight_of.get(key.node, 0) + units * self.lines[line].weight
        for node, (most_units, most_weight) in self.capacity.items():
            if most_units is not None and units_of.get(node, 0) > most_units:
                return False
            if most_weight is not None and weight_of.get(node, 0) > most_weight:
                return False
        return True
