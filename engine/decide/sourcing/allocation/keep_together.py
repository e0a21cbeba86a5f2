"""Where the lines of one SKU go that stay together, each whole to one shipment or unfilled: depth first, the largest
first, and never twice the same lines to what is in effect the same stock. The other lines get what is left.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.allocation.min_cost_flow import Flow, cheapest_flow
from engine.decide.sourcing.problem import Key

COMPARED = 20
"""With more lines, nodes are not compared: that would take longer than it saves."""

Costs: TypeAlias = Mapping[tuple[Key, int], int]
_Supply: TypeAlias = dict[str, int]


class Placed(NamedTuple):
    """The cheapest flow found, its cost, what any costs at least, and how many steps it took."""

    flow: Flow
    cost: int
    floor: int
    steps: int


class Placing:
    """`whole` are the lines that stay together. For `quantities`, `supply`, `costs` and `unfilled` see `Transport`."""

    def __init__(
        self,
        *,
        quantities: Mapping[int, int],
        whole: Collection[int],
        supply: Mapping[str, int],
        costs: Costs,
        unfilled: int,
    ) -> None:
        self._quantities = quantities
        self._unfilled = unfilled
        self._costs = costs
        self._whole = sorted(whole, key=lambda line: (-quantities[line], line))
        self._split = {line: units for line, units in quantities.items() if line not in whole}
        self._edges = sorted([(item, cost) for item, cost in costs.items() if item[1] in self._split])
        self._ways = [sorted([(cost, item) for item, cost in costs.items() if item[1] == line]) for line in self._whole]
        nodes = {item[0][0] for item in costs}
        self._supply = {node: supply[node] for node in sorted(nodes)}
        self._floors, self._left = self._least()
        self._alike = [self._classes(placed) for placed in range(len(self._whole) + 1)]
        self._seen: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self._steps = 0
        self._patience: int | None = None
        self._skipped: int | None = None

    def best(self, *, below: int | None = None, patience: int | None = None) -> Placed:
        """The cheapest flow that costs less than `below`, none if none does; after `patience` steps, and one flow,
        the cheapest so far.
        """
        nothing = self._unfilled * sum(self._quantities.values())
        self._patience = patience
        self._best: tuple[int, Flow] = (nothing + 1 if below is None else below, {})
        self._found = below is not None
        self._place(0, 0, {}, self._supply)
        cost, flow = self._best
        floor = cost if self._skipped is None else min(cost, self._skipped)
        # each step looks at all nodes
        return Placed(flow, cost, floor, len(self._whole) * len(self._costs) + self._steps * len(self._supply))

    def _least(self) -> tuple[list[int], list[int]]:
        """By how many lines are placed: what the others cost at least, each by its cheapest shipment; their units."""
        least = dict.fromkeys(self._quantities, self._unfilled)
        for (_, line), cost in self._costs.items():
            least[line] = min(least[line], cost)
        self._dearest = max(least.values(), default=0)
        floors = [sum([units * least[line] for line, units in self._split.items()])]
        left = [sum(self._split.values())]
        for line in reversed(self._whole):
            floors.append(floors[-1] + self._quantities[line] * least[line])
            left.append(left[-1] + self._quantities[line])
        return floors[::-1], left[::-1]

    def _classes(self, placed: int) -> dict[str, int]:
        """Nodes have the same number from which the lines left ship at the same costs."""
        if len(self._whole) > COMPARED:
            return {node: number for number, node in enumerate(self._supply)}
        left = {*self._whole[placed:], *self._split}
        costs: dict[str, list[tuple[int, int]]] = {node: [] for node in self._supply}
        for ((node, _), line), cost in self._costs.items():
            if line in left:
                costs[node].append((line, cost))
        numbers: dict[tuple[tuple[int, int], ...], int] = {}
        return {
            node: numbers.setdefault(tuple(sorted(of_node)), len(numbers)) for node, of_node in costs.items() if of_node
        }

    def _floor(self, placed: int, supply: _Supply) -> int:
        """What the lines left cost at least; more than their cheapest shipments if there is too little of the SKU."""
        short = self._left[placed] - sum(supply.values())
        return self._floors[placed] + max(0, short) * (self._unfilled - self._dearest)

    def _place(self, placed: int, spent: int, flow: Flow, supply: _Supply) -> None:
        floor = spent + self._floor(placed, supply)
        if floor >= self._best[0] or self._was_seen(placed, spent, supply):
            return
        self._steps += 1
        if placed == len(self._whole):
            self._finish(spent, flow, supply)
        elif self._found and self._patience is not None and self._steps > self._patience:
            self._skipped = floor if self._skipped is None else min(floor, self._skipped)
        else:
            units = self._quantities[self._whole[placed]]
            for cost, item in self._ways[placed]:
                node = item[0][0]
                if supply[node] >= units:
                    left = supply | {node: supply[node] - units}
                    self._place(placed + 1, spent + units * cost, {**flow, item: units}, left)
            self._place(placed + 1, spent + units * self._unfilled, flow, supply)

    def _was_seen(self, placed: int, spent: int, supply: _Supply) -> bool:
        most, classes = self._left[placed], self._alike[placed]
        state = placed, tuple(sorted([(number, min(most, supply[node])) for node, number in classes.items()]))
        if self._seen.get(state, spent + 1) <= spent:
            return True
        self._seen[state] = spent
        return False

    def _finish(self, spent: int, flow: Flow, supply: _Supply) -> None:
        rest = cheapest_flow(self._split, supply, self._edges)
        cost = spent + sum([units * self._costs[item] for item, units in rest.items()])
        cost += (sum(self._split.values()) - sum(rest.values())) * self._unfilled
        if cost < self._best[0]:
            self._best = (cost, flow | rest)
            self._found = True
