"""Parcels and the addressee of a shipment, for records that say where it goes and by which numbers it is known."""

from typing import Any

import msgspec

from api.connectors.sending.records.batch import Record
from api.shapes.quantities import decode
from engine.errors import NotFound, OrderErased
from engine.model.parcels import ShipmentKey
from engine.service import Pointsman


def parcels_of(pointsman: Pointsman, key: ShipmentKey) -> Record:
    """What is packed of a shipment: `carrier`, `parcels` with their `sscc` and `tracking_number`, and all
    `tracking_numbers`. Nothing of it where nothing is packed.
    """
    try:
        packed = pointsman.fulfilment.parcels.find(key)
    except NotFound:
        return {"carrier": None, "parcels": [], "tracking_numbers": []}
    sizes = [None if parcel.size is None else parcel.size._asdict() for parcel in packed.parcels]
    return {
        "carrier": next((packing.carrier for packing in packed.valid), None),
        "parcels": [{**plain(parcel), "size": size} for parcel, size in zip(packed.parcels, sizes, strict=True)],
        "tracking_numbers": [parcel.tracking_number for parcel in packed.parcels if parcel.tracking_number],
    }


def addressee_of(pointsman: Pointsman, order: str) -> Record | None:
    """Whom the order's parcels go to; None if it has none, or was erased."""
    try:
        return plain(pointsman.fulfilment.parcels.addressee(order))  # type: ignore[no-any-return]
    except (NotFound, OrderErased):
        return None


def plain(value: Any) -> Any:
    """A record or value of the engine as JSON has it."""
    return decode(msgspec.json.encode(value))
