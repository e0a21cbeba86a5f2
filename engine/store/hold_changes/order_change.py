"""A change of an order beside its holds, as scripts with parts/order_changes.lua take it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from engine.decide.order_record import OrderRecord
from engine.store.backlog import BacklogEntry
from engine.store.hold_changes.order_units import OrderReading
from engine.store.hold_changes.shipment_units import LineUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """What becomes of an order as it was read: units by line that are `cancelled` afterwards in all (None: as many as
    before), backlog entries before and after (`waiting`), the order if it is `amended`, and whether it is parked from
    then on until a person approves it (`parks`).
    """

    reading: OrderReading
    cancelled: LineUnits | None = None
    waiting: Sequence[tuple[BacklogEntry, BacklogEntry | None]] = ()
    amended: OrderRecord | None = None
    parks: bool = False

    @property
    def record(self) -> dict[str, Any]:
        """As parts/order_changes.lua reads it."""
        record: dict[str, Any] = {
            "changes": str(self.reading.changes),
            "follow_ups": len(self.reading.entries) - 1,
            "waiting": [
                {
                    "decision": before.decision,
                    "before": before.stored.decode(),
                    "after": after.body.decode() if after else "",
                }
                for before, after in self.waiting
            ],
        }
        if self.cancelled is not None:
            record["cancelled"] = orjson.dumps(self.cancelled).decode()
        if self.amended is not None:
            record["amended"] = amended_text(self.amended)
        if self.parks:
            record["parks"] = self.reading.order.id
            record["placed_at"] = self.reading.order.placed_at
        return record


def amended_text(order: OrderRecord) -> str:
    """An amended order as `Keys.order` has it."""
    return msgspec.json.encode(order).decode()
