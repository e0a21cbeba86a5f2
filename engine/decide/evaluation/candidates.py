"""The options of an order as candidates for the choice, which takes no search where columns prove it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.decide.evaluation.candidate_columns import CandidateColumns
from engine.decide.incoming.incoming import Incoming, Place
from engine.decide.shipping.columns import NO_LIMIT, NONE, Flags, Integers
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

_AFTER_ALL_NODES = "\U0010ffff"


class Candidates(CandidateColumns):
    """Candidates and the best choice among them: found by comparing columns, or by the optimiser where that proves
    nothing.
    """

    def keep(self, entries: Integers | Flags) -> None:
        super().keep(entries)
        for name in ("first_expired", "_first_expiry", "_names", "_own_nodes"):
            self.__dict__.pop(name, None)  # worked out from the entries there were

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
        rows = self.lines_that_ship
        if most == 0 or not len(rows) or (outcome.ship_complete and len(rows) < len(self.quantity)):
            return Choice(units={}, score=Score(unfilled=total, unless_needed=0, tiers=0, money=0))
        columns = self._columns
        chosen = self._directly(columns, NO_LIMIT if most is None else most)
        if chosen is None or not self._has_room(chosen) or not self._keeps_sets(rows, chosen):
            return self._with_own_keys(choose(self.undominated.problem(most)))
        return self._choice(rows, chosen)

    @property
    def _columns(self) -> Columns:
        rows = self.lines_that_ship
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
        lines = self.lines_that_ship
        order, bands = self.first_expired, self.bands
        if order is None:
            limits = None if bands is None else DirectLimits(self.rows, self.parts[lines], bands)
            return choose_directly(columns, most, limits)
        limits = None if bands is None else DirectLimits(self.rows[order], self.parts[lines], bands.at(order))
        place = order.argsort()
        columns = columns._replace(fixed=columns.fixed[order], candidate=place[columns.candidate])
        chosen = choose_directly(columns, most, limits)
        return None if chosen is None else order[chosen]

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

    def _keeps_sets(self, rows: Integers, chosen: Integers) -> bool:
        """Whether all lines of each set ship by one candidate."""
        sets = self.evaluation.order.sets
        return not sets or all(len(set(chosen[np.isin(rows, lines)].tolist())) <= 1 for lines in sets.values())

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


def _waiting_place(ready_at: int, node: str) -> str:
    """The name of a node in the problem for shipments that wait until an instant. They take no room of today, so they
    are of a place of their own; of equal choices, one that waits for nothing is preferred, then what waits least.
    """
    return f"{_AFTER_ALL_NODES}{ready_at:012d} {node}" if ready_at else node
