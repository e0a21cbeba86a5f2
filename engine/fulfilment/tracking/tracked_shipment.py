"""A shipment that is with a carrier: where its parcels are, by when it was promised, and what changes as more is heard.
Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec
from msgspec import UNSET

from engine.model.facts import GeoPoint
from engine.model.milestones import Milestone
from engine.model.parcels import Packing, Parcel, ShipmentKey
from engine.model.tracking import (
    BEFORE_CARRIAGE,
    ENDED,
    NOWHERE,
    ParcelProgress,
    Scan,
    as_told_last,
    joined,
    progress_of,
    shipment_progress,
)
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.flows.promise_state import PromiseState
from engine.store.fulfilment.stored_tracking import (
    CountedParcel,
    Lane,
    ParcelChange,
    Raised,
    TrackedChange,
    TrackedState,
    utc_date,
)
from engine.store.fulfilment.tracked_parcels import Dues, StoredScans


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a shipment goes, as far as that is known: once an order is erased, it is not. It is `collected_at` that
    node, if at any, in that time zone.
    """

    country: str
    place: GeoPoint | None
    collected_at: str | None = None
    zone: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrackedShipment:
    """`packings` are those that a carrier has; `promise` is how the shipment was decided and promised. `scans` are the
    events of its parcels by SSCC, and `stored` what they were read of. All instants are in UTC seconds.
    """

    key: ShipmentKey
    order: str
    goal: Goal
    packings: tuple[Packing, ...]
    promise: WatchedShipment
    stored: StoredScans
    scans: Mapping[str, tuple[Scan, ...]]

    @property
    def promised(self) -> int:
        """By when it is to be delivered."""
        return self.promise.promised

    @cached_property
    def parcels(self) -> tuple[Parcel, ...]:
        return tuple(parcel for packing in self.packings for parcel in packing.parcels)

    def lane(self, sscc: str) -> Lane:
        """On which a parcel goes, by the service that it was packed for."""
        return Lane(self.packing_of(sscc).service, self.promise.node, self.goal.country)

    def packing_of(self, sscc: str) -> Packing:
        """What was packed together with a parcel."""
        return next(item for item in self.packings if any(parcel.sscc == sscc for parcel in item.parcels))

    @cached_property
    def state(self) -> TrackedState:
        """What of it was logged."""
        return self.stored.state

    @cached_property
    def progress(self) -> ParcelProgress:
        """Where it is."""
        return shipment_progress(self.parcel_progress(parcel.sscc) for parcel in self.parcels)

    def parcel_progress(self, sscc: str) -> ParcelProgress:
        """Where a parcel is. Of one whose events are not kept any more, what was logged."""
        scans = self.scans.get(sscc)
        progress = progress_of(scans) if scans else self.state.parcels.get(sscc, NOWHERE)
        if self.state.lost and progress.state not in ENDED:
            return ParcelProgress(state="expired", since=progress.since)
        return progress

    def silent_from(self, silence: int) -> int:
        """When nothing will have been heard of it for so many seconds, as it stands."""
        return max(self.stored.heard or 0, self.packed_at) + silence

    @property
    def watched(self) -> WatchedShipment:
        """Its promise: it was handed over when a carrier first said that it has some of it."""
        scans = [scan.instant for told in self.scans.values() for scan in told if scan.state not in BEFORE_CARRIAGE]
        passed: dict[Milestone, int] = {"handed_over": min(scans)} if scans else {}
        return replace(self.promise, stored=PromiseState(passed=passed).text)

    @property
    def was_looked_at(self) -> bool:
        """Whether a turn of the watch has looked at all that was packed."""
        return self.stored.looked == self.packed_at

    @property
    def was_heard_of(self) -> bool:
        """Whether its carrier ever told anything of it."""
        return self.stored.heard is not None

    @property
    def packed_at(self) -> int:
        """When the last of it was."""
        return max(packing.packed_at for packing in self.packings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is heard of a shipment at the instant `now`: new events of its parcels by SSCC, told by `source`. `looks`:
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
    heard: int | None
    looked: int | None
    dues: Dues
    change: TrackedChange | None


def advance(shipment: TrackedShipment, heard: Heard) -> Advance | None:
    """None: nothing follows."""
    scans = {
        sscc: after
        for sscc, told in heard.scans.items()
        if (after := joined([*shipment.scans.get(sscc, ()), *told])) != shipment.scans.get(sscc, ())
    }
    if not scans and not heard.looks:
        return None
    every = {**shipment.scans, **scans}
    now = {parcel.sscc: progress_of(every.get(parcel.sscc, ())) for parcel in shipment.parcels}
    words = [scan.heard for told in scans.values() for scan in told]
    last_heard = max([*words, *([] if shipment.stored.heard is None else [shipment.stored.heard])], default=None)
    silent = max(last_heard or 0, shipment.packed_at) + heard.silence
    change = _change(shipment, heard, now, every, silent=silent)
    state = shipment.state if change is None else shipment.state.after(change)
    return Advance(
        scans=scans,
        heard=last_heard,
        looked=shipment.packed_at if heard.looks else shipment.stored.looked,
        dues=_dues(shipment, state, now, silent=silent, looked=heard.looks or shipment.was_looked_at),
        change=change,
    )


def _dues(
    shipment: TrackedShipment, state: TrackedState, now: Mapping[str, ParcelProgress], *, silent: int, looked: bool
) -> Dues:
    if _is_over(now):
        return Dues(at_risk=None, unraised=None)
    if not looked:  # a turn is still to see that carriers are asked, and what was told before it was packed
        return Dues(at_risk=min(shipment.promised, silent), unraised=0)
    unraised = [*([] if state.late else [shipment.promised + 1]), *([] if state.lost else [silent])]
    return Dues(at_risk=min(shipment.promised, silent), unraised=min(unraised, default=None))


def _is_over(now: Mapping[str, ParcelProgress]) -> bool:
    return all(parcel.state in ENDED for parcel in now.values())


def _change(
    shipment: TrackedShipment,
    heard: Heard,
    now: Mapping[str, ParcelProgress],
    every: Mapping[str, tuple[Scan, ...]],
    *,
    silent: int,
) -> TrackedChange | None:
    """What is to be logged."""
    state = shipment.state
    parcels = [
        _parcel_change(sscc, progress, every[sscc])
        for sscc, progress in now.items()
        if _differs(state.parcels.get(sscc, NOWHERE), progress)
    ]
    found = state.lost and silent > heard.now
    raised = _raised(shipment, heard, now, silent=silent)
    if not parcels and not found and raised is None:
        return None
    is_lost = (raised == "lost" or (state.lost and not found)) and (shipment.was_heard_of or bool(heard.scans))
    counted = _counted(shipment, now, is_lost=is_lost, today=heard.now)
    change = TrackedChange(
        shipment=shipment.key.number,
        source=heard.source,
        before=state.progress(now).state,
        state="pending",
        since=None,
        promised=shipment.promised,
        parcels=tuple(parcels),
        raised=raised or UNSET,
        found=found,
        counted={sscc: parcel for sscc, parcel in counted.items() if state.counted.get(sscc) != parcel},
        uncounted=tuple(sorted(sscc for sscc in state.counted.keys() & now.keys() if sscc not in counted)),
    )
    after = state.after(change).progress(now)
    return msgspec.structs.replace(change, state=after.state, since=after.since)


def _differs(before: ParcelProgress, now: ParcelProgress) -> bool:
    """A parcel that goes on in the same state is no news; but it was delivered at one instant alone."""
    return before.state != now.state or (now.state == "delivered" and before.since != now.since)


def _parcel_change(sscc: str, progress: ParcelProgress, scans: Sequence[Scan]) -> ParcelChange:
    """With the event that says so."""
    said = [scan for scan in as_told_last(scans) if (scan.state, scan.instant) == (progress.state, progress.since)]
    event, heard = (said[-1].id, said[-1].heard) if said else ("", None)
    return ParcelChange(sscc=sscc, state=progress.state, since=progress.since, event=event, heard=heard)


def _raised(
    shipment: TrackedShipment, heard: Heard, now: Mapping[str, ParcelProgress], *, silent: int
) -> Raised | None:
    """What is to be said of it now; one thing at a time."""
    progress, state = shipment_progress(now.values()), shipment.state
    if progress.state == "delivered":
        return "late" if not state.late and (progress.since or 0) > shipment.promised else None
    if not heard.looks or _is_over(now):
        return None
    if not state.late and heard.now > shipment.promised:
        return "late"
    return "lost" if not state.lost and heard.now >= silent else None


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
