"""What the ledger has of where a shipment is: what of it was logged. Pure."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, Self, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from engine.model.tracking import NOWHERE, ParcelProgress, TrackingState, shipment_progress
from rules.syntax.literals import SECONDS_A_DAY

TAB = "\t"
COUNTED_DAYS = 90
"""Parcels count as on time or not for so long after they were delivered."""
Raised: TypeAlias = Literal["late", "lost"]
"""`late`: it was not delivered by its promise. `lost`: nothing was heard of it for so long that it may be."""


class Lane(NamedTuple):
    """By which service something goes, from which node, into which country."""

    service: str
    node: str
    country: str


class CountedParcel(NamedTuple):
    """A parcel that counts as on time or not, on a UTC date such as 2026-11-29."""

    day: str
    lane: Lane
    on_time: bool

    @property
    def field(self) -> str:
        """As `Keys.on_time` has it."""
        return TAB.join((self.day, *self.lane, "1" if self.on_time else "0"))


class ParcelChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parcel, by its SSCC, is in another state, `since` an instant in UTC seconds, by the event that goes by `event`
    with its carrier (empty: it has no ids), which was `heard` first at that instant.
    """

    sscc: str
    state: TrackingState
    since: int | None
    event: str = ""
    heard: int | None


class TrackedChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an entry of the log of kind `tracked` says: shipment number `shipment` of its decision is in another state,
    or something was `raised` of it. `source` is who said so. `promised` is by when it is to be delivered, in UTC
    seconds. `counted` are parcels, by SSCC, that count as on time or not from now on, `uncounted` those that do not any
    more.
    """

    shipment: int
    source: str
    before: TrackingState
    state: TrackingState
    since: int | None
    promised: int
    parcels: tuple[ParcelChange, ...] = ()
    raised: Raised | UnsetType = UNSET
    found: bool = False
    """It was lost, and is not any more."""
    watch_ended: bool = False
    """Nothing was heard of it for so long that nothing more is expected. It is watched again once something is."""
    counted: dict[str, CountedParcel] = msgspec.field(default_factory=dict)
    uncounted: tuple[str, ...] = ()

    @classmethod
    def of_details(cls, details: Mapping[str, object]) -> Self:
        """Of a log entry's; raises ValueError."""
        return msgspec.convert(details, cls, strict=False)

    @property
    def details(self) -> bytes:
        """As the log has it."""
        return msgspec.json.encode(self, order="deterministic")


class TrackedState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """After all changes so far: the parcels whose state is known, by SSCC; whether the shipment is `late` or `lost`;
    and its parcels that count as on time or not; and whether nothing more is expected of it.
    """

    parcels: dict[str, ParcelProgress] = msgspec.field(default_factory=dict)
    late: bool = False
    lost: bool = False
    counted: dict[str, CountedParcel] = msgspec.field(default_factory=dict)
    watch_ended: bool = False

    @classmethod
    def parse(cls, text: str | bytes | None) -> Self:
        """As it is stored; of a shipment of which nothing is, all is empty. Raises ValueError if it is damaged."""
        return msgspec.json.decode(text, type=cls, strict=False) if text else cls()

    @property
    def text(self) -> str:
        """As it is stored: of equal ones the same."""
        return msgspec.json.encode(self, order="deterministic").decode()

    def progress(self, ssccs: Iterable[str]) -> ParcelProgress:
        """Where the shipment is that has these parcels."""
        progress = shipment_progress(self.parcels.get(sscc, NOWHERE) for sscc in ssccs)
        return ParcelProgress(state="expired", since=progress.since) if self.lost else progress

    def after(self, change: TrackedChange) -> Self:
        parcels = {item.sscc: ParcelProgress(state=item.state, since=item.since) for item in change.parcels}
        kept = {sscc: parcel for sscc, parcel in self.counted.items() if sscc not in change.uncounted}
        return msgspec.structs.replace(
            self,
            parcels=dict(sorted((self.parcels | parcels).items())),
            late=self.late or change.raised == "late",
            lost=change.raised == "lost" or (self.lost and not change.found),
            counted=dict(sorted((kept | change.counted).items())),
            watch_ended=change.watch_ended,
        )


def utc_date(instant: int) -> str:
    """Such as 2026-11-29."""
    return datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).date().isoformat()


def counted_from(now: int) -> str:
    """The first UTC date that counts by then."""
    return utc_date(now - COUNTED_DAYS * SECONDS_A_DAY)


def count_changes(before: Mapping[str, CountedParcel], after: Mapping[str, CountedParcel]) -> Iterator[tuple[str, int]]:
    """By field of `Keys.on_time`, how many more parcels it counts."""
    for sscc in sorted(before.keys() | after.keys()):
        was, now = before.get(sscc), after.get(sscc)
        if was != now:
            if was is not None:
                yield was.field, -1
            if now is not None:
                yield now.field, 1
