"""A shipment that is with a carrier: where its parcels are, and by when it was promised. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.model.carriers import CarrierTracking
from engine.model.facts import GeoPoint
from engine.model.milestones import Milestone
from engine.model.parcels import Packing, Parcel, ShipmentKey
from engine.model.tracking import (
    BEFORE_CARRIAGE,
    ENDED,
    NOWHERE,
    ParcelProgress,
    Scan,
    progress_of,
    shipment_progress,
)
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.flows.promise_state import PromiseState
from engine.store.fulfilment.stored_tracking import (
    Lane,
    TrackedState,
)
from engine.store.fulfilment.tracked_parcels import CARRIER_TELLS_FOR, StoredScans


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
    events of its parcels by SSCC, and `stored` what they were read of. `tracking` is what the network's file says of
    carriers. All instants are in UTC seconds.
    """

    key: ShipmentKey
    order: str
    goal: Goal
    packings: tuple[Packing, ...]
    promise: WatchedShipment
    stored: StoredScans
    scans: Mapping[str, tuple[Scan, ...]]
    tracking: Mapping[str, CarrierTracking] = field(default_factory=dict)

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
        progress = self._progress(sscc, self.scans)
        if self.state.lost and progress.state not in ENDED:
            return ParcelProgress(state="expired", since=progress.since)
        return progress

    def _progress(self, sscc: str, scans: Mapping[str, Sequence[Scan]]) -> ParcelProgress:
        """By these events. Of a parcel whose events are not kept any more, what was logged."""
        of_parcel = scans.get(sscc)
        return progress_of(of_parcel) if of_parcel else self.state.parcels.get(sscc, NOWHERE)

    def silent_from(self, silence: int) -> int:
        """When nothing will have been heard of it for so many seconds, as it stands."""
        return max(self.stored.last_heard_at or 0, self.packed_at) + silence

    def is_reported_on(self, scans: Mapping[str, Sequence[Scan]], now: int) -> bool:
        """Whether some parcel that is not over, by these events, is with a carrier that tells where parcels are."""
        return any(
            self._tells(packing.carrier, scans, now)
            for packing in self.packings
            for parcel in packing.parcels
            if packing.carrier is not None and self._progress(parcel.sscc, scans).state not in ENDED
        )

    def _tells(self, carrier: str, scans: Mapping[str, Sequence[Scan]], now: int) -> bool:
        """Whether the carrier does: as the network's file says, or else if something was heard of it of late, by what
        is stored or by these events.
        """
        setting = self.tracking.get(carrier)
        if setting is not None:
            return setting == "events"
        its = (parcel.sscc for packing in self.packings if packing.carrier == carrier for parcel in packing.parcels)
        instants = [scan.heard_at for sscc in its for scan in scans.get(sscc, ())]
        return max([*instants, self.stored.carriers_heard_at.get(carrier, 0)]) > now - CARRIER_TELLS_FOR

    @property
    def watched(self) -> WatchedShipment:
        """Its promise: it was handed over when a carrier first said that it has some of it."""
        scans = [
            scan.instant for of_parcel in self.scans.values() for scan in of_parcel if scan.state not in BEFORE_CARRIAGE
        ]
        passed: dict[Milestone, int] = {"handed_over": min(scans)} if scans else {}
        return replace(self.promise, stored=PromiseState(passed=passed).text)

    @property
    def was_looked_at(self) -> bool:
        """Whether a turn of the watch has looked at all that was packed."""
        return self.stored.looked == self.packed_at

    @property
    def has_events(self) -> bool:
        """Whether its carrier ever sent anything about it."""
        return self.stored.last_heard_at is not None

    @property
    def packed_at(self) -> int:
        """When the last of it was."""
        return max(packing.packed_at for packing in self.packings)
