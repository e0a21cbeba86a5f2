"""What look-ahead prices would have brought on the orders of the past, and how much was possible.

The orders that were first decided in a time are decided once more, one after another, each on the stock that the ones
before left: once with one table of prices, once with another or none. They begin with the units that a SKU's first
decision in that time was made on; what was counted, received or came free since is left out of both, so that both have
the same units to give. Rules, network and loads are those of each decision's moment; the policies are the active ones,
with one rule more that lets all prices count.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.facts_record import facts_from_json
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import order_of
from engine.errors import NotFound
from engine.lookahead.hindsight import Captured, hindsight_bound
from engine.lookahead.known_orders import KnownOrders
from engine.model.facts import Order, Snapshot, StockPosition
from engine.model.lookahead import LookaheadTable, PricesInForce
from engine.service import Pointsman
from engine.store.log.entry import Entry
from rules.loader import load_policies

_RULE: Final = """policy: lookahead-comparison
owner: pointsman
rules:
  - id: prices-count
    because: {en: look-ahead prices are compared, fr: des prix anticipés sont comparés}
    then: {lookahead: on}
"""
_NO_END: Final = 1 << 60
"""A table that is compared is used however old it is."""
Stock = dict[str, dict[str, StockPosition]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRequest:
    """The orders from `since` on and before `until`, in UTC seconds; decided with `table` and, beside it, with the
    table `baseline`; None: without prices. `bounded`: the hindsight bound is worked out, too.
    """

    since: int
    until: int
    table: LookaheadTable
    baseline: LookaheadTable | None = None
    bounded: bool = True


@dataclass(slots=True, kw_only=True)
class Totals:
    """Of all orders: units shipped and not, shipments, and micros paid for these."""

    shipped: int = 0
    unfilled: int = 0
    shipments: int = 0
    cost: int = 0

    def add(self, decision: Decision) -> None:
        self.shipped += sum(line.quantity for item in decision.shipments for line in item.lines)
        self.unfilled += sum(item.quantity for item in decision.unfilled)
        self.shipments += len(decision.shipments)
        self.cost += sum(item.cost for item in decision.shipments)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableComparison:
    """`orders` were decided; `left_out` could not be. `changed` of those decided ship otherwise with the table.
    The `bound` is of plans that ship what the table does of each order. `captured` is None if none was asked for, or if
    the two sides ship different numbers of units: then their costs are not of the same.
    """

    currency: str
    orders: int
    left_out: int
    changed: int
    baseline: Totals
    achieved: Totals
    bound: int | None
    captured: Captured | None


@dataclass(slots=True)
class _Rolled:
    """Decides one order after another with the prices of one table."""

    table: LookaheadTable | None
    matcher: Matcher
    stock: Stock = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def decide(self, order: Order, snapshot: Snapshot, now: int) -> Decision:
        for sku, nodes in snapshot.positions.items():
            self.stock.setdefault(sku, dict(nodes))
        positions = {sku: self.stock[sku] for sku in snapshot.positions}
        there = replace(
            snapshot, positions=positions, has_lots=False, lots={}, receipts={}, lookahead=self._prices(order)
        )
        decision = decide(order, there, self.matcher, now)
        self.totals.add(decision)
        for claim in decision.claims:
            position = self.stock[claim.sku][claim.node]
            self.stock[claim.sku][claim.node] = position._replace(held=position.held + claim.units)
        return decision

    def _prices(self, order: Order) -> PricesInForce | None:
        if self.table is None:
            return None
        table = self.table
        return PricesInForce(
            digest="",
            use_until=_NO_END,
            currency=table.currency,
            prices={sku: table.prices[sku] for sku in order.skus if sku in table.prices},
        )


def compare_tables(
    service: Pointsman, request: ComparisonRequest, *, progress: Callable[[int], None] = lambda _: None
) -> TableComparison:
    """Raises NotFound if the time has no orders that can be decided again."""
    matcher = Matcher(load_policies(_texts(service)), guarded=service.settings.guard != "off")
    left_out: list[str] = []
    without, with_table = _Rolled(request.baseline, matcher), _Rolled(request.table, matcher)
    known: KnownOrders | None = None
    orders = changed = 0
    try:
        for order, snapshot, now in _orders(service, request, left_out):
            known = known or KnownOrders(snapshot.network)
            decisions = [side.decide(order, snapshot, now) for side in (without, with_table)]
            for sku, nodes in snapshot.positions.items():
                known.supply.setdefault(sku, {node: position.available for node, position in nodes.items()})
            orders += 1
            known.add(f"{orders}", order, snapshot.products, _units(decisions[1]))
            changed += _shipped(decisions[0]) != _shipped(decisions[1])
            progress(1)
    finally:
        matcher.close()
    if known is None:
        raise NotFound("no order was decided in this time that can be decided again; say --from and --to")
    bound = hindsight_bound(known.expected(known.orders.keys()), unfilled=0) if request.bounded else None
    alike = without.totals.shipped == with_table.totals.shipped
    return TableComparison(
        currency=known.network.currency,
        orders=orders,
        left_out=len(left_out),
        changed=changed,
        baseline=without.totals,
        achieved=with_table.totals,
        bound=bound,
        captured=Captured(baseline=without.totals.cost, achieved=with_table.totals.cost, bound=bound)
        if bound is not None and alike
        else None,
    )


def _texts(service: Pointsman) -> dict[str, bytes]:
    texts = service.versions.texts(service.versions.find("active"))
    return {**{name: text.encode() for name, text in texts.items()}, "lookahead-comparison.yaml": _RULE.encode()}


def _orders(
    service: Pointsman, request: ComparisonRequest, left_out: list[str]
) -> Iterator[tuple[Order, Snapshot, int]]:
    replays = service.replays
    for batch in replays.as_stored(request.since, request.until, on_missing=left_out.append):
        for entry in replays.parsed(batch, on_damaged=left_out.append):
            if entry.erased:
                left_out.append(entry.decision)
                continue
            try:
                with contradictions_named(entry.decision):
                    order = _first_order(service, entry)
            except NOT_REPLAYABLE:
                left_out.append(entry.decision)
                continue
            if order is not None:
                yield order


def _first_order(service: Pointsman, entry: Entry) -> tuple[Order, Snapshot, int] | None:
    """None: the decision follows another of its order."""
    record = entry.record
    if record.id != record.first:
        return None
    made_on = service.replays.facts_of(record, facts_from_json(entry.facts))
    return order_of(record.order), made_on.snapshot, made_on.now


def _units(decision: Decision) -> Mapping[str, int]:
    """That are shipped, by line."""
    units = Counter[str]()
    for shipment in decision.shipments:
        for line in shipment.lines:
            units[line.line] += line.quantity
    return units


def _shipped(decision: Decision) -> list[tuple[str, str, Mapping[str, int]]]:
    return [(item.node, item.service, {line.line: line.quantity for line in item.lines}) for item in decision.shipments]
