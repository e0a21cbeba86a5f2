"""The units of several SKUs from the open shipments to the lines that ask for them, where sets, multiples, caps, lots
or the capacity of a node couple them: a depth-first branch and bound that places line after line.

Sets and lines kept together are placed first, the largest first, each by the cheapest shipment that can take all of it;
then the other lines take units of their cheapest shipments, as many as they can, then fewer. What the remaining lines
cost at least is bounded by letting each take what is left as if it were alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.allocation.coupling_constraints import CouplingConstraints
from engine.decide.sourcing.allocation.keep_together import Allocation, Costs
from engine.decide.sourcing.allocation.min_cost_flow import Flow
from engine.decide.sourcing.problem import Capacity
from engine.model.facts import OptionKey

LOOKS = 10
"""A step takes as long as to look at the price of each place so many times."""

_Stock: TypeAlias = tuple[str, str]
"""(Node, SKU)."""


class _Item(NamedTuple):
    """Lines that ship from one candidate or not at all (`whole`), or a line that may be split. `arcs` are (cost, key),
    the cheapest first: of all units if whole, else of one.
    """

    lines: Sequence[int]
    whole: bool
    units: int
    arcs: Sequence[tuple[int, OptionKey]]


class PlacementSearch:
    """`costs` are of a unit, by open shipment and line; a unit that is not shipped costs `unfilled`, more than any way
    to ship it.
    """

    def __init__(self, constraints: CouplingConstraints, costs: Costs, unfilled: int) -> None:
        self._constraints, self._costs, self._unfilled = constraints, costs, unfilled
        self._lines = constraints.lines
        self._items = sorted(self._make_items(), key=lambda item: (not item.whole, -item.units, item.lines))
        nodes = {key.node for key, _ in costs}
        self._free: dict[_Stock, int] = {
            (node, sku): constraints.supply.get((node, sku), 0)
            for node in nodes
            for sku in {demand.sku for demand in self._lines.values()}
        }
        endless = sum([demand.quantity * max(1, demand.weight) for demand in self._lines.values()])
        self._units_left, self._weight_left = dict[str, int](), dict[str, int]()
        for node in nodes:
            most = constraints.capacity.get(node, Capacity())
            self._units_left[node] = endless if most.units is None else most.units
            self._weight_left[node] = endless if most.weight is None else most.weight
        self._capped_nodes = [cap.nodes & nodes for cap in constraints.caps]
        self._cap_left = [cap.most for cap in constraints.caps]
        self._caps_of: dict[_Stock, list[int]] = {}
        self._caps_of_sku: dict[str, list[int]] = {}
        for number, cap in sorted(enumerate(constraints.caps), key=lambda item: len(item[1].nodes)):
            self._caps_of_sku.setdefault(cap.sku, []).append(number)
            for node in self._capped_nodes[number]:
                self._caps_of.setdefault((node, cap.sku), []).append(number)
        self._limits_of: dict[tuple[OptionKey, int], list[int]] = {}
        for number, limit in enumerate(constraints.lot_limits):
            for place in limit.places:
                self._limits_of.setdefault(place, []).append(number)
        self._of_lots_left = [limit.most for limit in constraints.lot_limits]
        self._highest_cost = max(costs.values(), default=0)
        self._flow: Flow = {}
        self._steps = 0
        self._step_limit: int | None = None
        self._skipped: int | None = None

    def solve(self, *, below: int | None = None, step_limit: int | None = None) -> Allocation:
        """The cheapest flow that costs less than `below`, an empty one if none does. Once `step_limit` steps are taken,
        the search stops with the cheapest so far.
        """
        nothing = self._unfilled * sum([demand.quantity for demand in self._lines.values()])
        self._best: tuple[int, Flow] = (nothing if below is None else below, {})
        self._step_limit = step_limit
        self._place(0, 0)
        cost, flow = self._best
        lower_bound = cost if self._skipped is None else min(cost, self._skipped)
        # each step looks at all places, several times
        return Allocation(flow, cost, lower_bound, LOOKS * (1 + self._steps) * len(self._costs))

    def _make_items(self) -> Iterator[_Item]:
        sets: dict[str, list[int]] = {}
        for line, demand in self._lines.items():
            if demand.set_name is not None:
                sets.setdefault(demand.set_name, []).append(line)
            else:
                yield self._item([line], whole=demand.together)
        for lines in sets.values():
            yield self._item(lines, whole=True)

    def _item(self, lines: Sequence[int], *, whole: bool) -> _Item:
        units = [self._lines[line].quantity if whole else 1 for line in lines]
        keys = {key for key, line in self._costs if line == lines[0]}
        arcs = [
            (sum([count * self._costs[key, line] for count, line in zip(units, lines, strict=True)]), key)
            for key in keys
            if all((key, line) in self._costs for line in lines)
        ]
        return _Item(lines, whole, sum([self._lines[line].quantity for line in lines]), sorted(arcs))

    def _place(self, at: int, spent: int) -> None:
        """Places the items from `at` on."""
        if self._is_pruned(at, spent):
            return
        if at == len(self._items):
            self._best = (spent, dict(self._flow))
            return
        item = self._items[at]
        if not item.whole:
            self._split(at, 0, item.units, spent)
            return
        for cost, key in item.arcs:
            if self._fits(item, key):
                self._take_whole(item, key, 1)
                self._place(at + 1, spent + cost)
                self._take_whole(item, key, -1)
        self._place(at + 1, spent + item.units * self._unfilled)

    def _split(self, at: int, first: int, left: int, spent: int) -> None:
        """Gives the line at `at` units of its arcs from the `first` on."""
        item = self._items[at]
        (line,) = item.lines
        if not left or first == len(item.arcs):
            self._place(at + 1, spent + left * self._unfilled)
            return
        cost, key = item.arcs[first]
        multiple = self._constraints.multiples.get((key.node, line), 1)
        later, sku = self._bound(at + 1), self._lines[line].sku
        for units in range(self._most_of_lots(key, line, self._most(line, key.node, left)), -1, -multiple):
            least, missing = self._least_split(item, left - units, first + 1, key.node, units)
            bound = spent + units * cost + least
            if bound + later >= self._best[0]:
                break  # fewer units of the cheapest shipment cost no less
            self._take(key, line, units)
            bound += self._bound(at + 1, {sku: left - units}, missing)
            if bound < self._best[0] and not self._is_out_of_steps(bound):
                self._split(at, first + 1, left - units, spent + units * cost)
            self._take(key, line, -units)

    def _is_pruned(self, at: int, spent: int) -> bool:
        bound = spent + self._bound(at)
        return bound >= self._best[0] or self._is_out_of_steps(bound)

    def _is_out_of_steps(self, bound: int) -> bool:
        """Counts a step; whether there was none left, so that what costs at least `bound` is not looked at."""
        self._steps += 1
        if self._step_limit is None or self._steps <= self._step_limit:
            return False
        self._skipped = bound if self._skipped is None else min(bound, self._skipped)
        return True

    def _bound(self, at: int, before: Mapping[str, int] = MappingProxyType({}), missing: int = 0) -> int:
        """What the items from `at` on cost at least, if each takes what is left as if it were alone. The one before
        them takes units of it too: of `before`, by SKU, all but the `missing` ones.
        """
        total, wanted = 0, dict(before)
        for item in self._items[at:]:
            if item.whole:
                least = next((cost for cost, key in item.arcs if self._fits(item, key)), None)
                missing += item.units if least is None else 0
                total += item.units * self._unfilled if least is None else least
            else:
                least, lacking = self._least_split(item, item.units, 0, "", 0)
                total += least
                missing += lacking
            for line in item.lines:
                demand = self._lines[line]
                wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
        return total + max(0, self._lacking(wanted) - missing) * (self._unfilled - self._highest_cost)

    def _lacking(self, wanted: Mapping[str, int]) -> int:
        """Of so many units, by SKU, how many must stay unfilled whatever ships: of each SKU and in all."""
        there = dict.fromkeys(wanted, 0)
        in_all = 0
        for node, most in self._units_left.items():
            units = 0
            for sku in wanted:
                free = self._free[node, sku]
                there[sku] += free
                units += free
            in_all += min(most, units)
        for sku in wanted.keys() & self._caps_of_sku.keys():
            there[sku] = self._there_within_caps(sku)
        of_skus = sum([max(0, units - there[sku]) for sku, units in wanted.items()])
        return max(of_skus, sum(wanted.values()) - in_all)

    def _there_within_caps(self, sku: str) -> int:
        """How many units of a SKU may still ship under its caps, of which each takes in the nodes of those before."""
        total, counted = 0, set[str]()
        for number in self._caps_of_sku[sku]:
            nodes = self._capped_nodes[number]
            total = min(self._cap_left[number], total + sum([self._free[node, sku] for node in nodes - counted]))
            counted |= nodes
        return total + sum([self._free[node, sku] for node in self._units_left.keys() - counted])

    def _least_split(self, item: _Item, left: int, first: int, node: str, taken: int) -> tuple[int, int]:
        """What so many units of a line cost at least by its arcs from the `first` on, if `taken` are at the node
        already and nobody else takes any; and how many are left unfilled.
        """
        (line,) = item.lines
        total, used = 0, {node: taken}
        for cost, key in item.arcs[first:]:
            if not left:
                break
            before = used.get(key.node, 0)
            # part of a multiple counts: an earlier shipment may take a multiple less
            units = min(left, self._most(line, key.node, item.units) - before)
            if units > 0:
                used[key.node] = before + units
                total += units * cost
                left -= units
        return total + left * self._unfilled, left

    def _most(self, line: int, node: str, left: int) -> int:
        """Of so many units of a line, how many a shipment from the node can carry now."""
        demand = self._lines[line]
        most = min(left, self._free_within_caps((node, demand.sku)), self._units_left[node])
        if demand.weight:
            most = min(most, self._weight_left[node] // demand.weight)
        return most - most % self._constraints.multiples.get((node, line), 1)

    def _most_of_lots(self, key: OptionKey, line: int, most: int) -> int:
        """Of so many units, a multiple, how many are of lots that the shipment may use, in multiples again."""
        if (key, line) not in self._limits_of:
            return most
        most = min(most, *[self._of_lots_left[number] for number in self._limits_of[key, line]])
        return most - most % self._constraints.multiples.get((key.node, line), 1)

    def _free_within_caps(self, stock: _Stock) -> int:
        return min([self._free[stock], *[self._cap_left[number] for number in self._caps_of.get(stock, ())]])

    def _fits(self, item: _Item, key: OptionKey) -> bool:
        node = key.node
        if len(item.lines) == 1:
            most = self._most(item.lines[0], node, item.units)
            return self._most_of_lots(key, item.lines[0], most) == item.units
        needed, weight = dict[str, int](), 0
        for line in item.lines:
            demand = self._lines[line]
            needed[demand.sku] = needed.get(demand.sku, 0) + demand.quantity
            weight += demand.quantity * demand.weight
        return (
            item.units <= self._units_left[node]
            and weight <= self._weight_left[node]
            and all(units <= self._free_within_caps((node, sku)) for sku, units in needed.items())
            and self._fits_lots(item, key)
        )

    def _fits_lots(self, item: _Item, key: OptionKey) -> bool:
        needed: dict[int, int] = {}
        for line in item.lines:
            for number in self._limits_of.get((key, line), ()):
                needed[number] = needed.get(number, 0) + self._lines[line].quantity
        return all(units <= self._of_lots_left[number] for number, units in needed.items())

    def _take_whole(self, item: _Item, key: OptionKey, sign: int) -> None:
        for line in item.lines:
            self._take(key, line, sign * self._lines[line].quantity)

    def _take(self, key: OptionKey, line: int, units: int) -> None:
        """Takes units, or gives them back if below zero."""
        demand = self._lines[line]
        self._free[key.node, demand.sku] -= units
        for number in self._caps_of.get((key.node, demand.sku), ()):
            self._cap_left[number] -= units
        self._units_left[key.node] -= units
        self._weight_left[key.node] -= units * demand.weight
        for number in self._limits_of.get((key, line), ()):
            self._of_lots_left[number] -= units
        self._flow[key, line] = self._flow.get((key, line), 0) + units
        if not self._flow[key, line]:
            del self._flow[key, line]
