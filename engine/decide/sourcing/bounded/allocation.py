"""Allocates units to open shipments of which some are bounded in weight or units, exactly: dynamic programming over
the lines.

A state is what the shipments weigh and hold so far. Of all ways to reach a state, the cheapest is kept and, of equally
cheap ones, the one with most units in the first places. A state from which nothing cheaper than the cutoff can come is
dropped.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
capacity what is used of it, and by set the shipment by which it goes.
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


class _Start(NamedTuple):
    """A line to allocate, and what it and those before it cost less than, or it is too dear."""

    line: int
    limit: int


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
        sets = demands_by_set(problem.demands)
        self._sets = {name: self._capacities + len(self._capacity) + place for place, name in enumerate(sets)}
        self._is_last = self._last_uses(problem)
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

    def _last_uses(self, problem: Problem) -> list[list[int]]:
        """By line, the stocks that no later line takes of."""
        last: dict[int, int] = {}
        for line, carriers in enumerate(self._carriers):
            for slot, _ in carriers:
                last[self._stock[self._opened[slot].key.node, problem.demands[line].sku]] = line
        return [[stock for stock, of in last.items() if of == line] for line in range(len(self._carriers))]

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
        none = [0] * (len(self._supply) + len(self._capacity))
        start = (*[_UNUSED] * self._first, *none, *[_UNDECIDED] * len(self._sets))
        layer: Mapping[_State, _Way] = {start: (0, ())}
        for line in range(len(self._demands)):
            layer = self._after(line, layer, below)
            if self._steps > step_limit:
                return BoundedFlow(below, None, is_exact=False, steps=self._steps)
        found = [way for state, way in layer.items() if self._is_complete(state)]
        if not found:
            return BoundedFlow(below, None, is_exact=True, steps=self._steps)
        cost, units = min(found)
        places = [(self._opened[slot].key, line) for line, of in enumerate(self._carriers) for slot, _ in of]
        flow = {place: -count for place, count in zip(places, units, strict=True) if count}
        return BoundedFlow(cost, flow, is_exact=True, steps=self._steps)

    def _later_unfilled(self) -> int:
        return self._unfilled * sum(demand.quantity for demand in self._demands)

    def _is_complete(self, state: _State) -> bool:
        return all(
            value == _UNUSED or value >= measure.least for value, measure in zip(state, self._measures, strict=False)
        )

    def _after(self, line: int, layer: Mapping[_State, _Way], below: int) -> dict[_State, _Way]:
        """The states after a line is allocated; some of them if the steps are used up."""
        done, quantity, finished = dict[_State, _Way](), self._demands[line].quantity, self._is_last[line]
        limit = below - self._later[line + 1]
        for state, (spent, units) in layer.items():
            if self._steps > self._step_limit:
                break
            for reached, cost, counts in self._ways(_Start(line, limit), 0, quantity, state, spent):
                after = self._decided(line, reached, counts)
                if after is None:
                    continue
                if finished or line in self._ends_set:
                    cleared = list(after)
                    for stock in finished:
                        cleared[stock] = 0
                    if line in self._ends_set:
                        cleared[self._ends_set[line]] = _UNDECIDED
                    after = tuple(cleared)
                way = (cost, units + counts)
                known = done.get(after)
                if known is None or way < known:
                    done[after] = way
        return done

    def _ways(
        self, start: "_Start", place: int, left: int, state: _State, spent: int
    ) -> Iterator[tuple[_State, int, tuple[int, ...]]]:
        """Every way to ship up to `left` units of a line by its carriers from a place on, that costs less than the
        limit: the state, the cost, and the units below zero. Some of them if the steps are used up: one line of many
        units alone may have millions.
        """
        self._steps += 1
        if self._steps > self._step_limit:
            return
        line = start.line
        carriers = self._carriers[line]
        if spent + left * self._cheapest_from[line][place] >= start.limit:
            return
        if place == len(carriers):
            yield state, spent + left * self._unfilled, ()
            return
        slot, cost = carriers[place]
        for count in self._counts(line, slot, left, state):
            reached, opening = self._with(state, line, slot, count) if count else (state, 0)
            paid = spent + opening + count * cost
            for after, total, counts in self._ways(start, place + 1, left - count, reached, paid):
                yield after, total, (-count, *counts)

    def _decided(self, line: int, state: _State, counts: tuple[int, ...]) -> _State | None:
        """The state after so many units of a line ship (below zero, by carrier), in which it is settled by which
        shipment its set goes, or that it does not; None if this line does not go with it.
        """
        name = self._demands[line].set_name
        if name is None:
            return state
        carriers = zip(self._carriers[line], counts, strict=True)
        shipped = next((slot for (slot, _), count in carriers if count), _NOT_SENT)
        place = self._sets[name]
        if state[place] == _UNDECIDED:
            return (*state[:place], shipped, *state[place + 1 :])
        return state if state[place] == shipped else None

    def _counts(self, line: int, slot: int, left: int, state: _State) -> Sequence[int]:
        """How many units the shipment may carry of the line."""
        demand = self._demands[line]
        stock = self._stock[self._opened[slot].key.node, demand.sku]
        most = min(left, self._supply[stock - self._first] - state[stock])
        for place, (node, amounts, capacity) in enumerate(self._capacity, start=self._capacities):
            if node == self._opened[slot].key.node and amounts[line]:
                most = min(most, max(0, capacity - state[place]) // amounts[line])
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
        return tuple(values), opening
