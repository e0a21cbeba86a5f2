"""Where the units of a decision stand, as a hold is shown and as a change of it is answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, UnsetType

from engine.model.lots import LotUnits
from engine.store.hold_changes.shipment_units import ShipmentUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.log.entry_bodies import Units
from engine.store.outcomes import UnitState


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentState:
    """`state` says how the last of its units ended, and `at` when; held and None while some are held. `units` are those
    in that state, `others` those that ended otherwise.
    """

    node: str
    service: str
    units: Units
    state: UnitState
    at: int | None
    others: dict[UnitState, Units] = field(default_factory=dict)
    collect_at: str | UnsetType | None = UNSET
    """As its decision says, if it goes elsewhere than its order."""
    lots: Mapping[str, LotUnits] = field(default_factory=dict)
    """By SKU, which of the units that are held are of lots."""

    @classmethod
    def of(cls, shipment: ShipmentUnits) -> "ShipmentState":
        ending = shipment.ending
        state = ending.kind if ending else "held"
        return cls(
            node=shipment.node,
            service=shipment.service,
            units=shipment.by_sku(state),
            state=state,
            at=ending.at if ending else None,
            others={other: shipment.by_sku(other) for other in shipment.units if other != state},
            collect_at=shipment.collect_at,
            lots=dict(shipment.lots),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """The hold of a decision of an order. `until` is the instant it expires, None once nothing is held any more."""

    decision: str
    order: str
    until: int | None
    shipments: tuple[ShipmentState, ...]
    late: bool = False
    """Whether this answers a confirm of units whose hold had expired, and that were still there."""

    @classmethod
    def of(cls, stored: StoredHold) -> "HoldState":
        return cls.after(stored, stored.shipments, until=stored.until)

    @classmethod
    def remembered(cls, answer: str, stored: StoredHold) -> "HoldState":
        """The answer as it is remembered. Earlier releases remembered only that there was one."""
        return msgspec.json.decode(answer, type=cls) if answer.startswith("{") else cls.of(stored)

    @classmethod
    def after(
        cls, stored: StoredHold, shipments: Iterable[ShipmentUnits], *, until: int | None, late: bool = False
    ) -> "HoldState":
        """Once the shipments are so."""
        states = tuple(ShipmentState.of(shipment) for shipment in shipments)
        return cls(
            decision=stored.decision,
            order=stored.record.order.id,
            until=until if any(item.state == "held" for item in states) else None,
            shipments=states,
            late=late,
        )
