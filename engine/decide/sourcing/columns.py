"""The candidates as the search sees them: in weighed integers, without those that another replaces."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Candidate, Key, Problem


class Shelf(NamedTuple):
    """What a node has of the order: by demand, how many units a shipment carries at most; and the demands of whose SKU
    it has all that is wanted, if it also has room for all its shipments.
    """

    units: Mapping[int, int]
    ample: Collection[int]


class Lane(NamedTuple):
    """A candidate in weighed integers; `costs` are of a unit, by demand."""

    key: Key
    fixed: int
    costs: Mapping[int, int]
    shelf: Shelf

    def replaces(self, lane: "Lane") -> bool:
        """Whether any choice with `lane` gets better if this one, used before or not, takes over all it ships."""
        costs, units = self.costs, lane.shelf.units
        takes = costs if self.key[0] == lane.key[0] else self.shelf.ample
        more, closest = 0, None
        for index, cost in lane.costs.items():
            if index not in takes or index not in costs:
                return False
            dearer = costs[index] - cost
            if dearer > 0:
                more += dearer * units[index]
            elif closest is None or dearer > closest:
                closest = dearer
        # `closest`: a lane that is used ships a unit of something
        return (self.fixed + (more or closest or 0), self.key) < (lane.fixed, lane.key)


def useful(lanes: Iterable[Lane], unfilled: int) -> list[Lane]:
    """The lanes that no other replaces, by key. Those that carry most for least go first: they replace most."""

    def whole(lane: Lane) -> tuple[int, Key]:
        carried = len(lane.costs) + len(lane.shelf.ample)
        return lane.fixed + sum(lane.costs.values()) - carried * unfilled, lane.key

    kept: list[Lane] = []
    for lane in sorted(lanes, key=whole):
        for other in kept:
            if other.replaces(lane):
                break
        else:
            kept.append(lane)
    return sorted(kept, key=lambda lane: lane.key)


class Shelves(dict[str, Shelf]):
    """By node, made when asked for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self._supply, self._room = problem.supply, problem.room
        self._shipments = Counter(
            [candidate.key[0] for candidate in problem.candidates if candidate.key[0] in self._room]
        )
        wanted: Counter[str] = Counter()
        for demand in problem.demands:
            wanted[demand.sku] += demand.quantity
        self._lines = [
            (index, demand.sku, demand.quantity, demand.quantity if demand.together else 1, wanted[demand.sku])
            for index, demand in enumerate(problem.demands)
        ]

    def __missing__(self, node: str) -> Shelf:
        units, ample = {}, []
        room = self._room.get(node)
        roomy = room is None or room >= self._shipments[node]
        for index, sku, quantity, least, most in self._lines if room != 0 else ():
            free = self._supply.get((node, sku), 0)
            if free >= least:
                units[index] = min(quantity, free)
                if roomy and free >= most:
                    ample.append(index)
        shelf = self[node] = Shelf(units, ample)
        return shelf


def weighed(problem: Problem, weights: Weights, candidates: Iterable[Candidate], shelves: Shelves) -> Iterator[Lane]:
    """The lanes of those candidates that have something of the order."""
    tiers = [tier * weights.tier for tier in range(10)]
    needed = (0, weights.needed)
    for candidate in candidates:
        shelf = shelves[candidate.key[0]]
        costs = {
            index: needed[price.needed] + tiers[price.tier] + price.money
            for index, price in candidate.prices.items()
            if index in shelf.units
        }
        if costs:
            yield Lane(candidate.key, candidate.fixed + problem.split_penalty, costs, shelf)


def with_ties(lanes: Sequence[Lane]) -> tuple[list[Lane], int]:
    """The lanes with the tie between equals as the last bits of their costs, and how many bits these are.

    Every shipment adds the same, less a power of two of its own, the largest for the smallest key: fewer shipments
    come before more, and of as many those with the smallest key that the others don't have.
    """
    count = len(lanes)
    bits = count + count.bit_length()
    tied = [
        Lane(
            key,
            (fixed << bits) + (1 << count) - (1 << count - place),
            {index: cost << bits for index, cost in costs.items()},
            shelf,
        )
        for place, (key, fixed, costs, shelf) in enumerate(lanes, start=1)
    ]
    return tied, bits
