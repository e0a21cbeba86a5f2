"""The stream of events: read from the log, which has an entry of every change, written by the script that makes it.

So an event can neither be lost nor be told of something that did not happen, and those of an order come in the order
of its changes. A reader keeps a `Position`, its cursor; nothing is stored for it here, or deleted because of it.
"""

import contextlib
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from engine.errors import CursorExpired, NotFound, PolicyUnreadable
from engine.events.allocation_changes import AllocationChanges, allocation_changes
from engine.events.entry_events import events_of, named_decision
from engine.events.event import START, Event, Position
from engine.events.known_decision import KnownDecision
from engine.events.stock_events import LowStock
from engine.model.parcels import ShipmentKey
from engine.store import policy_versions
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry, EntryId
from engine.store.log.kinds import SILENT_KINDS
from engine.store.log.stored_entry import UNREADABLE, RawEntry, parse_entry, parse_entry_id

MOST_ENTRIES = 2_000
"""Of the log, looked at for one page: what a reader does not want may be much."""
_ENTRIES_AT_ONCE = 200
_MOST_ACTS = 20
"""Entries that are looked at to see whether a reader is behind."""
_MOST_KNOWN = 10_000
"""Decisions that are remembered."""
_MOST_ALLOCATIONS = 100

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events in the order of the stream. `cursor` is how far was read: behind the last of them, or further."""

    events: tuple[Event, ...]
    cursor: Position


class Outbox:
    """The events of one network. `low` answers which stock is low."""

    def __init__(self, client: Client, keys: Keys, *, low: Callable[[], LowStock]) -> None:
        self._client = client
        self._keys = keys
        self._low = low
        self._known: OrderedDict[str, KnownDecision] = OrderedDict()
        """Of the decisions that were looked up last."""
        self._allocations: dict[tuple[str | None, str], AllocationChanges | None] = {}
        """By the policy versions before and after."""
        self._lock = threading.Lock()

    def end(self) -> Position:
        """Behind every event that there is by now."""
        with faults():  # an archive leaves the last entry there
            last = self._client.redis.xrevrange(self._keys.log, count=1)
        return Position(*parse_entry_id(last[0][0])) if last else START

    def goes_on_after(self, cursor: Position) -> bool:
        """Whether there may be events behind the cursor: there are entries of the log that are not acts alone, of which
        no events are made, such as that a webhook was added; or more of these than are looked at.
        """
        if cursor >= self.end():
            return False
        with faults():
            entries = self._client.redis.xrange(self._keys.log, min=f"({cursor.entry}", count=_MOST_ACTS)
        within = cursor != Position(cursor.millis, cursor.sequence)  # between two events of one entry
        acts = all(fields.get(b"kind", b"").decode() in SILENT_KINDS for _, fields in entries)
        return within or not acts or len(entries) == _MOST_ACTS

    def verify(self, cursor: Position) -> None:
        """Raise CursorExpired if the log may have been deleted as far as the cursor, so that events may be missing."""
        if cursor == START:
            return
        if not decision_log.stored_entries(self._client, self._keys, [cursor.entry.encode()]):
            raise CursorExpired(str(cursor))

    def read(self, since: Position, *, limit: int, types: AbstractSet[str] = frozenset()) -> EventPage:
        """At most `limit` events behind the cursor; of no types: of all."""
        events: list[Event] = []
        cursor, looked_at = since, 0
        while looked_at < MOST_ENTRIES:
            start = cursor.entry if cursor.number < Position(0, 0).number else f"({cursor.entry}"
            batch = decision_log.next_entries(self._client, self._keys, start=start, count=_ENTRIES_AT_ONCE)
            for entry_id, told in self._told(batch):
                for event in told:
                    if event.position > cursor and (not types or event.type in types):
                        events.append(event)
                        if len(events) == limit:
                            return EventPage(events=tuple(events), cursor=event.position)
                cursor = max(cursor, Position(*entry_id))
            looked_at += len(batch)
            if len(batch) < _ENTRIES_AT_ONCE:
                break
        return EventPage(events=tuple(events), cursor=cursor)

    def find(self, positions: Sequence[Position]) -> dict[Position, Event]:
        """The events at these positions that are there still."""
        names = dict.fromkeys(position.entry.encode() for position in positions)
        entries = decision_log.stored_entries(self._client, self._keys, list(names))
        events = {event.position: event for _, told in self._told(entries) for event in told}
        return {position: events[position] for position in positions if position in events}

    def units_by_line(self, position: Position) -> dict[ShipmentKey, Counter[str]]:
        """By shipment, the units by line that the event there is about, as its entry of the log has them: that of whole
        shipments does not.
        """
        units: dict[ShipmentKey, Counter[str]] = {}
        for entry_id, fields in decision_log.stored_entries(self._client, self._keys, [position.entry.encode()]):
            body = parse_entry(entry_id, fields).units
            for hold in body.holds if body is not None else ():
                for part in hold.parts:
                    units.setdefault(ShipmentKey(hold.decision, part.number), Counter()).update(dict(part.lines))
        return units

    def _told(self, batch: Iterable[RawEntry]) -> list[tuple[EntryId, list[Event]]]:
        """Of each entry its id, and its events; none if it is damaged."""
        entries = [(parse_entry_id(entry_id), _parsed(entry_id, fields)) for entry_id, fields in batch]
        known = self._look_up([entry for _, entry in entries if entry is not None])
        low = self._low()
        return [(entry_id, [] if entry is None else self._events(entry, known, low)) for entry_id, entry in entries]

    def _events(self, entry: Entry, known: Mapping[str, KnownDecision], low: LowStock) -> list[Event]:
        try:
            return events_of(entry, known, low, self._allocation_changes)
        except UNREADABLE as error:
            logger.warning("no events of entry %s of the log, which can't be read: %s", entry.id, error)
            return []

    def _allocation_changes(self, before: str | None, after: str) -> AllocationChanges | None:
        """None if one of the versions can't be read."""
        if (before, after) not in self._allocations:
            try:
                sets = [policy_versions.read_set(self._client, self._keys, name) for name in (before, after) if name]
                changes = allocation_changes(sets[0] if before else None, sets[-1])
            except (NotFound, PolicyUnreadable, *UNREADABLE):
                changes = None
            if len(self._allocations) >= _MOST_ALLOCATIONS:
                self._allocations.clear()
            self._allocations[before, after] = changes
        return self._allocations[before, after]

    def _look_up(self, entries: Sequence[Entry]) -> dict[str, KnownDecision]:
        """The decisions that the entries name, as far as they are there."""
        wanted = dict.fromkeys(name for entry in entries if (name := named_decision(entry)) is not None)
        with self._lock:
            self._learn([entry for entry in entries if entry.kind == "decided"])
            known = {name: self._known[name] for name in wanted if name in self._known}
            missing = [name for name in wanted if name not in known]
            self._learn(self._logged(missing) if missing else [])
            known |= {name: self._known[name] for name in missing if name in self._known}
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return known

    def _logged(self, decisions: Sequence[str]) -> list[Entry]:
        """The entries of these decisions that are there and can be read."""
        with faults():
            places = self._client.redis.hmget(self._keys.decisions, decisions)
        stored = decision_log.stored_entries(self._client, self._keys, [place for place in places if place is not None])
        entries = [_parsed(*entry) for entry in stored]
        return [entry for entry in entries if entry is not None]

    def _learn(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            with contextlib.suppress(*UNREADABLE):  # `_events` tells of it, if it is asked for its own events
                self._known[entry.decision] = KnownDecision.of(entry.record)


def _parsed(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry | None:
    try:
        return parse_entry(entry_id, fields)
    except UNREADABLE as error:
        logger.warning("entry %s of the log can't be read: %s", entry_id.decode(), error)
        return None
