"""What has left: for the shop, which tells its customer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.connectors.sending.records.batch import Record
from api.connectors.sending.records.of_events import EventRecords
from api.connectors.sending.records.order_fields import order_of
from api.connectors.sending.records.packed import parcels_of
from api.connectors.sending.records.standing_units import shipment_of, verify_left
from api.shapes.quantities import Quantities
from engine.decide.order_record import timestamp
from engine.decide.record_parts import PlacedLineRecord
from engine.events.event import Event
from engine.events.payloads import EventSkuUnitsRecord
from engine.model.parcels import ShipmentKey


class Confirmations(EventRecords):
    """A record for the units of each shipment that left (`action` `left`), or whose confirm was undone (`undone`). Its
    `lines` are those of the order. An event knows units by their SKU: where several lines are of one, the log says of
    which they are; that of a whole shipment, or by an earlier release, fills the first line first.
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
                    "lines": self._lines(key, part.lines, event),
                    "units": sum(line.quantity for line in part.lines),
                    "left_at": data.left_at if action == "left" else None,
                    **parcels_of(self._pointsman, key),
                }

    def anew(self, record: Record) -> Record:
        """With its parcels as they are by now. Raises Outdated if its confirm was undone."""
        if record.get("action") == "left":
            verify_left(self._pointsman, record)
        parcels = parcels_of(self._pointsman, shipment_of(record))
        return {**super().anew(record), **Quantities.of(self._pointsman).show(parcels)}

    def _lines(self, key: ShipmentKey, units: Sequence[EventSkuUnitsRecord], event: Event) -> list[Record]:
        lines = self._decision(key.decision).shipments[key.number].lines
        by_line: Mapping[str, int] = {}
        if len({line.sku for line in lines}) < len(lines):
            by_line = self._pointsman.events.units_by_line(event).get(key, {})
        by_line = by_line or _filled_in_order(lines, units)
        return [
            {"line": line.line, "sku": line.sku, "quantity": quantity}
            for line in lines
            if (quantity := by_line.get(line.line, 0))
        ]


def _filled_in_order(lines: Iterable[PlacedLineRecord], units: Iterable[EventSkuUnitsRecord]) -> dict[str, int]:
    left = {item.sku: item.quantity for item in units}
    by_line = {}
    for line in lines:
        by_line[line.line] = min(line.quantity, left.get(line.sku, 0))
        if by_line[line.line]:
            left[line.sku] -= by_line[line.line]
    return by_line
