"""Who may ship units of an order's lines, how many, and what that costs, as columns."""

from collections import Counter
from collections.abc import Sequence
from copy import copy
from typing import Self, TypeVar

import numpy as np

from engine.decide.decision import NOTHING_LEFT, LeftToOthers
from engine.decide.evaluation.caps import binding_caps, most_offered
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.left_to_others import capacities_left, free_units, rooms_left, units_left
from engine.decide.evaluation.options import Options
from engine.decide.evaluation.shipment_bands import Charges, ShipmentBands
from engine.decide.shipping.columns import (
    NO_LIMIT,
    Flags,
    Integers,
    any_of,
    integers,
    joined,
    least,
    product_rounded,
    split,
)
from engine.decide.shipping.pricing import KILOGRAM
from engine.decide.sourcing.problem import Choice
from engine.made_once import made_once
from engine.model.facts import OptionKey
from rules.effects import Exclusion
from rules.vocabulary import Stage

_ENTRIES = ("line", "candidate", "units", "everything", "unless_needed", "tier", "money", "carbon")
_UNLESS_NEEDED = int(Exclusion.UNLESS_NEEDED)
_Column = TypeVar("_Column", Integers, Flags)


class CandidateColumns:
    """Who may ship units of the order's lines: the rows of the evaluation's `reach`, in `rows`, or if services price by
    the weight of a shipment, the `bands` of these. `fixed` is micros a shipment, by candidate. The other columns have
    an entry for each line and candidate that can ship units of it: milligrams of CO2e a unit, the most `units` that its
    place may ship of the line, whatever a shipment bears, and the columns of `direct_choice.Columns`.
    `free` is units by line and position, `rooms` shipments by node: those that the order may take, without what is left
    to others. `offered` are the units that caps leave of the free ones at each position by itself; `caps` bound several
    together.
    """

    def __init__(self, evaluation: Evaluation, left: LeftToOthers = NOTHING_LEFT) -> None:
        self.evaluation = evaluation
        self.incoming, self._left = evaluation.incoming, left
        self.free = free_units(evaluation, left)
        reach, lines, outcome = evaluation.reach, evaluation.order.lines, evaluation.order_outcome
        self.split_penalty = outcome.split_penalty
        self.fixed = reach.fixed
        if outcome.carbon_price:
            self.fixed = reach.fixed + evaluation.ways.drop_costs(outcome.carbon_price)[reach.service]
        self.quantity = integers([item.quantity for item in lines])
        self.weight = integers([evaluation.snapshot.products[item.sku].counted_weight for item in lines])
        self._together = [evaluation.ships_whole(index) for index in range(len(lines))]
        fewest = [item.quantity if whole else 1 for item, whole in zip(lines, self._together, strict=True)]
        self._at_least = integers(fewest)
        """By line, the fewest units that one shipment may have of it."""
        self.offered, self.caps = most_offered(evaluation, self.free), list(binding_caps(evaluation, self.free))
        self._price(self._take_entries())
        self.rows: Integers = np.arange(len(self.fixed))
        self.parts = self.weight
        self.bands: ShipmentBands | None = None
        charges = evaluation.charges
        if charges is not None:
            self._take_charges(charges)
        elif evaluation.shipment_bands is not None:
            self._take_bands(evaluation.shipment_bands)

    def _take_entries(self) -> Integers:
        """Makes the columns of entries, without costs; answers their rows in `every_option`."""
        evaluation, node = self.evaluation, self.evaluation.reach.node
        line, options = evaluation.every_option
        some, units = ~options.excluded, joined([self._usable(index) for index in range(len(self.quantity))])
        if self._some_are_full:
            some &= self._today(self.rooms[node] > 0, options.reach, otherwise=True)
        scarce = self._may_exceed_capacity
        if scarce and self.capacities is not None:
            most = self._today(self.capacities[:, node], options.reach, otherwise=NO_LIMIT)
            units = np.minimum(units, np.minimum(most[0], most[1] // np.maximum(self.weight[line], 1)))
        some &= units >= self._at_least[line]
        multiple = self._multiples(evaluation.options)
        if multiple is not None:
            in_multiples, whole = self.quantity[line] % multiple == 0, np.array(self._together, dtype=bool)[line]
            some &= (np.minimum(units, self.quantity[line]) >= multiple) & (in_multiples | ~whole)
        if evaluation.order.sets:
            some &= self._whole_sets(line, options.reach, some, len(self.fixed))
        entries = some.nonzero()[0]
        self.line, self.candidate = line[entries], options.reach[entries]
        self.lines_that_ship = _distinct_lines(self.line)
        self.everything = units[entries] >= self._at_most()[self.line]
        if multiple is not None:
            self.everything &= in_multiples[entries]
        if scarce:
            self.everything &= self._today(self._carries_all(node), self.candidate, otherwise=True)
        self.multiple = None if multiple is None else multiple[entries]
        self.units = units[entries] if multiple is None else units[entries] // multiple[entries] * multiple[entries]
        return entries

    def _price(self, entries: Integers) -> None:
        """Makes the columns of what the units of entries cost."""
        options, outcome = self.evaluation.every_option[1], self.evaluation.order_outcome
        table = self.evaluation.matcher.stages[Stage.OPTION].table.options()
        exclude, self.tier, adjustment = table.take(options.judgement[entries], axis=1)
        self.unless_needed = exclude == _UNLESS_NEEDED
        self.money = options.unit_cost[entries] + self._counted(adjustment)
        self.carbon = options.unit_carbon[entries]
        if outcome.carbon_price:
            self.money += product_rounded(self.carbon, outcome.carbon_price, KILOGRAM)

    @made_once
    def capacities(self) -> Integers | None:
        """By node, the units and the grams that it may still ship and that are not left to others; None: any number."""
        return capacities_left(self.evaluation, self._left)

    @made_once
    def rooms(self) -> Integers:
        """See the class."""
        return rooms_left(self.evaluation, self._left)

    @property
    def _some_are_full(self) -> bool:
        """Whether some node of the network may have no room for a shipment."""
        rooms = self.evaluation.columns.rooms
        return bool(self._left.loads) or (len(rooms) > 0 and least(rooms) == 0)

    @property
    def _may_exceed_capacity(self) -> bool:
        """Whether some node of the network may not ship all of the order, by its capacity."""
        if not self.evaluation.columns.node_limits.fields:
            return False
        if self._left.loads:
            return True
        units, grams = self.quantity.tolist(), self.weight.tolist()
        most_units, most_grams = self.evaluation.columns.least_output
        weight = sum([count * each for count, each in zip(units, grams, strict=True)])
        return bool(most_units < sum(units) or most_grams < weight)

    def _usable(self, index: int) -> Integers:
        """By option of a line, how many units of its position may ship by it."""
        shelf_life, incoming, options = self.evaluation.shelf_life, self.incoming, self.evaluation.options[index]
        units = self.offered[index][options.position]
        if incoming is not None:
            left = units_left(self.evaluation, index, self._left)
            promised = incoming.units(index)[options.reach] - left[options.position]
            units = np.minimum(units, promised)
        if shelf_life is None:
            return units
        of_lots = shelf_life.usable(index, self.offered[index])
        ready_at = self.evaluation.reach.ready_at
        return np.minimum(units, of_lots if ready_at is None else np.where(ready_at[options.reach] > 0, units, of_lots))

    def _today(self, column: _Column, rows: Integers, *, otherwise: int) -> _Column:
        """Some rows of a column that is about a node's room of today, by row of `reach`, with another value for what
        ships later.
        """
        ready_at = self.evaluation.reach.ready_at
        return column[..., rows] if ready_at is None else np.where(ready_at[rows] > 0, otherwise, column[..., rows])

    def _take_charges(self, charges: Charges) -> None:
        """Adds to the cost of each candidate, and of its entries, what its service charges for weight."""
        self.parts = integers(self.evaluation.ordered_units.weights)
        service = self.evaluation.reach.service
        self.fixed = self.fixed + charges.costs[service]
        if charges.some_per_gram:
            self._charge_grams(charges.per_gram[service])

    def _take_bands(self, bands: ShipmentBands) -> None:
        """Makes a candidate of each band, and of each entry one for each band that a unit of its line is not too heavy
        for.
        """
        self.parts, binds = integers(self.evaluation.ordered_units.weights), bands.bind
        if not binds and len(bands.row) == len(self.fixed):  # each option has one, in which anything may be
            self.fixed = self.fixed + bands.costs
            self._charge_grams(bands.per_gram)
            return
        counts = np.bincount(bands.row, minlength=len(self.fixed))
        first = counts.cumsum() - counts
        times = counts[self.candidate]
        entry = np.repeat(np.arange(len(times)), times)
        within = np.arange(len(entry)) - np.repeat(times.cumsum() - times, times)
        candidate = first[self.candidate[entry]] + within
        fewest, line = self._at_least, self.line[entry]
        fits = (fewest * self.parts)[line] <= bands.most_weight[candidate]
        fits &= fewest[line] <= bands.most_units[candidate]
        if self.evaluation.order.sets:
            fits &= self._whole_sets(line, candidate, fits, len(bands.row))
        self.keep(entry[fits])
        self.candidate, self.rows = candidate[fits], bands.row
        self.fixed = self.fixed[bands.row] + bands.costs
        self._charge_grams(bands.per_gram)
        self.bands = bands if binds else None

    def _charge_grams(self, per_gram: Integers) -> None:
        """Adds to what units cost what their candidates charge `per_gram`."""
        if any_of(per_gram):
            grams, ordered = self.parts[self.line], self.evaluation.ordered_units
            self.money = self.money + split(per_gram[self.candidate] * grams, ordered.parts)

    def _at_most(self) -> Integers:
        """By line, the units that a position must have free to ship all of it, whatever else it ships: those of all
        lines of the SKU that can ship from anywhere.
        """
        lines, ordered = self.evaluation.order.lines, Counter[str]()
        if len({line.sku for line in lines}) == len(lines):
            return self.quantity
        for index in self.lines_that_ship.tolist():
            ordered[lines[index].sku] += lines[index].quantity
        return integers(ordered[line.sku] for line in lines)

    def _carries_all(self, node: Integers) -> Flags:
        """Whether a node may ship all of the order that can ship, by its capacity."""
        rows = self.lines_that_ship
        total = self.quantity[rows].sum(), (self.quantity * self.weight)[rows].sum()
        most = np.zeros((2, 0), dtype=np.int64) if self.capacities is None else self.capacities
        return np.asarray((most[0][node] >= total[0]) & (most[1][node] >= total[1]))

    def _multiples(self, by_line: Sequence[Options]) -> Integers | None:
        """By line and option, of how many units what it ships is a multiple; None if that is 1 everywhere."""
        of_lines = self.evaluation.multiples
        if of_lines is None:
            return None
        return joined([column[its.position] for column, its in zip(of_lines, by_line, strict=True)])

    def _whole_sets(self, line: Integers, row: Integers, ships: Flags, rows: int) -> Flags:
        """Which entries are of a set of which the row can ship each line, or of none."""
        table = np.zeros((len(self.quantity), rows), dtype=bool)
        table[line[ships], row[ships]] = True
        for lines in self.evaluation.order.sets.values():
            table[lines] &= table[lines].all(axis=0)
        return np.asarray(table[line, row])

    def _counted(self, adjustment: Integers) -> Integers:
        """Micros a unit, by entry, that count beside its cost: the adjustment of rules, and look-ahead prices."""
        evaluation, counted = self.evaluation, self._of_smallest_units(adjustment)
        if evaluation.lookahead is None:
            return counted
        nodes = evaluation.ways.node_index
        amounts = evaluation.lookahead.amounts(evaluation.order.lines, evaluation.snapshot.products, nodes)
        return counted if amounts is None else counted + amounts[self.line, evaluation.reach.node[self.candidate]]

    def _of_smallest_units(self, adjustment: Integers) -> Integers:
        """Micros a whole unit, by entry, as micros a unit that is counted."""
        products = self.evaluation.snapshot.products
        scales = [products[item.sku].scale for item in self.evaluation.order.lines]
        return adjustment if max(scales, default=1) == 1 else split(adjustment, integers(scales)[self.line])

    def table(self, column: Integers | Flags) -> Integers:
        """A column of entries as a table of a row a line and a column a row of `reach`; 0 where there is no entry."""
        table = np.zeros((len(self.quantity), len(self.fixed)), dtype=np.int64)
        table[self.line, self.candidate] = column
        return table

    def at(self, entries: Integers | Flags) -> Self:
        """A copy with these entries only."""
        some = copy(self)
        some.keep(entries)
        return some

    def keep(self, entries: Integers | Flags) -> None:
        """Leave out all other entries; one that is named twice is there twice."""
        for name in _ENTRIES:
            setattr(self, name, getattr(self, name)[entries])
        self.multiple = None if self.multiple is None else self.multiple[entries]
        self.lines_that_ship = _distinct_lines(self.line)

    def key(self, candidate: int) -> OptionKey:
        """The option, whatever the band."""
        return self.evaluation.key(int(self.rows[candidate]))

    def numbers(self, choice: Choice) -> Integers:
        """By which candidate each of the choice's units ship: the band in which their shipment is."""
        rows = integers(self.evaluation.row(key) for key, _ in choice.units)
        if self.bands is None:
            return self.rows.searchsorted(rows)
        lines, units = integers(line for _, line in choice.units), integers(choice.units.values())
        numbers = np.empty_like(rows)
        for row in np.unique(rows).tolist():
            of_row = rows == row
            weight, count = int((units * self.parts[lines])[of_row].sum()), int(units[of_row].sum())
            numbers[of_row] = ((self.rows == row) & self.bands.allow(weight, count)).argmax()
        return numbers


def _distinct_lines(line: Integers) -> Integers:
    """The lines that have entries."""
    return np.bincount(line).nonzero()[0]
