"""What events tell of parcels: where they are, and what is printed for them."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp
from engine.events.payloads import EventLinksRecord
from engine.fulfilment.printing.print_job import Paper
from engine.model.tracking import TrackingState


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
