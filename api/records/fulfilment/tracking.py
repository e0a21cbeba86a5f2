"""Where parcels are, as JSON."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.fulfilment.tracking.carrier_calls import CarrierCall
from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.fulfilment.tracking.tracking import EventOutcome, FoundParcel
from engine.model.parcels import Parcel
from engine.model.tracking import ParcelProgress, Scan, TrackingEvent, TrackingState

_RESULT = Meta(
    description="new; known: it was taken before; kept: no parcel that is with a carrier goes by the number, and it is"
    " taken once one does, in the next 7 days"
)


class TrackingOutcomeRecord(Record, frozen=True):
    """What became of one event."""

    number: str
    result: Annotated[EventOutcome, _RESULT]


class TrackingOutcomesRecord(Record, frozen=True):
    """What became of each event, in the order in which they were sent, and how many of each."""

    events: list[TrackingOutcomeRecord]
    new: int
    known: int
    kept: int

    @classmethod
    def of(cls, events: Iterable[TrackingEvent], outcomes: Sequence[EventOutcome]) -> "TrackingOutcomesRecord":
        pairs = zip(events, outcomes, strict=True)
        return cls(
            events=[TrackingOutcomeRecord(number=event.tracking_number, result=outcome) for event, outcome in pairs],
            **_counts(outcomes),
        )


class TrackingLineRecord(Record, frozen=True):
    """The answer to a line; `stopped`: of it and the lines after it, nothing was done."""

    line: int
    number: str | None
    result: Literal["new", "known", "kept", "refused", "stopped"]
    message: str | UnsetType = UNSET


class CarrierCallRecord(Record, frozen=True):
    """What became of what a carrier told."""

    new: int
    known: int
    kept: Annotated[int, Meta(description="of numbers that no parcel goes by yet")]
    unknown: Annotated[
        list[str], Meta(description="codes that the carrier does not document, whose events are left out")
    ]

    @classmethod
    def of(cls, call: CarrierCall) -> "CarrierCallRecord":
        return cls(unknown=list(call.unknown), **_counts(call.outcomes))


class ParcelEventRecord(Record, frozen=True):
    """What a carrier said."""

    state: TrackingState
    at: Annotated[Timestamp, Meta(description="by the carrier's clock, but never after it was heard")]
    heard_at: Annotated[Timestamp, Meta(description="when it was first told here")]
    town: Annotated[str | UnsetType, Meta(description="left out once the order is erased")] = UNSET
    country: str | UnsetType = UNSET

    @classmethod
    def of(cls, scan: Scan) -> "ParcelEventRecord":
        return cls(
            state=scan.state,
            at=timestamp(scan.instant),
            heard_at=timestamp(scan.heard_at),
            town=scan.town or UNSET,
            country=scan.country or UNSET,
        )


class ProgressRecord(Record, frozen=True):
    """Where something is, and since when; null: no event says so."""

    state: TrackingState
    since: Timestamp | None

    @classmethod
    def of(cls, progress: ParcelProgress) -> "ProgressRecord":
        return cls(state=progress.state, since=None if progress.since is None else timestamp(progress.since))


class ParcelOfNumberRecord(Record, frozen=True, kw_only=True):
    """One of the parcels that go by a number."""

    parcel: Annotated[int, Meta(description="its number in the shipment, from 1")]
    sscc: str
    state: TrackingState
    since: Timestamp | None

    @classmethod
    def of(cls, parcel: Parcel, shipment: TrackedShipment) -> "ParcelOfNumberRecord":
        progress = ProgressRecord.of(shipment.parcel_progress(parcel.sscc))
        return cls(parcel=parcel.number, sscc=parcel.sscc, state=progress.state, since=progress.since)


class ParcelTrackingRecord(Record, frozen=True, kw_only=True):
    """Where the parcel is that goes by a number, and its shipment."""

    sscc: str
    tracking_number: str | None
    carrier: str | None
    state: TrackingState
    since: Timestamp | None
    events: Annotated[list[ParcelEventRecord], Meta(description="the latest first")]
    order: str
    decision: str
    shipment: Annotated[int, Meta(description="its number in the decision, from 0")]
    parcel: Annotated[int, Meta(description="its number in the shipment, from 1")]
    same_number: Annotated[
        list[ParcelOfNumberRecord] | UnsetType,
        Meta(description="all parcels that go by this number, where its carrier gave one for several"),
    ] = UNSET
    parcels: Annotated[int, Meta(description="how many parcels of the shipment a carrier has")]
    node: str
    service: str
    whole_shipment: ProgressRecord
    promised_by: Timestamp
    late: Annotated[bool, Meta(description="whether the shipment was not delivered by then")]
    page: Annotated[str | UnsetType, Meta(description="the page that its customer can be shown")] = UNSET

    @classmethod
    def of(cls, found: FoundParcel, *, page: str | None) -> "ParcelTrackingRecord":
        shipment, parcel = found.shipment, found.parcel
        progress = ProgressRecord.of(shipment.parcel_progress(parcel.sscc))
        return cls(
            sscc=parcel.sscc,
            tracking_number=parcel.tracking_number,
            carrier=found.packing.carrier,
            state=progress.state,
            since=progress.since,
            events=[ParcelEventRecord.of(scan) for scan in reversed(found.events)],
            order=shipment.order,
            decision=shipment.key.decision,
            shipment=shipment.key.number,
            parcel=parcel.number,
            same_number=[ParcelOfNumberRecord.of(item, shipment) for item in found.parcels]
            if len(found.parcels) > 1
            else UNSET,
            parcels=len(shipment.parcels),
            node=shipment.promise.node,
            service=found.packing.service,
            whole_shipment=ProgressRecord.of(shipment.progress),
            promised_by=timestamp(shipment.promised),
            late=shipment.state.late,
            page=UNSET if page is None else page,
        )


def _counts(outcomes: Iterable[EventOutcome]) -> dict[str, Any]:
    counts = Counter(outcomes)
    return {name: counts[name] for name in ("new", "known", "kept")}
