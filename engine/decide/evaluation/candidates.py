"""The options of an order as candidates for the choice, which takes no search where columns prove it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TypeVar

import numpy as np

from engine.decide.decision import NOTHING_LEFT, LeftToOthers
from engine.decide.evaluation.caps import binding_caps, most_offered
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.left_to_others import capacities_left, free_units, rooms_left, units_left
from engine.decide.evaluation.options import Options
from engine.decide.evaluation.shipment_bands import Charges, ShipmentBands
from engine.decide.incoming.incoming import Incoming, Place
from engine.decide.shipping.columns import (
    NO_LIMIT,
    NONE,
    Flags,
    Integers,
    any_of,
    integers,
    joined,
    least,
    product_rounded,
    rounded,
)
from engine.decide.shipping.pricing import KILOGRAM
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.column_dominance import undominated
from engine.decide.sourcing.direct_choice import Columns, DirectLimits, choose_directly
from engine.decide.sourcing.fewest_shipments import choose_few_shipments
from engine.decide.sourcing.problem import (
    Bounds,
    Candidate,
    Capacity,
    Choice,
    Demand,
    LotLimit,
    Price,
    Problem,
    Score,
    SkuCap,
)
from engine.made_once import made_once
from engine.model.facts import OptionKey
from rules.effects import Exclusion
from rules.vocabulary import Stage

_ENTRIES = ("line", "candidate", "units", "everything", "unless_needed", "tier", "money", "carbon")
_UNLESS_NEEDED = int(Exclusion.UNLESS_NEEDED)
_AFTER_ALL_NODES = "\U0010ffff"
_Column = TypeVar("_Column", Integers, Flags)


class Candidates:
    """Who may ship units of the order's lines: the rows of the evaluation's `reach`, in `rows`, or if services price by
    the weight of a shipment, the `bands` of these. `fixed` is micros a shipment, by candidate. The other columns have
    an entry for each line and candidate that can ship units of it: milligrams of CO2e a unit, the most `units` that its
    place may ship of the line, whatever a shipment bears, and what `Columns` says.
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

    @made_once
    def first_expired(self) -> Integers | None:
        """The candidates in the order in which they are preferred where all else is alike, because lots of their nodes
        expire first; None: in the order of their keys.
        """
        if self.evaluation.shelf_life is None:
            return None
        node = self.evaluation.reach.node[self.rows]
        order: Integers = np.lexsort((node, self._first_expiry[node], self._ready_at))
        return order if (order != np.arange(len(order))).any() else None

    @made_once
    def _ready_at(self) -> Integers:
        """By candidate, from when on its goods are there; 0: now."""
        ready_at = self.evaluation.reach.ready_at
        return np.zeros_like(self.rows) if ready_at is None else ready_at[self.rows]

    @made_once
    def _first_expiry(self) -> Integers:
        """By node, when the first lot expires that the order may use there."""
        entries = zip(
            self.line.tolist(), self._entry_options().tolist(), self._ready_at[self.candidate].tolist(), strict=True
        )
        at_once = [(line, option) for line, option, ready_at in entries if not ready_at]
        shelf_life = self.evaluation.shelf_life
        return NONE if shelf_life is None else shelf_life.first_expiry(at_once)

    def _entry_options(self) -> Integers:
        """By entry, the number of its line's option."""
        rows, options = self.rows[self.candidate], self.evaluation.options
        numbers = np.zeros_like(rows)
        for line, its in enumerate(options):
            of_line = self.line == line
            numbers[of_line] = its.reach.searchsorted(rows[of_line])
        return numbers

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
        entry, candidate = entry[fits], candidate[fits]
        for name in ("line", "units", "everything", "unless_needed", "tier", "money", "carbon"):
            setattr(self, name, getattr(self, name)[entry])
        self.multiple = None if self.multiple is None else self.multiple[entry]
        self.candidate, self.rows = candidate, bands.row
        self.__dict__.pop("_lines_that_ship", None)
        self.fixed = self.fixed[bands.row] + bands.costs
        self._charge_grams(bands.per_gram)
        self.bands = bands if binds else None

    def _charge_grams(self, per_gram: Integers) -> None:
        """Adds to what units cost what their candidates charge `per_gram`."""
        if any_of(per_gram):
            grams, ordered = self.parts[self.line], self.evaluation.ordered_units
            self.money = self.money + _quotients(per_gram[self.candidate] * grams, ordered.parts)

    def _at_most(self) -> Integers:
        """By line, the units that a position must have free to ship all of it, whatever else it ships: those of all
        lines of the SKU that can ship from anywhere.
        """
        lines, ordered = self.evaluation.order.lines, Counter[str]()
        if len({line.sku for line in lines}) == len(lines):
            return self.quantity
        for index in self._lines_that_ship.tolist():
            ordered[lines[index].sku] += lines[index].quantity
        return integers(ordered[line.sku] for line in lines)

    @made_once
    def _lines_that_ship(self) -> Integers:
        """The lines of which some units can ship."""
        return np.bincount(self.line).nonzero()[0]

    def _carries_all(self, node: Integers) -> Flags:
        """Whether a node may ship all of the order that can ship, by its capacity."""
        rows = self._lines_that_ship
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
        for line, item in enumerate(self.evaluation.order.lines):
            scale = products[item.sku].scale
            if scale > 1:
                adjustment = np.where(self.line == line, rounded(adjustment, scale), adjustment)
        return adjustment

    def table(self, column: Integers | Flags) -> Integers:
        """A column of entries as a table of a row a line and a column a row of `reach`; 0 where there is no entry."""
        table = np.zeros((len(self.quantity), len(self.fixed)), dtype=np.int64)
        table[self.line, self.candidate] = column
        return table

    def choose(self) -> Choice:
        """The best choice."""
        evaluation = self.evaluation
        if not evaluation.compares_shipments:
            return self._choose(evaluation.max_shipments)
        return choose_few_shipments(
            self._choose,
            limit=evaluation.shipments_unless_needed,
            fewest=evaluation.order_outcome.fewest_shipments,
            most=evaluation.max_shipments,
        )

    def _choose(self, most: int | None) -> Choice:
        """The best choice of at most so many shipments; None: of any number."""
        evaluation, total = self.evaluation, sum(self.quantity.tolist())
        outcome = evaluation.order_outcome
        rows = self._lines_that_ship
        if most == 0 or not len(rows) or (outcome.ship_complete and len(rows) < len(self.quantity)):
            return Choice(units={}, score=Score(unfilled=total, unless_needed=0, tiers=0, money=0))
        columns = self._columns
        chosen = self._directly(columns, NO_LIMIT if most is None else most)
        if chosen is None or not self._has_room(chosen) or not self._keeps_sets(rows, chosen):
            return self._with_own_keys(choose(self.undominated.problem(most)))
        return self._choice(rows, chosen)

    def at(self, entries: Integers | Flags) -> "Candidates":
        """Those of some entries alone."""
        some = copy(self)
        for name in _ENTRIES:
            setattr(some, name, getattr(self, name)[entries])
        some.multiple = None if self.multiple is None else self.multiple[entries]
        some.__dict__.pop("_lines_that_ship", None)
        return some

    @property
    def _columns(self) -> Columns:
        rows = self._lines_that_ship
        return Columns(
            quantity=self.quantity[rows],
            fixed=self.fixed,
            split_penalty=self.split_penalty,
            line=self.line if len(rows) == len(self.quantity) else rows.searchsorted(self.line),
            candidate=self.candidate,
            everything=self.everything,
            unless_needed=self.unless_needed,
            tier=self.tier,
            money=self.money,
        )

    @property
    def undominated(self) -> "Candidates":
        """Those that may be in the best choice. Where more than the stock of nodes bounds what they ship, all."""
        evaluation = self.evaluation
        bounded = self.caps or self.multiple is not None or evaluation.order.sets
        if bounded or self.incoming is not None or evaluation.shelf_life is not None:
            return self
        node = evaluation.reach.node[self.rows]
        free = np.ones(len(node), dtype=bool) if self.bands is None else self.bands.are_free
        roomy = self.rooms[node] >= np.bincount(node)[node]
        kept = undominated(self._columns, node=node, free=free, roomy=roomy)
        return self if kept is None else self.at(kept[self.candidate])

    def _directly(self, columns: Columns, most: int) -> Integers | None:
        """What can be chosen without a search, by line."""
        lines = self._lines_that_ship
        order, bands = self.first_expired, self.bands
        if order is None:
            limits = None if bands is None else DirectLimits(self.rows, self.parts[lines], bands)
            return choose_directly(columns, most, limits)
        limits = None if bands is None else DirectLimits(self.rows[order], self.parts[lines], bands.at(order))
        place = order.argsort()
        columns = columns._replace(fixed=columns.fixed[order], candidate=place[columns.candidate])
        chosen = choose_directly(columns, most, limits)
        return None if chosen is None else order[chosen]

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

    def _with_own_keys(self, choice: Choice) -> Choice:
        """The choice with the keys of options, without bands and without what nodes are named in the problem."""
        if self.bands is None and self.first_expired is None and self.incoming is None:
            return choice
        units = {
            (key.option._replace(node=self.own_node(key)), line): units for (key, line), units in choice.units.items()
        }
        return replace(choice, units=dict(sorted(units.items())))

    @made_once
    def _names(self) -> Mapping[str, str]:
        """By node, its name in the problem: of equal choices, that of the first names is preferred."""
        node_ids = self.evaluation.ways.node_ids
        if self.first_expired is None:
            return {}
        nodes = np.unique(self.evaluation.reach.node[self.rows])
        nodes = nodes[np.lexsort((nodes, self._first_expiry[nodes]))]
        return {node_ids[node]: f"{rank:06d} {node_ids[node]}" for rank, node in enumerate(nodes.tolist())}

    def own_node(self, key: OptionKey) -> str:
        """The node of a key of the problem."""
        named = key.node.removeprefix(_waiting_place(key.ready_at, ""))
        return self._own_nodes.get(named, named)

    @made_once
    def _own_nodes(self) -> Mapping[str, str]:
        return {name: node for node, name in self._names.items()}

    def _keeps_sets(self, rows: Integers, chosen: Integers) -> bool:
        """Whether all lines of each set ship by one candidate."""
        sets = self.evaluation.order.sets
        return not sets or all(len(set(chosen[np.isin(rows, lines)].tolist())) <= 1 for lines in sets.values())

    def problem(self, max_shipments: int | None) -> Problem:
        """The candidates as the optimiser takes them."""
        evaluation = self.evaluation
        ways, outcome, lines, rooms = evaluation.ways, evaluation.order_outcome, evaluation.order.lines, self.rooms
        prices: dict[int, dict[int, Price]] = {}
        distinct: dict[tuple[int, ...], Price] = {}  # many entries of a large order cost the same
        costs = zip(*(part.tolist() for part in (self.unless_needed, self.tier, self.money)), strict=True)
        for line, candidate, cost in zip(self.line.tolist(), self.candidate.tolist(), costs, strict=True):
            if cost not in distinct:
                distinct[cost] = Price(unless_needed=cost[0], tier=cost[1], money=cost[2])
            prices.setdefault(candidate, {})[line] = distinct[cost]
        names = self._names
        name_of = [names.get(node, node) for node in ways.node_ids]
        bounds = [None] * len(self.fixed) if self.bands is None else self.bands.bounds
        candidates = [self._candidate(number, prices[number], bounds[number]) for number in sorted(prices)]
        supply = self._supply(name_of)
        keys = dict(zip(sorted(prices), (candidate.key for candidate in candidates), strict=True))
        limits: list[LotLimit] = []
        if self.incoming is not None:
            places = [
                Place(keys[number], line, self.key(number).node, keys[number].ready_at)
                for number, line in zip(self.candidate.tolist(), self.line.tolist(), strict=True)
            ]
            supply |= self._promised_supply(self.incoming, places)
            limits += self.incoming.limits(places, self._left.units)
        if evaluation.shelf_life is not None:
            entries = zip(self.candidate.tolist(), self.line.tolist(), self._entry_options().tolist(), strict=True)
            of_lots = [(keys[number], line, option) for number, line, option in entries if not keys[number].ready_at]
            limits += evaluation.shelf_life.limits(of_lots, supply)
        return Problem(
            demands=[
                Demand(
                    sku=line.sku,
                    quantity=line.quantity,
                    together=evaluation.ships_whole(index),
                    set_name=line.set_name,
                    weight=int(self.parts[index]),
                )
                for index, line in enumerate(lines)
            ],
            candidates=candidates,
            supply=supply,
            split_penalty=self.split_penalty,
            max_shipments=max_shipments,
            ship_complete=outcome.ship_complete,
            room={name_of[node]: int(rooms[node]) for node in evaluation.nodes.tolist() if rooms[node] < NO_LIMIT},
            capacity=self._scarce_capacity(),
            caps=self._caps_of(keys.values()),
            multiples={}
            if self.multiple is None
            else {
                (keys[row].node, line): multiple
                for line, row, multiple in zip(
                    self.line.tolist(), self.candidate.tolist(), self.multiple.tolist(), strict=True
                )
                if multiple > 1
            },
            lot_limits=limits,
        )

    def _supply(self, name_of: Sequence[str]) -> dict[tuple[str, str], int]:
        """By place and SKU, the units that are free there, if a candidate ships some of them."""
        evaluation, supply = self.evaluation, dict[tuple[str, str], int]()
        ships = np.zeros((len(self.quantity), len(name_of)), dtype=bool)
        ships[self.line, evaluation.reach.node[self.rows[self.candidate]]] = True
        for line, positions, free, some in zip(
            evaluation.order.lines, evaluation.positions, self.free, ships, strict=True
        ):
            there = some[positions.stock.node]
            places = [(name_of[node], line.sku) for node in positions.stock.node[there].tolist()]
            supply.update(zip(places, free[there].tolist(), strict=True))
        return supply

    def _promised_supply(self, incoming: Incoming, places: Sequence[Place]) -> dict[tuple[str, str], int]:
        """By place of the problem and SKU, what may be promised there of the positions of lines that it may ship."""
        lines, promised = self.evaluation.order.lines, [incoming.units(line) for line in range(len(self.quantity))]
        supply = {}
        for place in places:
            sku, row = lines[place.line].sku, self.evaluation.row(place.key.option._replace(node=place.node))
            left = self._left.units.get((sku, place.node), 0)
            supply[place.key.node, sku] = max(0, int(promised[place.line][row]) - left)
        return supply

    def _caps_of(self, keys: Iterable[OptionKey]) -> list[SkuCap]:
        """The caps, with the nodes as they are named in the problem; a shipment that waits is at a place of its own."""
        if not self.caps:
            return []
        named = {(self.own_node(key), key.node) for key in keys}
        return [
            cap._replace(
                nodes=frozenset(self._names.get(node, node) for node in cap.nodes)
                | {name for node, name in named if node in cap.nodes}
            )
            for cap in self.caps
        ]

    def _candidate(self, number: int, prices: Mapping[int, Price], bounds: Bounds | None) -> Candidate:
        key, fixed, bands = self.key(number), int(self.fixed[number]), self.bands
        key = key._replace(node=self._names[key.node]) if self._names else key
        key = key._replace(node=_waiting_place(key.ready_at, key.node)) if key.ready_at else key
        if bands is None:
            return Candidate(key=key, fixed=fixed, prices=prices)
        band = key._replace(band=int(bands.number[number]))
        return Candidate(key=band, fixed=fixed, prices=prices, bounds=bounds)

    def _scarce_capacity(self) -> dict[str, Capacity]:
        """By node, what it may still ship, where that has a limit."""
        if self.capacities is None:
            return {}
        nodes, names = self.evaluation.nodes.tolist(), self.evaluation.ways.node_ids
        pairs = {
            node: self.capacities[:, node].tolist() for node in nodes if (self.capacities[:, node] < NO_LIMIT).any()
        }
        return {
            self._names.get(names[node], names[node]): Capacity(*[None if most >= NO_LIMIT else most for most in pair])
            for node, pair in pairs.items()
        }

    def _has_room(self, chosen: Integers) -> bool:
        """Whether the nodes of the chosen shipments may take as many more today."""
        rows, out = set(chosen.tolist()), self.evaluation.reach
        if len(rows) == 1:
            return True
        numbers = self.rows[list(rows)]
        if out.ready_at is not None:
            numbers = numbers[out.ready_at[numbers] == 0]
        shipments = Counter(out.node[numbers].tolist())
        return all(self.rooms[node] >= count for node, count in shipments.items())

    def _choice(self, rows: Integers, chosen: Integers) -> Choice:
        """All units of the lines in `rows`, each by the candidate in `chosen`."""
        count, units = len(self.fixed), self.quantity[rows]
        if len(self.quantity) == 1:
            entries = self.candidate.searchsorted(chosen).tolist()
        else:
            entries = (self.line * count + self.candidate).searchsorted(rows * count + chosen).tolist()
        by_key = sorted(zip(chosen.tolist(), rows.tolist(), units.tolist(), entries, strict=True))
        keys = {candidate: self.key(candidate) for candidate in dict.fromkeys(candidate for candidate, *_ in by_key)}
        # a few lines, of which numpy's sums would take longer
        unless_needed, tiers, money = 0, 0, self.split_penalty * (len(keys) - 1) + sum(self.fixed[list(keys)].tolist())
        for _, _, count, entry in by_key:
            unless_needed += count * self.unless_needed.item(entry)
            tiers += count * self.tier.item(entry)
            money += count * self.money.item(entry)
        return Choice(
            units={(keys[candidate], row): count for candidate, row, count, _ in by_key},
            score=Score(
                unfilled=sum(self.quantity.tolist()) - sum(units.tolist()),
                unless_needed=unless_needed,
                tiers=tiers,
                money=money,
            ),
        )


def _waiting_place(ready_at: int, node: str) -> str:
    """The name of a node in the problem for shipments that wait until an instant. They take no room of today, so they
    are of a place of their own; of equal choices, one that waits for nothing is preferred, then what waits least.
    """
    return f"{_AFTER_ALL_NODES}{ready_at:012d} {node}" if ready_at else node


def _quotients(column: Integers, parts: int) -> Integers:
    return column if parts == 1 else rounded(column, parts)
