"""What has left: for the shop, which tells its customer."""

from collections.abc import Iterable, Iterator
from typing import Any

from api.connectors.sending.records.batch import Record
from api.connectors.sending.records.of_events import EventRecords
from api.connectors.sending.records.packed import parcels_of
from api.connectors.sending.records.shipment_orders import order_of
from api.connectors.sending.records.standing_units import shipment_of, verify_left
from api.shapes.quantities import Quantities
from engine.decide.order_record import timestamp
from engine.events.event import Event
from engine.events.payloads import EventSkuUnitsRecord
from engine.model.parcels import ShipmentKey


class Confirmations(EventRecords):
    """A record for the units of each shipment that left (`action` `left`), or whose confirm was undone (`undone`). Its
    `lines` are those of the order: events know units by their SKU, and of lines of one SKU the first is filled first.
    """

    types = frozenset({"shipment.confirmed", "order.changed"})

    def of(self, event: Event) -> Iterator[Record]:
        data: Any = event.data
        if event.type == "order.changed" and data.change != "undone":
            return
        parts, action = (data.shipments, "left") if event.type == "shipment.confirmed" else (data.returned, "undone")
        decision = self._decision(data.decision)
        if not self._is_channel(decision.order.channel):
            return
        for part in parts or ():
            key = ShipmentKey(part.decision, part.shipment)
            if self._is_meant(part.node):
                yield {
                    "event": event.id,
                    "at": timestamp(event.at),
                    "action": action,
                    "shipment": str(key),
                    "decision": key.decision,
                    "number": key.number,
                    **order_of(decision),
                    "node": part.node,
                    "service": part.service,
                    "lines": self._lines(key, part.lines),
                    "units": sum(line.quantity for line in part.lines),
                    "left_at": data.left_at if action == "left" else None,
                    **parcels_of(self._pointsman, key),
                }

    def anew(self, record: Record) -> Record:
        """With its parcels as they are by now. Raises Outdated if its confirm was undone."""
        if record.get("action") == "left":
            verify_left(self._pointsman, record)
        parcels = parcels_of(self._pointsman, shipment_of(record))
        return {**record, **Quantities.of(self._pointsman).show(parcels)}

    def _lines(self, key: ShipmentKey, units: Iterable[EventSkuUnitsRecord]) -> list[Record]:
        left = {item.sku: item.quantity for item in units}
        found = []
        for line in self._decision(key.decision).shipments[key.number].lines:
            quantity = min(line.quantity, left.get(line.sku, 0))
            if quantity:
                left[line.sku] -= quantity
                found.append({"line": line.line, "sku": line.sku, "quantity": quantity})
        return found
