"""Decides the orders of the past once more with the prices of a table, one after another, each on the stock that the
ones before left: what processes do for a comparison of tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, TypeAlias

from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.facts_record import facts_from_json
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import order_of
from engine.model.facts import Network, Order, Product, Snapshot, StockPosition
from engine.model.lookahead import LookaheadTable, PricesInForce
from engine.service import Pointsman
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import RawEntry
from rules.loader import load_policies

_NO_END: Final = 1 << 60
"""A table that is compared is used however old it is."""
Stock: TypeAlias = dict[str, dict[str, StockPosition]]
"""By SKU and node, as it is left."""


class OrderOutcome(NamedTuple):
    """What an order comes to on one side: by node and service, the units by line; micros; and units that it lacks."""

    order: Order
    network_version: str
    shipments: Sequence[tuple[str, str, Mapping[str, int]]]
    cost: int
    unfilled: int

    @property
    def units(self) -> Mapping[str, int]:
        """That ship, by line."""
        units: dict[str, int] = {}
        for _, _, lines in self.shipments:
            for line, count in lines.items():
                units[line] = units.get(line, 0) + count
        return units


@dataclass(frozen=True, slots=True, kw_only=True)
class SideAnswer:
    """What some orders come to; the stock of their SKUs after them; what was free of SKUs and nodes that none had named
    before; the products, and the networks that were not known. `left_out` decisions could not be made again.
    """

    outcomes: list[OrderOutcome] = field(default_factory=list)
    stock: Stock = field(default_factory=dict)
    began: dict[str, dict[str, int]] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    networks: dict[str, Network] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class _Decided(NamedTuple):
    """An order, and what it was decided on."""

    order: Order
    snapshot: Snapshot
    now: int


class ComparisonSides:
    """What a process does: decides orders with the prices of each side's table."""

    def __init__(self, service: Pointsman, work: "ComparisonWork") -> None:
        self._replays = service.replays
        self._tables = work.tables
        texts = {name: text.encode() for name, text in work.texts.items()}
        self._matcher = Matcher(load_policies(texts), guarded=service.settings.guard != "off")
        self._read: tuple[Sequence[bytes], list[_Decided], list[str]] = ((), [], [])
        """The entries that were read last: each side decides the same."""

    def close(self) -> None:
        self._matcher.close()

    def decide(self, side: int, batch: Sequence[RawEntry], stock: Stock, known: AbstractSet[str]) -> SideAnswer:
        """The orders of these entries, on this stock of their SKUs; `known` are versions of networks."""
        answer = SideAnswer(stock={sku: dict(nodes) for sku, nodes in stock.items()})
        orders, left_out = self._orders(batch)
        answer.left_out.extend(left_out)
        for order, snapshot, now in orders:
            network = snapshot.network
            if network.version not in known:
                answer.networks[network.version] = network
            answer.products.update(snapshot.products)
            there = replace(
                snapshot,
                positions=_positions(snapshot, answer),
                has_lots=False,
                lots={},
                receipts={},
                lookahead=_prices(self._tables[side], order),
            )
            decision = decide(order, there, self._matcher, now)
            for claim in decision.claims:
                position = answer.stock[claim.sku][claim.node]
                answer.stock[claim.sku][claim.node] = position._replace(held=position.held + claim.units)
            answer.outcomes.append(_outcome(order, network, decision))
        return answer

    def _orders(self, batch: Sequence[RawEntry]) -> tuple[list[_Decided], list[str]]:
        """Those that can be decided again, and the decisions that can't."""
        ids = [raw[0] for raw in batch]
        if self._read[0] != ids:
            left_out: list[str] = []
            self._read = (ids, list(self._read_orders(batch, left_out)), left_out)
        return self._read[1], self._read[2]

    def _read_orders(self, batch: Sequence[RawEntry], left_out: list[str]) -> Iterator[_Decided]:
        for entry in self._replays.parsed(batch, on_damaged=left_out.append):
            if entry.erased:
                left_out.append(entry.decision)
            elif is_first(entry):
                try:
                    with contradictions_named(entry.decision):
                        made_on = self._replays.facts_of(entry.record, facts_from_json(entry.facts))
                        yield _Decided(order_of(entry.record.order), made_on.snapshot, made_on.now)
                except NOT_REPLAYABLE:
                    left_out.append(entry.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonWork:
    """Deciding by the policies of these `texts` with the prices of each of the `tables`; None: without prices."""

    texts: Mapping[str, str]
    tables: tuple[LookaheadTable | None, ...]

    def begin(self, service: Pointsman) -> ComparisonSides:
        return ComparisonSides(service, self)


def is_first(entry: Entry) -> bool:
    """Whether the decision follows no other of its order."""
    return entry.record.id == entry.record.first


def _positions(snapshot: Snapshot, answer: SideAnswer) -> dict[str, dict[str, StockPosition]]:
    """What there is at the nodes of the order's network. A SKU begins at a node with what the first decision that names
    both was made on.
    """
    positions = {}
    for sku, nodes in snapshot.positions.items():
        there = answer.stock.setdefault(sku, {})
        for node, position in nodes.items():
            if node not in there:
                there[node] = position
                answer.began.setdefault(sku, {})[node] = position.available
        positions[sku] = {node: its for node, its in there.items() if node in snapshot.network.nodes}
    return positions


def _prices(table: LookaheadTable | None, order: Order) -> PricesInForce | None:
    if table is None:
        return None
    prices = {sku: table.prices[sku] for sku in order.skus if sku in table.prices}
    return PricesInForce(digest="", use_until=_NO_END, currency=table.currency, prices=prices)


def _outcome(order: Order, network: Network, decision: Decision) -> OrderOutcome:
    return OrderOutcome(
        order=order,
        network_version=network.version,
        shipments=[
            (item.node, item.service, {line.line: line.quantity for line in item.lines}) for item in decision.shipments
        ],
        cost=sum(item.cost for item in decision.shipments),
        unfilled=sum(item.quantity for item in decision.unfilled),
    )
