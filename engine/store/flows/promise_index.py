"""The index of promises as it is stored: which shipments have to pass their next milestone first.

It is made of the log, as far as that was read, by whoever needs it, so a commit does nothing for it. Like a cache, it
can be made anew of the holds that are open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.store.connection.client import Client, faults
from engine.store.flows.promise_notes import member_of, shipment_of
from engine.store.flows.promise_state import PromiseState, promise_field
from engine.store.flows.receipt_mark import ReceiptMark
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import RawEntry
from engine.store.script_keys import INDEX_PROMISES


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """How far the index is made: up to the log entry `cursor`, with schedules of the network whose hash is `schedules`,
    and anew at `made`, in UTC seconds; all empty: not at all.
    """

    cursor: str = ""
    schedules: str = ""
    made: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A shipment waits for stock of the `skus` with its `rank_text`: what there was at the stamp `seen` was of no use
    to it.
    """

    rank: str
    skus: Sequence[str]
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A shipment of a decision has to pass its next milestone at the instant `at`. `unraised`: it was not said yet that
    it may not.
    """

    decision: str
    number: int
    at: int
    unraised: bool
    waiting: Waiting | None = None

    @property
    def member(self) -> str:
        return member_of(self.decision, self.number)

    def for_script(self) -> list[Any]:
        """As index_promises.lua takes it."""
        waiting = self.waiting and (self.waiting.rank, self.waiting.skus, str(self.waiting.seen))
        return [self.member, str(self.at), str(int(self.unraised)), *(waiting or ())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A shipment of a decision has to pass no milestone before the instant `earliest`."""

    decision: str
    number: int
    earliest: int

    @property
    def member(self) -> str:
        return member_of(self.decision, self.number)


class PromiseIndex:
    """That of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("flows/index_promises")

    def state(self) -> IndexState:
        with faults():
            stored = self._client.redis.hmget(self._keys.promises_read, ["cursor", "schedules", "made"])
        cursor, schedules, made = ((value or b"").decode() for value in stored)
        return IndexState(cursor=cursor, schedules=schedules, made=made)

    def log_end(self) -> str:
        """The last entry of the log."""
        with faults():
            last = self._client.redis.xrevrange(self._keys.log, count=1)
        return last[0][0].decode() if last else "0-0"

    def is_behind_log(self, state: IndexState) -> bool:
        """Whether entries that the index does not have are in the archive alone."""
        with faults():
            first = self._client.redis.xrange(self._keys.log, count=1)
        return bool(first) and _place(state.cursor) < _place(first[0][0].decode())

    def entries(self, state: IndexState, *, count: int) -> list[RawEntry]:
        """The next entries that the index does not have."""
        return decision_log.next_entries(self._client, self._keys, start=f"({state.cursor}", count=count)

    def change(
        self,
        before: IndexState,
        *,
        after: IndexState | None,
        dues: Sequence[Due] = (),
        estimates: Sequence[Estimate] = (),
        gone: Sequence[str] = (),
    ) -> bool:
        """Take changes in; False if the index is not as in `before`. Without `after`, more is to come."""
        request = {
            "before": [before.cursor, before.schedules, before.made],
            "dues": [due.for_script() for due in dues],
            "estimates": [(estimate.member, str(estimate.earliest)) for estimate in estimates],
            "gone": gone,
        } | ({"after": [after.cursor, after.schedules, after.made]} if after else {})
        with faults():
            return bool(self._script(keys=INDEX_PROMISES.keys(self._keys), args=[orjson.dumps(request)]))

    def due(
        self, *, until: int, after: tuple[int, str] | None = None, unraised: bool = False, at_once: int = 200
    ) -> Iterator[list[tuple[int, str, int]]]:
        """The shipments whose next milestone is due by `until`: instant, decision, number; the first to be due first,
        some at a time, behind (instant, member) `after`.
        """
        name = self._keys.promises_unraised if unraised else self._keys.promises
        start, offset = ("-inf" if after is None else after[0]), 0
        while True:
            with faults():
                batch = self._client.redis.zrangebyscore(name, start, until, start=offset, num=at_once, withscores=True)
            members = [(int(at), member.decode()) for member, at in batch]
            yield [(at, *shipment_of(member)) for at, member in members if after is None or (at, member) > after]
            if len(batch) < at_once:
                return
            offset += at_once

    def estimates(self, *, until: int, count: int) -> list[Estimate]:
        """At most so many of the shipments whose milestones were not worked out yet and that may have to pass one by
        `until`, the first that may first.
        """
        name = self._keys.promises_estimated
        with faults():
            found = self._client.redis.zrangebyscore(name, "-inf", until, start=0, num=count, withscores=True)
        places = [(*shipment_of(member.decode()), int(at)) for member, at in found]
        return [Estimate(decision=decision, number=number, earliest=at) for decision, number, at in places]

    def newest_stamp(self) -> int:
        """That of the last change of any stock, as `Keys.changed` has it."""
        with faults():
            newest = self._client.redis.zrange(self._keys.changed, 0, 0, desc=True, withscores=True)
        return int(newest[0][1]) if newest else 0

    def take_turn(self, *, milliseconds: int) -> bool:
        """Whether this process is the one that watches, for so long."""
        with faults():
            return bool(self._client.redis.set(self._keys.promises_turn, "1", nx=True, px=milliseconds))

    def marks(self) -> dict[str, ReceiptMark]:
        """By member, what its receipt has become, as `Keys.at_risk` says: of those that still stand on one that is
        late, or at a position that holds more than it has.
        """
        with faults():
            stored = self._client.redis.hgetall(self._keys.at_risk)
        return self._lasting({member.decode(): text for member, text in stored.items()})

    def marks_of(self, members: Sequence[str]) -> dict[str, ReceiptMark]:
        """The same, of these members alone."""
        if not members:
            return {}
        with faults():
            texts = self._client.redis.hmget(self._keys.at_risk, members)
        return self._lasting({member: text for member, text in zip(members, texts, strict=True) if text is not None})

    def _lasting(self, stored: Mapping[str, bytes]) -> dict[str, ReceiptMark]:
        keys = self._keys
        marks = {member: ReceiptMark.of(text) for member, text in stored.items()}
        if not marks:
            return {}
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for member, mark in marks.items():
                decision, number = shipment_of(member)
                read.hexists(keys.pegs(mark.sku), f"{mark.receipt}\n{decision}\n{number}")
                read.hget(keys.on_hand(mark.sku), mark.node)
                read.hget(keys.held(mark.sku), mark.node)
            answers = iter(read.execute())
        lasting = {}
        for (member, mark), stands, on_hand, held in zip(marks.items(), answers, answers, answers, strict=True):
            is_short = int(held or 0) > max(0, int(on_hand or 0))
            if stands if mark.cause == "receipt_late" else is_short:
                lasting[member] = mark
        return lasting

    def untold(self, marks: Mapping[str, ReceiptMark]) -> list[str]:
        """The members that do not stand in the index as these marks say: at another instant, or as if all of it was
        said to be at risk.
        """
        if not marks:
            return []
        members = list(marks)
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            read.zmscore(self._keys.promises, members)
            read.zmscore(self._keys.promises_unraised, members)
            for decision, number in map(shipment_of, members):
                read.hget(self._keys.hold(decision), promise_field(number))
            places, unraised, *states = read.execute()
        return [
            member
            for (member, mark), place, still, state in zip(marks.items(), places, unraised, states, strict=True)
            if place != mark.at or (still is None and PromiseState.of(state).receipt_news != mark.news)
        ]


def _place(entry: str) -> tuple[int, int]:
    millis, _, number = entry.partition("-")
    return int(millis or 0), int(number or 0)
