"""Where parcels are: what carriers say of them, and what follows from all of it, in whatever order it came. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

TrackingState: TypeAlias = Literal[
    "pending",
    "info_received",
    "in_transit",
    "out_for_delivery",
    "attempt_fail",
    "available_for_pickup",
    "exception",
    "expired",
    "returned",
    "delivered",
]
"""`pending`: nothing is known yet. `info_received`: the carrier knows of it and does not have it. `expired`: nothing
was heard of it for long. `returned`: it is back with its sender, or on its way there.
"""
TRACKING_STATES: Final[tuple[TrackingState, ...]] = get_args(TrackingState)
"""In the order in which a parcel usually gets there. Of two at the same instant, the later in this list counts."""
_RANK: Final = {state: rank for rank, state in enumerate(TRACKING_STATES)}
BEFORE_CARRIAGE: Final[frozenset[TrackingState]] = frozenset({"pending", "info_received"})
"""The carrier does not have the parcel yet."""
ENDED: Final[frozenset[TrackingState]] = frozenset({"delivered", "returned"})
"""No more is expected of a parcel, though a carrier may still correct what it said."""
MOST_OF_A_STATE: Final = 20
"""Events of a parcel that are kept of each state: the latest."""
_SSCC_IN_FULL: Final = len("(00)") + 18
_SCANNED: Final = re.compile(r"00[0-9]{18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """Where a parcel was at an instant `at`, in UTC seconds, by its carrier's clock. `id` is the same whenever the
    carrier tells it again; empty if the carrier has no ids. `town` and `country` are where it happened; `text` is what
    the carrier wrote, which may name people and is not kept.
    """

    tracking_number: str
    id: str
    state: TrackingState
    at: int
    town: str = ""
    country: str = ""
    text: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """An event of one parcel as it is kept. `heard_at` is when it was first received here, in UTC seconds."""

    id: str
    state: TrackingState
    at: int
    heard_at: int
    town: str = ""
    country: str = ""

    @property
    def instant(self) -> int:
        """When it happened: nothing happened after it was received, whatever the carrier's clock says."""
        return min(self.at, self.heard_at)

    @property
    def order(self) -> tuple[int, int, str, str, str]:
        """Later events have greater ones."""
        return self.instant, _RANK[self.state], self.id, self.town, self.country

    @property
    def identity(self) -> tuple[int, str, str, str]:
        """Beside its state: equal for an event that is received again, in the same way."""
        return (self.at, self.id, "", "") if self.id else (self.at, "", self.town.casefold(), self.country)


def number_name(number: str) -> str:
    """A tracking number or SSCC as it is looked up: without blanks, in capitals; an SSCC without its `(00)`, or the
    bare `00` that scanners send for that.
    """
    name = "".join(number.split()).upper()
    if len(name) == _SSCC_IN_FULL:
        return name.removeprefix("(00)")
    return name[2:] if _SCANNED.fullmatch(name) else name


def scan_of(event: TrackingEvent, heard_at: int) -> Scan:
    """The event as it is kept, first received at the instant `heard_at`."""
    return Scan(id=event.id, state=event.state, at=event.at, heard_at=heard_at, town=event.town, country=event.country)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelProgress:
    """Where a parcel is: in which `state`, and since when, in UTC seconds (None: no event says so)."""

    state: TrackingState = "pending"
    since: int | None = None


NOWHERE: Final = ParcelProgress()


def merge_scans(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Each event once, as it was first received, and of each state the latest alone; sorted by their order. Whatever is
    merged in whatever order and however often, the result is the same.
    """
    by_state: dict[TrackingState, dict[tuple[int, str, str, str], Scan]] = {}
    for scan in scans:
        of_state = by_state.setdefault(scan.state, {})
        known = of_state.get(scan.identity)
        of_state[scan.identity] = scan if known is None else min(known, scan, key=_first_received)
    kept = [of_state[identity] for of_state in by_state.values() for identity in sorted(of_state)[-MOST_OF_A_STATE:]]
    return tuple(sorted(kept, key=lambda scan: (*scan.order, scan.at, scan.heard_at)))


def _first_received(scan: Scan) -> tuple[int, str, str]:
    return scan.heard_at, scan.town, scan.country


def latest_wordings(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Of merged events, each once by its id: a carrier that sends one again in other words corrects it."""
    last: dict[object, Scan] = {}
    for scan in scans:
        name = scan.id or (scan.state, *scan.identity)
        known = last.get(name)
        last[name] = scan if known is None else max(known, scan, key=lambda item: (item.heard_at, *item.order, item.at))
    return tuple(sorted(last.values(), key=lambda scan: (*scan.order, scan.at)))


def progress_of(scans: Iterable[Scan]) -> ParcelProgress:
    """Where a parcel is, by its merged events.

    The latest event says it, except: what is delivered stays so, unless a later event is an exception or a return; what
    returns stays so; and that the carrier knows of a parcel says nothing once it has it.
    """
    latest: dict[TrackingState, Scan] = {}
    ordered = latest_wordings(scans)
    for scan in ordered:  # in their order
        latest[scan.state] = scan
    state = _state_of(latest)
    if state == "pending":
        return NOWHERE
    if state != "delivered":
        return ParcelProgress(state=state, since=latest[state].instant)
    # a carrier may say so again, as when it adds the proof of delivery: it was delivered when it said so first
    corrected = latest.get("exception")
    first = next(
        scan for scan in ordered if scan.state == "delivered" and (corrected is None or scan.order > corrected.order)
    )
    return ParcelProgress(state="delivered", since=first.instant)


def _state_of(latest: Mapping[TrackingState, Scan]) -> TrackingState:
    if "returned" in latest:
        return "returned"
    delivered, corrected = latest.get("delivered"), latest.get("exception")
    if delivered is not None and (corrected is None or delivered.order > corrected.order):
        return "delivered"
    moved = [scan for state, scan in latest.items() if state not in BEFORE_CARRIAGE and state != "delivered"]
    if moved:
        return max(moved, key=lambda scan: scan.order).state
    return "info_received" if "info_received" in latest else "pending"


_MOST_IN_NEED: Final[tuple[TrackingState, ...]] = (
    *("exception", "returned", "expired", "attempt_fail", "available_for_pickup"),
    *("pending", "info_received", "in_transit", "out_for_delivery"),
)
"""Of the parcels of a shipment that are not delivered, the state that is that of the shipment: first what somebody has
to see to, then what is least far.
"""


def shipment_progress(parcels: Iterable[ParcelProgress]) -> ParcelProgress:
    """Where a shipment is, by its parcels, of which there is at least one. It is delivered once all of them are, since
    the last of them was; and on its way once the first of them is.
    """
    parcels = list(parcels)
    there = {parcel.state for parcel in parcels}
    state: TrackingState = next((state for state in _MOST_IN_NEED if state in there), "delivered")
    if state in BEFORE_CARRIAGE and there - BEFORE_CARRIAGE:
        state = "in_transit"
    since = [parcel.since for parcel in parcels if parcel.state == state and parcel.since is not None]
    if not since:  # some are on their way, and some are not yet
        since = [parcel.since for parcel in parcels if parcel.since is not None]
    return ParcelProgress(state=state, since=max(since, default=None))
