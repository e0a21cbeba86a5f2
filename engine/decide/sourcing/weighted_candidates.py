"""Turns the problem's candidates into weighted ones, whose costs are single integers, and drops those that another
dominates.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Bounds, Candidate, Problem
from engine.decide.sourcing.tightening import common_multiples
from engine.model.facts import OptionKey

COMPARED = 300
"""Each candidate is compared with at most so many others that may dominate it."""


class NodeStock(NamedTuple):
    """What a node has of the order. `units`: by demand, how many units one shipment can carry at most. `ample`: the
    demands for whose SKU the node has all units that the order asks for (then no cap binds it, as caps bound the
    supply), provided that it also has room for all its candidates, its capacity is not scarce, and whatever other nodes
    ship of them are multiples here, too.
    """

    units: Mapping[int, int]
    ample: Collection[int]


class WeightedCandidate(NamedTuple):
    """A candidate whose costs are weighted into single integers (see `Weights`); `costs` are of a unit, by demand."""

    key: OptionKey
    fixed: int
    costs: Mapping[int, int]
    node_stock: NodeStock
    bounds: Bounds | None = None
    uses_some_lots: bool = False
    """Whether it may use some lots of its node only."""

    def dominates(self, other: "WeightedCandidate") -> bool:
        """Whether every choice that uses `other` becomes cheaper if this candidate, used already or not, takes over all
        that `other` ships. One with bounds, or that may use some lots only, may not be able to.
        """
        if self.bounds is not None or self.uses_some_lots:
            return False
        costs, units = self.costs, other.node_stock.units
        takeable = costs if self.key.node == other.key.node else self.node_stock.ample
        extra, least_extra = 0, None
        for index, cost in other.costs.items():
            if index not in takeable or index not in costs:
                return False
            extra_per_unit = costs[index] - cost
            if extra_per_unit > 0:
                extra += extra_per_unit * units[index]
            elif least_extra is None or extra_per_unit > least_extra:
                least_extra = extra_per_unit
        # if no unit gets dearer, `other` still ships at least one unit of something, and that one saves at least this
        return (self.fixed + (extra or least_extra or 0), self.key) < (other.fixed, other.key)


def undominated(candidates: Iterable[WeightedCandidate], unfilled: int) -> list[WeightedCandidate]:
    """The candidates that no other dominates, sorted by key. Those that carry most for least are looked at first,
    because they dominate most.
    """

    def cost_of_carrying_all(candidate: WeightedCandidate) -> tuple[int, OptionKey]:
        dominable = len(candidate.costs) + len(candidate.node_stock.ample)
        return candidate.fixed + sum(candidate.costs.values()) - dominable * unfilled, candidate.key

    kept: list[WeightedCandidate] = []
    for candidate in sorted(candidates, key=cost_of_carrying_all):
        for other in kept[:COMPARED]:
            if other.dominates(candidate):
                break
        else:
            kept.append(candidate)
    return sorted(kept, key=lambda candidate: candidate.key)


class NodeStocks(dict[str, NodeStock]):
    """The stock of each node, worked out when it is first asked for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self._supply, self._room = problem.supply, problem.room
        self._shipments = Counter(
            [candidate.key.node for candidate in problem.candidates if candidate.key.node in self._room]
        )
        ordered: Counter[str] = Counter()
        for demand in problem.demands:
            ordered[demand.sku] += demand.quantity
        self._scarce = problem.capacity.keys()
        self._multiples, self._common = problem.multiples, common_multiples(problem)
        self._lines = [
            (index, demand.sku, demand.quantity, demand.quantity if demand.together else 1, ordered[demand.sku])
            for index, demand in enumerate(problem.demands)
        ]

    def __missing__(self, node: str) -> NodeStock:
        units, ample = {}, []
        room = self._room.get(node)
        has_room = (room is None or room >= self._shipments[node]) and node not in self._scarce
        for index, sku, quantity, least_units, ordered_of_sku in self._lines if room != 0 else ():
            free = self._supply.get((node, sku), 0)
            multiple = self._multiples.get((node, index), 1) if self._multiples else 1
            most = min(quantity, free)
            if most >= max(least_units, multiple):
                units[index] = most - most % multiple
                if has_room and free >= ordered_of_sku and self._common.get(index, multiple) % multiple == 0:
                    ample.append(index)
        node_stock = self[node] = NodeStock(units, ample)
        return node_stock


def weigh_candidates(
    problem: Problem, weights: Weights, candidates: Iterable[Candidate], node_stocks: NodeStocks
) -> Iterator[WeightedCandidate]:
    """The weighted candidates, leaving out those whose node has nothing of the order."""
    tiers = [tier * weights.tier for tier in range(10)]
    unless_needed = (0, weights.unless_needed)
    limited = {key for limit in problem.lot_limits for key, _ in limit.places}
    for candidate in candidates:
        node_stock = node_stocks[candidate.key.node]
        costs = {
            index: unless_needed[price.unless_needed] + tiers[price.tier] + price.money
            for index, price in candidate.prices.items()
            if index in node_stock.units
        }
        if costs:
            fixed = candidate.fixed + problem.split_penalty
            yield WeightedCandidate(candidate.key, fixed, costs, node_stock, candidate.bounds, candidate.key in limited)


def break_ties(candidates: Sequence[WeightedCandidate]) -> tuple[list[WeightedCandidate], int]:
    """The candidates with the tie-break as the last bits of their costs, and how many bits these are.

    Every shipment adds the same amount, less a power of two of its own that is largest for the smallest key. So fewer
    shipments cost less than more; and of equally many, those cost least that have the smallest key which the others
    lack.
    """
    count = len(candidates)
    bits = count + count.bit_length()
    tied = [
        candidate._replace(
            fixed=(candidate.fixed << bits) + (1 << count) - (1 << count - place),
            costs={index: cost << bits for index, cost in candidate.costs.items()},
        )
        for place, candidate in enumerate(candidates, start=1)
    ]
    return tied, bits
