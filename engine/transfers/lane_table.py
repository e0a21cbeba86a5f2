"""The lanes between all nodes of a network as matrices, by the numbers of the origin and the goal."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from engine.decide.shipping.columns import WIDEST, Flags, Integers, product_rounded, rounded
from engine.decide.shipping.pricing import MILLIGRAM
from engine.model.facts import Network
from engine.model.transfer_lanes import TransferLane
from engine.transfers.flow.market import FAR, MOST_WORTH
from engine.transfers.lanes import GRAMS, MILLIGRAMS, TransferLanes


class LaneTable:
    """Nodes are numbered in the order of their ids."""

    def __init__(self, network: Network) -> None:
        self.nodes = sorted(network.nodes)
        self.number = {node: number for number, node in enumerate(self.nodes)}
        lanes = TransferLanes(network)
        self.lanes: dict[tuple[int, int], TransferLane] = {
            (number, self.number[goal]): lane
            for number, node in enumerate(self.nodes)
            for goal, lane in lanes.from_node(node)
        }

    def costs(self, places: Sequence[int], grams: int, scale: int) -> Integers:
        """Micros that a unit costs between some nodes, as `unit_cost` of lanes.py; FAR where no lane leads, or one that
        costs more than anything is worth.
        """
        square = np.ix_(places, places)
        carried = self._per_unit[square] * GRAMS + _product(self._per_kg[square], grams)
        carbon = product_rounded(self._transport[square], grams, MILLIGRAM * scale)
        priced = rounded(_product(carbon, self._carbon_price[square]), MILLIGRAMS)
        costs = rounded(carried, GRAMS * scale) + priced
        return np.where(self.is_lane[square] & (costs < MOST_WORTH), costs, FAR).astype(np.int64)

    @cached_property
    def takes(self) -> Integers:
        """Minutes."""
        return self._column(lambda lane: lane.takes)

    @cached_property
    def is_lane(self) -> Flags:
        flags: Flags = self.pack > 0
        return flags

    @cached_property
    def pack(self) -> Integers:
        """Whole units, of a multiple of which something is moved; 0 where no lane leads."""
        return self._column(lambda lane: lane.pack)

    @cached_property
    def _per_unit(self) -> Integers:
        return self._column(lambda lane: lane.per_unit)

    @cached_property
    def _per_kg(self) -> Integers:
        return self._column(lambda lane: lane.per_kg)

    @cached_property
    def _carbon_price(self) -> Integers:
        return self._column(lambda lane: lane.carbon_price)

    @cached_property
    def _transport(self) -> Integers:
        """Metres times milligrams of CO2e a tonne-kilometre."""
        return self._column(lambda lane: (lane.distance or 0) * lane.emission)

    def _column(self, of_lane: Callable[[TransferLane], int]) -> Integers:
        """0 where no lane leads."""
        column = np.zeros((len(self.nodes), len(self.nodes)), dtype=np.int64)
        for pair, lane in self.lanes.items():
            column[pair] = of_lane(lane)
        return column


def _product(column: Integers, factor: int | Integers) -> Integers:
    """Exact, even where 64 bits don't hold it. No value is negative."""
    exact = int(column.max(initial=0)) * int(np.max(factor, initial=0)) < WIDEST
    product: Integers = (column if exact else column.astype(object)) * factor
    return product
