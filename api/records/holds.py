"""Holds as JSON."""

from typing import Annotated, Literal

from msgspec import Meta

from api.shapes.cursors import holds_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.inventory.holds import HoldsPage, HoldState
from engine.store.holds import Hold, Units


class HeldLineRecord(Record, frozen=True):
    sku: str
    quantity: int


class HeldShipmentRecord(Record, frozen=True):
    node: str
    service: str
    state: Literal["held", "confirmed", "released", "expired", "rejected"]
    ended_at: Timestamp | None
    lines: list[HeldLineRecord]

    @classmethod
    def of(cls, node: str, service: str, units: Units, state: str, ended: int | None) -> "HeldShipmentRecord":
        return cls(
            node=node,
            service=service,
            state=state,
            ended_at=None if ended is None else timestamp(ended),
            lines=[HeldLineRecord(sku=sku, quantity=quantity) for sku, quantity in units],
        )


class HoldStateRecord(Record, frozen=True):
    """What became of each shipment of a decision."""

    decision: str
    expires_at: Annotated[Timestamp | None, Meta(description="null: nothing is held any more")]
    shipments: list[HeldShipmentRecord]

    @classmethod
    def of(cls, state: HoldState) -> "HoldStateRecord":
        return cls(
            decision=state.decision,
            expires_at=None if state.until is None else timestamp(state.until),
            shipments=[
                HeldShipmentRecord.of(item.node, item.service, item.units, item.state, item.at)
                for item in state.shipments
            ],
        )


class LivingHoldRecord(Record, frozen=True):
    """A hold that has not ended, with the shipments that are still held."""

    decision: str
    expires_at: Timestamp
    client: str
    shipments: list[HeldShipmentRecord]

    @classmethod
    def of(cls, hold: Hold) -> "LivingHoldRecord":
        return cls(
            decision=hold.id,
            expires_at=timestamp(hold.until),
            client=hold.caller,
            shipments=[
                HeldShipmentRecord.of(item.node, item.service, item.units, "held", None) for item in hold.shipments
            ],
        )


class HoldsRecord(Record, frozen=True):
    """The first to expire first. A page with a `next` may have fewer holds than asked for, or none."""

    holds: list[LivingHoldRecord]
    next: str | None

    @classmethod
    def of(cls, page: HoldsPage) -> "HoldsRecord":
        return cls(holds=[LivingHoldRecord.of(hold) for hold in page.holds], next=holds_cursor(page.after))
