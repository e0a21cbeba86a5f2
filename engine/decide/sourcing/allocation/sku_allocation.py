"""What the lines of one SKU cost for a given set of open shipments; remembers what it worked out before."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.allocation.min_cost_flow import Flow
from engine.decide.sourcing.allocation.transport import TransportProblem
from engine.decide.sourcing.problem import Demand, Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate
from engine.model.facts import OptionKey


class AllocationCost(NamedTuple):
    """The least cost found, a lower bound of the cost, and the numbers of the shipments that are used."""

    cost: int
    lower_bound: int
    used: frozenset[int]


class SkuAllocation:
    """The lines of one SKU, by their index in the problem, and the candidates that carry it, by number. `step_limit` is
    for one placement of lines that are kept together.
    """

    def __init__(
        self,
        problem: Problem,
        sku: str,
        lines: Mapping[int, Demand],
        candidates: Sequence[WeightedCandidate],
        *,
        unfilled: int,
        step_limit: int,
    ) -> None:
        self.sku, self._problem, self._candidates = sku, problem, candidates
        self._quantities = {index: demand.quantity for index, demand in lines.items()}
        self._together = {index for index, demand in lines.items() if demand.together and demand.quantity > 1}
        self._unfilled = unfilled
        self._step_limit = step_limit
        self._costs: dict[frozenset[int], AllocationCost] = {}
        self._learnt: dict[frozenset[int], Flow] = {}
        self._cheapest_first: list[tuple[int, int, str, int]] | None = None
        if len(lines) == 1:  # kept together or not: candidates that can't carry a line whole have no cost for it
            (line,) = lines
            self._cheapest_first = sorted(
                [
                    (candidate.costs[line], number, candidate.key.node, candidate.node_stock.units[line])
                    for number, candidate in enumerate(candidates)
                    if line in candidate.costs
                ]
            )
            self._carriers = frozenset([number for _, number, _, _ in self._cheapest_first])
        else:
            self._carriers = frozenset(
                [number for number, candidate in enumerate(candidates) if not candidate.costs.keys().isdisjoint(lines)]
            )
        self.steps = 0

    def transport(self, opened: Collection[int]) -> TransportProblem:
        carriers = [self._candidates[number] for number in opened if number in self._carriers]
        return TransportProblem(
            quantities=self._quantities,
            together=self._together,
            supply={candidate.key.node: self._problem.supply[candidate.key.node, self.sku] for candidate in carriers},
            costs={
                (candidate.key, line): candidate.costs[line]
                for candidate in carriers
                for line in self._quantities
                if line in candidate.costs
            },
            unfilled=self._unfilled,
            step_limit=self._step_limit,
        )

    def learn(self, opened: frozenset[int], units: Mapping[tuple[OptionKey, int], int]) -> None:
        """Remembers the allocation of these units, which use all of `opened`, if it is cheaper than the one known."""
        carriers, known = opened & self._carriers, self.cheapest(opened)
        flow = {item: count for item, count in units.items() if item[1] in self._quantities}
        transport = self.transport(carriers)
        if transport.cost(flow) < known.cost:
            keys = {key for key, _ in flow}
            used = frozenset([number for number in carriers if self._candidates[number].key in keys])
            self._costs[carriers] = self._costs[used] = known._replace(cost=transport.cost(flow), used=used)
            self._learnt[used] = flow

    def flow(self, opened: frozenset[int]) -> Flow:
        """The cheapest allocation known."""
        carriers = opened & self._carriers
        return self._learnt.get(carriers) or self.transport(carriers).cheapest().flow

    def first_of_cheapest(self, opened: frozenset[int], step_limit: int) -> Flow:
        """Of the cheapest allocations, the one with most units in the first places."""
        carriers = opened & self._carriers
        return self.transport(carriers).first_of_cheapest(self._learnt.get(carriers), step_limit)

    def cheapest(self, opened: frozenset[int]) -> AllocationCost:
        """The cheapest allocation if these shipments are opened."""
        carriers = opened & self._carriers
        cost = self._costs.get(carriers)
        if cost is None:
            cost = self._costs[carriers] = self._cheapest(carriers)
        return cost

    def _cheapest(self, opened: frozenset[int]) -> AllocationCost:
        if self._cheapest_first is not None:
            return self._one_line(opened, self._cheapest_first)
        flow, cost, lower_bound, steps = self.transport(opened).cheapest()
        self.steps += steps
        used = {key for key, _ in flow}
        return AllocationCost(
            cost, lower_bound, frozenset([number for number in opened if self._candidates[number].key in used])
        )

    def _one_line(self, opened: frozenset[int], cheapest_first: Sequence[tuple[int, int, str, int]]) -> AllocationCost:
        """The transport problem of a SKU that only one line asks for, by far the most frequent case: cheapest shipments
        first.
        """
        (left,) = self._quantities.values()
        total, used, taken = 0, [], dict[str, int]()
        for cost, number, node, units in cheapest_first:
            if number in opened:
                before = taken.get(node, 0)
                take = units - before
                if take > 0:
                    take = min(left, take)
                    taken[node] = before + take
                    total += take * cost
                    used.append(number)
                    left -= take
                    if not left:
                        break
        total += left * self._unfilled
        self.steps += len(opened)
        return AllocationCost(total, total, frozenset(used))
