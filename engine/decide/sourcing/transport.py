"""Units of one SKU from open shipments to the lines that want it: the least-cost transport, exactly.

One line is filled from its cheapest shipments first, several that share the stock by `cheapest_flow`. Lines that must
stay together are placed first, by branch and bound.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.decide.sourcing.flow import Flow, cheapest_flow
from engine.decide.sourcing.problem import Key

Costs: TypeAlias = Mapping[tuple[Key, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One SKU: `quantities` by line, `supply` by node, which its shipments share; a unit that is not shipped costs
    `unfilled`, more than any way to ship it.
    """

    quantities: Mapping[int, int]
    together: Collection[int] = ()
    supply: Mapping[str, int]
    costs: Costs
    unfilled: int

    def cheapest(self) -> tuple[Flow, int]:
        """A flow of the least cost, and that cost."""
        if len(self.quantities) == 1 and not self.together:
            flow = self._one_line()
            return flow, self._cost(flow)
        return _Placing(self).best()

    def first(self) -> Flow:
        """Of the cheapest flows that with the most units where `costs` has the smallest (line, key), then the next.

        Each place weighs more than all later ones together, and all of them less than one unit of cost.
        """
        places = sorted(self.costs, key=lambda item: (item[1], item[0]))
        base = sum(self.quantities.values()) + 1
        scale = base ** len(places)
        costs = {
            item: self.costs[item] * scale - base ** (len(places) - place) for place, item in enumerate(places, start=1)
        }
        return replace(self, costs=costs, unfilled=self.unfilled * scale).cheapest()[0]

    def _cost(self, flow: Flow) -> int:
        missing = sum(self.quantities.values()) - sum(flow.values())
        return sum(units * self.costs[item] for item, units in flow.items()) + missing * self.unfilled

    def _one_line(self) -> Flow:
        ((_, left),) = self.quantities.items()
        flow: Flow = {}
        free = dict(self.supply)
        for _, item in sorted((cost, item) for item, cost in self.costs.items()):
            node = item[0][0]
            if take := min(left, free[node]):
                flow[item] = take
                free[node] -= take
                left -= take
        return flow


class _Placing:
    """Depth first over where each line that must stay together goes, whole: a shipment, or unfilled."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._together = sorted(transport.together)
        self._split = {i: q for i, q in transport.quantities.items() if i not in transport.together}
        self._edges = sorted((item, cost) for item, cost in transport.costs.items() if item[1] in self._split)
        self._floors = self._least()
        # worse than anything: to leave all unfilled costs less
        self._best: tuple[Flow, int] = {}, transport.unfilled * sum(transport.quantities.values()) + 1

    def best(self) -> tuple[Flow, int]:
        self._place(0, 0, {}, dict(self._transport.supply))
        return self._best

    def _least(self) -> list[int]:
        """By how many lines are placed: what the others cost at least, each by its cheapest shipment."""
        least = dict.fromkeys(self._transport.quantities, self._transport.unfilled)
        for (_, line), cost in self._transport.costs.items():
            least[line] = min(least[line], cost)
        floors = [sum(units * least[line] for line, units in self._split.items())]
        for line in reversed(self._together):
            floors.append(floors[-1] + self._transport.quantities[line] * least[line])
        return floors[::-1]

    def _place(self, placed: int, spent: int, flow: Flow, supply: dict[str, int]) -> None:
        if spent + self._floors[placed] >= self._best[1]:
            return
        if placed == len(self._together):
            self._finish(spent, flow, supply)
            return
        units = self._transport.quantities[self._together[placed]]
        for cost, item in self._ways(self._together[placed], units, supply):
            left = supply | {item[0][0]: supply[item[0][0]] - units}
            self._place(placed + 1, spent + units * cost, {**flow, item: units}, left)
        self._place(placed + 1, spent + units * self._transport.unfilled, flow, supply)

    def _ways(self, line: int, units: int, supply: Mapping[str, int]) -> list[tuple[int, tuple[Key, int]]]:
        costs = self._transport.costs
        return sorted((cost, item) for item, cost in costs.items() if item[1] == line and supply[item[0][0]] >= units)

    def _finish(self, spent: int, flow: Flow, supply: Mapping[str, int]) -> None:
        rest = cheapest_flow(self._split, supply, self._edges)
        cost = spent + sum(units * self._transport.costs[item] for item, units in rest.items())
        cost += (sum(self._split.values()) - sum(rest.values())) * self._transport.unfilled
        if cost < self._best[1]:
            self._best = (flow | rest, cost)
