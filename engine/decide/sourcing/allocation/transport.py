"""The transport problem of one SKU: its units from the open shipments to the lines that ask for it, exactly, at the
least cost.

One line is filled from its cheapest shipments first; several lines that share the stock are a min-cost flow
(`min_cost_flow`); lines that are kept together are placed first, by a search of their own (`keep_together`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from engine.decide.sourcing.allocation.keep_together import Allocation, Costs, KeepTogetherSearch
from engine.decide.sourcing.allocation.min_cost_flow import Flow, cheapest_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportProblem:
    """One SKU. `quantities` are by line; `supply` is by node, and the node's shipments share it; a unit that is not
    shipped costs `unfilled`, more than any way to ship it. With a `step_limit`, the search for lines that are kept
    together stops after so many steps.
    """

    quantities: Mapping[int, int]
    together: Collection[int] = ()
    supply: Mapping[str, int]
    costs: Costs
    unfilled: int
    step_limit: int | None = None

    def cheapest(self) -> Allocation:
        """An allocation of the least cost."""
        if len(self.quantities) == 1:
            flow = self._one_line()
        elif self.together:
            return self._search_keep_together()
        else:
            flow = cheapest_flow(self.quantities, self.supply, sorted(self.costs.items()))
        cost = self.cost(flow)
        return Allocation(flow, cost, cost, 4 * len(self.costs) * (1 + len(flow)))

    def first_of_cheapest(self, known: Flow | None = None, step_limit: int | None = None) -> Flow:
        """Of all flows of the least cost, the one with most units in the smallest (line, key), of these the one with
        most in the next, and so on. `known` is a flow of the least cost, if one is known already. With a
        `step_limit`, the search for it stops after so many steps.
        """
        lines = sorted(self.quantities)
        if len(lines) == 1 or not self.together:
            return self.favour_first_places(lines).cheapest().flow
        first: Flow = {}
        step_limit = None if step_limit is None else step_limit // len(lines)
        left, flow = replace(self, step_limit=step_limit), known or self.cheapest().flow
        for line in lines:
            # line by line, so that interchangeable nodes stay interchangeable for the other lines
            flow = left.favour_first_places([line]).cheaper_than_given(flow)
            first |= {item: units for item, units in flow.items() if item[1] == line}
            flow = {item: units for item, units in flow.items() if item[1] != line}
            left = left.without_line(line, first)
        return first

    def cheaper_than_given(self, flow: Flow) -> Flow:
        """The cheapest flow, or `flow` itself if none is cheaper."""
        return self._search_keep_together(below=self.cost(flow)).flow or flow

    def _search_keep_together(self, below: int | None = None) -> Allocation:
        search = KeepTogetherSearch(
            quantities=self.quantities,
            together=self.together,
            supply=self.supply,
            costs=self.costs,
            unfilled=self.unfilled,
        )
        return search.solve(below=below, step_limit=self.step_limit)

    def favour_first_places(self, lines: Collection[int]) -> "TransportProblem":
        """The same problem with perturbed costs: of equally cheap flows, the one with most units of these lines in the
        first places becomes the cheapest.

        Each place weighs more than all later ones together, and all of them together less than one unit of cost.
        """
        places = sorted([item for item in self.costs if item[1] in lines], key=lambda item: (item[1], item[0]))
        base = sum(self.quantities.values()) + 1
        scale = base ** len(places)
        costs = {item: cost * scale for item, cost in self.costs.items()}
        for place, item in enumerate(places, start=1):
            costs[item] -= base ** (len(places) - place)
        return replace(self, costs=costs, unfilled=self.unfilled * scale)

    def without_line(self, line: int, flow: Flow) -> "TransportProblem":
        """The problem that is left once `line` is filled as in `flow`."""
        supply = dict(self.supply)
        for (key, of_line), units in flow.items():
            if of_line == line:
                supply[key.node] -= units
        return replace(
            self,
            quantities={other: units for other, units in self.quantities.items() if other != line},
            together=[other for other in self.together if other != line],
            supply=supply,
            costs={item: cost for item, cost in self.costs.items() if item[1] != line},
        )

    def cost(self, flow: Flow) -> int:
        missing = sum(self.quantities.values()) - sum(flow.values())
        return sum([units * self.costs[item] for item, units in flow.items()]) + missing * self.unfilled

    def _one_line(self) -> Flow:
        ((_, left),) = self.quantities.items()
        least = left if self.together else 1
        flow: Flow = {}
        free = dict(self.supply)
        for _, item in sorted([(cost, item) for item, cost in self.costs.items()]):
            node = item[0].node
            if left and free[node] >= least:
                take = flow[item] = min(left, free[node])
                free[node] -= take
                left -= take
        return flow
