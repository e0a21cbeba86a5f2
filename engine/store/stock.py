"""What is on hand: set to what its source counted, or changed by stock movements."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import orjson

from engine.model.lots import TAB, LotUnits
from engine.model.receipts import Receipt
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.flows.receipt_texts import by_node, parse
from engine.store.hold_changes.change_script import changed_sku_keys
from engine.store.keys import Keys
from engine.store.log.entry_bodies import MovedUnits
from engine.store.outcomes import (
    BlockedTooLow,
    CountContradicts,
    CountForgotten,
    CountOlder,
    CountOutcome,
    CountRepeated,
    CountSet,
    LotDateDiffers,
    LotTooLow,
    LotUnknown,
    MovementApplied,
    MovementCounted,
    MovementIdReused,
    MovementOutcome,
    MovementRepeated,
    NetworkChanged,
    StampKindDiffers,
    StockTooLow,
)
from engine.store.script_keys import MOVE_STOCK, SET_STOCK

DAY_SECONDS = 24 * 60 * 60
MOVEMENT_DAYS = 3
"""How long the movements of a day are kept. A movement is looked for in today's and yesterday's, so an operation id is
remembered for at least 24 hours.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Tells which of two messages is newer: by the source's own time (`t`), in UTC microseconds, or its own sequence
    (`s`).
    """

    kind: Literal["t", "s"]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many units are on hand, as the source counted them."""

    node: str
    sku: str
    on_hand: int
    stamp: Stamp
    lots: LotUnits | None = None
    """Which of them are of lots; None: the count does not say, and the lots stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """So many units came or, where `delta` is negative, left. `op` is its operation id, the same when sent again.

    `at` is when they did, in UTC microseconds; None: when the movement is applied. By so many units as `blocked` says
    those change that may not be sold; where `delta` is not 0 either, they pass between on hand and blocked.
    """

    op: str
    node: str
    sku: str
    delta: int
    reason: str | None = None
    at: int | None = None
    blocked: int = 0
    lot: str | None = None
    """The name of the lot that they are of; None: that is not known."""
    expires: int | None = None
    """The last date on which the lot may be used, as an ordinal; None: as it is known by the lots that are there."""

    @property
    def digest(self) -> str:
        """Tells another movement under the same id, in twelve characters."""
        # as in earlier releases, which had none of the last four
        others: list[int | str | None] = [self.at, self.blocked] if self.at is not None or self.blocked else []
        if self.lot is not None:
            others = [self.at, self.blocked, self.lot, self.expires]
        movement = orjson.dumps([self.node, self.sku, self.delta, *others])
        return hashlib.blake2b(movement, digest_size=6).hexdigest()


_COUNTS: Mapping[bytes, type[CountSet | CountRepeated | CountOlder | CountContradicts | StampKindDiffers]] = {
    b"set": CountSet,
    b"same": CountRepeated,
    b"older": CountOlder,
    b"differs": CountContradicts,
    b"kind": StampKindDiffers,
}
_MOVEMENTS: Mapping[bytes, type[MovementOutcome]] = {
    b"applied": MovementApplied,
    b"counted": MovementCounted,
    b"seen": MovementRepeated,
    b"reused": MovementIdReused,
    b"below": StockTooLow,
    b"unblocked": BlockedTooLow,
    b"few": LotTooLow,
    b"dated": LotDateDiffers,
    b"unknown": LotUnknown,
}


class Stock:
    """The positions of one network. Counts and movements are of nodes and products of its version `version`."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._redis = client.redis
        self._set_stock = client.script("set_stock")
        self._move_stock = client.script("move_stock")

    def set_counts(self, counts: Sequence[Count], *, version: str, micros: int) -> list[CountOutcome] | NetworkChanged:
        """Set what is on hand, all at one moment, `micros` in UTC microseconds."""
        skus = [item.sku for item in counts]
        script_keys = SET_STOCK.keys(self._keys, changed_sku_keys(self._keys, skus))
        body = encode(msgspec.json.encode([(item.sku, item.node) for item in counts]))
        arguments: list[str | int | bytes] = [version, micros, body]
        for item in counts:
            arguments += [item.node, str(item.on_hand), item.stamp.kind, str(item.stamp.number), _lots_text(item.lots)]
        answers = self._run(self._set_stock, script_keys, arguments)
        if isinstance(answers, NetworkChanged):
            return answers
        return [_count_outcome(*answer) for answer in answers]

    def move(
        self, movements: Sequence[Movement], *, version: str, now: int, micros: int, batch: str
    ) -> list[MovementOutcome] | NetworkChanged:
        """Apply movements, each once, at one moment: `now`, and in microseconds `micros`."""
        keys = self._keys
        script_keys = MOVE_STOCK.keys(
            keys,
            changed_sku_keys(keys, [item.sku for item in movements]),
            movements=keys.movements(_day(now)),
            movements_yesterday=keys.movements(_day(now - DAY_SECONDS)),
        )
        body = msgspec.json.encode(
            [
                MovedUnits(
                    sku=item.sku,
                    node=item.node,
                    delta=item.delta,
                    op=item.op,
                    reason=item.reason,
                    at=item.at,
                    blocked=item.blocked,
                )
                for item in movements
            ]
        )
        arguments: list[str | int | bytes] = [version, now, micros, batch, encode(body), MOVEMENT_DAYS * DAY_SECONDS]
        for item in movements:
            stated = "" if item.at is None else item.at
            arguments += [item.op, item.digest, item.node, item.delta, item.blocked, stated, _lot_text(item)]
        answers = self._run(self._move_stock, script_keys, arguments)
        if isinstance(answers, NetworkChanged):
            return answers
        return [
            _MOVEMENTS[word](on_hand=max(0, int(on_hand)), blocked=int(blocked)) for word, on_hand, blocked in answers
        ]

    def applied(self, operations: Sequence[str], *, now: int) -> list[bool]:
        """Whether a movement of each operation id was applied, as far as that is remembered."""
        if not operations:
            return []
        with faults(), self._redis.pipeline(transaction=False) as read:
            for day in (now, now - DAY_SECONDS):
                read.hmget(self._keys.movements(_day(day)), [*operations])
            today, yesterday = read.execute()
        return [bool(one or other) for one, other in zip(today, yesterday, strict=True)]

    def set_apart(self, sku: str) -> "SetApart":
        """The units that are there beside those on hand."""
        with faults(), self._redis.pipeline(transaction=True) as read:
            read.hgetall(self._keys.blocked(sku)).hgetall(self._keys.quarantine(sku))
            read.hgetall(self._keys.receipts(sku))
            return SetApart.of(sku, *read.execute())

    def newest_change(self) -> int:
        """The stamp of the last change of any stock (see `Keys.changed`); 0 if there was none."""
        with faults():
            last = self._redis.zrange(self._keys.changed, -1, -1, withscores=True)
        return int(last[0][1]) if last else 0

    def changed_after(self, stamp: int) -> list[str]:
        """The SKUs whose stock has changed after that stamp, sorted."""
        return sorted(sku for sku, _ in self.stamps_after(stamp))

    def stamps_after(self, stamp: int) -> list[tuple[str, int]]:
        """The same with the stamp of the last change of each, in the order of these."""
        start = self._keys.on_hand("")
        with faults():
            members = self._redis.zrange(self._keys.changed, f"({stamp}", "+inf", byscore=True, withscores=True)
        names = ((member.decode(), int(score)) for member, score in members)
        return [(name.removeprefix(start), score) for name, score in names if name.startswith(start)]

    def _run(
        self, script: Any, script_keys: Sequence[str], arguments: Sequence[str | int | bytes]
    ) -> list[Any] | NetworkChanged:
        with faults():
            answers = script(keys=script_keys, args=arguments)
        return NetworkChanged() if answers == [b"network"] else list(answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """Units of a SKU beside those on hand, by node; only of nodes that have some: `blocked` ones, which may not be
    sold, those in `quarantine`, which came back, and the open receipts of those that are `coming`.
    """

    blocked: Mapping[str, int]
    quarantine: Mapping[str, int]
    coming: Mapping[str, Sequence[Receipt]]

    @classmethod
    def of(
        cls, sku: str, blocked: Mapping[bytes, bytes], quarantine: Mapping[bytes, bytes], coming: Mapping[bytes, bytes]
    ) -> "SetApart":
        """As they are stored."""
        receipts = (parse(name.decode(), sku, text).receipt for name, text in coming.items())
        return cls(blocked=_by_node(blocked), quarantine=_by_node(quarantine), coming=by_node(receipts))

    @property
    def nodes(self) -> set[str]:
        """Those that have some."""
        return {*self.blocked, *self.quarantine, *self.coming}


def _by_node(fields: Mapping[bytes, bytes]) -> dict[str, int]:
    return {node.decode(): int(units) for node, units in fields.items()}


def _count_outcome(word: bytes, on_hand: bytes, held: bytes, since: bytes) -> CountOutcome:
    units = max(0, int(on_hand))
    if word == b"forgotten":
        return CountForgotten(on_hand=units, held=int(held), since=int(since))
    return _COUNTS[word](on_hand=units, held=int(held))


def _lots_text(lots: LotUnits | None) -> str:
    """As set_stock.lua takes them."""
    return "" if lots is None else "=" + TAB.join(f"{label}{TAB}{units}" for label, units in lots)


def _lot_text(movement: Movement) -> str:
    """As move_stock.lua takes it."""
    if movement.lot is None:
        return ""
    date = "" if movement.expires is None else datetime.date.fromordinal(movement.expires).isoformat()
    return f"{date}{TAB}{movement.lot}"


def _day(instant: int) -> str:
    return datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).date().isoformat()
