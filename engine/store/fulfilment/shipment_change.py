"""A change of a packed shipment: what change_shipment.lua is asked for, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import msgspec
import orjson

from engine.fulfilment.printing.print_job import PrintJob
from engine.model.parcels import PackedShipment, ShipmentKey
from engine.store.flows.promise_state import PromiseState
from engine.store.fulfilment.number_taking import NotTaken, TakenNumbers, not_taken, numbers_in_log, numbers_request
from engine.store.fulfilment.stored_shipment import StoredShipment, numbers_of, open_packings, stored
from engine.store.hold_changes.change_script import entry_fields
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.holds import Operation
from engine.store.log.kinds import PackingKind

GO_ON_AFTER: Final = 120
"""Seconds after which the service goes on with a packing whose carrier is being asked, if whoever asked does not."""

_UNFINISHED: Final = frozenset({"booking", "cancelling"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedLabel:
    parcel: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentChange:
    """A shipment is `after` from now on, because its packing of the number `packing` changed; `before` is its text as
    it was read. `hold` is what its decision holds, where that is to be as it was read; `passed`: then all of it is
    packed, and its promise knows; `reopened`: not all of it is packed any more.
    `micros` is `now` in UTC microseconds. `addressee` is encrypted; empty: as it is.
    """

    kind: PackingKind
    before: str
    after: PackedShipment
    packing: int
    now: int
    micros: int
    hold: StoredHold | None = None
    promise: str = ""
    passed: bool = False
    reopened: bool = False
    supplied_numbers: Sequence[str] = ()
    """Tracking numbers that came with the packing, which no parcel of another shipment may have."""
    numbers: TakenNumbers | None = None
    labels: Sequence[EncryptedLabel] = ()
    addressee: bytes = b""
    jobs: Sequence[PrintJob] = ()
    needs_key: bool = False
    on_its_way: Literal["", "begins", "ends"] = ""
    asks_again: bool = False
    """Whether its carrier is to be asked once more what it sold for the packing, although it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentChanged:
    """Done, by this request or (`again`) an earlier one under the same operation; of the packing of that number."""

    packing: int
    again: bool


@dataclass(frozen=True, slots=True)
class ShipmentDiffers:
    """Nothing was written: the shipment or its hold is not as it was read."""


ShipmentOutcome: TypeAlias = ShipmentChanged | ShipmentDiffers | NotTaken


def change_request(change: ShipmentChange, operation: Operation) -> dict[str, Any]:
    """As change_shipment.lua takes it."""
    after, key = change.after, change.after.key
    text = stored(after)
    before = StoredShipment.decode(change.before) if change.before else None
    numbers_before = numbers_of(key, before.packings) if before else {}
    open_before = open_packings(key, before) if before else {}
    numbers_after, open_after = numbers_of(key, text.packings), open_packings(key, text)
    packing = next(item for item in after.packings if item.number == change.packing)
    return {
        "shipment": str(key),
        "decision": key.decision,
        "order": after.order,
        "first": after.first,
        "needs_key": change.needs_key,
        "kind": change.kind,
        "now": str(change.now),
        "micros": str(change.micros),
        "node": after.node,
        "before": change.before,
        "after": text.encode(),
        "details": msgspec.json.encode(_body(change)).decode(),
        "hold": False if change.hold is None else _hold(change.hold, key, change.promise),
        "taken_numbers": numbers_request(change.numbers),
        "supplied_numbers": list(change.supplied_numbers),
        "numbers": [list(item) for item in numbers_after.items() if numbers_before.get(item[0]) != item[1]],
        "numbers_gone": [number for number in numbers_before if number not in numbers_after],
        "open": [list(item) for item in open_after.items() if open_before.get(item[0]) != item[1]],
        "open_gone": [name for name in open_before if name not in open_after],
        "labels_gone": parcels_cancelled(change),
        "promise": _promise(change) if change.passed or change.reopened else False,
        "packing": f"{key}/{change.packing}",
        "go_on_at": change.now + GO_ON_AFTER if change.asks_again or packing.state in _UNFINISHED else False,
        "print": [[job.id, job.text] for job in change.jobs],
        "on_its_way": change.on_its_way,
        "operation": operation.request,
        "answer": str(change.packing),
        "seconds": operation.seconds,
    }


def parcels_cancelled(change: ShipmentChange) -> list[str]:
    """The parcels of a packing that the change leaves cancelled, as `DECISION/NUMBER/PARCEL`."""
    packing = next(item for item in change.after.packings if item.number == change.packing)
    if packing.state != "cancelled":
        return []
    return [f"{change.after.key}/{parcel.number}" for parcel in packing.parcels]


def _body(change: ShipmentChange) -> dict[str, Any]:
    """The body of the log entry, as `PackingBody`, with the serials in their places. What of the shipment does not
    change is not in it: an entry is no longer the more was packed before.
    """
    after = stored(change.after)
    body: dict[str, Any] = {
        "number": change.after.key.number,
        "order": after.order,
        "first": after.first,
        "node": after.node,
        "packing": next(item for item in after.packings if item.number == change.packing),
    }
    if change.reopened:
        body["reopened"] = True
    return {**body, **numbers_in_log(change.numbers)}


def _hold(hold: StoredHold, key: ShipmentKey, promise: str) -> dict[str, str]:
    """What it has of the shipment, as it was read."""
    return {
        "decision": key.decision,
        "number": str(key.number),
        "body": hold.bodies.get(key.number, b"").decode(),
        "endings": hold.endings,
        "units": hold.outcomes.get(key.number, b"").decode(),
        "promise": promise,
    }


def _promise(change: ShipmentChange) -> dict[str, Any]:
    """The milestone that the shipment passes, as the hold and the log have it; or, as the hold has it, that it has not
    passed it any more.
    """
    if change.reopened:
        return {"after": PromiseState.of(change.promise).unpacked().text}
    key = change.after.key
    details = {"shipment": key.number, "milestone": "packed", "passed_at": change.now}
    return {
        "after": PromiseState.of(change.promise).after("progressed", details).text,
        "fields": entry_fields("progressed", key.decision, change.now, details=orjson.dumps(details).decode()),
    }


def outcome_of(answer: Sequence[bytes]) -> ShipmentOutcome:
    match answer:
        case b"done" | b"again" as word, packing:
            return ShipmentChanged(packing=int(packing), again=word == b"again")
        case (b"changed",):
            return ShipmentDiffers()
    return not_taken(answer)
