"""Packed shipments and manifests as they are stored, and as the log has them."""

from collections.abc import Iterator, Mapping
from typing import Self

import msgspec
from msgspec.structs import replace

from engine.decide.order_record import Record
from engine.model.parcels import (
    Manifest,
    ManifestedPacking,
    PackedShipment,
    Packing,
    PackingState,
    Parcel,
    ParcelLine,
    ParcelSize,
    ShipmentKey,
)
from engine.model.tracking import number_name
from engine.store.fulfilment.stored_texts import StoredManifestTexts, StoredPaperTexts


class StoredParcel(Record, frozen=True, omit_defaults=True):
    """`lines` are line, SKU and quantity; `size` is length, width and height in millimetres."""

    number: int
    sscc: str
    grams: int
    lines: tuple[tuple[str, str, int], ...]
    size: tuple[int, int, int] | None = None
    tracking: str = ""
    sold_label: bool = False

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        return cls(
            number=parcel.number,
            sscc=parcel.sscc,
            grams=parcel.grams,
            lines=tuple((line.line, line.sku, line.quantity) for line in parcel.lines),
            size=parcel.size and (parcel.size.length, parcel.size.width, parcel.size.height),
            tracking=parcel.tracking_number or "",
            sold_label=parcel.has_sold_label,
        )

    @property
    def parcel(self) -> Parcel:
        return Parcel(
            number=self.number,
            sscc=self.sscc,
            lines=tuple(ParcelLine(line=line, sku=sku, quantity=quantity) for line, sku, quantity in self.lines),
            grams=self.grams,
            size=None if self.size is None else ParcelSize(*self.size),
            tracking_number=self.tracking or None,
            has_sold_label=self.sold_label,
        )


class StoredPacking(Record, frozen=True, omit_defaults=True):
    """As `Packing` has it, without what is not known."""

    number: int
    state: PackingState
    service: str
    at: int
    parcels: tuple[StoredParcel, ...]
    carrier: str = ""
    sold: bool = False
    booking: str = ""
    manifest: str = ""
    because: str = ""
    since: int = 0
    closed: bool = False
    cancelled_at: int | None = None
    texts: StoredPaperTexts | None = None

    @classmethod
    def of(cls, packing: Packing) -> Self:
        return cls(
            number=packing.number,
            state=packing.state,
            service=packing.service,
            at=packing.packed_at,
            parcels=tuple(map(StoredParcel.of, packing.parcels)),
            carrier=packing.carrier or "",
            sold=packing.sold,
            booking=packing.booking or "",
            manifest=packing.manifest or "",
            because=packing.because,
            since=packing.cancelling_since or 0,
            closed=packing.closed,
            cancelled_at=packing.cancelled_at,
            texts=None if packing.texts is None else StoredPaperTexts.of(packing.texts),
        )

    @property
    def packing(self) -> Packing:
        return Packing(
            number=self.number,
            state=self.state,
            service=self.service,
            carrier=self.carrier or None,
            sold=self.sold,
            parcels=tuple(parcel.parcel for parcel in self.parcels),
            packed_at=self.at,
            booking=self.booking or None,
            manifest=self.manifest or None,
            because=self.because,
            cancelling_since=self.since or None,
            closed=self.closed,
            cancelled_at=self.cancelled_at,
            texts=None if self.texts is None else self.texts.texts,
        )


class StoredShipment(Record, frozen=True):
    """`first` is the first decision of its order, which names the order's key."""

    order: str
    first: str
    node: str
    packings: tuple[StoredPacking, ...]

    def encode(self) -> str:
        return _ENCODER.encode(self).decode()

    @classmethod
    def decode(cls, text: bytes | str) -> Self:
        """Raises msgspec.MsgspecError if it is damaged."""
        return msgspec.json.decode(text, type=cls)

    def with_packing(self, packing: StoredPacking) -> Self:
        """With it in place of the one of its number, or behind the others, in the order of their numbers."""
        others = [item for item in self.packings if item.number != packing.number]
        return replace(self, packings=tuple(sorted((*others, packing), key=lambda item: item.number)))

    def shipment(self, key: ShipmentKey) -> PackedShipment:
        packings = tuple(item.packing for item in self.packings)
        return PackedShipment(key=key, order=self.order, first=self.first, node=self.node, packings=packings)


class StoredManifest(Record, frozen=True, omit_defaults=True):
    """`packings` are each a shipment as `DECISION/NUMBER`, and the number of its packing."""

    node: str
    carrier: str
    at: int
    packings: tuple[tuple[str, int], ...]
    confirms: bool = False
    texts: StoredManifestTexts | None = None

    def encode(self) -> str:
        return _ENCODER.encode(self).decode()

    @classmethod
    def decode(cls, text: bytes | str) -> Self:
        """Raises msgspec.MsgspecError if it is damaged."""
        return msgspec.json.decode(text, type=cls)

    def manifest(self, name: str) -> Manifest:
        return Manifest(
            id=name,
            node=self.node,
            carrier=self.carrier,
            closed_at=self.at,
            confirms=self.confirms,
            texts=None if self.texts is None else self.texts.texts,
            packings=tuple(
                ManifestedPacking(shipment=shipment_key(shipment), packing=number) for shipment, number in self.packings
            ),
        )


class PackingBody(Record, frozen=True, omit_defaults=True):
    """The body of a log entry about the shipment of that `number` in a decision: the `packing` that is new or another,
    as it is from then on; those beside it stay as the entries before say. `order`, `first` and `node` are as
    `StoredShipment` has them. `serials` is the range of SSCCs that numbers were taken of, and the serial that is next
    of it; `ranges`, on a line each, the same of ranges of tracking numbers: the field of `Keys.tracking_serials`, a
    tab, and the next serial.
    """

    number: int
    order: str
    first: str
    node: str
    packing: StoredPacking
    serials: tuple[str, int] | None = None
    ranges: str = ""
    reopened: bool = False
    """Whether the shipment has not passed the milestone `packed` any more."""


def tracking_serials_of(ranges: str) -> dict[str, int]:
    """The next serials of ranges of tracking numbers as log entries have them, by field of `Keys.tracking_serials`."""
    pairs = (line.rpartition("\t") for line in ranges.splitlines())
    return {name: int(serial) for name, _, serial in pairs}


class ManifestBody(Record, frozen=True):
    """The body of a log entry about a manifest."""

    manifest: StoredManifest


_ENCODER = msgspec.json.Encoder()


def stored(shipment: PackedShipment) -> StoredShipment:
    packings = tuple(map(StoredPacking.of, shipment.packings))
    return StoredShipment(order=shipment.order, first=shipment.first, node=shipment.node, packings=packings)


def stored_manifest(manifest: Manifest) -> StoredManifest:
    packings = tuple((str(item.shipment), item.packing) for item in manifest.packings)
    return StoredManifest(
        node=manifest.node,
        carrier=manifest.carrier,
        at=manifest.closed_at,
        packings=packings,
        confirms=manifest.confirms,
        texts=None if manifest.texts is None else StoredManifestTexts.of(manifest.texts),
    )


def shipment_key(text: str) -> ShipmentKey:
    """Of `DECISION/NUMBER`."""
    decision, _, number = text.rpartition("/")
    return ShipmentKey(decision, int(number))


def numbers_of(key: ShipmentKey, packings: tuple[StoredPacking, ...]) -> Mapping[str, str]:
    """The fields of `Keys.parcel_numbers` by which the parcels of these packings are found. Of several parcels that go
    by one number it is the first.
    """
    numbers: dict[str, str] = {}
    for name, place in _numbers(key, packings):
        numbers.setdefault(name, place)
    return numbers


def _numbers(key: ShipmentKey, packings: tuple[StoredPacking, ...]) -> Iterator[tuple[str, str]]:
    for packing in packings:
        for parcel in packing.parcels if packing.state != "cancelled" else ():
            for number in (parcel.sscc, parcel.tracking):
                if number:
                    yield number_name(number), f"{key}/{parcel.number}"


def open_packings(key: ShipmentKey, shipment: StoredShipment) -> Mapping[str, str]:
    """The fields of `Keys.open_packings` of a shipment: its packings that no manifest has."""
    return {
        f"{key}/{packing.number}": msgspec.json.encode([packing.state, shipment.node, packing.carrier]).decode()
        for packing in shipment.packings
        if packing.state != "cancelled" and not packing.manifest and not packing.closed
    }
