"""How many units of SKUs a channel may still be promised: the numbers that a catalogue and a product page show.

The positions of all the SKUs asked for are judged together, as columns with a row a position.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.decide import rule_facts
from engine.decide.evaluation.positions import NO_PACE, days_of_cover, loads_by_node, node_facts_at
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.signature_table import COVER, LOAD, Rows
from engine.decide.shipping.columns import NOWHERE, Integers, integers
from engine.decide.shipping.node_clocks import ClockFacts, NodeClocks
from engine.decide.shipping.ways import Ways
from engine.model.facts import Network, Product, Snapshot, StockPosition
from rules.conditions import Operator, comparisons
from rules.effects import Protection
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage


def channels(policies: PolicySet) -> list[str]:
    """Every channel that a rule names, sorted. The rules treat all other channels alike."""
    named = {
        str(word)
        for rule in policies.rules.values()
        for item in comparisons(rule.condition)
        if item.fact.path == "order.channel" and item.operator is Operator.EQUALS
        for word in item.operands
    }
    effects = (effect.value for rule in policies.rules.values() for effect in rule.effects)
    # as plain texts: a word read from a policy file carries its position in the file
    return sorted(named | {str(value.channel) for value in effects if isinstance(value, Protection)})


class NodeUnits(NamedTuple):
    """Units at nodes, those of one SKU after those of another; `entries` is how many each SKU has."""

    nodes: Sequence[str]
    units: Sequence[int]
    entries: Sequence[int]

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
        held_row, held_units = held.columns(numbers)
        there = np.isin(held_row, row)
        held_column = np.zeros(len(row), dtype=np.int64)
        held_column[row.searchsorted(held_row[there])] = held_units[there]
        return cls(sku=row // len(numbers), node=row % len(numbers), on_hand=units, held=held_column)

    @cached_property
    def available(self) -> Integers:
        """Never below 0, even if more units are held than are on hand."""
        column: Integers = np.maximum(self.on_hand - self.held, 0)
        return column


@dataclass(frozen=True, kw_only=True)
class StockFacts:
    """What the availability of some products depends on, read at one moment. `products` are in the order in which
    `stock` numbers them; `paces` are thousandths of a unit sold a day, by SKU and node; `loads` are by node.
    """

    ways: Ways
    products: Sequence[Product]
    paces: Mapping[str, Mapping[str, int]]
    stock: StockColumns
    loads: Mapping[str, int]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "StockFacts":
        """Those of all products of the snapshot."""
        ways, positions = snapshot.caches.get(Ways), [snapshot.positions[sku] for sku in snapshot.products]
        nodes, entries = [node for stock in positions for node in stock], list(map(len, positions))
        items = [item for stock in positions for item in stock.values()]
        on_hand, held = ([item.on_hand for item in items], [item.held for item in items])
        return cls(
            ways=ways,
            products=list(snapshot.products.values()),
            paces={
                sku: {node: item.pace for node, item in stock.items() if item.pace is not None}
                for sku, stock in zip(snapshot.products, positions, strict=True)
            },
            stock=StockColumns.of(NodeUnits(nodes, on_hand, entries), NodeUnits(nodes, held, entries), ways.node_index),
            loads=snapshot.loads,
        )

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
        return loads_by_node(self.loads, self.ways)

    def to_judge(self, clocks: ClockFacts) -> Rows:
        """The rows as a matcher judges them when the nodes' clocks show this."""
        stock = self.stock
        columns = {
            LOAD: lambda: self.load[stock.node],
            "stock.on_hand": lambda: stock.on_hand,
            "stock.held": lambda: stock.held,
            "stock.available": lambda: stock.available,
            COVER: lambda: self.cover,
        }
        return Rows(self.ways, stock.node, None, columns, lambda row: self._facts_of(row, clocks), clocks.apart)

    def _facts_of(self, row: int, clocks: ClockFacts) -> Facts:
        stock, pace = self.stock, int(self.pace[row])
        position = StockPosition(
            on_hand=int(stock.on_hand[row]), held=int(stock.held[row]), pace=None if pace == NO_PACE else pace
        )
        return {**node_facts_at(self.ways, int(stock.node[row]), self.load, clocks), **rule_facts.stock_facts(position)}


def free_units(facts: StockFacts, matcher: Matcher, channel: str, now: int) -> Integers:
    """Of each row of the stock, the units free for an order of which only the channel is known (rules on its other
    facts don't fire): those not held less the floor of the active policies, never below 0, and only as many as make
    whole multiples.
    """
    order = {"order.channel": channel}
    clocks = facts.ways.clocks.at(now)
    moment = {"now": rule_facts.now_facts(facts.ways.network, now), **clocks.shared}
    lines: list[Mapping[str, Facts]] = [
        {"order": order, **moment, "line": {"line.sku": item.sku}, "product": rule_facts.product_facts(item)}
        for item in facts.products
    ]
    judge, stock = matcher.stages[Stage.POSITION], facts.stock
    judgement = judge.judge_lines(lines, stock.sku, facts.to_judge(clocks))
    floor = judge.table.floors(channel, judgement, stock.on_hand)
    free: Integers = np.maximum(stock.on_hand - stock.held - floor, 0)
    multiples = judge.table.multiples()
    return free if multiples is None else free - free % multiples[judgement]


def circumstances(matcher: Matcher, network: Network, loads: Mapping[str, int], now: int) -> str:
    """What the floors of all SKUs depend on besides stock and channel, as a text: the same as long as no rule tells a
    difference in the time or in the loads of the nodes.
    """
    stage = matcher.stages[Stage.POSITION]
    moment = [stage.codes(rule_facts.now_facts(network, now))]
    if stage.codes(rule_facts.node_clock_facts(network.clock, now)):  # a rule asks for it
        clocks = NodeClocks(network).at(now)
        moment += [stage.codes(facts) for facts in clocks.by_zone]
    idle = stage.codes({LOAD: 0})
    by_node = [(node, stage.codes({LOAD: load})) for node, load in sorted(loads.items())] if idle else []
    return repr((matcher.policies.version, moment, [item for item in by_node if item[1] != idle]))


def totals(facts: StockFacts, free: Integers) -> list[int]:
    """The free units of each product, in the order of products."""
    units = np.zeros(len(facts.products), dtype=np.int64)
    np.add.at(units, facts.stock.sku, free)
    listed: list[int] = units.tolist()
    return listed


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuAvailability:
    """What one channel can have of a SKU: units free to it in all, and, in the order of the ids of its nodes, units on
    hand, held, available and free. `free` is None if the product is not counted: any number.
    """

    sku: str
    free: int | None
    nodes: Sequence[str]
    on_hand: Sequence[int]
    held: Sequence[int]
    available: Sequence[int]
    free_by_node: Sequence[int]


def by_sku(facts: StockFacts, free: Integers) -> list[SkuAvailability]:
    """The rows of each product, in the order of products."""
    stock = facts.stock
    on_hand, held, available, units = (column.tolist() for column in (stock.on_hand, stock.held, stock.available, free))
    return [
        SkuAvailability(
            sku=product.sku,
            free=total if product.counted else None,
            nodes=facts.nodes[rows],
            on_hand=on_hand[rows],
            held=held[rows],
            available=available[rows],
            free_by_node=units[rows],
        )
        for product, total, rows in zip(facts.products, totals(facts, free), facts.rows, strict=True)
    ]
