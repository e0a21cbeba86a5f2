"""Shipments as they were packed: parcels, what is in them, and the numbers by which they are known."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

PackingState: TypeAlias = Literal["booking", "packed", "cancelled"]
"""`booking`: its parcels have their SSCCs, and the carrier is being asked for labels. A retry goes on from there."""
LabelFormat: TypeAlias = Literal["pdf", "zpl", "png"]


class ShipmentKey(NamedTuple):
    """A shipment: its number in a decision, from 0. Written `DECISION/NUMBER`."""

    decision: str
    number: int

    def __str__(self) -> str:
        return f"{self.decision}/{self.number}"


class ParcelSize(NamedTuple):
    """Outer measures in millimetres."""

    length: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelLine:
    """`quantity` is in the smallest part of the article, as in decisions."""

    line: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One box of a shipment. `number` counts from 1. `grams` is its gross weight. `sscc` has 18 digits, the last of
    which is the check digit. `tracking_number` is the carrier's, or None while it has given none.
    """

    number: int
    sscc: str
    lines: tuple[ParcelLine, ...]
    grams: int
    size: ParcelSize | None = None
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedShipment:
    """`carrier` is the name of one in the network's file, or None: nobody carries it, it is collected where it was
    packed. `packed_at` is in UTC seconds. `booking` is the carrier's name of what it sold, if it sold anything.
    """

    key: ShipmentKey
    order: str
    node: str
    service: str
    carrier: str | None
    state: PackingState
    parcels: tuple[Parcel, ...]
    packed_at: int
    booking: str | None = None
    manifest: str | None = None
    """The id of the manifest with which it was handed to the driver."""
