"""The events of parcels that an entry of the log tells."""

from collections.abc import Iterator
from urllib.parse import quote

from msgspec import UNSET

from engine.decide.order_record import Record
from engine.events.fulfilment.payloads import ManifestClosedRecord, PackedParcelRecord, ShipmentPackedRecord
from engine.events.payloads import EventLineRecord, EventLinksRecord
from engine.store.fulfilment.stored_shipment import StoredParcel
from engine.store.log.entry import Entry


def packing_events(entry: Entry) -> list[tuple[str, Record]]:
    """Type and data. That a carrier is being asked for labels, or to take them back, is no event."""
    if entry.kind not in {"packed", "packing_cancelled"}:
        return []
    body, decision = entry.packing, entry.decision
    packing = body.packing
    data = ShipmentPackedRecord(
        order=body.order,
        decision=decision,
        shipment=body.number,
        node=body.node,
        service=packing.service,
        carrier=packing.carrier or None,
        packing=packing.number,
        parcels=list(map(_parcel, packing.parcels)),
        because=packing.because or UNSET,
        links=EventLinksRecord(
            order=f"/v1/orders/{quote(body.order, safe='')}",
            decision=f"/v1/decisions/{decision}",
            shipment=f"/v1/shipments/{decision}/{body.number}",
        ),
    )
    return [(f"shipment.{entry.kind}", data)]


def _parcel(parcel: StoredParcel) -> PackedParcelRecord:
    return PackedParcelRecord(
        number=parcel.number,
        sscc=parcel.sscc,
        tracking_number=parcel.tracking or None,
        weight_g=parcel.grams,
        lines=[EventLineRecord(line=line, sku=sku, quantity=quantity) for line, sku, quantity in parcel.lines],
    )


def manifest_events(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    """Type, subject and data."""
    if entry.kind != "manifested":
        return
    manifest, name = entry.manifest, entry.decision
    data = ManifestClosedRecord(
        manifest=name,
        node=manifest.node,
        carrier=manifest.carrier,
        shipments=list(dict.fromkeys(shipment for shipment, _ in manifest.packings)),
        packings=len(manifest.packings),
        links=EventLinksRecord(manifest=f"/v1/manifests/{quote(name, safe='')}"),
    )
    yield "manifest.closed", name, data
