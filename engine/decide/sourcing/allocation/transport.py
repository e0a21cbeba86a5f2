"""Units of one SKU from open shipments to the lines that want it: the least-cost transport, exactly.

One line is filled from its cheapest shipments first, several that share the stock by `cheapest_flow`; lines that must
stay together are placed first, by `Placing`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from engine.decide.sourcing.allocation.keep_together import Costs, Placed, Placing
from engine.decide.sourcing.allocation.min_cost_flow import Flow, cheapest_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """One SKU: `quantities` by line, `supply` by node, which its shipments share; a unit that is not shipped costs
    `unfilled`, more than any way to ship it. With `patience`, lines that stay together are placed in so many steps.
    """

    quantities: Mapping[int, int]
    together: Collection[int] = ()
    supply: Mapping[str, int]
    costs: Costs
    unfilled: int
    patience: int | None = None

    def cheapest(self) -> Placed:
        """A flow of the least cost."""
        if len(self.quantities) == 1:
            flow = self._one_line()
        elif self.together:
            return self._placed()
        else:
            flow = cheapest_flow(self.quantities, self.supply, sorted(self.costs.items()))
        cost = self._cost(flow)
        return Placed(flow, cost, cost, 4 * len(self.costs) * (1 + len(flow)))

    def first(self) -> Flow:
        """Of the cheapest flows that with the most units where `costs` has the smallest (line, key), then the next."""
        lines = sorted(self.quantities)
        if len(lines) == 1 or not self.together:
            return self.favouring(lines).cheapest().flow
        first: Flow = {}
        patience = None if self.patience is None else self.patience // len(lines)
        left, flow = replace(self, patience=patience), self.cheapest().flow
        for line in lines:
            # line by line, as nodes that are alike stay so for the other lines
            flow = left.favouring([line]).better(flow)
            first |= {item: units for item, units in flow.items() if item[1] == line}
            flow = {item: units for item, units in flow.items() if item[1] != line}
            left = left.without(line, first)
        return first

    def better(self, flow: Flow) -> Flow:
        """The cheapest flow, or the one that is given if none is cheaper."""
        return self._placed(below=self._cost(flow)).flow or flow

    def _placed(self, below: int | None = None) -> Placed:
        placing = Placing(
            quantities=self.quantities,
            whole=self.together,
            supply=self.supply,
            costs=self.costs,
            unfilled=self.unfilled,
        )
        return placing.best(below=below, patience=self.patience)

    def favouring(self, lines: Collection[int]) -> "Transport":
        """With costs by which of equals that is cheapest which has the most units of these lines in the first places.

        Each place weighs more than all later ones together, and all of them less than one unit of cost.
        """
        places = sorted([item for item in self.costs if item[1] in lines], key=lambda item: (item[1], item[0]))
        base = sum(self.quantities.values()) + 1
        scale = base ** len(places)
        costs = {item: cost * scale for item, cost in self.costs.items()}
        for place, item in enumerate(places, start=1):
            costs[item] -= base ** (len(places) - place)
        return replace(self, costs=costs, unfilled=self.unfilled * scale)

    def without(self, line: int, flow: Flow) -> "Transport":
        """What is left when a line is filled."""
        supply = dict(self.supply)
        for ((node, _), of_line), units in flow.items():
            if of_line == line:
                supply[node] -= units
        return replace(
            self,
            quantities={other: units for other, units in self.quantities.items() if other != line},
            together=[other for other in self.together if other != line],
            supply=supply,
            costs={item: cost for item, cost in self.costs.items() if item[1] != line},
        )

    def _cost(self, flow: Flow) -> int:
        missing = sum(self.quantities.values()) - sum(flow.values())
        return sum([units * self.costs[item] for item, units in flow.items()]) + missing * self.unfilled

    def _one_line(self) -> Flow:
        ((_, left),) = self.quantities.items()
        least = left if self.together else 1
        flow: Flow = {}
        free = dict(self.supply)
        for _, item in sorted([(cost, item) for item, cost in self.costs.items()]):
            node = item[0][0]
            if left and free[node] >= least:
                take = flow[item] = min(left, free[node])
                free[node] -= take
                left -= take
        return flow
