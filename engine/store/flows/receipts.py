"""Announces, changes and receives receipts, by change_receipt.lua, and notes those that are overdue."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from engine.actor import by_itself
from engine.model.lots import TAB
from engine.model.receipts import OPEN, Receipt, ReceiptSource, ReceiptStatus
from engine.store.connection.client import Client, faults
from engine.store.flows.receipt_texts import parse
from engine.store.hold_changes.change_script import changed_sku_keys
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.outcomes import NetworkChanged, OperationReused
from engine.store.script_keys import CHANGE_RECEIPT, NOTE_OVERDUE

MOST_TRIES = 50
"""How often a change is sent again because other holds stand on its receipt than were found."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a message says of a receipt. `owned`: it is of a transfer or return of Pointsman, which alone changes it.
    `may_be_late`: it may be expected before now, as it is one of a list of all that is to come.
    """

    id: str
    source: ReceiptSource
    node: str
    sku: str
    quantity: int
    expected_at: int
    status: ReceiptStatus
    sequence: int
    owned: bool = False
    may_be_late: bool = False

    def for_script(self) -> dict[str, Any]:
        """As parts/receipt_changes.lua takes it."""
        status = self.status if self.status in OPEN or self.status == "cancelled" else "in_transit"
        return {
            "source": self.source,
            "node": self.node,
            "quantity": self.quantity,
            "expected_at": self.expected_at,
            "status": status,
            "stated": self.status,
            "sequence": str(self.sequence),
            "owned": str(int(self.owned)),
            "may_be_late": self.may_be_late,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """So many units of a receipt arrived; None: all that were to come. `at` is when they did, in UTC microseconds;
    None: now. `closes`: no more is to come. `over`: they may be more than were expected. `lot` and `expires` as in
    `Movement`.
    """

    units: int | None
    at: int | None = None
    closes: bool = False
    over: bool = False
    owned: bool = False
    lot: str | None = None
    expires: int | None = None

    def for_script(self) -> dict[str, Any]:
        """As parts/receipt_changes.lua takes it."""
        lot = ""
        if self.lot is not None:
            date = "" if self.expires is None else datetime.date.fromordinal(self.expires).isoformat()
            lot = f"{date}{TAB}{self.lot}"
        return {
            "units": False if self.units is None else self.units,
            "at": False if self.at is None else self.at,
            "lot": lot,
            "close": self.closes,
            "over": self.over,
            "owned": str(int(self.owned)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTaken:
    """The message or delivery changed the receipt, which is so from then on. `created`: by the first message about it.
    `over`: of what was received, more than were expected; `again`: the same operation did it before.
    """

    receipt: Receipt
    created: bool = False
    over: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptUnchanged:
    """Nothing changed, as the message came before, or an `older` one, or all it says of came already."""

    receipt: Receipt
    older: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRefused:
    """Nothing changed. `why` is a word of parts/receipt_changes.lua: unknown, differs, elsewhere, owned, past, closed,
    few, over, dated, lotless or holds; `over` is how many units there would have been too many.
    """

    why: str
    receipt: Receipt | None = None
    over: int = 0


ReceiptOutcome: TypeAlias = ReceiptTaken | ReceiptUnchanged | ReceiptRefused | OperationReused | NetworkChanged


class Receipts:
    """The receipts of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._change = client.script("flows/change_receipt")
        self._note_overdue = client.script("flows/note_overdue")

    def change(
        self,
        name: str,
        sku: str,
        *,
        announcement: Announcement | None = None,
        delivery: Delivery | None = None,
        version: str,
        now: int,
        micros: int,
        operation: Operation | None = None,
    ) -> ReceiptOutcome:
        """Take over what a message says of the receipt `name` of the SKU, or receive units of it, or both. Nodes and
        SKUs are of the network's version `version`; `now` in UTC seconds, `micros` in microseconds.
        """
        request: dict[str, Any] = {"id": name, "sku": sku, "network": version, "now": str(now), "micros": micros}
        if announcement is not None:
            request["message"] = announcement.for_script()
        if delivery is not None:
            request["delivery"] = delivery.for_script()
        if operation is not None:
            request["operation"] = {"request": operation.request, "seconds": operation.seconds}
        operation_key = self._keys.operation(f"receipt:{name}", operation.name if operation else "")
        holds: list[str] = []
        for _ in range(MOST_TRIES):
            script_keys = CHANGE_RECEIPT.keys(
                self._keys,
                changed_sku_keys(self._keys, [sku]),
                [(self._keys.hold(hold),) for hold in holds],
                operation=operation_key,
            )
            with faults():
                answer = self._change(keys=script_keys, args=[orjson.dumps(request | {"holds": holds}), 1])
            if answer[0] != b"holds":
                break
            holds = self._holds_on(name, sku)
        return _outcome(name, sku, answer)

    def note_overdue(self, now: int) -> int:
        """Log, as Pointsman's own act, the receipts that did not come by when they were expected, and that the promises
        that stand on them are at risk; answers how many receipts these were.
        """
        redis, keys, noted = self._client.redis, self._keys, 0
        while True:
            with faults():
                late = redis.zrangebyscore(keys.arriving, "-inf", now, start=0, num=_AT_ONCE)
                stored = redis.hmget(keys.receipt_skus, late) if late else []
            skus = sorted({sku.decode() for sku in stored if sku is not None})
            request = {"now": str(now), "receipts": [name.decode() for name in late], "skus": skus}
            script_keys = NOTE_OVERDUE.keys(keys, [(keys.receipts(sku), keys.pegs(sku)) for sku in skus])
            if not skus:
                return noted
            with by_itself(), faults():
                count = int(self._note_overdue(keys=script_keys, args=[orjson.dumps(request)]))
            noted += count
            if count == 0:  # another process noted them
                return noted

    def has_overdue(self, now: int) -> bool:
        """Whether there are some of which that is not logged."""
        with faults():
            return bool(self._client.redis.zcount(self._keys.arriving, "-inf", now))

    def _holds_on(self, name: str, sku: str) -> list[str]:
        """The holds of which units stand on the receipt."""
        with faults():
            fields = self._client.redis.hkeys(self._keys.pegs(sku))
        pegs = (field.decode().split("\n") for field in fields)
        return sorted({hold for receipt, hold, _ in pegs if receipt == name})


def _outcome(name: str, sku: str, answer: Sequence[bytes]) -> ReceiptOutcome:
    if answer[0] == b"reused":
        return OperationReused()
    if answer[0] == b"network":
        return NetworkChanged()
    word, text, over = answer[0].decode(), answer[1], int(answer[2])
    receipt = parse(name, sku, text).receipt if text else None
    if receipt is None or word not in _TAKEN | _UNCHANGED:
        return ReceiptRefused(why=word, receipt=receipt, over=over)
    if word in _UNCHANGED:
        return ReceiptUnchanged(receipt=receipt, older=word == "older")
    return ReceiptTaken(receipt=receipt, created=word == "created", over=over, again=word == "again")


_TAKEN = frozenset({"created", "changed", "received", "again"})
_UNCHANGED = frozenset({"same", "older"})
