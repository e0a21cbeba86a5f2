"""What events tell of parcels: where they are, and what is printed for them."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp
from engine.events.payloads import EventLineRecord, EventLinksRecord
from engine.fulfilment.printing.print_job import Paper
from engine.model.tracking import TrackingState


class PackedParcelRecord(Record, frozen=True, kw_only=True):
    """A parcel, by its number in the shipment, from 1."""

    number: int
    sscc: str
    tracking_number: Annotated[str | None, Meta(description="null: its carrier gave none")]
    weight_g: int
    lines: list[EventLineRecord]


class ShipmentPackedRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.packed` and `shipment.packing_cancelled`. `shipment` is its number in the decision, from 0."""

    order: str
    decision: str
    shipment: int
    node: str
    service: str
    carrier: Annotated[str | None, Meta(description="null: nobody, it is collected where it was packed")]
    packing: Annotated[int, Meta(description="from 1: more of a shipment may be packed later")]
    parcels: Annotated[list[PackedParcelRecord], Meta(description="those of this packing")]
    because: Annotated[str | UnsetType, Meta(description="why it was cancelled, where that was said")] = UNSET
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class ManifestClosedRecord(Record, frozen=True, kw_only=True):
    """Of `manifest.closed`."""

    manifest: str
    node: str
    carrier: str
    shipments: Annotated[list[str], Meta(description="each as `DECISION/NUMBER`")]
    packings: Annotated[int, Meta(description="how many were handed over")]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class PrintFailedRecord(Record, frozen=True, kw_only=True):
    """Of `print.failed`."""

    job: str
    node: str
    paper: Paper
    of: Annotated[str, Meta(description="what was to be printed: DECISION/NUMBER/PARCEL, or the id of a manifest")]
    error: Annotated[str, Meta(description="what the printer said last")]
    links: EventLinksRecord


class TrackedParcelRecord(Record, frozen=True, kw_only=True):
    """A parcel that is in another state."""

    sscc: str
    state: TrackingState
    since: Annotated[Timestamp | None, Meta(description="by its carrier; null: no event says so")]


class ShipmentTrackedRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.tracked`. `shipment` is its number in the decision, from 0."""

    order: str
    decision: str
    shipment: int
    node: str
    service: str
    before: TrackingState
    state: Annotated[TrackingState, Meta(description="of the shipment, by all of its parcels")]
    since: Timestamp | None
    parcels: Annotated[list[TrackedParcelRecord], Meta(description="those that are in another state")]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class ShipmentDeliveredRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.delivered`. `shipment` is its number in the decision, from 0."""

    order: str
    decision: str
    shipment: int
    node: str
    service: str
    delivered_at: Annotated[Timestamp, Meta(description="the last of its parcels")]
    promised_by: Timestamp
    late: Annotated[bool, Meta(description="whether that is after the promise")]
    links: EventLinksRecord


class ShipmentLateRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.late` and `shipment.lost`. `shipment` is its number in the decision, from 0."""

    order: str
    decision: str
    shipment: int
    node: str
    service: str
    state: TrackingState
    since: Annotated[Timestamp | None, Meta(description="null: its carrier has said nothing of it")]
    promised_by: Timestamp
    links: EventLinksRecord
