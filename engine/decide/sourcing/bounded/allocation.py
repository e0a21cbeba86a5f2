"""Allocates units to open shipments of which some are bounded in weight or units, exactly: dynamic programming over
the lines, and of each over its carriers.

A state is what the shipments weigh and hold so far, where this matters to what comes after. Of all ways to reach a
state, the cheapest is kept and, of equally cheap ones, the one with most units in the first places. A state from which
nothing cheaper than the cutoff can come is dropped.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.allocation.min_cost_flow import Flow
from engine.decide.sourcing.problem import UNBOUNDED, Problem
from engine.decide.sourcing.tightening import demands_by_set
from engine.decide.sourcing.weighted_candidates import WeightedCandidate

_UNUSED = -1
_UNDECIDED, _NOT_SENT = -2, -1
"""Of a set of which no line is allocated yet, and of one that does not ship."""

_State: TypeAlias = tuple[int, ...]
"""By measure, what its shipment has of it, _UNUSED while that ships nothing; then by stock the units taken, by
capacity and by limit of lots what is used of it, and by set the shipment by which it goes.
"""
_Way: TypeAlias = tuple[int, tuple[int, ...]]
"""What it costs so far; and by line and carrier the units, below zero, so that a smaller one has more in first places.
"""


class BoundedFlow(NamedTuple):
    """The cheapest flow that costs less than the cutoff; None: there is none, or it is not known (`is_exact` is false)
    because the steps are used up.
    """

    cost: int
    flow: Flow | None
    is_exact: bool
    steps: int


class _Partial(NamedTuple):
    """A line allocated to some of its carriers: so many units are left; `shipped` is the first shipment that carries
    some of it, which matters to a set.
    """

    state: _State
    left: int
    shipped: int


class _Measure(NamedTuple):
    """What is added up of a shipment: grams, units, or nothing at all; `amounts` are those of a unit, by line."""

    amounts: Sequence[int]
    least: int
    most: int

    def plus(self, value: int, line: int, units: int) -> int:
        """With so many more units of a line; what is above `least` is all the same where nothing bounds it above."""
        total = max(0, value) + units * self.amounts[line]
        return min(total, self.least) if self.most == UNBOUNDED else total


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
        self._capacity = [
            (node, amounts, most)
            for node in sorted({candidate.key.node for candidate in self._opened} & problem.capacity.keys())
            for amounts, most in zip(self._amounts(problem), problem.capacity[node], strict=True)
            if most is not None
        ]
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
                capacities = [at for at, (of, *_) in enumerate(self._capacity, start=self._capacities) if of == node]
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
        start = (*[_UNUSED] * self._first, *none, *[_UNDECIDED] * len(self._sets))
        layer: Mapping[_State, _Way] = {start: (0, ())}
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

    def _after(self, line: int, layer: Mapping[_State, _Way], below: int) -> dict[_State, _Way]:
        """The states after a line is allocated; some of them if the steps are used up."""
        quantity, limit = self._demands[line].quantity, below - self._later[line + 1]
        partly = {_Partial(state, quantity, _NOT_SENT): way for state, way in layer.items()}
        for place in range(len(self._carriers[line])):
            partly = self._after_carrier(line, place, partly, limit)
        done = dict[_State, _Way]()
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
        (slot, cost), cheapest = self._carriers[line][place], self._cheapest_from[line][place + 1]
        last_used, in_set = self._last_used.get((line, place), ()), self._demands[line].set_name is not None
        for (state, left, shipped), (spent, units) in partly.items():
            counts = self._counts(line, slot, left, state)
            self._steps = min(self._steps + len(counts), self._step_limit + 1)
            if self._steps > self._step_limit:
                break
            for count in counts:
                reached, opening = self._with(state, line, slot, count) if count else (state, 0)
                paid = spent + opening + count * cost
                if paid + (left - count) * cheapest >= limit:
                    continue
                settled = self._settled(reached, last_used)
                if settled is None:
                    continue
                first = slot if in_set and count and shipped == _NOT_SENT else shipped
                after, way = _Partial(settled, left - count, first), (paid, (*units, -count))
                done[after] = min(way, done.get(after, way))
        return done

    def _settled(self, state: _State, last_used: Sequence[int]) -> _State | None:
        """The state without what matters no more; None if a shipment has less than it must, and nothing comes to it."""
        if not last_used:
            return state
        values = list(state)
        for at in last_used:
            if at < self._first and _UNUSED < values[at] < self._measures[at].least:
                return None
            values[at] = _UNUSED if at < self._first else 0
        return tuple(values)

    def _decided(self, line: int, state: _State, shipped: int) -> _State | None:
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

    def _counts(self, line: int, slot: int, left: int, state: _State) -> Sequence[int]:
        """How many units the shipment may carry of the line."""
        demand = self._demands[line]
        stock = self._stock[self._opened[slot].key.node, demand.sku]
        most = min(left, self._supply[stock - self._first] - state[stock])
        for place, (node, amounts, capacity) in enumerate(self._capacity, start=self._capacities):
            if node == self._opened[slot].key.node and amounts[line]:
                most = min(most, max(0, capacity - state[place]) // amounts[line])
        for place, (places, units) in enumerate(self._lot_limits, start=self._lots):
            if (slot, line) in places:
                most = min(most, max(0, units - state[place]))
        for number in self._measured[slot]:
            measure = self._measures[number]
            amount = measure.amounts[line]
            if amount and measure.most != UNBOUNDED:
                most = min(most, (measure.most - max(0, state[number])) // amount)
        multiple = self._multiples.get((self._opened[slot].key.node, line), 1)
        if demand.together:
            return (demand.quantity, 0) if most >= demand.quantity and not demand.quantity % multiple else (0,)
        return range(most - most % multiple, -1, -multiple)

    def _with(self, state: _State, line: int, slot: int, count: int) -> tuple[_State, int]:
        """The state with so many units in the shipment, and what opening it costs, if it was not used before."""
        values, numbers, candidate = list(state), self._measured[slot], self._opened[slot]
        opening = candidate.fixed if values[numbers[0]] == _UNUSED else 0
        for number in numbers:
            values[number] = self._measures[number].plus(values[number], line, count)
        values[self._stock[candidate.key.node, self._demands[line].sku]] += count
        for place, (node, amounts, _) in enumerate(self._capacity, start=self._capacities):
            if node == candidate.key.node:
                values[place] += count * amounts[line]
        for place, (places, _) in enumerate(self._lot_limits, start=self._lots):
            values[place] += count if (slot, line) in places else 0
        return tuple(values), opening
