"""Receipts, and what of them was delivered."""

from api.connectors.applying.incoming import APPLIED, OLDER, UNCHANGED, IncomingRow, Outcome, Place, loaded, without
from api.shapes.flows.receipts import DeliveryRequest, ReceiptLine, SentAnnouncement
from api.shapes.quantities import Quantities
from engine.store.flows.receipts import ReceiptUnchanged

_RECEIPT, _DELIVERY = ReceiptLine(), DeliveryRequest()


def apply_receipt(place: Place, row: IncomingRow) -> Outcome:
    pointsman = place.pointsman
    sent: SentAnnouncement = loaded(_RECEIPT, row.fields)
    announcement = sent.announcement(sent.id or "", Quantities.of(pointsman))
    outcome = pointsman.flows.inbound.announce(announcement, received_at=sent.received_at)
    if isinstance(outcome, ReceiptUnchanged):
        return OLDER if outcome.older else UNCHANGED
    return APPLIED


def apply_delivery(place: Place, row: IncomingRow) -> Outcome:
    pointsman = place.pointsman
    receipt = row.fields["receipt"]
    delivery, op = loaded(_DELIVERY, {"op": row.op, **without(row.fields, "receipt")})
    sku = pointsman.flows.inbound.find(receipt).sku
    taken = pointsman.flows.inbound.receive(receipt, delivery.delivery(sku, Quantities.of(pointsman)), op=op)
    return UNCHANGED if taken.again else APPLIED
