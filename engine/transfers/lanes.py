"""Which lane leads from one node to another, and what it costs to move units on it."""

from collections.abc import Iterator
from dataclasses import replace

from engine.decide.shipping.distance import Direction, direction, great_circle, route_distance
from engine.decide.shipping.pricing import MILLIGRAM
from engine.model.facts import Network, Node, rounded
from engine.model.transfer_lanes import NodeNames, TransferLane
from rules.syntax.literals import CARBON_UNITS

GRAMS = 1_000
"""In a kilogram."""
MILLIGRAMS = CARBON_UNITS["kg"]
"""In a kilogram."""


class TransferLanes:
    """The lanes between the nodes of one network; `network_caches` keeps one object for each network."""

    def __init__(self, network: Network) -> None:
        self._nodes = network.nodes
        self._lanes = network.transfer_lanes
        self._directions: dict[str, Direction] = {}
        self._leaving: dict[str, tuple[int, ...]] = {}
        self._arriving: dict[str, frozenset[int]] = {}
        for name, node in network.nodes.items():
            if node.place is not None:
                self._directions[name] = direction(node.place)
            numbers = range(len(self._lanes))
            self._leaving[name] = tuple(n for n in numbers if is_among(node, self._lanes[n].origin))
            self._arriving[name] = frozenset(n for n in numbers if is_among(node, self._lanes[n].goal))

    def between(self, origin: str, goal: str) -> TransferLane | None:
        """As `lane_between`."""
        if origin == goal or origin not in self._nodes or goal not in self._nodes:
            return None
        here, there, arriving = self._nodes[origin], self._nodes[goal], self._arriving[goal]
        for number in self._leaving[origin]:
            lane = self._lanes[number]
            if number in arriving and _share(here, there, lane):
                return self._with_distance(lane, origin, goal)
        return None

    def from_node(self, origin: str) -> Iterator[tuple[str, TransferLane]]:
        """Every node that a lane leads to from `origin`, by its id, with that lane."""
        if self._leaving.get(origin):
            for goal in sorted(self._nodes):
                lane = self.between(origin, goal)
                if lane is not None:
                    yield goal, lane

    def _with_distance(self, lane: TransferLane, origin: str, goal: str) -> TransferLane | None:
        if lane.distance is not None:
            return lane
        here, there = self._directions.get(origin), self._directions.get(goal)
        if here is not None and there is not None:
            return replace(lane, distance=route_distance(great_circle(here, there), lane.detour))
        return None if lane.emission else lane


def lane_between(network: Network, origin: str, goal: str) -> TransferLane | None:
    """The lane on which stock is moved from one node to another, its `distance` filled in by the great circle; None: it
    is not moved. A lane that emits CO2e leads nowhere if it can't be known how far it is: a node has no coordinates.

    Whoever asks about many nodes of a network keeps a `TransferLanes`, which this makes anew.
    """
    return TransferLanes(network).between(origin, goal)


def unit_cost(lane: TransferLane, grams: int, *, scale: int = 1) -> int:
    """Micros that one unit costs beside what the shipment does, its CO2e included: rounded half to even. `lane` is one
    of `lane_between`. A whole unit weighs `grams`, and has `scale` of the units that are counted (see `Product.scale`).
    """
    carried = rounded(lane.per_unit * GRAMS + lane.per_kg * grams, GRAMS * scale)
    return carried + rounded(lane.carbon_price * unit_carbon(lane, grams, scale=scale), MILLIGRAMS)


def unit_carbon(lane: TransferLane, grams: int, *, scale: int = 1) -> int:
    """Milligrams of CO2e of one unit: its weight by the distance by the emission."""
    return rounded(grams * (lane.distance or 0) * lane.emission, MILLIGRAM * scale)


def is_among(node: Node, names: NodeNames) -> bool:
    """Whether the node is one of those named."""
    return node.id in names.nodes or node.group in names.groups or not names.tags.isdisjoint(node.tags)


def _share(here: Node, there: Node, lane: TransferLane) -> bool:
    """Whether both nodes are in one region or country, if the lane asks that. A region is one of its country."""
    if lane.within is None:
        return True
    if here.country != there.country:
        return False
    return lane.within == "country" or (here.region is not None and here.region == there.region)
