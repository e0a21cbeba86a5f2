"""What an amendment changed of an order, as JSON."""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from engine.decide.order_record import Record
from engine.decide.record import DecisionRecord
from engine.orders.amendment.amend_order import Amended
from engine.orders.amendment.plan import LineChange, UnitsAtNode


class LineChangeRecord(Record, frozen=True):
    """A line with so many units ordered before and after; 0: it was, or is, no line of the order."""

    line: str
    sku: str
    before: int = msgspec.field(name="from")
    after: int = msgspec.field(name="to")

    @classmethod
    def of(cls, change: LineChange) -> "LineChangeRecord":
        return cls(line=change.line, sku=change.sku, before=change.before, after=change.after)


class UnitsAtNodeRecord(Record, frozen=True):
    """Units of a line that a shipment of `decision` holds, or held."""

    decision: str
    node: str
    service: str
    line: str
    sku: str
    quantity: int

    @classmethod
    def of(cls, units: UnitsAtNode) -> "UnitsAtNodeRecord":
        return cls(
            decision=units.decision,
            node=units.node,
            service=units.service,
            line=units.line,
            sku=units.sku,
            quantity=units.quantity,
        )


class AmendmentRecord(Record, frozen=True):
    """What an amendment changed. All lists are empty but `kept` if the order stood so already."""

    order: str
    fields: Annotated[list[str], Meta(description="of the order, that are others now")]
    changed: Annotated[list[LineChangeRecord], Meta(description="lines, by how many units are ordered")]
    kept: Annotated[list[UnitsAtNodeRecord], Meta(description="units that stay held")]
    released: Annotated[
        list[UnitsAtNodeRecord],
        Meta(description="units that are not held there any more: no longer ordered, or decided again"),
    ]
    decision: Annotated[
        DecisionRecord | None, Meta(description="of all units that neither left nor stay held; null: there are none")
    ]

    @classmethod
    def of(cls, amended: Amended) -> "AmendmentRecord":
        amendment, decision = amended.amendment, amended.decision
        return cls(
            order=amendment.order,
            fields=list(amendment.fields),
            changed=[LineChangeRecord.of(change) for change in amendment.lines],
            kept=[UnitsAtNodeRecord.of(units) for units in amendment.kept],
            released=[UnitsAtNodeRecord.of(units) for units in amendment.released],
            decision=Raw(decision.body) if decision else None,  # type: ignore[arg-type]  # as the bytes that were logged
        )
