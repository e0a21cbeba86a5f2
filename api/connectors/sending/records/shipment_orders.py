"""What a warehouse or shop is to ship, and what of it is not to be shipped any more."""

from collections.abc import Iterator
from typing import Any

from api.connectors.sending.records.batch import Record
from api.connectors.sending.records.of_events import EventRecords
from api.connectors.sending.records.order_fields import order_of
from api.connectors.sending.records.packed import addressee_of, plain
from api.connectors.sending.records.read_paths import paths_of
from api.connectors.sending.records.standing_units import verify_held
from engine.decide.order_record import timestamp
from engine.decide.record import DecisionRecord
from engine.events.event import Event
from engine.events.payloads import EventUnitsRecord
from engine.model.parcels import ShipmentKey


class ShipmentOrders(EventRecords):
    """A record for each shipment that a node is given (`action` `ship`), once it may leave: an order that a person has
    to approve is sent when it is approved. And one for the units of a shipment that it is not to ship any more
    (`cancel`), with the `reason`: `cancelled`, `amended`, `released`, `withdrawn`, `expired`, or why it was rejected.
    """

    types = frozenset({"order.decided", "order.changed", "hold.expired", "shipment.rejected"})

    def of(self, event: Event) -> Iterator[Record]:
        data: Any = event.data
        decision = self._decision(data.decision)
        if not self._is_channel(decision.order.channel):
            return
        match event.type:
            case "order.decided" if not data.awaiting_approval:
                yield from self._to_ship(data.decision, decision, event)
            case "order.changed" if data.change == "approved":
                yield from self._to_ship(data.decision, decision, event)
            case "order.changed" if data.released:
                yield from self._not_to_ship(data.released, data.change, decision, event)
            case "hold.expired":
                yield from self._not_to_ship(data.shipments, "expired", decision, event)
            case "shipment.rejected":
                yield from self._not_to_ship(data.shipments, data.reason, decision, event)

    def anew(self, record: Record) -> Record:
        """With whom it goes to by now. Raises Outdated if its units are not to be shipped any more."""
        record = super().anew(record)
        if record.get("action") != "ship":
            return record
        verify_held(self._pointsman, record)
        return {**record, "addressee": self._addressee(str(record.get("order")))}

    def _to_ship(self, name: str, decision: DecisionRecord, event: Event) -> Iterator[Record]:
        addressee = self._addressee(decision.order.id)
        for number, shipment in enumerate(decision.shipments):
            if self._is_meant(shipment.node):
                yield {
                    **_named(ShipmentKey(name, number), event),
                    "action": "ship",
                    "reason": None,
                    **order_of(decision),
                    **plain(shipment),
                    "addressee": addressee,
                    "units": sum(line.quantity for line in shipment.lines),
                }

    def _not_to_ship(
        self, parts: list[EventUnitsRecord], reason: str, decision: DecisionRecord, event: Event
    ) -> Iterator[Record]:
        for part in parts:
            if self._is_meant(part.node):
                yield {
                    **_named(ShipmentKey(part.decision, part.shipment), event),
                    "action": "cancel",
                    "reason": reason,
                    **order_of(decision),
                    "node": part.node,
                    "service": part.service,
                    "lines": plain(part.lines),
                    "units": sum(line.quantity for line in part.lines),
                }

    def _addressee(self, order: str) -> Record | None:
        """Looked up only for a connector that sends something of it."""
        wanted = any("addressee" in path for path in paths_of(self._connector))
        return addressee_of(self._pointsman, order) if wanted else None


def _named(key: ShipmentKey, event: Event) -> Record:
    return {
        "event": event.id,
        "at": timestamp(event.at),
        "shipment": str(key),
        "decision": key.decision,
        "number": key.number,
    }
