"""The transport problem of one SKU with lines that are kept together: each goes whole to one shipment or stays
unfilled.

A depth-first branch and bound places these lines, the largest first. A state (lines placed, stock left) that was
reached before at no higher cost is not searched again; nodes from which the remaining lines ship at the same costs are
interchangeable in it. The other lines then get what is left, by min-cost flow.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.allocation.min_cost_flow import Flow, cheapest_flow
from engine.model.facts import OptionKey

MOST_COMPARED = 20
"""With more lines, nodes are not compared for being interchangeable: that would take longer than it saves."""

Costs: TypeAlias = Mapping[tuple[OptionKey, int], int]
_Supply: TypeAlias = dict[str, int]


class Allocation(NamedTuple):
    """The cheapest flow found, its cost, a lower bound of the cost of any flow, and how many steps it took."""

    flow: Flow
    cost: int
    lower_bound: int
    steps: int


class KeepTogetherSearch:
    """`together` are the lines that are kept together. For the others see `TransportProblem`."""

    def __init__(
        self,
        *,
        quantities: Mapping[int, int],
        together: Collection[int],
        supply: Mapping[str, int],
        costs: Costs,
        unfilled: int,
    ) -> None:
        self._quantities = quantities
        self._unfilled = unfilled
        self._costs = costs
        self._together = sorted(together, key=lambda line: (-quantities[line], line))
        self._split = {line: units for line, units in quantities.items() if line not in together}
        self._split_arcs = sorted([(item, cost) for item, cost in costs.items() if item[1] in self._split])
        self._arcs_by_line = [
            sorted([(cost, item) for item, cost in costs.items() if item[1] == line]) for line in self._together
        ]
        nodes = {item[0].node for item in costs}
        self._supply = {node: supply[node] for node in sorted(nodes)}
        self._least_costs, self._units_left = self._cheapest_from()
        self._interchangeable = [self._node_groups(placed) for placed in range(len(self._together) + 1)]
        self._seen: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self._steps = 0
        self._step_limit: int | None = None
        self._skipped: int | None = None

    def solve(self, *, below: int | None = None, step_limit: int | None = None) -> Allocation:
        """The cheapest flow that costs less than `below`, an empty one if none does. Once `step_limit` steps are taken
        and a flow is found, the search stops with the cheapest so far.
        """
        nothing = self._unfilled * sum(self._quantities.values())
        self._step_limit = step_limit
        self._best: tuple[int, Flow] = (nothing + 1 if below is None else below, {})
        self._has_flow = below is not None
        self._place(0, 0, {}, self._supply)
        cost, flow = self._best
        lower_bound = cost if self._skipped is None else min(cost, self._skipped)
        # each step looks at all nodes
        return Allocation(
            flow, cost, lower_bound, len(self._together) * len(self._costs) + self._steps * len(self._supply)
        )

    def _cheapest_from(self) -> tuple[list[int], list[int]]:
        """By the number of lines placed: what the remaining lines cost at least, each by its cheapest shipment, and
        their units.
        """
        cheapest = dict.fromkeys(self._quantities, self._unfilled)
        for (_, line), cost in self._costs.items():
            cheapest[line] = min(cheapest[line], cost)
        self._highest_cost = max(cheapest.values(), default=0)
        lower_bounds = [sum([units * cheapest[line] for line, units in self._split.items()])]
        units_left = [sum(self._split.values())]
        for line in reversed(self._together):
            lower_bounds.append(lower_bounds[-1] + self._quantities[line] * cheapest[line])
            units_left.append(units_left[-1] + self._quantities[line])
        return lower_bounds[::-1], units_left[::-1]

    def _node_groups(self, placed: int) -> dict[str, int]:
        """Numbers the nodes; those from which the remaining lines ship at the same costs have the same number."""
        if len(self._together) > MOST_COMPARED:
            return {node: number for number, node in enumerate(self._supply)}
        left = {*self._together[placed:], *self._split}
        costs: dict[str, list[tuple[int, int]]] = {node: [] for node in self._supply}
        for (key, line), cost in self._costs.items():
            if line in left:
                costs[key.node].append((line, cost))
        numbers: dict[tuple[tuple[int, int], ...], int] = {}
        return {
            node: numbers.setdefault(tuple(sorted(of_node)), len(numbers)) for node, of_node in costs.items() if of_node
        }

    def _lower_bound(self, placed: int, supply: _Supply) -> int:
        """What the remaining lines cost at least: their cheapest shipments, and more if too little of the SKU is
        left.
        """
        missing = self._units_left[placed] - sum(supply.values())
        return self._least_costs[placed] + max(0, missing) * (self._unfilled - self._highest_cost)

    def _place(self, placed: int, spent: int, flow: Flow, supply: _Supply) -> None:
        lower_bound = spent + self._lower_bound(placed, supply)
        if lower_bound >= self._best[0] or self._was_seen(placed, spent, supply):
            return
        self._steps += 1
        if placed == len(self._together):
            self._finish(spent, flow, supply)
        elif self._has_flow and self._step_limit is not None and self._steps > self._step_limit:
            self._skipped = lower_bound if self._skipped is None else min(lower_bound, self._skipped)
        else:
            units = self._quantities[self._together[placed]]
            for cost, item in self._arcs_by_line[placed]:
                node = item[0].node
                if supply[node] >= units:
                    left = supply | {node: supply[node] - units}
                    self._place(placed + 1, spent + units * cost, {**flow, item: units}, left)
            self._place(placed + 1, spent + units * self._unfilled, flow, supply)

    def _was_seen(self, placed: int, spent: int, supply: _Supply) -> bool:
        units_left, groups = self._units_left[placed], self._interchangeable[placed]
        state = placed, tuple(sorted([(number, min(units_left, supply[node])) for node, number in groups.items()]))
        if self._seen.get(state, spent + 1) <= spent:
            return True
        self._seen[state] = spent
        return False

    def _finish(self, spent: int, flow: Flow, supply: _Supply) -> None:
        split_flow = cheapest_flow(self._split, supply, self._split_arcs)
        cost = spent + sum([units * self._costs[item] for item, units in split_flow.items()])
        cost += (sum(self._split.values()) - sum(split_flow.values())) * self._unfilled
        if cost < self._best[0]:
            self._best = (cost, flow | split_flow)
            self._has_flow = True
