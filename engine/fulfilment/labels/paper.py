"""What stands on each paper of a parcel. Whoever fills these in decides what is told; here nothing is looked up.

Words are in `language`, one of `rules.wording.catalogue.available_languages()`. Dates and instants are those of the
clock of the node where the parcel is packed. Weights are in grams.
"""

from dataclasses import dataclass
from datetime import date, datetime

from engine.model.postal_address import PostalAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelLabel:
    """On the outside of one parcel: `number` of `of` of its shipment. `sscc` has 18 digits. `carrier` and `service` are
    as people read them, and may be empty. `qr` is what the QR code says, which is drawn as it is.
    """

    sender: PostalAddress
    addressee: PostalAddress
    sscc: str
    carrier: str
    service: str
    tracking_number: str | None
    grams: int
    number: int
    of: int
    order: str
    packed_on: date
    qr: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """Units of an article: `quantity` counts the smallest part of `unit`, of which it has so many `decimals`, as a
    product's quantities do. `name` may be empty.
    """

    sku: str
    quantity: int
    name: str = ""
    decimals: int = 0
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedParcel:
    """A parcel of the shipment that a dispatch note goes with. `packed_on` is given where the note has another day."""

    number: int
    sscc: str
    grams: int
    lines: tuple[NoteLine, ...]
    tracking_number: str | None = None
    packed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterArticles:
    """Articles of this shipment that are packed later, and the day they are to arrive."""

    lines: tuple[NoteLine, ...]
    expected_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherShipment:
    """Articles of the order that do not come with this shipment. `expected_on` is the day they are to arrive, where it
    is promised; `has_left`: they are on their way already.
    """

    lines: tuple[NoteLine, ...]
    expected_on: date | None = None
    has_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTerms:
    """How articles go back: until when, where to, and the page (a URL) where that is asked for, with its QR code."""

    until: date | None = None
    address: PostalAddress | None = None
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchNote:
    """Inside a parcel, for its addressee. `here` are the parcels that the note goes into: one of them, or all of the
    shipment; `besides` are the others of the shipment.
    """

    sender: PostalAddress
    addressee: PostalAddress
    order: str
    shipment: str
    carrier: str
    service: str
    packed_on: date
    here: tuple[NotedParcel, ...]
    besides: tuple[NotedParcel, ...] = ()
    later: LaterArticles | None = None
    others: tuple[OtherShipment, ...] = ()
    returns: ReturnTerms | None = None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestParcel:
    """A parcel that is handed over. `postcode` and `country` are those it goes to."""

    sscc: str
    order: str
    service: str
    grams: int
    postcode: str
    country: str
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a carrier's driver takes along and signs for. `closed_at` is the node's wall clock."""

    id: str
    carrier: str
    sender: PostalAddress
    closed_at: datetime
    parcels: tuple[ManifestParcel, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabel:
    """On a parcel that comes back: from the customer (`sender`) to the place of return. Its number `return_id` is drawn
    as a QR code. `sscc`, `carrier`, `service` and `tracking_number` are given where somebody carries it for us.
    """

    sender: PostalAddress
    addressee: PostalAddress
    return_id: str
    order: str
    issued_on: date
    language: str
    carrier: str = ""
    service: str = ""
    sscc: str | None = None
    tracking_number: str | None = None
    until: date | None = None
