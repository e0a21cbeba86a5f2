"""The shipments that are held, each against its promise, read from the store; and the index of which is due first."""

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from engine.decide.priority import rank_text
from engine.decide.shipping.ways import Ways
from engine.facts_reader import FactsReader
from engine.promise_watch.promise_rank import promise_rank
from engine.promise_watch.schedules_hash import schedules_hash
from engine.promise_watch.watched_shipment import WatchedShipment, watched
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_index import Due, IndexState, PromiseIndex, Waiting
from engine.store.flows.promise_notes import member_of, shipment_of, states_of
from engine.store.flows.promise_state import PROMISE_KINDS
from engine.store.flows.receipts import Receipts
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.holds import is_set_aside
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import UNREADABLE, RawEntry, kind_of, parse_entry
from rules.syntax.literals import SECONDS_A_DAY

ShipmentKey: TypeAlias = tuple[str, int]
"""A decision, and the number of a shipment in it."""
_AT_ONCE = 200
_ENTRIES_AT_ONCE = 500
_MADE_FOR = SECONDS_A_DAY
"""Seconds after which the index is made anew, whatever the log says: then nothing that was lost of it stays lost."""
_ABOUT_HOLD = frozenset(
    {
        *("decided", "confirmed", "released", "expired", "rejected", "packing_cancelled"),
        *PROMISE_KINDS,
    }
)
"""Kinds of entries after which the shipments of the decision that they name are looked at again."""
_ABOUT_HOLDS = frozenset({"confirmed", "released", "cancelled", "amended", "undone"})
"""Kinds whose body may name the decisions."""


class PromisedShipments:
    """Those of one network. `clock` answers UTC seconds."""

    def __init__(
        self, client: Client, keys: Keys, index: PromiseIndex, facts: FactsReader, *, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._keys = keys
        self._index = index
        self._facts = facts
        self._clock = clock
        self._change_script = ChangeScript(client, keys)
        self._receipts = Receipts(client, keys)

    def find(self, shipments: Iterable[ShipmentKey]) -> dict[ShipmentKey, WatchedShipment]:
        """Those of them that are held."""
        asked = list(shipments)
        ways = self._facts.network_caches().get(Ways)
        there = self._look_at(dict.fromkeys(decision for decision, _ in asked), ways)
        return {key: shipment for key in asked if (shipment := there.get(key)) is not None}

    def catch_up(self, now: int) -> None:
        """Take into the index what the log has since, or make it anew: where there is none, or none of late, where the
        network's schedules are others, or entries are in the archive alone. Several processes may do so at once.
        """
        self._end_what_is_over(now)
        if self._receipts.has_overdue(now):
            self._receipts.note_overdue(now)
        caches = self._facts.network_caches()
        ways, schedules = caches.get(Ways), caches.get(schedules_hash)
        while True:
            state = self._index.state()
            made_long_ago = now - int(state.made or 0) >= _MADE_FOR
            if made_long_ago or state.schedules != schedules or self._index.is_behind_log(state):
                self._make(state, ways, schedules, now)
                continue
            entries = self._index.entries(state, count=_ENTRIES_AT_ONCE)
            if entries:
                self._take_in(entries, state, ways)
            if len(entries) < _ENTRIES_AT_ONCE:
                break
        self._take_marks_in()

    def _end_what_is_over(self, now: int) -> None:
        """End the holds whose time is over: nothing is promised of them."""
        while True:
            with faults():
                late = self._client.redis.zrangebyscore(self._keys.expiring, "-inf", now, start=0, num=_AT_ONCE)
            if late:
                self._change_script.sweep([name.decode() for name in late], now=now)
            if len(late) < _AT_ONCE:
                return

    def refresh(self, decisions: Iterable[str]) -> None:
        """Put the shipments of these decisions where they belong in the index."""
        decisions = list(decisions)
        if not decisions:
            return
        state, ways = self._index.state(), self._facts.network_caches().get(Ways)
        dues, gone = self._dues(self._look_at(decisions, ways))
        self._index.change(state, after=state, dues=dues, gone=gone)

    def _take_marks_in(self) -> None:
        """Shipments whose receipts turned out to be late or short are at risk at once."""
        untold = self._index.untold(self._index.marks())
        self.refresh(dict.fromkeys(shipment_of(member)[0] for member in untold))

    def _make(self, before: IndexState, ways: Ways, schedules: str, now: int) -> None:
        """Make the index of the holds that are open, some at a time; what changes meanwhile is in the log after that.
        What is in it and should not be is taken off when it is due.
        """
        after = IndexState(cursor=self._index.log_end(), schedules=schedules, made=str(now))
        for decisions in self._open_holds():
            dues, _ = self._dues(self._look_at(decisions, ways))
            if not self._index.change(before, after=None, dues=dues):
                return  # another process has made it
        self._index.change(before, after=after, dues=())

    def _open_holds(self) -> Iterator[list[str]]:
        with faults():
            names = (name.decode() for name, _ in self._client.redis.zscan_iter(self._keys.expiring, count=_AT_ONCE))
            while batch := list(itertools.islice(names, _AT_ONCE)):
                yield batch

    def _take_in(self, entries: Sequence[RawEntry], state: IndexState, ways: Ways) -> None:
        decisions = dict.fromkeys(name for entry in entries for name in _decisions_changed(entry))
        dues, gone = self._dues(self._look_at(decisions, ways))
        after = IndexState(cursor=entries[-1][0].decode(), schedules=state.schedules, made=state.made)
        self._index.change(state, after=after, dues=dues, gone=gone)

    def _dues(self, shipments: Mapping[ShipmentKey, WatchedShipment | None]) -> tuple[list[Due], list[str]]:
        """When the shipments have to pass their next milestones, and which wait for stock; and the members of those
        that have none to pass.
        """
        dues, gone = [], []
        waiting = self._waiting([shipment for shipment in shipments.values() if shipment and shipment.waits])
        for (decision, number), shipment in shipments.items():
            due = None if shipment is None else shipment.due
            if shipment is None or due is None:
                gone.append(member_of(decision, number))
            else:
                unraised = shipment.state.rerouting or not shipment.is_raised
                place = waiting.get((decision, number))
                dues.append(Due(decision=decision, number=number, at=due, unraised=unraised, waiting=place))
        return dues, gone

    def _waiting(self, shipments: Sequence[WatchedShipment]) -> dict[ShipmentKey, Waiting]:
        if not shipments:
            return {}
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)
        skus = dict.fromkeys(sku for shipment in shipments for sku in shipment.order.skus)
        snapshot = dataclasses.replace(snapshot, products=self._facts.products(skus))
        return {
            (shipment.decision, shipment.number): Waiting(
                rank=rank_text(promise_rank(shipment, snapshot, matcher, now)),
                skus=shipment.skus,
                seen=shipment.state.seen,
            )
            for shipment in shipments
        }

    def _look_at(self, decisions: Iterable[str], ways: Ways) -> dict[ShipmentKey, WatchedShipment | None]:
        """Every shipment of these decisions; None of one that is not held."""
        names = [name for name in decisions if not is_set_aside(name)]
        if not names:
            return {}
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            read.hmget(self._keys.decisions, names)
            for name in names:
                read.hgetall(self._keys.hold(name))
            places, *holds = read.execute()
        states_by_name = {name: states_of(hold) for name, hold in zip(names, holds, strict=True)}
        marks = self._index.marks_of(
            [member_of(name, number) for name, states in states_by_name.items() for number in states]
        )
        stored = decision_log.stored_entries(self._client, self._keys, [place for place in places if place])
        secrets = decision_log.secrets_of(self._client, self._keys, stored)
        found: dict[ShipmentKey, WatchedShipment | None] = {}
        for raw in stored:
            with contextlib.suppress(*UNREADABLE):  # the ledger check tells of it
                entry = parse_entry(*raw, secrets)
                record, states = entry.record, states_by_name[entry.decision]
                found |= {(entry.decision, number): None for number in range(len(record.shipments))}
                its_marks = {
                    number: marks[key] for number in states if (key := member_of(entry.decision, number)) in marks
                }
                found |= {(entry.decision, item.number): item for item in watched(record, states, its_marks, ways)}
        return found


def _decisions_changed(raw: RawEntry) -> Iterator[str]:
    """The decisions whose held shipments an entry changed."""
    fields = raw[1]
    with contextlib.suppress(*UNREADABLE):
        kind = kind_of(fields)
        if kind in _ABOUT_HOLD:
            yield fields[b"id"].decode()
        if kind in _ABOUT_HOLDS and b"units" in fields:
            body = parse_entry(*raw).units
            yield from (hold.decision for hold in body.holds) if body else ()
