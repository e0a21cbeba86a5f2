"""An order while a variant is rolled forward, and what came of it at the end."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
from msgspec import structs

from engine.decide.order_record import OrderLineRecord, OrderRecord, seconds
from engine.decide.record_parts import ShipmentRecord
from engine.model.facts import Network, Order, Product
from engine.simulation.destination import NOWHERE, Destination, destination_of
from engine.simulation.outcome import Decided, MadeBy, Outcome, outcome_of
from engine.simulation.rolled.answering import Answer
from engine.simulation.rolled.units.order_units import OrderUnits
from engine.simulation.rolled.units.placed_shipment import PlacedShipment
from engine.simulation.rolled.units.stock_difference import StockDifference
from engine.simulation.tried_decision import NotKept
from engine.store.log.decision_chain import NOT_IN_STOCK

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class MadeDecision(NamedTuple):
    """A decision of the variant at an entry of the log. `digest` is of what it decided: who decides the same has the
    same. `policy_amounts` are micros that the policies counted beside cost.
    """

    entry: str
    decision: str
    digest: bytes
    policy_amounts: int
    fired: tuple[str, ...]
    offered: bool
    """Whether the log made none there: stock came that the order waited for in the variant alone."""

    @classmethod
    def of(cls, entry: str, decision: str, answer: Answer, *, offered: bool) -> "MadeDecision":
        digest = hashlib.blake2b(_ENCODER.encode(answer.decided), digest_size=16).digest()
        return cls(entry, decision, digest, answer.policy_amounts, answer.fired, offered)


@dataclass(slots=True, kw_only=True)
class VariantOrder:
    """An order of the log in the variant; if orders are repeated, one of several."""

    name: str
    first: str
    entry: str
    """The log entry of its first decision."""
    record: OrderRecord
    order: Order | None
    """None: its personal values were erased."""
    units: OrderUnits
    made: list[MadeDecision] = field(default_factory=list)
    rejections: list[tuple[str, str, str]] = field(default_factory=list)
    """SKU, node and reason of units that the variant had there and that were rejected."""
    let_go: frozenset[tuple[str, str]] = frozenset()
    """SKU and node of units that were held there until the last amendment let them go."""
    rank: str = ""
    owed: set[str] = field(default_factory=set)
    """Decisions that answered a rejection and shipped nothing: what waits under them was promised."""
    not_before: int | None = None
    scheduled: bool = False
    parked: bool = False
    """Whether a person must have approved it, as its last decision says."""
    network: Network | None = None
    """That of its last decision, in the variant, and all products that decisions of it were about."""
    products: dict[str, Product] = field(default_factory=dict)
    logged_by: set[str] = field(default_factory=set)
    """The policy versions of the log's decisions on whose facts the variant decided."""
    differences: dict[str, StockDifference] = field(default_factory=dict)
    """By entry, what was not as in the log when the variant decided there."""

    @property
    def key(self) -> tuple[str, str]:
        return self.first, self.name

    def barred(self, *, lasting: bool) -> dict[str, frozenset[str]]:
        """By SKU, the nodes that rejected it; with `lasting`, not those that only had none in stock."""
        nodes: dict[str, set[str]] = {}
        for sku, node, reason in self.rejections:
            if not lasting or reason != NOT_IN_STOCK:
                nodes.setdefault(sku, set()).add(node)
        return {sku: frozenset(its) for sku, its in nodes.items()}

    @property
    def skus(self) -> Sequence[str]:
        """None if its personal values were erased: it is then not decided anew."""
        return () if self.order is None else self.order.skus

    @property
    def lines(self) -> Sequence[OrderLineRecord]:
        return self.record.lines

    def is_due(self, decision: str, now: int, freed: AbstractSet[str]) -> bool:
        """Whether what waits under the decision is to be offered stock now: if units of the articles that wait were
        freed, or its day came.
        """
        if self.not_before is not None:
            return self.not_before <= now
        waiting = self.units.waiting[decision]
        return any(line.sku in freed for line in self.lines if waiting[line.id])


class RolledOrder(NamedTuple):
    """What came of an order at the end of the period: `decided` as if it had been decided at once."""

    key: tuple[str, str]
    entry: str
    decision: str
    order: str
    channel: str
    segment: str | None
    destination: Destination
    decided: Decided
    outcome: Outcome
    made: tuple[tuple[str, bytes], ...]
    """The decisions of the variant where the log made one: at which entry, and their digests."""
    cancelled: int
    differences: Mapping[str, StockDifference]
    not_kept: tuple[NotKept, ...] = ()
    """Facts that the variant asks for, and that some decision of it was made without."""


def _none_missing(_version: str) -> tuple[NotKept, ...]:
    """All facts were kept."""
    return ()


def result_of(
    order: VariantOrder, not_kept: Callable[[str], tuple[NotKept, ...]] = _none_missing
) -> RolledOrder | None:
    """What the order comes to as it stands; None if nobody knows in which network. `not_kept` says what was not kept
    with decisions by a policy version.
    """
    if order.network is None:
        return None
    made = _decided(order)
    return RolledOrder(
        key=order.key,
        entry=order.entry,
        decision=order.first,
        order=order.name,
        channel=order.record.channel,
        segment=order.record.segment,
        destination=NOWHERE if order.order is None else destination_of(order.order, order.network),
        decided=made,
        outcome=_outcome(order, order.network, made),
        made=tuple((item.entry, item.digest) for item in order.made if not item.offered),
        cancelled=sum(order.units.cancelled.values()),
        differences=order.differences,
        not_kept=tuple(sorted({fact for version in order.logged_by for fact in not_kept(version)})),
    )


def _decided(order: VariantOrder) -> Decided:
    """The shipments of which something stands, with what of them does, and what is unfilled in the end."""
    units = order.units
    shipments = tuple(_standing(shipment) for shipment in units.shipments if shipment.stands)
    unfilled, waiting = units.unfilled, sum(units.waiting_units.values())
    fills = bool(shipments) or any(units.not_counted.values())
    scheduled = order.scheduled and not fills and waiting > 0
    return Decided(
        status="scheduled" if scheduled else "filled" if not unfilled else "partial" if fills else "unfilled",
        shipments=shipments,
        unfilled=dict(sorted(unfilled.items())),
        units_waiting=waiting,
        waits=waiting > 0,
        parked=order.parked,
    )


def _standing(shipment: PlacedShipment) -> ShipmentRecord:
    left = {line: shipment.held_of(line) + shipment.left[line] for line in shipment.skus}
    lines = [structs.replace(item, quantity=left[item.line]) for item in shipment.record.lines if left[item.line]]
    return structs.replace(shipment.record, lines=lines)


def _outcome(order: VariantOrder, network: Network, made: Decided) -> Outcome:
    cost = sum(shipment.cost_micros for shipment in made.shipments)
    return outcome_of(
        made,
        MadeBy(
            network=network,
            products=order.products,
            placed_at=seconds(order.record.placed_at),
            skus={line.id: line.sku for line in order.lines},
            money=cost + _policy_amounts(order),
            fired=frozenset(rule for made in order.made for rule in made.fired),
            filled_without_stock=sum(order.units.not_counted.values()),
        ),
    )


def _policy_amounts(order: VariantOrder) -> int:
    """Of decisions of which some shipment stands."""
    standing = {shipment.decision for shipment in order.units.shipments if shipment.stands}
    return sum(made.policy_amounts for made in order.made if made.decision in standing)
