"""Allocates units to open shipments of which some are bounded in weight or units, exactly: dynamic programming over
the lines, and of each over its carriers.

A state is what the shipments weigh and hold so far, where this matters to what comes after. Of all ways to reach a
state, the cheapest is kept and, of equally cheap ones, the one with most units in the first places. A state from which
nothing cheaper than the cutoff can come is dropped.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.allocation.min_cost_flow import Flow
from engine.decide.sourcing.bounded.carrier import UNUSED, Carrier, State
from engine.decide.sourcing.problem import UNBOUNDED, Problem
from engine.decide.sourcing.tightening import demands_by_set
from engine.decide.sourcing.weighted_candidates import WeightedCandidate

_UNDECIDED, _NOT_SENT = -2, -1
"""Of a set of which no line is allocated yet, and of one that does not ship."""

_Way: TypeAlias = tuple[int, tuple[int, ...]]
"""What it costs so far; and by line and carrier the units, below zero, so that a smaller one has more in first places.
"""

_Partial: TypeAlias = tuple[State, int, int]
"""A line allocated to some of its carriers: the state, how many units are left, and the first shipment that carries
some of it, which matters to a set.
"""


class BoundedFlow(NamedTuple):
    """The cheapest flow that costs less than the cutoff; None: there is none, or it is not known (`is_exact` is false)
    because the steps are used up.
    """

    cost: int
    flow: Flow | None
    is_exact: bool
    steps: int


class _Measure(NamedTuple):
    """What is added up of a shipment: grams, units, or nothing at all; `amounts` are those of a unit, by line."""

    amounts: Sequence[int]
    least: int
    most: int


class _SharedLimit(NamedTuple):
    """What shipments of some nodes may have together: a node's capacity, or a cap. `amounts` are of a unit, by line."""

    nodes: frozenset[str]
    amounts: Sequence[int]
    most: int


class BoundedAllocation:
    """The shipments in `opened`, by number. Each is used within its bounds, or not at all. `sku_costs` are what the
    units of each SKU cost at least.
    """

    def __init__(
        self,
        problem: Problem,
        candidates: Sequence[WeightedCandidate],
        opened: Collection[int],
        unfilled: int,
        sku_costs: Mapping[str, int],
    ) -> None:
        self._demands = problem.demands
        self._opened = [candidates[number] for number in sorted(opened)]
        self._unfilled = unfilled
        lines = range(len(problem.demands))
        self._carriers = [
            [(slot, candidate.costs[line]) for slot, candidate in enumerate(self._opened) if line in candidate.costs]
            for line in lines
        ]
        self._measures: list[_Measure] = []
        self._measured = [self._measures_of(problem, candidate) for candidate in self._opened]
        self._first = len(self._measures)
        self._supply: list[int] = []
        self._stock: dict[tuple[str, str], int] = {}
        for line in lines:
            for slot, _ in self._carriers[line]:
                place = self._opened[slot].key.node, problem.demands[line].sku
                if place not in self._stock:
                    self._stock[place] = self._first + len(self._supply)
                    self._supply.append(problem.supply[place])
        self._multiples = problem.multiples
        self._capacities = self._first + len(self._supply)
        self._capacity = list(self._shared_limits(problem))
        self._lots = self._capacities + len(self._capacity)
        slots = {candidate.key: slot for slot, candidate in enumerate(self._opened)}
        self._lot_limits = [
            (frozenset((slots[key], line) for key, line in limit.places if key in slots), limit.most)
            for limit in problem.lot_limits
        ]
        sets = demands_by_set(problem.demands)
        self._sets = {name: self._lots + len(self._lot_limits) + place for place, name in enumerate(sets)}
        self._last_used = self._last_uses()
        self._ends_set = {lines[-1]: self._sets[name] for name, lines in sets.items()}
        # what a unit costs at least by the carriers from one on, and what the units of all later lines do
        self._cheapest_from = [self._cheapest(carriers) for carriers in self._carriers]
        self._later = self._costs_of_later_lines(sku_costs)
        self._steps = self._step_limit = 0

    def _costs_of_later_lines(self, sku_costs: Mapping[str, int]) -> list[int]:
        """By line, what it and all later ones cost at least."""
        each = [of * demand.quantity for (of, *_), demand in zip(self._cheapest_from, self._demands, strict=True)]
        first = {demand.sku: line for line, demand in reversed(list(enumerate(self._demands)))}
        later, partly = [0], dict[str, int]()
        for line in range(len(each) - 1, -1, -1):
            sku = self._demands[line].sku
            before = partly.get(sku, 0)
            partly[sku] = before + each[line] if first[sku] < line else max(sku_costs[sku], before + each[line])
            later.append(later[-1] - before + partly[sku])
        return later[::-1]

    def _shared_limits(self, problem: Problem) -> Iterator[_SharedLimit]:
        nodes = {candidate.key.node for candidate in self._opened}
        for node in sorted(nodes & problem.capacity.keys()):
            for amounts, most in zip(self._amounts(problem), problem.capacity[node], strict=True):
                if most is not None:
                    yield _SharedLimit(frozenset([node]), amounts, most)
        for cap in problem.caps:
            if not nodes.isdisjoint(cap.nodes):
                yield _SharedLimit(cap.nodes, [int(demand.sku == cap.sku) for demand in self._demands], cap.most)

    @staticmethod
    def _amounts(problem: Problem) -> tuple[Sequence[int], Sequence[int]]:
        """Units and grams of a unit, by line, as `Capacity` has them."""
        return [1] * len(problem.demands), [demand.weight for demand in problem.demands]

    def _measures_of(self, problem: Problem, candidate: WeightedCandidate) -> list[int]:
        bounds, first = candidate.bounds, len(self._measures)
        if bounds is not None and (bounds.least_weight or bounds.most_weight < UNBOUNDED):
            weights = [demand.weight for demand in problem.demands]
            self._measures.append(_Measure(weights, bounds.least_weight, bounds.most_weight))
        if bounds is not None and (bounds.least_units or bounds.most_units < UNBOUNDED):
            self._measures.append(_Measure([1] * len(problem.demands), bounds.least_units, bounds.most_units))
        if len(self._measures) == first:
            self._measures.append(_Measure([0] * len(problem.demands), 0, UNBOUNDED))
        return list(range(first, len(self._measures)))

    def _last_uses(self) -> dict[tuple[int, int], list[int]]:
        """By line and place among its carriers, what of the state does not matter to any later one."""
        last: dict[int, tuple[int, int]] = {}
        for line, carriers in enumerate(self._carriers):
            for place, (slot, _) in enumerate(carriers):
                node = self._opened[slot].key.node
                capacities = [
                    at for at, limit in enumerate(self._capacity, start=self._capacities) if node in limit.nodes
                ]
                lots = [at for at, (of, _) in enumerate(self._lot_limits, start=self._lots) if (slot, line) in of]
                for at in (*self._measured[slot], self._stock[node, self._demands[line].sku], *capacities, *lots):
                    last[at] = line, place
        uses: dict[tuple[int, int], list[int]] = {}
        for at, use in last.items():
            uses.setdefault(use, []).append(at)
        return uses

    def _cheapest(self, carriers: Sequence[tuple[int, int]]) -> list[int]:
        cheapest = [self._unfilled]
        for _, cost in reversed(carriers):
            cheapest.append(min(cost, cheapest[-1]))
        return cheapest[::-1]

    def cheapest(self, *, below: int | None = None, step_limit: int) -> BoundedFlow:
        """The cheapest flow that costs less than `below`, with what it costs to open the shipments that it uses."""
        if below is None:
            below = 1 + self._later_unfilled() + sum(candidate.fixed for candidate in self._opened)
        self._step_limit = step_limit
        none = [0] * (len(self._supply) + len(self._capacity) + len(self._lot_limits))
        start = (*[UNUSED] * self._first, *none, *[_UNDECIDED] * len(self._sets))
        layer: Mapping[State, _Way] = {start: (0, ())}
        for line in range(len(self._demands)):
            layer = self._after(line, layer, below)
            if self._steps > step_limit:
                return BoundedFlow(below, None, is_exact=False, steps=self._steps)
        if not layer:
            return BoundedFlow(below, None, is_exact=True, steps=self._steps)
        cost, units = min(layer.values())
        places = [(self._opened[slot].key, line) for line, of in enumerate(self._carriers) for slot, _ in of]
        flow = {place: -count for place, count in zip(places, units, strict=True) if count}
        return BoundedFlow(cost, flow, is_exact=True, steps=self._steps)

    def _later_unfilled(self) -> int:
        return self._unfilled * sum(demand.quantity for demand in self._demands)

    def _after(self, line: int, layer: Mapping[State, _Way], below: int) -> dict[State, _Way]:
        """The states after a line is allocated; some of them if the steps are used up."""
        quantity, limit = self._demands[line].quantity, below - self._later[line + 1]
        partly: dict[_Partial, _Way] = {(state, quantity, _NOT_SENT): way for state, way in layer.items()}
        for place in range(len(self._carriers[line])):
            partly = self._after_carrier(line, place, partly, limit)
        done = dict[State, _Way]()
        for (state, left, shipped), (spent, units) in partly.items():
            self._steps += 1
            after, way = self._decided(line, state, shipped), (spent + left * self._unfilled, units)
            if after is not None and way[0] < limit:
                done[after] = min(way, done.get(after, way))
        return done

    def _after_carrier(
        self, line: int, place: int, partly: Mapping[_Partial, _Way], limit: int
    ) -> dict[_Partial, _Way]:
        """The states after a carrier takes some units of a line; some of them if the steps are used up."""
        done = dict[_Partial, _Way]()
        carrier, cheapest = self._carrier(line, place), self._cheapest_from[line][place + 1]
        cost, in_set = carrier.cost, self._demands[line].set_name is not None
        for (state, left, shipped), (spent, units) in partly.items():
            counts, opening = carrier.counts(state, left), carrier.opening(state)
            self._steps = min(self._steps + len(counts), self._step_limit + 1)
            if self._steps > self._step_limit:
                break
            for count in counts:
                paid = spent + count * cost + (opening if count else 0)
                if paid + (left - count) * cheapest >= limit:
                    continue
                reached = carrier.carry(state, count)
                if reached is None:
                    continue
                first = carrier.slot if in_set and count and shipped == _NOT_SENT else shipped
                after, way = (reached, left - count, first), (paid, (*units, -count))
                known = done.get(after)
                if known is None or way < known:
                    done[after] = way
        return done

    def _carrier(self, line: int, place: int) -> Carrier:
        """What a shipment may carry of a line, for the `place`th of those that carry some of it."""
        demand, (slot, cost) = self._demands[line], self._carriers[line][place]
        candidate, last_used = self._opened[slot], frozenset(self._last_used.get((line, place), ()))
        node, measures = candidate.key.node, [self._measures[number] for number in self._measured[slot]]
        stock = self._stock[node, demand.sku]
        multiple = self._multiples.get((node, line), 1)
        return Carrier(
            slot=slot,
            cost=cost,
            fixed=candidate.fixed,
            measured=[
                (at, measure.amounts[line], measure.least, measure.most, at in last_used)
                for at, measure in zip(self._measured[slot], measures, strict=True)
            ],
            used=[(stock, 1, self._supply[stock - self._first], stock in last_used)]
            + [
                (at, limit.amounts[line], limit.most, at in last_used)
                for at, limit in enumerate(self._capacity, start=self._capacities)
                if node in limit.nodes
            ]
            + [
                (at, 1, most, at in last_used)
                for at, (places, most) in enumerate(self._lot_limits, start=self._lots)
                if (slot, line) in places
            ],
            whole=demand.quantity if demand.together else 0,
            multiple=multiple,
        )

    def _decided(self, line: int, state: State, shipped: int) -> State | None:
        """The state after a line first ships by `shipped`, in which it is settled by which shipment its set goes, or
        that it does not; None if this line does not go with it.
        """
        name = self._demands[line].set_name
        if name is None:
            return state
        place = self._sets[name]
        if state[place] not in {_UNDECIDED, shipped}:
            return None
        return (*state[:place], _UNDECIDED if line in self._ends_set else shipped, *state[place + 1 :])
