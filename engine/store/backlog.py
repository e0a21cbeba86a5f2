"""The backlog as it is stored: unfilled units of decisions that wait for stock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import msgspec
from msgspec import UNSET, UnsetType

from engine.decide.order_record import OrderRecord, Record, order_of
from engine.model.facts import Order
from engine.store.connection.client import Client, faults
from engine.store.flows.receipt_texts import parse
from engine.store.keys import Keys
from engine.store.script_keys import WITHDRAW_BACKLOG


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogEntry:
    """Units by line of `order`, as its customer placed it, that `decision` left unfilled. `first` is the order's first
    decision; `since` when these units began to wait, in UTC seconds; `caller` whose holds are counted. `rank` is the
    `rank_text` by which it is offered stock, with the priority that it had then or when it was last ranked; nothing is
    offered before the instant `not_before`, if there is one. `stored` is the entry as it was read, which tells whether
    it has changed.
    """

    decision: str
    first: str
    order: Order
    units: Mapping[str, int]
    since: int
    caller: str
    rank: str
    not_before: int | None = None
    stored: bytes = field(default=b"", repr=False, compare=False)
    """As it was read; empty for an entry that is not stored yet."""

    @property
    def body(self) -> bytes:
        """As it is stored."""
        return msgspec.json.encode(
            _StoredEntry(
                first=self.first,
                order=OrderRecord.of(self.order),
                units=dict(self.units),
                since=self.since,
                caller=self.caller,
                rank=self.rank,
                skus=tuple(self.skus),
                not_before=UNSET if self.not_before is None else self.not_before,
            )
        )

    @classmethod
    def of(cls, decision: str, body: bytes) -> Self:
        stored = msgspec.json.decode(body, type=_StoredEntry)
        return cls(
            decision=decision,
            first=stored.first,
            order=order_of(stored.order),
            units=stored.units,
            since=stored.since,
            caller=stored.caller,
            rank=stored.rank,
            not_before=None if stored.not_before is UNSET else stored.not_before,
            stored=body,
        )

    def waiting_members(self, keys: Keys) -> dict[str, str]:
        """By SKU, its member of `Keys.waiting`; none in an entry of a release that ranked none."""
        return {sku: f"{keys.on_hand(sku)}\n{self.rank}" for sku in self.skus} if self.rank else {}

    @property
    def skus(self) -> list[str]:
        """Those of the units that wait."""
        return list(dict.fromkeys(line.sku for line in self.order.lines if line.id in self.units))


class _StoredEntry(Record, frozen=True):
    first: str
    order: OrderRecord
    units: dict[str, int]
    since: int
    caller: str
    rank: str = ""
    """Empty in an entry of a release that ranked none."""
    skus: tuple[str, ...] = ()
    not_before: int | UnsetType = UNSET


class BacklogEntries:
    """The backlog of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._withdraw_backlog = client.script("backlog/withdraw")

    def all(self) -> list[BacklogEntry]:
        """In no order."""
        with faults():
            stored = self._client.redis.hgetall(self._keys.backlog)
        return [BacklogEntry.of(decision.decode(), body) for decision, body in stored.items()]

    def withdraw(self, decision: str, *, now: int, operation: str, seconds: int) -> bool:
        """Remove the entry of a decision; False if there is none. The same `operation` again is answered the same."""
        keys = self._keys
        script_keys = WITHDRAW_BACKLOG.keys(keys, operation=keys.operation(decision, operation))
        with faults():
            return bool(self._withdraw_backlog(keys=script_keys, args=[decision, now, seconds]))

    def in_stock(self, skus: list[str], *, oversell: int) -> set[str]:
        """Those of the SKUs of which some node has more units on hand, and `oversell` beyond these, than are held, or
        of which more are to come than are promised.
        """
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for sku in skus:
                read.hgetall(self._keys.on_hand(sku))
                read.hgetall(self._keys.held(sku))
                read.hgetall(self._keys.receipts(sku))
            answers = read.execute()
        return {
            sku
            for sku, on_hand, held, receipts in zip(skus, answers[::3], answers[1::3], answers[2::3], strict=True)
            if any(parse(name.decode(), sku, text).receipt.free > 0 for name, text in receipts.items())
            or any(
                max(0, int(units)) + oversell > int(held.get(node, 0))
                for node, units in on_hand.items()
                if b"\t" not in node  # else it is a lot of the position
            )
        }
