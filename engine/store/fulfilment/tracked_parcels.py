"""What is known of where parcels are, in the server."""

import enum
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from engine.model.parcels import ShipmentKey
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_notes import member_of, shipment_of
from engine.store.fulfilment.stored_tracking import TrackedChange, TrackedState, count_changes
from engine.store.hold_changes.change_script import entry_fields
from engine.store.keys import Keys
from engine.store.script_keys import TRACK
from rules.syntax.literals import SECONDS_A_DAY

_KEPT = 180 * SECONDS_A_DAY
CARRIER_TELLS_FOR = 90 * SECONDS_A_DAY
"""For so long after something was heard of a carrier, more is expected of it."""
TRACKED = "tracked"
"""The kind of log entry that says what became of a shipment that is with a carrier."""


@dataclass(frozen=True, slots=True)
class ParcelPlace:
    """A parcel of a shipment; it counts from 1."""

    shipment: ShipmentKey
    parcel: int

    def __str__(self) -> str:
        return f"{self.shipment}/{self.parcel}"

    @classmethod
    def of(cls, text: str) -> "ParcelPlace":
        """As `Keys.parcel_numbers` has it."""
        shipment, _, parcel = text.rpartition("/")
        return cls(shipment_key(shipment), int(parcel))


def shipment_key(text: str) -> ShipmentKey:
    """Of `DECISION/NUMBER`."""
    decision, _, number = text.rpartition("/")
    return ShipmentKey(decision, int(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScans:
    """Of a shipment: the events of each of its parcels by SSCC, as they are stored; when something was heard last, in
    UTC seconds (None: nothing was); and what of it was logged. `carriers_heard_at` is when something was heard last of
    each carrier, about any shipment. `looked` is up to which packing, by its instant, a turn
    has looked at it (None: never). `changes` tells whether it was changed since.
    """

    events: Mapping[str, bytes]
    last_heard_at: int | None
    looked: int | None
    changes: str
    before: str
    carriers_heard_at: Mapping[str, int] = field(default_factory=dict)

    @property
    def state(self) -> TrackedState:
        return TrackedState.parse(self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """From when on the promise is at risk, and when it is to be looked at next, in UTC seconds; None: never."""

    at_risk: int | None
    unraised: int | None


class Taken(enum.Enum):
    """What became of a change."""

    DONE = "done"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingStep:
    """A shipment's parcels have these events from now on, of which those of `carriers` are new, and it is
    due then. `change` is what is to be logged, if anything. `places` are numbers by which its parcels go.
    """

    shipment: ShipmentKey
    stored: StoredScans
    events: Mapping[str, str]
    carriers: Collection[str]
    last_heard_at: int | None
    looked: int | None
    dues: Dues
    change: TrackedChange | None
    places: Mapping[str, ParcelPlace]
    now: int


class TrackedParcels:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/track")

    def places(self, numbers: Sequence[str]) -> dict[str, ParcelPlace]:
        """By number, as `number_name` has it, the parcel that goes by it."""
        if not numbers:
            return {}
        with faults():
            found = self._client.redis.hmget(self._keys.parcel_numbers, numbers)
        return {
            number: ParcelPlace.of(place.decode())
            for number, place in zip(numbers, found, strict=True)
            if place is not None
        }

    def read(self, shipments: Sequence[ShipmentKey]) -> dict[ShipmentKey, StoredScans]:
        """What is stored of each, of which that may be nothing."""
        if not shipments:
            return {}
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.hmget(self._keys.tracking_states, [str(key) for key in shipments])
            for key in shipments:
                read.hgetall(self._keys.tracked(str(key)))
            read.zrange(self._keys.heard_carriers, 0, -1, withscores=True)
            states, *stored, carriers = read.execute()
        carriers_heard_at = {carrier.decode(): int(at) for carrier, at in carriers}
        return {
            key: StoredScans(
                events={name.decode(): text for name, text in fields.items() if name.isdigit()},
                last_heard_at=int(fields[b"heard"]) if b"heard" in fields else None,
                looked=int(fields[b"looked"]) if b"looked" in fields else None,
                changes=fields.get(b"changes", b"0").decode(),
                before=(state or b"").decode(),
                carriers_heard_at=carriers_heard_at,
            )
            for key, state, fields in zip(shipments, states, stored, strict=True)
        }

    def take(self, steps: Sequence[TrackingStep]) -> list[Taken]:
        """Take the steps, each in one script; what became of each."""
        if not steps:
            return []
        calls = [
            (
                TRACK.keys(self._keys, tracked=self._keys.tracked(str(step.shipment))),
                [orjson.dumps(_request(step)), _KEPT, CARRIER_TELLS_FOR],
            )
            for step in steps
        ]
        with faults():
            return [Taken(answer.decode()) for answer in self._client.run_together(self._script, calls)]

    def due(self, until: int, *, at_once: int) -> list[tuple[int, ShipmentKey]]:
        """The first shipments that are to be looked at by then, each with when."""
        return list(self._listed(self._keys.tracking_unraised, "-inf", until, start=0, count=at_once))

    def at_risk(
        self, *, until: int, after: tuple[int, str] | None = None, at_once: int = 200
    ) -> Iterator[tuple[int, ShipmentKey]]:
        """Each shipment whose promise is at risk by `until`, with since when, the first first, behind (instant, member)
        `after`.
        """
        start, offset = (1 if after is None else after[0]), 0
        while True:
            batch = self._listed(self._keys.tracking_open, start, until, start=offset, count=at_once)
            yield from (place for place in batch if after is None or (place[0], member_of(*place[1])) > after)
            if len(batch) < at_once:
                return
            offset += at_once

    def _listed(
        self, name: str, first: int | str, until: int, *, start: int, count: int
    ) -> list[tuple[int, ShipmentKey]]:
        with faults():
            found = self._client.redis.zrangebyscore(name, first, until, start=start, num=count, withscores=True)
        return [(int(at), ShipmentKey(*shipment_of(member.decode()))) for member, at in found]

    def leave(self, shipments: Sequence[ShipmentKey]) -> None:
        """They are not with a carrier any more."""
        if shipments:
            members = [member_of(*key) for key in shipments]
            with faults(), self._client.redis.pipeline(transaction=True) as write:
                write.zrem(self._keys.tracking_open, *members)
                write.zrem(self._keys.tracking_unraised, *members)
                write.execute()


def _request(step: TrackingStep) -> dict[str, object]:
    request: dict[str, object] = {
        "shipment": str(step.shipment),
        "numbers": [[number, str(place)] for number, place in step.places.items()],
        "changes": step.stored.changes,
        "before": step.stored.before,
        "events": [[sscc, text] for sscc, text in step.events.items()],
        "carriers": list(step.carriers),
        "heard": "" if step.last_heard_at is None else str(step.last_heard_at),
        "looked": "" if step.looked is None else str(step.looked),
        "open": "" if step.dues.at_risk is None else str(step.dues.at_risk),
        "unraised": "" if step.dues.unraised is None else str(step.dues.unraised),
    }
    if step.change is None:
        return request
    before = step.stored.state
    after = before.after(step.change)
    return request | {
        "after": after.text,
        "counts": [[field, count] for field, count in count_changes(before.counted, after.counted)],
        "fields": entry_fields(TRACKED, step.shipment.decision, step.now, details=step.change.details.decode()),
    }
