"""Where each unit of an order comes from: for the shop or OMS that the order was taken in."""

from collections.abc import Iterator
from typing import Any

from api.connectors.sending.records.batch import Record
from api.connectors.sending.records.of_events import EventRecords
from api.connectors.sending.records.order_fields import order_of
from api.connectors.sending.records.packed import plain
from engine.decide.order_record import timestamp
from engine.events.event import Event


class Allocations(EventRecords):
    """A record for each decision of an order: its `lines`, each at one node, the `shipments` they are in, and what is
    `unfilled` and why. Of several decisions of an order, the last says what is still open.
    """

    types = frozenset({"order.decided"})

    def of(self, event: Event) -> Iterator[Record]:
        data: Any = event.data
        decision = self._decision(data.decision)
        if not self._is_channel(decision.order.channel):
            return
        shipments = [
            {"shipment": f"{data.decision}/{number}", "number": number, **plain(shipment)}
            for number, shipment in enumerate(decision.shipments)
        ]
        yield {
            "event": event.id,
            "at": timestamp(event.at),
            "decision": data.decision,
            **order_of(decision),
            "status": decision.status,
            "because": data.because if isinstance(data.because, str) else None,
            "awaiting_approval": data.awaiting_approval,
            "shipments": shipments,
            "lines": [
                {"line": line["line"], "sku": line["sku"], "quantity": line["quantity"], **_of_shipment(shipment)}
                for shipment in shipments
                for line in shipment["lines"]
            ],
            "unfilled": plain(decision.unfilled),
        }


def _of_shipment(shipment: Record) -> Record:
    return {name: shipment[name] for name in ("shipment", "node", "service", "ships_at", "arrives_by")}
