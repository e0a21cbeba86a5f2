"""What follows for a shipment that is with a carrier as more, or nothing more, is heard of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET

from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.model.tracking import (
    ENDED,
    NOWHERE,
    ParcelProgress,
    Scan,
    latest_wordings,
    merge_scans,
    progress_of,
    shipment_progress,
)
from engine.store.fulfilment.stored_tracking import (
    CountedParcel,
    ParcelChange,
    Raised,
    TrackedChange,
    TrackedState,
    utc_date,
)
from engine.store.fulfilment.tracked_parcels import Dues
from rules.syntax.literals import SECONDS_A_DAY

LOST_FOR = 90 * SECONDS_A_DAY
"""So long after a shipment may have been lost, nothing more is expected of it."""
_NOT_REPORTED_ON_SECONDS = SECONDS_A_DAY
"""After which it is looked again at a shipment past its promise whose carrier sent nothing: it may have sent something
of another one since, and this one is late then.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentNews:
    """What is known anew of a shipment at the instant `now`: events of its parcels by SSCC, sent by `source`. `looks`:
    it is looked whether it is late, or lost, as it may be after `silence` seconds without a word.
    """

    scans: Mapping[str, Sequence[Scan]] = field(default_factory=dict)
    source: str
    now: int
    silence: int
    looks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What follows of that: the events of those parcels that have new ones, when something was heard last, up to which
    packing a turn has looked at it, when the shipment is due, and what is logged, if anything.
    """

    scans: Mapping[str, tuple[Scan, ...]]
    last_heard_at: int | None
    looked: int | None
    dues: Dues
    change: TrackedChange | None


def advance(shipment: TrackedShipment, news: ShipmentNews) -> Advance | None:
    """None: nothing follows."""
    scans = {
        sscc: after
        for sscc, new in news.scans.items()
        if (after := merge_scans([*shipment.scans.get(sscc, ()), *new])) != shipment.scans.get(sscc, ())
    }
    if not scans and not news.looks:
        return None
    outlook = _outlook(shipment, news, scans)
    change = _change(shipment, news, outlook)
    state = shipment.state if change is None else shipment.state.after(change)
    return Advance(
        scans=scans,
        last_heard_at=outlook.last_heard_at,
        looked=shipment.packed_at if news.looks else shipment.stored.looked,
        dues=_dues(shipment, state, outlook, looked=news.looks or shipment.was_looked_at, at=news.now),
        change=change,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlook:
    """How a shipment stands: all `scans` of its parcels, where each is `now`, and when something was last heard of it.
    At `silent`, nothing will have been heard for long; from `ends` on, nothing more is expected. `is_reported_on`: a
    carrier has some of it that tells where parcels are.
    """

    scans: Mapping[str, tuple[Scan, ...]]
    now: Mapping[str, ParcelProgress]
    last_heard_at: int | None
    silent: int
    ends: int
    is_reported_on: bool

    @property
    def is_over(self) -> bool:
        return all(parcel.state in ENDED for parcel in self.now.values())


def _outlook(shipment: TrackedShipment, news: ShipmentNews, new: Mapping[str, tuple[Scan, ...]]) -> _Outlook:
    scans = {**shipment.scans, **new}
    instants = [scan.heard_at for scans_of_parcel in new.values() for scan in scans_of_parcel]
    earlier = shipment.stored.last_heard_at
    last = max([*instants, *([] if earlier is None else [earlier])], default=None)
    silent = max(last or 0, shipment.packed_at) + news.silence
    is_reported_on = shipment.is_reported_on(scans, news.now)
    return _Outlook(
        scans=scans,
        now={parcel.sscc: progress_of(scans.get(parcel.sscc, ())) for parcel in shipment.parcels},
        last_heard_at=last,
        silent=silent,
        ends=silent + (LOST_FOR if is_reported_on else 0),
        is_reported_on=is_reported_on,
    )


def _dues(shipment: TrackedShipment, state: TrackedState, outlook: _Outlook, *, looked: bool, at: int) -> Dues:
    if outlook.is_over or state.watch_ended:
        return Dues(at_risk=None, unraised=None)
    at_risk = min(shipment.promised, outlook.silent) if outlook.is_reported_on else outlook.ends
    if not looked:  # a turn is still to see that carriers are asked, and what was sent before it was packed
        return Dues(at_risk=at_risk, unraised=0)
    unraised = [outlook.ends]
    if not state.late:
        is_looked_at_then = outlook.is_reported_on or shipment.promised >= at
        unraised.append(shipment.promised + 1 if is_looked_at_then else at + _NOT_REPORTED_ON_SECONDS)
    if not state.lost and outlook.is_reported_on:
        unraised.append(outlook.silent)
    return Dues(at_risk=at_risk, unraised=min(unraised))


def _change(shipment: TrackedShipment, news: ShipmentNews, outlook: _Outlook) -> TrackedChange | None:
    """What is to be logged."""
    state, now = shipment.state, outlook.now
    parcels = [
        _parcel_change(sscc, progress, outlook.scans[sscc])
        for sscc, progress in now.items()
        if _differs(state.parcels.get(sscc, NOWHERE), progress)
    ]
    found = state.lost and outlook.silent > news.now
    raised = _raised(shipment, news, outlook)
    ended = raised is None and not outlook.is_over and news.now >= outlook.ends
    if not parcels and not found and raised is None and ended == state.watch_ended:
        return None
    is_lost = (raised == "lost" or (state.lost and not found)) and (shipment.has_events or bool(news.scans))
    counted = _counted(shipment, now, is_lost=is_lost, today=news.now)
    change = TrackedChange(
        shipment=shipment.key.number,
        source=news.source,
        before=state.progress(now).state,
        state="pending",
        since=None,
        promised=shipment.promised,
        parcels=tuple(parcels),
        raised=raised or UNSET,
        found=found,
        counted={sscc: parcel for sscc, parcel in counted.items() if state.counted.get(sscc) != parcel},
        uncounted=tuple(sorted(sscc for sscc in state.counted.keys() & now.keys() if sscc not in counted)),
        watch_ended=ended,
    )
    after = state.after(change).progress(now)
    return msgspec.structs.replace(change, state=after.state, since=after.since)


def _differs(before: ParcelProgress, now: ParcelProgress) -> bool:
    """A parcel that goes on in the same state is no news; but it was delivered at one instant alone."""
    return before.state != now.state or (now.state == "delivered" and before.since != now.since)


def _parcel_change(sscc: str, progress: ParcelProgress, scans: Sequence[Scan]) -> ParcelChange:
    """With the event that says so."""
    events = [scan for scan in latest_wordings(scans) if (scan.state, scan.instant) == (progress.state, progress.since)]
    event, heard = (events[-1].id, events[-1].heard_at) if events else ("", None)
    return ParcelChange(sscc=sscc, state=progress.state, since=progress.since, event=event, heard=heard)


def _raised(shipment: TrackedShipment, news: ShipmentNews, outlook: _Outlook) -> Raised | None:
    """What is to be said of it now; one thing at a time. Where nobody tells anything, that nothing is known says
    nothing.
    """
    progress, state = shipment_progress(outlook.now.values()), shipment.state
    if progress.state == "delivered":
        return "late" if not state.late and (progress.since or 0) > shipment.promised else None
    if not news.looks or outlook.is_over or not outlook.is_reported_on:
        return None
    if not state.late and news.now > shipment.promised:
        return "late"
    return "lost" if not state.lost and news.now >= outlook.silent else None


def _counted(
    shipment: TrackedShipment, now: Mapping[str, ParcelProgress], *, is_lost: bool, today: int
) -> Mapping[str, CountedParcel]:
    """The parcels that count as on time or not: those that are delivered; and, as not on time, those that are lost. A
    shipment of which nothing was ever heard does not count as lost: its carrier may be one that tells nobody anything.
    """
    before = shipment.state.counted
    if not shipment.goal.country:  # the order was erased
        return {sscc: parcel for sscc, parcel in before.items() if sscc in now}
    counted = {}
    for sscc, progress in now.items():
        if progress.state == "delivered" and progress.since is not None:
            on_time = progress.since <= shipment.promised
            counted[sscc] = CountedParcel(utc_date(progress.since), shipment.lane(sscc), on_time)
        elif is_lost and progress.state != "returned":
            counted[sscc] = before.get(sscc, CountedParcel(utc_date(today), shipment.lane(sscc), on_time=False))
    return counted
