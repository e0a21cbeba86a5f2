"""An order against the network, as columns: stock by line and node, ways to ship it, and what the rules say of each.

Columns have a row for each position or option. Objects are made for what is asked about, not for what is weighed.
"""

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np

from engine.decide import rule_facts
from engine.decide.evaluation.judged_bands import judge_bands
from engine.decide.evaluation.lookahead import Lookahead
from engine.decide.evaluation.options import Options, judge_options
from engine.decide.evaluation.positions import Positions, Shared, judge_positions, with_shared_floors
from engine.decide.evaluation.shelf_life import ShelfLife
from engine.decide.evaluation.shipment_bands import (
    BoundBands,
    Charges,
    KnownBands,
    OrderedUnits,
    ShipmentBands,
    bands_of_order,
    binding,
    joined,
)
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.incoming.incoming import Incoming, incoming_of
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.judgement_table import Judgement, smallest_multiples
from engine.decide.shipping.columns import NO_LIMIT, Flags, Integers, filled
from engine.decide.shipping.reach import Reach, reach
from engine.decide.sourcing.problem import Capacity
from engine.made_once import made_once
from engine.model.facts import Line, NodeRest, OptionKey, Order, Snapshot
from rules.effects import LineOutcome, OrderOutcome
from rules.vocabulary import Stage


class Evaluation:
    """An order while it is decided: each part is judged once, when it is first asked for.

    `order` may be the remainder of a `whole_order`: rules of the order's stage see the customer's order, not what is
    left of it. `standing_shipments` of the whole order stand, whatever becomes of this remainder. `promised`: these
    units were promised once, so they may always travel in one shipment, or they would never arrive. `columns` are those
    of the snapshot where orders share them; None: they are made of it. Lines whose products are not counted ask for
    nothing: from here on `order` has the others, and `ordered` all of them.
    """

    def __init__(
        self,
        *,
        order: Order,
        snapshot: Snapshot,
        matcher: PolicyJudge,
        now: int,
        whole_order: Order | None = None,
        standing_shipments: int = 0,
        promised: bool = False,
        columns: SnapshotColumns | None = None,
    ) -> None:
        self.ordered = order
        counted = tuple(line for line in order.lines if snapshot.products[line.sku].counted)
        if len(counted) < len(order.lines):
            order, whole_order = replace(order, lines=counted), whole_order or order
        self.order = order
        self.snapshot = snapshot
        self.matcher = matcher
        self.now = now
        self.whole_order = whole_order
        self.standing_shipments = standing_shipments
        self.promised = promised
        self.columns = columns or SnapshotColumns(snapshot, matcher, now)
        self.ways = self.columns.ways

    @property
    def not_counted(self) -> Sequence[Line]:
        """The lines that need no stock and no parcel."""
        products = self.snapshot.products
        return [line for line in self.ordered.lines if not products[line.sku].counted]

    @property
    def max_shipments(self) -> int | None:
        """How many more shipments the order may have: those that stand count."""
        return self._left_of(self.order_outcome.max_shipments)

    @property
    def shipments_unless_needed(self) -> int | None:
        """How many more it may have, unless units would stay unfilled."""
        return self._left_of(self.order_outcome.shipments_unless_needed)

    @property
    def compares_shipments(self) -> bool:
        """Whether fewer shipments may come before tiers and money."""
        return self.order_outcome.fewest_shipments or self.order_outcome.shipments_unless_needed is not None

    def _left_of(self, most: int | None) -> int | None:
        return None if most is None else max(1 if self.promised else 0, most - self.standing_shipments)

    @made_once
    def facts(self) -> Shared:
        """The facts that all lines share."""
        network = self.snapshot.network
        return {
            "order": rule_facts.order_facts(self.whole_order or self.order, self.snapshot.products, network),
            **self.columns.moment_facts,
        }

    @made_once
    def line_facts(self) -> Sequence[Shared]:
        """By line, the facts that its positions and options share."""
        products = self.snapshot.products
        return [
            {
                **self.facts,
                "order": rule_facts.order_facts_of_line(self.facts["order"], self.order, line, self.snapshot.network),
                "line": rule_facts.line_facts(line, products[line.sku], self.order, self.snapshot.network),
                "product": rule_facts.product_facts(products[line.sku]),
            }
            for line in self.order.lines
        ]

    @made_once
    def order_judgement(self) -> Judgement:
        return self.matcher.stages[Stage.ORDER].judge(self.facts)

    @made_once
    def order_outcome(self) -> OrderOutcome:
        return cast("OrderOutcome", self.order_judgement.outcome)

    @made_once
    def lookahead(self) -> Lookahead | None:
        """What rules say of look-ahead prices; None: they say nothing."""
        return Lookahead.of(self.order_outcome.lookahead, self.snapshot, self.now)

    @made_once
    def line_judgements(self) -> Sequence[Judgement]:
        return [self.matcher.stages[Stage.LINE].judge(facts) for facts in self.line_facts]

    def keeps_together(self, index: int) -> bool:
        """Whether a rule says that the line ships whole, from one place by one way, or not at all."""
        return cast("LineOutcome", self.line_judgements[index].outcome).keep_together

    def backorders(self, index: int) -> bool:
        """Whether a rule says that units of the line that stay unfilled wait for stock."""
        return cast("LineOutcome", self.line_judgements[index].outcome).backorder

    def ships_whole(self, index: int) -> bool:
        """Whether it does so because of a rule, or because of its set."""
        return self.order.lines[index].set_name is not None or self.keeps_together(index)

    @made_once
    def multiples(self) -> Sequence[Integers] | None:
        """By line and position, of how many units what ships from there is a multiple; None if that is 1 everywhere."""
        positions = self.positions  # judged before the table is asked, for judging adds to it
        table = self.matcher.stages[Stage.POSITION].table.multiples()
        if table is None:
            return None
        return [smallest_multiples(table[its.judgement], its.stock.scale) for its in positions]

    @property
    def loads(self) -> Integers:
        """By node, the shipments it was given today."""
        return self.columns.loads

    @made_once
    def positions(self) -> Sequence[Positions]:
        """By line."""
        positions = [
            judge_positions(
                self.matcher,
                facts,
                self.columns.stock_of(line.sku),
                self.columns.rows_of(line.sku),
                expected=partial(self.columns.expected_units, line.sku),
                channel=self.order.channel,
            )
            for line, facts in zip(self.order.lines, self.line_facts, strict=True)
        ]
        return with_shared_floors([line.sku for line in self.order.lines], positions)

    @made_once
    def shelf_life(self) -> ShelfLife | None:
        """None: no SKU of the order has lots."""
        lots = self.snapshot.lots
        return ShelfLife(self) if lots and any(line.sku in lots for line in self.order.lines) else None

    @made_once
    def incoming(self) -> Incoming | None:
        """What is to come of the order and may be promised; None: nothing is, and nothing ships later than now."""
        return incoming_of(self)

    @made_once
    def caps(self) -> Mapping[str, Integers]:
        """By SKU, of each of its positions the most that is offered of it, as `JudgementTable.caps` says: the smallest
        that the rules give any line of that SKU. Empty if no rule caps what the order's channel is offered.
        """
        caps: dict[str, Integers] = {}
        if self.order.channel in self.matcher.policies.capped_channels:
            positions, table = self.positions, self.matcher.stages[Stage.POSITION].table
            for line, its in zip(self.order.lines, positions, strict=True):
                of_line = table.caps(self.order.channel, its.judgement, its.stock.scale)
                caps[line.sku] = np.minimum(caps.get(line.sku, of_line), of_line)
        return caps

    @made_once
    def without_caps(self) -> "Evaluation":
        """The same, as if nothing were capped."""
        other = copy(self)
        other.__dict__["caps"] = {}
        return other

    @made_once
    def nodes(self) -> Integers:
        """The nodes with units free for some line, by id."""
        return self._has_units.nonzero()[0]

    @made_once
    def _has_units(self) -> Flags:
        """By node of the network, whether it has units free for some line."""
        flags = np.zeros(len(self.ways.nodes), dtype=bool)
        for index, positions in enumerate(self.positions):
            flags[positions.stock.node[positions.free.nonzero()[0]]] = True
            if self.incoming is not None:
                flags[positions.stock.node[self.incoming.flags(index)]] = True
        return flags

    @made_once
    def node_numbers(self) -> Integers:
        """Of each of `nodes`, the number of the judgement that says how many shipments it may have today."""
        return self.columns.node_numbers[self.nodes]

    @made_once
    def rooms(self) -> Integers:
        """By node, how many more shipments one of `nodes` may take today; NO_LIMIT: any number."""
        rooms = filled(len(self.ways.nodes), NO_LIMIT)
        nodes = self.nodes
        rooms[nodes] = self.columns.rooms[nodes]
        return rooms

    @property
    def capacities(self) -> Integers | None:
        """As `SnapshotColumns.capacities` says."""
        return self.columns.capacities

    def capacity(self, node: str) -> Capacity:
        """How many more units and grams the node may ship today."""
        names, left = self.columns.node_limits.names, self.columns.output_left
        if node not in names:
            return Capacity()
        place = names.index(node)
        return Capacity(*[None if most >= NO_LIMIT else most for most in (left[place], left[place + len(names)])])

    @made_once
    def counted_weights(self) -> dict[str, int] | None:
        """Grams a unit by SKU, if it is counted how many units and grams nodes are given to ship."""
        if not (self.ways.limits_output or self.matcher.policies.limits_output):
            return None
        return {line.sku: self.snapshot.products[line.sku].counted_weight for line in self.order.lines}

    def not_yet_evaluated(self) -> "Evaluation":
        """The same, before anything was asked of it: for a moment when it is needed again, and takes no memory until
        then.
        """
        return Evaluation(
            order=self.ordered,
            snapshot=self.snapshot,
            matcher=self.matcher,
            now=self.now,
            whole_order=self.whole_order,
            standing_shipments=self.standing_shipments,
            promised=self.promised,
            columns=self.columns,
        )

    def take_order_from(self, earlier: "Evaluation") -> None:
        """Take over what the rules say of the order as a whole from an evaluation at the same instant, of the same
        network, products and rules.
        """
        self.facts, self.order_judgement = earlier.facts, earlier.order_judgement

    @made_once
    def on_any_day(self) -> "Evaluation":
        """The same, as if the order had no nominated day."""
        other = self.not_yet_evaluated()
        other.order = replace(self.order, deliver_on=None)
        return other

    def room(self, node: str) -> int | None:
        """How many more shipments the node may take today; None: any number."""
        room = int(self.rooms[self.ways.node_index[node]])
        return None if room >= NO_LIMIT else room

    @made_once
    def reach(self) -> Reach:
        at_once = reach(self.order if self.order.lines else self.ordered, self.ways, self._has_units, self.now)
        return at_once if self.incoming is None else self.incoming.reach(at_once)

    @made_once
    def destinations(self) -> Sequence[int]:
        """By line, the number of where it goes in `Order.destinations`."""
        goals = self.order.destinations
        if len(goals) == 1:
            return [0] * len(self.order.lines)
        return [goals.index(self.order.collected_at(line)) for line in self.order.lines]

    def key(self, row: int) -> OptionKey:
        """Of a row of `reach`."""
        key, destination = self.ways.keys[int(self.reach.way[row])], int(self.reach.destination[row])
        if self.reach.ready_at is not None:
            key = key._replace(ready_at=int(self.reach.ready_at[row]))
        return key._replace(destination=destination) if destination else key

    def row(self, key: OptionKey) -> int:
        """The row of `reach` with this key."""
        out, start, end = self.reach, 0, len(self.reach.way)
        if out.ready_at is not None:
            start, end = (int(place) for place in out.ready_at.searchsorted([key.ready_at, key.ready_at + 1]))
        way = self.ways.way_index[key._replace(destination=0, ready_at=0)]
        first = start + int(out.way[start:end].searchsorted(way))
        return first + int((out.destination[first:end] == key.destination).argmax())

    @made_once
    def options(self) -> Sequence[Options]:
        """By line."""
        several = any(self.destinations)
        resting = [self.ways.node_index[node] for node in self.resting] if self.snapshot.resting else ()
        return [
            judge_options(
                self.matcher,
                facts,
                line,
                self.snapshot.products[line.sku],
                out=self.reach,
                positions=positions,
                columns=self.columns,
                destination=destination if several else None,
                resting=resting,
                units=None if self.incoming is None else self.incoming.units(index),
            )
            for index, (line, facts, positions, destination) in enumerate(
                zip(self.order.lines, self.line_facts, self.positions, self.destinations, strict=True)
            )
        ]

    @made_once
    def every_option(self) -> tuple[Integers, Options]:
        """The options of all lines, one line after another, and the line of each."""
        by_line = self.options
        if len(by_line) == 1:
            return np.zeros(len(by_line[0].reach), dtype=np.int64), by_line[0]
        return np.arange(len(by_line)).repeat([len(its.reach) for its in by_line]), Options.of_lines(by_line)

    @made_once
    def ordered_units(self) -> OrderedUnits:
        """What the lines weigh, and how many units they are."""
        lines = self.order.lines
        products = [self.snapshot.products[line.sku] for line in lines]
        if self.columns.node_limits.fields:  # the kilograms of a day count the smallest unit in whole grams
            return OrderedUnits([product.counted_weight for product in products], [line.quantity for line in lines])
        parts = math.lcm(*[product.scale for product in products])
        weights = [product.weight * (parts // product.scale) for product in products]
        return OrderedUnits(weights, [line.quantity for line in lines], parts)

    @made_once
    def judged_bands(self) -> ShipmentBands | None:
        """The bands in which a shipment may be, by row of `reach`, as the rules that act on shipments judge them; None:
        there is nothing to tell apart.
        """
        bands = bands_of_order(self.columns, self.reach.service, self.ordered_units, self.matcher.shipment_steps)
        if bands is None or self.matcher.shipment_steps is None:
            return bands
        line_of = {number: line for line, number in enumerate(self.destinations)}
        facts = [
            ((self.reach.destination[bands.row] == destination).nonzero()[0], self.line_facts[line])
            for destination, line in line_of.items()
        ]
        node, service = self.reach.node[bands.row], self.reach.service[bands.row]
        return judge_bands(
            self.matcher,
            bands,
            facts,
            node=node,
            service=service,
            columns=self.columns,
            parts=self.ordered_units.parts,
        )

    @made_once
    def _bound_bands(self) -> BoundBands | None:
        """The bands in which a shipment of the order may be, if no rule acts on shipments; None: one does, or there is
        nothing to tell apart.
        """
        if self.matcher.shipment_steps is not None:
            return None
        return self.snapshot.caches.get(KnownBands).bound(self.columns, self.ordered_units)

    @property
    def charges(self) -> Charges | None:
        """What services charge for weight, where each has a single band, in which any shipment of the order may be."""
        return None if self._bound_bands is None else self._bound_bands.charges

    @made_once
    def shipment_bands(self) -> ShipmentBands | None:
        """The bands in which a shipment of the order is allowed, with what rules add to their cost."""
        if self.matcher.shipment_steps is None:
            return None if self._bound_bands is None else self._bound_bands.of_rows(self.reach.service)
        bands = self.judged_bands
        if bands is None:
            return None
        exclude, cost = self.matcher.stages[Stage.SHIPMENT].table.shipments()
        allowed, cost = exclude[bands.judgement] == 0, cost[bands.judgement]
        bands = joined(bands.at(allowed)._replace(costs=(bands.costs + cost)[allowed]))
        return binding(bands, self.ordered_units)

    @made_once
    def resting(self) -> Mapping[str, NodeRest]:
        """The nodes with units free that rest."""
        if not self.snapshot.resting:
            return {}
        nodes = {self.ways.node_ids[node] for node in self.nodes.tolist()}
        return {node: node_rest for node, node_rest in sorted(self.snapshot.resting.items()) if node in nodes}

    @made_once
    def node_judgements(self) -> Mapping[str, Judgement]:
        """By node with units free, what the rules say of its shipments of today."""
        judgements = self.matcher.stages[Stage.NODE].table.judgements
        numbers = self.node_numbers.tolist()
        return {
            self.ways.node_ids[node]: judgements[number]
            for node, number in zip(self.nodes.tolist(), numbers, strict=True)
        }
