"""What connectors bring in and send out, and the fields that each kind has: as HTTP takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from marshmallow import Schema, fields, validate

from api.connectors.language.connector import FieldType
from api.files.master_data import NodeLine, ProductLine
from api.shapes.fields import Day, Degrees, Instant, Money, SentUnits, TrueOrFalse, Units, WholeNumber, Word
from api.shapes.flows.receipts import DeliveryRequest, ReceiptLine
from api.shapes.flows.returns import InspectReturnRequest, OpenReturnRequest, ReceiveReturnRequest
from api.shapes.fulfilment.parcels import PackShipmentRequest
from api.shapes.fulfilment.tracking import TrackingEventRequest
from api.shapes.hold_ends import ConfirmRequest
from api.shapes.line_units import LineUnits
from api.shapes.node_ranking import NodeRankingRequest
from api.shapes.order import OrderRequest
from api.shapes.order_cancellation import CancelOrderRequest
from api.shapes.postal_address import PostalAddressShape
from api.shapes.stock.counts import CountRequest
from api.shapes.stock.movement import MovementRequest

Scope: TypeAlias = Literal["stock", "orders"]
_NUMBERS = (WholeNumber, Units, SentUnits, Money, Degrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A field that a connector may fill. `each`: it is a list, of rows with these fields. `choices` are the only words
    that it may have.
    """

    type: FieldType
    required: bool = False
    each: Mapping[str, "Target"] | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundKind:
    """What comes in. A row has the fields of the `body` that HTTP takes, and those that its address has (`address`).
    `named`: a message tells by itself whether it came before, or is older than the last; otherwise a connector says so
    with `once`. `computed` are fields that are made of `once` where the connector does not give them.
    """

    name: str
    body: type[Schema]
    scope: Scope
    address: tuple[str, ...] = ()
    optional_address: tuple[str, ...] = ()
    named: bool = True
    computed: tuple[str, ...] = ("op",)
    question: bool = False
    """Whether nothing is taken over, and who pushes it gets an answer, which the connector's `answer` writes."""


INBOUND: Mapping[str, InboundKind] = {
    kind.name: kind
    for kind in (
        InboundKind(name="counts", body=CountRequest, scope="stock", address=("node", "sku")),
        InboundKind(name="movements", body=MovementRequest, scope="stock", named=False),
        InboundKind(name="products", body=ProductLine, scope="stock"),
        InboundKind(name="nodes", body=NodeLine, scope="stock"),
        InboundKind(name="orders", body=OrderRequest, scope="orders"),
        InboundKind(name="cancellations", body=CancelOrderRequest, scope="orders", address=("order",), named=False),
        InboundKind(
            name="confirmations",
            body=ConfirmRequest,
            scope="orders",
            optional_address=("decision", "shipment", "order", "node", "service"),
            named=False,
            computed=("op", "shipments"),
        ),
        InboundKind(
            name="packings",
            body=PackShipmentRequest,
            scope="orders",
            optional_address=("shipment", "order", "node", "service"),
            named=False,
        ),
        InboundKind(name="node_rankings", body=NodeRankingRequest, scope="orders", computed=(), question=True),
        InboundKind(name="receipts", body=ReceiptLine, scope="stock"),
        InboundKind(name="deliveries", body=DeliveryRequest, scope="stock", address=("receipt",), named=False),
        InboundKind(name="returns", body=OpenReturnRequest, scope="orders", named=False),
        InboundKind(name="returned_goods", body=ReceiveReturnRequest, scope="orders", address=("return",), named=False),
        InboundKind(
            name="return_inspections", body=InspectReturnRequest, scope="orders", address=("return",), named=False
        ),
        InboundKind(name="tracking", body=TrackingEventRequest, scope="orders"),
    )
}
OUTBOUND: Mapping[str, Scope] = {
    "shipment_orders": "orders",
    "stock_feed": "stock",
    "availability_feed": "stock",
    "allocations": "stock",
    "confirmations": "orders",
}
"""What goes out, and the scope that reading it takes."""
NOT_IN_BODY: Mapping[str, tuple[str, ...]] = {"orders": ("wait", "addressee"), "packings": ("left_at",)}
"""The names of what `_other_targets` says more of."""
KINDS = tuple(dict.fromkeys((*INBOUND, *OUTBOUND)))
OPEN = "*"
"""Stands for any word in the name of a target: `attributes.*`."""


@cache
def targets(kind: str) -> Mapping[str, Target]:
    """The fields of an inbound kind, by their names; what is in a mapping is written with points between."""
    inbound = INBOUND[kind]
    body = {name: target for name, target in _targets(inbound.body()).items() if name != "shipments"}
    body |= {
        name: Target(type=target.type, each=target.each) for name, target in body.items() if name in inbound.computed
    }
    address = {name: Target(type="text", required=name in inbound.address) for name in _address(inbound)}
    return {**address, **body, **_other_targets().get(kind, {})}


def target_of(kind: str, name: str) -> Target | None:
    """The field of that name, or None if there is none."""
    known = targets(kind)
    if name in known:
        return known[name]
    group, point, rest = name.rpartition(".")
    return known.get(f"{group}.{OPEN}") if point and rest else None


@cache
def _other_targets() -> Mapping[str, Mapping[str, Target]]:
    """Fields of a kind that its call takes otherwise than in its body or address. `wait`: whether units that stay
    unfilled wait for stock. `addressee`: whom the parcels go to, which is stored apart. `left_at`: when the goods left;
    with it, they are confirmed as well.
    """
    addressee = {f"addressee.{name}": target for name, target in _targets(PostalAddressShape(), required=False).items()}
    return {"orders": {"wait": Target(type="flag"), **addressee}, "packings": {"left_at": Target(type="instant")}}


def _address(kind: InboundKind) -> tuple[str, ...]:
    return (*kind.address, *kind.optional_address)


def _targets(shape: Schema, *, required: bool = True) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for attribute, field_ in shape.fields.items():
        name, needed = field_.data_key or attribute, required and field_.required
        if isinstance(field_, fields.Nested):
            inner = _targets(field_.schema, required=needed)
            found |= {f"{name}.{below}": target for below, target in inner.items()}
        elif isinstance(field_, LineUnits):
            units = {"line": Target(type="text", required=True), "quantity": Target(type="number", required=True)}
            found[name] = Target(type="any", required=needed, each=units)
        elif isinstance(field_, fields.List) and isinstance(field_.inner, fields.Nested):
            found[name] = Target(type="any", required=needed, each=_targets(field_.inner.schema))
        elif isinstance(field_, fields.Dict):
            found[f"{name}.{OPEN}"] = Target(type="any")
        else:
            found[name] = Target(type=_type(field_), required=needed, choices=_choices(field_))
    return found


def _type(field_: fields.Field[Any]) -> FieldType:
    types: tuple[tuple[type[Any] | tuple[type[Any], ...], FieldType], ...] = (
        (_NUMBERS, "number"),
        (Instant, "instant"),
        (Day, "date"),
        (TrueOrFalse, "flag"),
        ((Word, fields.String), "text"),
        (fields.List, "words"),
    )
    return next((name for classes, name in types if isinstance(field_, classes)), "any")


def _choices(field_: fields.Field[Any]) -> tuple[str, ...]:
    return next((tuple(check.choices) for check in field_.validators if isinstance(check, validate.OneOf)), ())
