"""What the lines of one SKU cost by the shipments that are opened."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from engine.decide.sourcing.lanes import Lane
from engine.decide.sourcing.problem import Key, Problem
from engine.decide.sourcing.transport import Transport


class Filled(NamedTuple):
    """What is least that was found; what is least that could be; and the shipments that are used."""

    cost: int
    floor: int
    used: frozenset[Key]


class Goods:
    """The lines of one SKU, and the lanes that carry it by number."""

    def __init__(self, problem: Problem, sku: str, lanes: Sequence[Lane], unfilled: int, patience: int | None) -> None:
        lines = {index: demand for index, demand in enumerate(problem.demands) if demand.sku == sku}
        self._quantities = {index: demand.quantity for index, demand in lines.items()}
        self._together = {index for index, demand in lines.items() if demand.together and demand.quantity > 1}
        self._supply = {lane.key[0]: problem.supply.get((lane.key[0], sku), 0) for lane in lanes}
        self._costs = {
            number: {(lane.key, index): lane.costs[index] for index in lines if index in lane.costs}
            for number, lane in enumerate(lanes)
            if not lane.costs.keys().isdisjoint(lines)
        }
        self._unfilled = unfilled
        self._patience = patience
        self._known: dict[frozenset[int], Filled] = {}
        self.steps = 0

    def transport(self, opened: Collection[int]) -> Transport:
        costs: dict[tuple[Key, int], int] = {}
        for number in opened:
            costs |= self._costs.get(number, {})
        return Transport(
            quantities=self._quantities,
            together=self._together,
            supply=self._supply,
            costs=costs,
            unfilled=self._unfilled,
            patience=self._patience,
        )

    def cheapest(self, opened: frozenset[int]) -> Filled:
        """If these are opened."""
        mine = opened.intersection(self._costs)
        if mine not in self._known:
            flow, cost, floor, steps = self.transport(mine).cheapest()
            self._known[mine] = Filled(cost, floor, frozenset([key for key, _ in flow]))
            self.steps += steps
        return self._known[mine]
