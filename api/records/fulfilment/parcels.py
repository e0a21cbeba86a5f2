"""Packed shipments, manifests and addressees as JSON."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import packings_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.fulfilment.parcels.handing_over import ManifestView
from engine.fulfilment.parcels.parcels import ShipmentView
from engine.model.parcels import PackedShipment, Packing, PackingState, Parcel, ParcelSize, place_of_packing
from engine.model.postal_address import PostalAddress


class ParcelLineRecord(Record, frozen=True):
    line: str
    sku: str
    quantity: int


class ParcelSizeRecord(Record, frozen=True):
    """Outer measures in millimetres."""

    length: int
    width: int
    height: int


class ParcelRecord(Record, frozen=True, kw_only=True):
    """One box of a shipment."""

    number: Annotated[int, Meta(description="in its shipment, from 1")]
    sscc: Annotated[str, Meta(examples=["334567890000000427"])]
    tracking_number: Annotated[str | None, Meta(description="null: its carrier gave none")]
    weight_g: int
    size_mm: ParcelSizeRecord | UnsetType = UNSET
    lines: list[ParcelLineRecord]

    @classmethod
    def of(cls, parcel: Parcel) -> "ParcelRecord":
        return cls(
            number=parcel.number,
            sscc=parcel.sscc,
            tracking_number=parcel.tracking_number,
            weight_g=parcel.grams,
            size_mm=UNSET if parcel.size is None else _size(parcel.size),
            lines=[ParcelLineRecord(line=line.line, sku=line.sku, quantity=line.quantity) for line in parcel.lines],
        )


def _size(size: ParcelSize) -> ParcelSizeRecord:
    return ParcelSizeRecord(length=size.length, width=size.width, height=size.height)


class PackingRecord(Record, frozen=True, kw_only=True):
    """Parcels that were packed by one call. `booking`: its carrier is being asked for labels; `cancelling`: to take
    them back.
    """

    packing: Annotated[int, Meta(description="its number in the shipment, from 1")]
    state: PackingState
    service: str
    carrier: Annotated[str | None, Meta(description="null: nobody, it is collected where it was packed")]
    packed_at: Annotated[Timestamp, Meta(description="when it was packed, or its carrier was first asked for labels")]
    cancelled_at: Annotated[Timestamp | None, Meta(description="null: it is not cancelled")]
    manifest: Annotated[str | None, Meta(description="by which it was handed over; null: it was not")]
    booking: Annotated[str | UnsetType, Meta(description="the carrier's name of what it sold")] = UNSET
    because: Annotated[str | UnsetType, Meta(description="why it was cancelled, where that was said")] = UNSET
    parcels: list[ParcelRecord]

    @classmethod
    def of(cls, packing: Packing) -> "PackingRecord":
        return cls(
            packing=packing.number,
            state=packing.state,
            service=packing.service,
            carrier=packing.carrier,
            packed_at=timestamp(packing.packed_at),
            cancelled_at=None if packing.cancelled_at is None else timestamp(packing.cancelled_at),
            manifest=packing.manifest,
            booking=packing.booking or UNSET,
            because=packing.because or UNSET,
            parcels=list(map(ParcelRecord.of, packing.parcels)),
        )


class PackedShipmentRecord(Record, frozen=True, kw_only=True):
    """A shipment, and how it is packed."""

    shipment: Annotated[str, Meta(description="`DECISION/NUMBER`")]
    decision: str
    number: Annotated[int, Meta(description="in its decision, from 0")]
    order: str
    node: str
    packings: list[PackingRecord]
    left: Annotated[
        list[ParcelLineRecord], Meta(description="units that are held, or have left, and that are in no parcel")
    ]

    @classmethod
    def of(cls, view: ShipmentView) -> "PackedShipmentRecord":
        shipment = view.shipment
        return cls(
            shipment=str(shipment.key),
            decision=shipment.key.decision,
            number=shipment.key.number,
            order=shipment.order,
            node=shipment.node,
            packings=list(map(PackingRecord.of, shipment.packings)),
            left=[
                ParcelLineRecord(line=line, sku=view.skus[line], quantity=units) for line, units in view.left.items()
            ],
        )


class ListedPackingRecord(PackingRecord, frozen=True, kw_only=True):
    """A packing that is to be handed over."""

    shipment: Annotated[str, Meta(description="`DECISION/NUMBER`")]
    order: str
    node: str

    @classmethod
    def of_shipment(cls, shipment: PackedShipment, packing: Packing) -> "ListedPackingRecord":
        fields = PackingRecord.of(packing)
        values = {name: getattr(fields, name) for name in fields.__struct_fields__}
        return cls(shipment=str(shipment.key), order=shipment.order, node=shipment.node, **values)


class ListedPackingsRecord(Record, frozen=True):
    packings: Annotated[list[ListedPackingRecord], Meta(description="those packed first first")]
    next: Annotated[str | None, Meta(description="the `after` of the page that follows")]

    @classmethod
    def of(cls, found: Sequence[tuple[PackedShipment, Packing]], *, limit: int) -> "ListedPackingsRecord":
        """`found` are those of the page, and one more if a page follows."""
        page = found[:limit]
        return cls(
            packings=[ListedPackingRecord.of_shipment(*item) for item in page],
            next=packings_cursor(place_of_packing(page[-1])) if len(found) > limit else None,
        )


class NotConfirmedRecord(Record, frozen=True):
    """A shipment of a manifest whose units could not be confirmed."""

    shipment: str
    because: str


class ManifestRecord(Record, frozen=True, kw_only=True):
    """What a carrier's driver took along from a node."""

    manifest: str
    node: str
    carrier: str
    closed_at: Timestamp
    confirms: Annotated[bool, Meta(description="whether handing it over confirmed its shipments")]
    packed: Annotated[int, Meta(description="how many packings are on it")]
    packings: Annotated[list[ListedPackingRecord], Meta(description="those of the page, if one was asked for")]
    next: Annotated[str | None, Meta(description="the `after` of the page that follows")]
    not_confirmed: Annotated[
        list[NotConfirmedRecord] | UnsetType,
        Meta(description="only where it was just closed: shipments whose units could not be confirmed, and why"),
    ] = UNSET

    @classmethod
    def of(cls, view: ManifestView, *, after: int = 0, limit: int | None = None) -> "ManifestRecord":
        """`view` has those of its packings that follow the first `after`, at most `limit`."""
        manifest = view.manifest
        end = len(manifest.packings) if limit is None else after + limit
        return cls(
            manifest=manifest.id,
            node=manifest.node,
            carrier=manifest.carrier,
            closed_at=timestamp(manifest.closed_at),
            confirms=manifest.confirms,
            packed=len(manifest.packings),
            next=str(end) if end < len(manifest.packings) else None,
            packings=[ListedPackingRecord.of_shipment(shipment, packing) for shipment, packing in view.shipments],
            not_confirmed=[NotConfirmedRecord(str(key), because) for key, because in view.refused.items()] or UNSET,
        )


class AddresseeRecord(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Whom the parcels of an order go to."""

    order: str
    name: str = ""
    company: str = ""
    lines: list[str]
    postcode: str = ""
    town: str
    region: str = ""
    country: str
    phone: str = ""
    email: str = ""

    @classmethod
    def of(cls, order: str, address: PostalAddress) -> "AddresseeRecord":
        return cls(
            order=order,
            name=address.name,
            company=address.company,
            lines=list(address.lines),
            postcode=address.postcode,
            town=address.town,
            region=address.region,
            country=address.country,
            phone=address.phone,
            email=address.email,
        )
