"""Shipments as they were packed: parcels, what is in them, and the numbers by which they are known."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self, TypeAlias

from engine.model.paper_texts import ManifestTexts, PaperTexts

PackingState: TypeAlias = Literal["booking", "packed", "cancelling", "cancelled"]
"""`booking`: its parcels have their SSCCs, and the carrier is being asked for labels. `cancelling`: the carrier is
being asked to take them back. A retry goes on from there, and so does the service by itself.
"""
LabelFormat: TypeAlias = Literal["pdf", "zpl", "png"]
MOST_PARCELS = 1_000
"""Of one shipment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelTerms:
    """What the network file says of parcels. `gs1_prefix` is the GS1 company prefix, 4 to 12 digits; `extension` the
    digit before it in each SSCC. `first_serial` is the least serial reference that is given out. `packing_grams` is
    what the box and its filling weigh, which is added to the weight of the articles where no weight is said.
    """

    gs1_prefix: str
    extension: int = 0
    first_serial: int = 0
    packing_grams: int = 0


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
    has_sold_label: bool = False
    """Whether its carrier sold a label for it, which is kept beside the shipment for a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Parcels of a shipment that were packed by one call; its later parcels may follow by another. `number` counts from
    1. `carrier` is who carries it by the network's file, or None: it is collected where it was packed. `sold`: the
    carrier sells the labels. `packed_at` is in UTC seconds. `booking` is the carrier's name of what it sold.
    """

    number: int
    state: PackingState
    service: str
    carrier: str | None
    parcels: tuple[Parcel, ...]
    packed_at: int
    sold: bool = False
    booking: str | None = None
    manifest: str | None = None
    """The id of the manifest with which it was handed to the driver."""
    because: str = ""
    """Why it was or is being cancelled."""
    closed: bool = False
    """Whether nobody is to hand it over any more: its units left otherwise, or were let go, long ago."""
    cancelling_since: int | None = None
    """When its carrier was first asked to take its labels back, in UTC seconds, while that is not done."""
    cancelled_at: int | None = None
    """In UTC seconds."""
    texts: PaperTexts | None = None
    """What stands on its papers and comes from the network; None if it was packed by a release that did not keep it."""

    @property
    def units(self) -> Mapping[str, int]:
        """By line, those in its parcels."""
        return sum((Counter({line.line: line.quantity}) for item in self.parcels for line in item.lines), Counter())

    @property
    def is_open(self) -> bool:
        """Whether it is to be handed over still."""
        return self.state != "cancelled" and self.manifest is None and not self.closed


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedShipment:
    """A shipment and how it was packed. Its parcels are numbered through, those of cancelled packings, too. `first` is
    the first decision of its order.
    """

    key: ShipmentKey
    order: str
    first: str
    node: str
    packings: tuple[Packing, ...] = ()

    @property
    def valid(self) -> tuple[Packing, ...]:
        """Those that were not cancelled."""
        return tuple(item for item in self.packings if item.state != "cancelled")

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Those that were not cancelled."""
        return tuple(parcel for item in self.valid for parcel in item.parcels)

    @property
    def units(self) -> Mapping[str, int]:
        """By line, those in its parcels."""
        return sum((Counter(item.units) for item in self.valid), Counter())

    def with_packing(self, packing: Packing) -> Self:
        """With it in place of the one of its number, or behind the others."""
        others = tuple(item for item in self.packings if item.number != packing.number)
        return replace(self, packings=tuple(sorted((*others, packing), key=lambda item: item.number)))


PackingPlace: TypeAlias = tuple[int, ShipmentKey, int]
"""Where a packing stands among others, those packed first first: its instant, its shipment and its number."""


def place_of_packing(item: tuple[PackedShipment, Packing]) -> PackingPlace:
    shipment, packing = item
    return packing.packed_at, shipment.key, packing.number


class ManifestedPacking(NamedTuple):
    shipment: ShipmentKey
    packing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a carrier's driver took along from a node: packings, in the order in which they were packed. `closed_at` is
    in UTC seconds. `confirms`: handing it over confirmed these shipments.
    """

    id: str
    node: str
    carrier: str
    closed_at: int
    packings: tuple[ManifestedPacking, ...]
    confirms: bool
    texts: ManifestTexts | None = None
    """As `Packing` has them."""
