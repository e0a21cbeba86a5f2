"""Holds as JSON."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import holds_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.record_parts import LotRecord
from engine.inventory.hold_state import HoldState, ShipmentState
from engine.inventory.open_holds import HoldsPage
from engine.model.lots import LotUnits
from engine.store.holds import NO_LOTS, Hold
from engine.store.log.entry_bodies import Units
from engine.store.outcomes import UnitState


class HeldLineRecord(Record, frozen=True):
    sku: str
    quantity: int
    lots: Annotated[
        list[LotRecord] | UnsetType, Meta(description="which of them are held of lots, the first to expire first")
    ] = UNSET


class OtherUnitsRecord(Record, frozen=True):
    state: UnitState
    lines: list[HeldLineRecord]


class HeldShipmentRecord(Record, frozen=True):
    """`state` says how the last of its units ended, held while some are held, and `lines` which are in that state."""

    node: str
    service: str
    state: UnitState
    ended_at: Timestamp | None
    lines: list[HeldLineRecord]
    others: Annotated[
        list[OtherUnitsRecord] | UnsetType,
        Meta(description="units that ended otherwise, or before; left out if none did"),
    ] = UNSET
    collect_at: Annotated[
        str | UnsetType | None,
        Meta(description="only if it goes elsewhere than its order, as in its decision; never in a list of holds"),
    ] = UNSET

    @classmethod
    def of(cls, shipment: ShipmentState) -> "HeldShipmentRecord":
        return cls(
            node=shipment.node,
            service=shipment.service,
            state=shipment.state,
            ended_at=None if shipment.at is None else timestamp(shipment.at),
            lines=_lines(shipment.units, shipment.lots),
            others=[OtherUnitsRecord(state=state, lines=_lines(units)) for state, units in shipment.others.items()]
            or UNSET,
            collect_at=shipment.collect_at,
        )


class HoldStateRecord(Record, frozen=True):
    """What became of each shipment of a decision."""

    decision: str
    expires_at: Annotated[Timestamp | None, Meta(description="null: nothing is held any more")]
    shipments: list[HeldShipmentRecord]
    late: Annotated[
        bool | UnsetType,
        Meta(description="true: the hold of the units that are confirmed here had expired, and they were still there"),
    ] = UNSET

    @classmethod
    def of(cls, state: HoldState) -> "HoldStateRecord":
        return cls(
            decision=state.decision,
            expires_at=None if state.until is None else timestamp(state.until),
            shipments=[HeldShipmentRecord.of(item) for item in state.shipments],
            late=state.late or UNSET,
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
                HeldShipmentRecord(
                    node=item.node,
                    service=item.service,
                    state="held",
                    ended_at=None,
                    lines=_lines(item.units, item.lots),
                )
                for item in hold.shipments
            ],
        )


class HoldsPageRecord(Record, frozen=True):
    """The first to expire first. A page with a `next` may have fewer holds than asked for, or none."""

    holds: list[LivingHoldRecord]
    next: str | None

    @classmethod
    def of(cls, page: HoldsPage) -> "HoldsPageRecord":
        return cls(holds=[LivingHoldRecord.of(hold) for hold in page.holds], next=holds_cursor(page.after))


def _lines(units: Units, lots: Mapping[str, LotUnits] = NO_LOTS) -> list[HeldLineRecord]:
    return [
        HeldLineRecord(
            sku=sku, quantity=quantity, lots=[LotRecord.of(label, count) for label, count in lots.get(sku, ())] or UNSET
        )
        for sku, quantity in units
    ]
