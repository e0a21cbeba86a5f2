"""How many units of SKUs a channel may still be promised: the numbers that a catalogue and a product page show.

The positions of all the SKUs asked for are judged together, as columns with a row a position.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.decide import rule_facts
from engine.decide.evaluation.positions import (
    NO_PACE,
    days_of_cover,
    incoming_columns,
    loads_by_node,
    node_facts_at,
    whole_units,
)
from engine.decide.incoming.incoming import reliance_of
from engine.decide.levels.expected_sales import ExpectedSales
from engine.decide.matching.judgement_table import smallest_multiples
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.signature_table import COVER, LOAD, NEXT_ARRIVAL, Rows
from engine.decide.shipping.columns import NOWHERE, Flags, Integers, integers
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.ways import Ways
from engine.inbound.available_to_promise import available_of_receipts, units_at
from engine.model.facts import NO_UNITS_TAKEN, Product, Snapshot, StockPosition
from engine.model.lots import Lot, free_by_expiry, usable_on
from engine.model.receipts import Receipt
from rules.conditions import Operator, comparisons
from rules.policy import PolicySet, Rule
from rules.reserves import Allotment, Cap, Protection, Tally
from rules.vocabulary import Facts, Stage


def channels(policies: PolicySet) -> list[str]:
    """Every channel that a rule names, sorted. The rules treat all other channels alike."""
    named = channels_told_apart(policies.rules.values())
    effects = (effect.value for rule in policies.rules.values() for effect in rule.effects)
    # as plain texts: a word read from a policy file carries its position in the file
    return sorted(named | {str(value.channel) for value in effects if isinstance(value, Protection | Allotment | Cap)})


def channels_told_apart(rules: Iterable[Rule]) -> set[str]:
    """Those that conditions of the rules name."""
    return {
        str(word)
        for rule in rules
        for item in comparisons(rule.condition)
        if item.fact.path == "order.channel" and item.operator is Operator.EQUALS
        for word in item.operands
    }


class NodeUnits(NamedTuple):
    """Units at nodes, those of one SKU after those of another; `entries` is how many each SKU has."""

    nodes: Sequence[str]
    units: Sequence[int]
    entries: Sequence[int]

    @classmethod
    def of(cls, units: Sequence[Mapping[str, int]]) -> "NodeUnits":
        """From the units by node of each SKU."""
        return cls(
            nodes=[node for of_sku in units for node in of_sku],
            units=[count for of_sku in units for count in of_sku.values()],
            entries=list(map(len, units)),
        )

    def columns(self, numbers: Mapping[str, int]) -> tuple[Integers, Integers]:
        """The row that each entry has in a table of a row for each SKU and node, and its units; without nodes that have
        no number.
        """
        node = integers([numbers.get(name, NOWHERE) for name in self.nodes])
        row = np.repeat(np.arange(len(self.entries)), self.entries) * len(numbers) + node
        there = node != NOWHERE
        return row[there], integers(self.units)[there]


@dataclass(frozen=True, kw_only=True)
class StockColumns:
    """The positions of several SKUs, by the number of the SKU, then by that of the node."""

    sku: Integers
    node: Integers
    on_hand: Integers
    held: Integers

    @classmethod
    def of(cls, on_hand: NodeUnits, held: NodeUnits, numbers: Mapping[str, int]) -> "StockColumns":
        """The positions that have units on hand, be it 0, and what is held of them; `numbers` are those of nodes."""
        row, units = on_hand.columns(numbers)
        order = row.argsort()
        row, units = row[order], units[order]
        nothing = np.zeros(len(row), dtype=np.int64)
        stock = cls(sku=row // len(numbers), node=row % len(numbers), on_hand=units, held=nothing)
        return replace(stock, held=stock.column_of(held, numbers))

    def column_of(self, units: NodeUnits, numbers: Mapping[str, int]) -> Integers:
        """Of each row, the units at its position; 0 where there are none."""
        rows, at = self.sku * len(numbers) + self.node, units.columns(numbers)
        there, column = np.isin(at[0], rows), np.zeros(len(rows), dtype=np.int64)
        column[rows.searchsorted(at[0][there])] = at[1][there]
        return column

    @cached_property
    def available(self) -> Integers:
        """Never below 0, even if more units are held than are on hand."""
        column: Integers = np.maximum(self.on_hand - self.held, 0)
        return column


@dataclass(frozen=True, kw_only=True)
class StockFacts:
    """What the availability of some products depends on, read at one moment. `snapshot` is asked for the network,
    the loads and the rests alone. `products` are in the order in which `stock` numbers them; `paces` are thousandths of
    a unit sold a day, by SKU and node.
    """

    snapshot: Snapshot
    products: Sequence[Product]
    paces: Mapping[str, Mapping[str, int]]
    stock: StockColumns
    taken: Mapping[Tally, Integers] = field(default_factory=dict)
    """Of each row, the units that channels took in the periods of their allotments."""
    lots: Mapping[tuple[int, str], Sequence[Lot]] = field(default_factory=dict)
    """By the number of a product and the node, the lots of the position, if it has some. Units that have expired and
    that nobody holds are not on hand in `stock`.
    """
    receipts: Mapping[tuple[int, str], Sequence[Receipt]] = field(default_factory=dict)
    """By the number of a product and the node, the open receipts, if the policies or the caller ask for them."""
    now: int = 0

    @classmethod
    def of(cls, snapshot: Snapshot, now: int = 0) -> "StockFacts":
        """Those of all products of the snapshot, with what is to come as of `now`."""
        ways, positions = snapshot.caches.get(Ways), [snapshot.positions[sku] for sku in snapshot.products]
        nodes, entries = [node for stock in positions for node in stock], list(map(len, positions))
        items = [item for stock in positions for item in stock.values()]
        on_hand, held = ([item.on_hand for item in items], [item.held for item in items])
        stock = StockColumns.of(NodeUnits(nodes, on_hand, entries), NodeUnits(nodes, held, entries), ways.node_index)
        tallies = {tally for taken in snapshot.taken.values() for tally in taken}
        taken = {
            tally: NodeUnits.of([snapshot.taken.get(sku, NO_UNITS_TAKEN).get(tally, {}) for sku in snapshot.products])
            for tally in tallies
        }
        return cls(
            snapshot=snapshot,
            products=list(snapshot.products.values()),
            paces={
                sku: {node: item.pace for node, item in stock.items() if item.pace is not None}
                for sku, stock in zip(snapshot.products, positions, strict=True)
            },
            stock=stock,
            taken={tally: stock.column_of(units, ways.node_index) for tally, units in taken.items()},
            lots={
                (number, node): lots
                for number, sku in enumerate(snapshot.products)
                for node, lots in snapshot.lots.get(sku, {}).items()
            },
            receipts={
                (number, node): receipts
                for number, sku in enumerate(snapshot.products)
                for node, receipts in snapshot.receipts.get(sku, {}).items()
            },
            now=now,
        )

    @property
    def ways(self) -> Ways:
        return self.snapshot.caches.get(Ways)

    @cached_property
    def nodes(self) -> Sequence[str]:
        """Of each row, the id of its node."""
        return [self.ways.node_ids[node] for node in self.stock.node.tolist()]

    @cached_property
    def rows(self) -> Sequence[slice]:
        """Of each product, its rows."""
        ends = self.stock.sku.searchsorted(np.arange(len(self.products) + 1)).tolist()
        return [slice(start, end) for start, end in itertools.pairwise(ends)]

    @cached_property
    def pace(self) -> Integers:
        """Of each row; NO_PACE where it is not known."""
        by_product = ((self.paces[item.sku], rows) for item, rows in zip(self.products, self.rows, strict=True))
        return integers(
            itertools.chain.from_iterable(
                map(paces.get, self.nodes[rows], itertools.repeat(NO_PACE)) for paces, rows in by_product
            )
        )

    @cached_property
    def cover(self) -> Integers:
        """Of each row, the days of cover."""
        return days_of_cover(self.stock.available, self.pace)

    @cached_property
    def load(self) -> Integers:
        """By node."""
        return loads_by_node(self.snapshot.loads, self.ways)

    @cached_property
    def scale(self) -> int | Integers:
        """Of each row, how many of its units are in a whole one."""
        scales = integers(product.scale for product in self.products)
        return scales[self.stock.sku] if (scales > 1).any() else 1

    def to_judge(self, clocks: ClockFacts) -> Rows:
        """The rows as a matcher judges them when the nodes' clocks show this."""
        stock = self.stock
        columns = {
            LOAD: lambda: self.load[stock.node],
            **whole_units(stock.on_hand, stock.held, stock.available, self.scale),
            COVER: lambda: self.cover,
            "stock.incoming": lambda: self._incoming[0] // self.scale,
            NEXT_ARRIVAL: lambda: self._incoming[1],
        }
        return Rows(self.ways, stock.node, None, columns, lambda row: self._facts_of(row, clocks), clocks.apart)

    @cached_property
    def receipts_by_row(self) -> Mapping[int, Sequence[Receipt]]:
        """The open receipts of each row that has some."""
        rows = {}
        for (product, node), receipts in self.receipts.items():
            places = self.rows[product]
            if node in self.nodes[places]:
                rows[places.start + self.nodes[places].index(node)] = receipts
        return rows

    @cached_property
    def _incoming(self) -> Integers:
        return incoming_columns(len(self.stock.node), self.receipts_by_row, self.now)

    def _facts_of(self, row: int, clocks: ClockFacts) -> Facts:
        stock, pace = self.stock, int(self.pace[row])
        position = StockPosition(
            on_hand=int(stock.on_hand[row]), held=int(stock.held[row]), pace=None if pace == NO_PACE else pace
        )
        scale = self.products[int(stock.sku[row])].scale
        return {
            **node_facts_at(self.ways, int(stock.node[row]), self.load, clocks),
            **rule_facts.stock_facts(position, scale),
            **rule_facts.incoming_facts(self.receipts_by_row.get(row, ()), self.now, scale),
        }


class FreeUnits(NamedTuple):
    """Of each row of the stock, the units that are free to a channel; of how many units what ships from there is a
    multiple, and the most that is offered to the channel there, each None if nothing bounds it anywhere.
    """

    units: Integers
    multiples: Integers | None
    caps: Integers | None
    later: Flags
    """The rows of which some are there only later than now."""


def free_units(
    facts: StockFacts,
    matcher: Matcher,
    channel: str,
    lines: Sequence[Mapping[str, Facts]],
    clocks: ClockFacts,
    *,
    expected: ExpectedSales,
    today: int,
    until: int | None = None,
) -> FreeUnits:
    """For an order on the channel of which `lines` has what is known, by product. What is free is not held and above
    the floor of the active policies, never below 0; of lots, it may be used as long from the date `today` on as the
    policies ask for. With `until` also units of receipts that may be promised and are there by that instant.
    """
    judge, stock = matcher.stages[Stage.POSITION], facts.stock
    judgement = judge.judge_lines(lines, stock.sku, facts.to_judge(clocks))
    floor = judge.table.floors(
        channel, judgement, stock.on_hand, stock.held, facts.taken, expected=expected.units, scale=facts.scale
    )
    capped = channel in matcher.policies.capped_channels
    caps = judge.table.caps(channel, judgement, facts.scale) if capped else None
    multiples = judge.table.multiples()
    units = np.maximum(stock.on_hand - stock.held - floor, 0)
    for (product, node), lots in facts.lots.items():
        rows = facts.rows[product]
        if node in facts.nodes[rows]:
            row = rows.start + facts.nodes[rows].index(node)
            needed = today + int(judge.table.shelf_lives()[judgement[row]])
            usable = usable_on(needed, *free_by_expiry(lots, today)) + max(0, -int(floor[row]))
            units[row] = min(units[row], usable)
    later = np.zeros(len(units), dtype=bool)
    for row, receipts in facts.receipts_by_row.items() if until is not None else ():
        promise_from, slack, haircut = judge.table.promises()[:, judgement[row]].tolist()
        reliance = reliance_of(promise_from, haircut=haircut, now=facts.now)
        there = int(stock.on_hand[row] - stock.held[row] - floor[row])
        steps = available_of_receipts(there, receipts, reliance)
        to_come = units_at(steps, (until or 0) - slack * 60) - max(0, there)
        units[row], later[row] = max(0, units[row] + to_come), to_come > 0
    return FreeUnits(
        units=units,
        multiples=None if multiples is None else smallest_multiples(multiples[judgement], facts.scale),
        caps=caps,
        later=later,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuAvailability:
    """What an order can have of a SKU: the most units of it that it would be filled with, how many of these only where
    nothing else has any, and, in the order of the ids of its nodes, units on hand, held, available and free. `free` is
    None if the product is not counted: any number.
    """

    sku: str
    free: int | None
    unless_needed: int
    nodes: Sequence[str]
    on_hand: Sequence[int]
    held: Sequence[int]
    available: Sequence[int]
    free_by_node: Sequence[int]
