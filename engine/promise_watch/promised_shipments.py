"""The shipments that are held, by which of them has to pass a milestone first: the index of them is made of the log.

When those of a new decision have to do so is not worked out at once, as most are handed over before. Until an instant
comes near before which none of them has to, they stand under that instant, among the estimates.
"""

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from engine.decide.priority import rank_text
from engine.decide.shipping.ways import Ways
from engine.facts_reader import FactsReader
from engine.model.facts import NetworkCaches
from engine.promise_watch.earliest_dues import EarliestDues
from engine.promise_watch.held_shipments import HeldShipments, ShipmentKey
from engine.promise_watch.promise_rank import promise_rank
from engine.promise_watch.schedules_hash import schedules_hash
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_index import Due, Estimate, IndexState, PromiseIndex, Waiting
from engine.store.flows.promise_notes import member_of, shipment_of
from engine.store.flows.promise_state import PROMISE_KINDS
from engine.store.flows.receipts import Receipts
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.keys import Keys
from engine.store.log.stored_entry import UNREADABLE, RawEntry, kind_of, outline_of, parse_entry
from rules.syntax.literals import SECONDS_A_DAY

_AT_ONCE = 200
_ENTRIES_AT_ONCE = 200
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
        self._held = HeldShipments(client, keys, index)
        self._earliest: EarliestDues | None = None
        self._change_script = ChangeScript(client, keys)
        self._receipts = Receipts(client, keys)

    def find(self, shipments: Iterable[ShipmentKey]) -> dict[ShipmentKey, WatchedShipment]:
        """Those of them that are held."""
        asked = list(shipments)
        ways = self._facts.network_caches().get(Ways)
        there = self._held.of(dict.fromkeys(decision for decision, _ in asked), ways)
        return {key: shipment for key in asked if (shipment := there.get(key)) is not None}

    def catch_up(self, now: int, *, rest: Callable[[], object] = lambda: None) -> None:
        """Take into the index what the log has since, or make it anew: where there is none, or none of late, where the
        network's schedules are others, or entries are in the archive alone. Several processes may do so at once. Calls
        `rest` after each step of several.
        """
        self._end_what_is_over(now)
        if self._receipts.has_overdue(now):
            self._receipts.note_overdue(now)
        caches = self._facts.network_caches()
        schedules = caches.get(schedules_hash)
        while True:
            state = self._index.state()
            made_long_ago = now - int(state.made or 0) >= _MADE_FOR
            if made_long_ago or state.schedules != schedules or self._index.is_behind_log(state):
                self._make(state, caches.get(Ways), schedules, now, rest)
                continue
            entries = self._index.entries(state, count=_ENTRIES_AT_ONCE)
            if entries:
                self._take_in(entries, state, caches)
            if len(entries) < _ENTRIES_AT_ONCE:
                break
            rest()
        self._take_marks_in()

    def work_out(self, *, until: int, count: int) -> int:
        """Work out the milestones of at most `count` shipments that are only estimated and may have to pass one by
        `until`, the first that may first; and answer up to which instant, `until` at most, all milestones in the index
        are worked out from then on.
        """
        estimates = self._index.estimates(until=until, count=count + 1)
        if not estimates:
            return until
        state, ways = self._index.state(), self._facts.network_caches().get(Ways)
        shipments = self._held.of(dict.fromkeys(estimate.decision for estimate in estimates[:count]), ways)
        dues, gone = self._dues(shipments)
        # what can't be read now stands as if it were worked out, and is looked at again whenever it may be due
        unread = [
            Due(decision=item.decision, number=item.number, at=item.earliest, unraised=True)
            for item in estimates[:count]
            if (item.decision, item.number) not in shipments
        ]
        if not self._index.change(state, after=state, dues=[*dues, *unread], gone=gone):
            return estimates[0].earliest - 1  # another process has changed the index meanwhile
        return until if len(estimates) <= count else estimates[count].earliest - 1

    def work_out_all(self, *, until: int, rest: Callable[[], object]) -> None:
        """The same, of all of them; calls `rest` after each step of several."""
        while self.work_out(until=until, count=_AT_ONCE) < until:
            rest()

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
        dues, gone = self._dues(self._held.of(decisions, ways))
        self._index.change(state, after=state, dues=dues, gone=gone)

    def _take_marks_in(self) -> None:
        """Shipments whose receipts turned out to be late or short are at risk at once."""
        untold = self._index.untold(self._index.marks())
        self.refresh(dict.fromkeys(shipment_of(member)[0] for member in untold))

    def _make(self, before: IndexState, ways: Ways, schedules: str, now: int, rest: Callable[[], object]) -> None:
        """Make the index of the holds that are open, some at a time; what changes meanwhile is in the log after that.
        What is in it and should not be is taken off when it is due.
        """
        after = IndexState(cursor=self._index.log_end(), schedules=schedules, made=str(now))
        for decisions in self._open_holds():
            dues, _ = self._dues(self._held.of(decisions, ways))
            if not self._index.change(before, after=None, dues=dues):
                return  # another process has made it
            rest()
        self._index.change(before, after=after)

    def _open_holds(self) -> Iterator[list[str]]:
        with faults():
            names = (name.decode() for name, _ in self._client.redis.zscan_iter(self._keys.expiring, count=_AT_ONCE))
            while batch := list(itertools.islice(names, _AT_ONCE)):
                yield batch

    def _take_in(self, entries: Sequence[RawEntry], state: IndexState, caches: NetworkCaches) -> None:
        estimates, decisions = self._changed(entries, caches)
        dues, gone = self._dues(self._held.of(decisions, caches.get(Ways)))
        after = IndexState(cursor=entries[-1][0].decode(), schedules=state.schedules, made=state.made)
        self._index.change(state, after=after, dues=dues, estimates=estimates, gone=gone)

    def _changed(self, entries: Iterable[RawEntry], caches: NetworkCaches) -> tuple[list[Estimate], list[str]]:
        """The shipments of decisions that the entries made, estimated; and the decisions whose held shipments they
        changed otherwise, or whose shipments can't be estimated.
        """
        ways, version = caches.get(Ways), caches.network.version
        if self._earliest is None or self._earliest.ways is not ways:
            self._earliest = EarliestDues(ways)
        estimates: list[Estimate] = []
        changed: dict[str, None] = {}
        for raw in entries:
            instants = _estimated(raw, self._earliest, version)
            if instants is None:
                changed |= dict.fromkeys(_decisions_changed(raw))
                continue
            decision = raw[1][b"id"].decode()
            estimates += (
                Estimate(decision=decision, number=number, earliest=instant) for number, instant in enumerate(instants)
            )
        return estimates, list(changed)

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


def _estimated(raw: RawEntry, earliest: EarliestDues, version: str) -> list[int] | None:
    """By number of its shipments, what `earliest` says of the decision that the entry made; None: it says nothing, or
    the entry made none.
    """
    fields = raw[1]
    if fields.get(b"kind") != b"decided":
        return None
    with contextlib.suppress(*UNREADABLE):
        return earliest.of(outline_of(fields), version)
    return None


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
