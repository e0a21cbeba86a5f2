"""Stores labels of returns: each change is one script, which takes the numbers and logs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import msgspec
import orjson

from engine.store.connection.client import Client, faults
from engine.store.flows.stored_return import ReturnBody, StoredReturn
from engine.store.fulfilment.number_taking import NotTaken, TakenNumbers, not_taken, numbers_in_log, numbers_request
from engine.store.fulfilment.shipment_change import GO_ON_AFTER
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.script_keys import CHANGE_RETURN_LABEL

_FIELD = "return "
ReturnLabelKind: TypeAlias = Literal[
    "return_label_begun",
    "return_labelled",
    "return_label_cancel_begun",
    "return_label_kept",
    "return_label_cancelled",
]
LATE_PURCHASE_AFTER: Final = 600
"""Seconds after which no process is at a purchase any more that it began before the label was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePurchase:
    """What a carrier may have sold after the label of that number was cancelled, at `since` (UTC seconds), to a process
    that had begun to buy it before. `booking` is empty as long as nobody knows of
    such a purchase.
    """

    return_id: str
    number: int
    carrier: str
    since: int
    booking: str = ""

    @property
    def name(self) -> str:
        """As it stands in `Keys.late_purchases`."""
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelChange:
    """A return is `after` from now on, because its label changed; `before` is its text as it was read. `sold` is the
    label of a carrier, encrypted.
    """

    kind: ReturnLabelKind
    before: str
    after: StoredReturn
    now: int
    numbers: TakenNumbers | None = None
    sold: bytes = b""
    needs_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelChanged:
    """Done, by this request or (`again`) an earlier one under the same operation: the return was then as `after`."""

    after: StoredReturn
    again: bool


@dataclass(frozen=True, slots=True)
class ReturnLabelDiffers:
    """Nothing was written: the return is not as it was read."""


ReturnLabelOutcome: TypeAlias = ReturnLabelChanged | ReturnLabelDiffers | NotTaken


class StoredReturnLabels:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/change_return_label")

    def sold(self, return_id: str) -> bytes | None:
        """What a carrier sold for the return, encrypted."""
        with faults():
            content: bytes | None = self._client.redis.hget(self._keys.parcel_labels, label_field(return_id))
        return content

    def unfinished(self, now: int, *, at_once: int) -> list[str]:
        """Returns whose label a carrier is being asked for, or to take back, and with which to go on by now."""
        with faults():
            found = self._client.redis.zrangebyscore(
                self._keys.unfinished_return_labels, "-inf", now, start=0, num=at_once
            )
        return [name.decode() for name in found]

    def go_on_later(self, return_id: str, at: int) -> None:
        """Go on with the label from this instant on, if it is not finished by then."""
        with faults():
            self._client.redis.zadd(self._keys.unfinished_return_labels, {return_id: at}, xx=True)

    def finish(self, return_id: str) -> None:
        """There is nothing to go on with."""
        with faults():
            self._client.redis.zrem(self._keys.unfinished_return_labels, return_id)

    def late_purchases(self, now: int, *, at_once: int) -> list[LatePurchase]:
        """Those that their carrier is to be asked to take back by now."""
        with faults():
            found = self._client.redis.zrangebyscore(self._keys.late_purchases, "-inf", now, start=0, num=at_once)
        return [msgspec.json.decode(name, type=LatePurchase) for name in found]

    def keep_late_purchase(self, purchase: LatePurchase, at: int) -> None:
        """Have its carrier asked at this instant."""
        with faults():
            self._client.redis.zadd(self._keys.late_purchases, {purchase.name: at})
        self._client.verify_replicated(self._keys.log)

    def drop_late_purchase(self, purchase: LatePurchase) -> None:
        with faults():
            self._client.redis.zrem(self._keys.late_purchases, purchase.name)

    def remember(self, return_id: str, operation: Operation, answer: str) -> bool:
        """Answer this operation so from now on, though it changed nothing. False: it was used before."""
        name = self._keys.operation(about_label(return_id), operation.name)
        with faults():
            stored = self._client.redis.set(name, f"{operation.request}\n{answer}", nx=True, ex=operation.seconds)
        self._client.verify_replicated(self._keys.log)
        return bool(stored)

    def change(self, change: ReturnLabelChange, operation: Operation) -> ReturnLabelOutcome:
        """Make the change, if all is as it was read."""
        script_keys = CHANGE_RETURN_LABEL.keys(
            self._keys, operation=self._keys.operation(about_label(change.after.id), operation.name)
        )
        with faults():
            answer = self._script(keys=script_keys, args=[orjson.dumps(_request(change, operation)), change.sold])
        return _outcome(answer)


def label_field(return_id: str) -> str:
    """That of `Keys.parcel_labels`; names of parcels have no blank."""
    return f"{_FIELD}{return_id}"


def return_of_label(name: str) -> str | None:
    """The return of what `label_field` made; None of any other name."""
    return name.removeprefix(_FIELD) if name.startswith(_FIELD) else None


def about_label(return_id: str) -> str:
    """What operations on the label of a return are stored by."""
    return f"return_label:{return_id}"


def _request(change: ReturnLabelChange, operation: Operation) -> dict[str, Any]:
    """As change_return_label.lua takes it."""
    after, label = change.after, change.after.label
    is_asked = label is not None and label.state in {"booking", "cancelling"}
    late = _late_purchase(change)
    body = {**msgspec.to_builtins(ReturnBody(returned=after)), **numbers_in_log(change.numbers)}
    return {
        "id": after.id,
        "first": after.first,
        "kind": change.kind,
        "now": str(change.now),
        "before": change.before,
        "after": after.encode().decode(),
        "details": msgspec.json.encode(body).decode(),
        "label": label_field(after.id),
        "label_gone": change.kind == "return_label_cancelled",
        "go_on_at": change.now + GO_ON_AFTER if is_asked else False,
        "late_purchase": {"name": late.name, "at": change.now + LATE_PURCHASE_AFTER} if late else False,
        "needs_key": change.needs_key,
        "taken_numbers": numbers_request(change.numbers),
        "operation": operation.request,
        "seconds": operation.seconds,
    }


def _late_purchase(change: ReturnLabelChange) -> LatePurchase | None:
    """Of a label that is cancelled while nobody knows what became of buying it."""
    before, label = StoredReturn.decode(change.before).label, change.after.label
    if label is None or label.state != "cancelled" or not label.sold or label.booking:
        return None
    if before is not None and before.number == label.number and before.state == "cancelled":
        return None  # it was kept when that was cancelled
    return LatePurchase(return_id=change.after.id, number=label.number, carrier=label.carrier, since=change.now)


def _outcome(answer: Sequence[bytes]) -> ReturnLabelOutcome:
    match answer:
        case b"done" | b"again" as word, text:
            return ReturnLabelChanged(after=StoredReturn.decode(text), again=word == b"again")
        case (b"changed",):
            return ReturnLabelDiffers()
    return not_taken(answer)
