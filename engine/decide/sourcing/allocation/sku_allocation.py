"""What the lines of one SKU cost by the shipments that are opened."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from engine.decide.sourcing.allocation.transport import Transport
from engine.decide.sourcing.columns import Lane
from engine.decide.sourcing.problem import Problem


class Filled(NamedTuple):
    """What is least that was found; what is least that could be; and the numbers of the shipments that are used."""

    cost: int
    floor: int
    used: frozenset[int]


class Goods:
    """The lines of one SKU, and the lanes that carry it by number. `patience`: see `Transport`."""

    def __init__(
        self, problem: Problem, sku: str, lanes: Sequence[Lane], *, unfilled: int, patience: int | None
    ) -> None:
        lines = {index: demand for index, demand in enumerate(problem.demands) if demand.sku == sku}
        self._problem, self._sku, self._lanes = problem, sku, lanes
        self._quantities = {index: demand.quantity for index, demand in lines.items()}
        self._together = {index for index, demand in lines.items() if demand.together and demand.quantity > 1}
        self._unfilled = unfilled
        self._patience = patience
        self._known: dict[frozenset[int], Filled] = {}
        self._cheapest_first: list[tuple[int, int, str, int]] | None = None
        if len(lines) == 1:  # kept together or not: lanes that can't carry it whole don't carry it
            (line,) = lines
            self._cheapest_first = sorted(
                [
                    (lane.costs[line], number, lane.key[0], lane.shelf.units[line])
                    for number, lane in enumerate(lanes)
                    if line in lane.costs
                ]
            )
            self._carriers = frozenset([number for _, number, _, _ in self._cheapest_first])
        else:
            self._carriers = frozenset(
                [number for number, lane in enumerate(lanes) if not lane.costs.keys().isdisjoint(lines)]
            )
        self.steps = 0

    def transport(self, opened: Collection[int]) -> Transport:
        mine = [self._lanes[number] for number in opened if number in self._carriers]
        return Transport(
            quantities=self._quantities,
            together=self._together,
            supply={lane.key[0]: self._problem.supply[lane.key[0], self._sku] for lane in mine},
            costs={
                (lane.key, line): lane.costs[line] for lane in mine for line in self._quantities if line in lane.costs
            },
            unfilled=self._unfilled,
            patience=self._patience,
        )

    def cheapest(self, opened: frozenset[int]) -> Filled:
        """If these are opened."""
        mine = opened & self._carriers
        known = self._known.get(mine)
        if known is None:
            known = self._known[mine] = self._filled(mine)
        return known

    def _filled(self, opened: frozenset[int]) -> Filled:
        if self._cheapest_first is not None:
            return self._one_line(opened, self._cheapest_first)
        flow, cost, floor, steps = self.transport(opened).cheapest()
        self.steps += steps
        used = {key for key, _ in flow}
        return Filled(cost, floor, frozenset([number for number in opened if self._lanes[number].key in used]))

    def _one_line(self, opened: frozenset[int], cheapest_first: Sequence[tuple[int, int, str, int]]) -> Filled:
        """The same as the transport, which this is by far most often."""
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
        return Filled(total, total, frozenset(used))
