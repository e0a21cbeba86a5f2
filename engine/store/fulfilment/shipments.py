"""Stores shipments as they are packed: each change is one script, which takes the numbers and logs it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import msgspec
import orjson

from engine.fulfilment.printing.print_job import PrintJob
from engine.model.parcels import PackedShipment, ShipmentKey
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_state import PromiseState, promise_field
from engine.store.fulfilment.number_taking import NotTaken, TakenNumbers, not_taken, numbers_in_log, numbers_request
from engine.store.fulfilment.stored_shipment import (
    StoredShipment,
    numbers_of,
    open_packings,
    shipment_key,
    stored,
)
from engine.store.hold_changes.change_script import entry_fields
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.script_keys import CHANGE_SHIPMENT

PackingKind: TypeAlias = Literal[
    "packing_begun",
    "packed",
    "packing_cancel_begun",
    "packing_kept",
    "packing_closed",
    "packing_reopened",
    "packing_cancelled",
]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """A shipment, and its text as it is stored; empty if nothing of it was packed."""

    text: str
    shipment: PackedShipment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPacking:
    shipment: ShipmentKey
    packing: int
    state: str
    node: str
    carrier: str


class Shipments:
    """The packed shipments of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/change_shipment")

    def read(self, key: ShipmentKey) -> StoredText:
        return self.read_all([key])[0]

    def read_all(self, shipments: Sequence[ShipmentKey]) -> list[StoredText]:
        if not shipments:
            return []
        with faults():
            texts = self._client.redis.hmget(self._keys.shipments, list(map(str, shipments)))
        return [
            StoredText(
                text=(text or b"").decode(),
                shipment=None if text is None else StoredShipment.decode(text).shipment(key),
            )
            for key, text in zip(shipments, texts, strict=True)
        ]

    def of_decision(self, decision: str, count: int) -> list[PackedShipment]:
        """Those of a decision that has so many, of which something was packed."""
        names = [ShipmentKey(decision, number) for number in range(count)]
        return list(self.packed(names).values())

    def packed(self, shipments: Sequence[ShipmentKey]) -> dict[ShipmentKey, PackedShipment]:
        """Those of them of which something was packed."""
        return {item.shipment.key: item.shipment for item in self.read_all(shipments) if item.shipment is not None}

    def find_number(self, number: str) -> tuple[ShipmentKey, int] | None:
        """The shipment and the parcel of an SSCC or tracking number, as `number_name` has it."""
        with faults():
            found = self._client.redis.hget(self._keys.parcel_numbers, number)
        if found is None:
            return None
        shipment, _, parcel = found.decode().rpartition("/")
        return shipment_key(shipment), int(parcel)

    def every(self) -> Iterator[ShipmentKey]:
        """All of which something was packed, whatever became of it."""
        with faults():
            for name, _ in self._client.redis.hscan_iter(self._keys.shipments, count=500):
                yield shipment_key(name.decode())

    def open(self) -> Iterator[OpenPacking]:
        """Packings that no manifest has."""
        with faults():
            for name, text in self._client.redis.hscan_iter(self._keys.open_packings, count=500):
                shipment, _, number = name.decode().rpartition("/")
                state, node, carrier = orjson.loads(text)
                yield OpenPacking(
                    shipment=shipment_key(shipment), packing=int(number), state=state, node=node, carrier=carrier
                )

    def unfinished(self, now: int, *, at_once: int) -> list[tuple[ShipmentKey, int]]:
        """Packings whose carrier is being asked, and with which somebody is to go on by now: their shipments and
        numbers.
        """
        with faults():
            names = self._client.redis.zrangebyscore(self._keys.unfinished_packings, "-inf", now, start=0, num=at_once)
        pairs = (name.decode().rpartition("/") for name in names)
        return [(shipment_key(shipment), int(number)) for shipment, _, number in pairs]

    def go_on_later(self, key: ShipmentKey, packing: int, *, at: int | None, if_listed: bool = True) -> None:
        """Go on with that packing from this instant on, if it is not finished by then; None: there is nothing to do.
        With `if_listed`, only one with which somebody was to go on before.
        """
        name = f"{key}/{packing}"
        with faults():
            if at is None:
                self._client.redis.zrem(self._keys.unfinished_packings, name)
            else:
                self._client.redis.zadd(self._keys.unfinished_packings, {name: at}, xx=if_listed)

    def label(self, key: ShipmentKey, parcel: int) -> bytes | None:
        """What a carrier sold for the parcel, encrypted."""
        with faults():
            content: bytes | None = self._client.redis.hget(self._keys.parcel_labels, f"{key}/{parcel}")
        return content

    def promises(self, shipments: Sequence[ShipmentKey]) -> list[str]:
        """What is stored of the promise of each."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for key in shipments:
                read.hget(self._keys.hold(key.decision), promise_field(key.number))
            return [(text or b"").decode() for text in read.execute()]

    def change(self, change: ShipmentChange, operation: Operation) -> ShipmentOutcome:
        """Make the change, if all is as it was read."""
        keys, key = self._keys, change.after.key
        script_keys = CHANGE_SHIPMENT.keys(
            keys,
            print_queue=keys.print_queue(change.after.node),
            operation=keys.operation(about_shipment(key), operation.name),
            hold=keys.hold(key.decision),
        )
        labels = [part for label in change.labels for part in (f"{key}/{label.parcel}", label.content)]
        arguments = [orjson.dumps(_request(change, operation)), change.addressee, *labels]
        with faults():
            answer = self._script(keys=script_keys, args=arguments)
        return _outcome(answer)


def about_shipment(key: ShipmentKey) -> str:
    """What operations on the shipment are stored by."""
    return f"shipment:{key}"


def _request(change: ShipmentChange, operation: Operation) -> dict[str, Any]:
    """As change_shipment.lua takes it."""
    after, key = change.after, change.after.key
    text = stored(after)
    before = StoredShipment.decode(change.before) if change.before else None
    numbers_before = numbers_of(key, before.packings) if before else {}
    open_before = open_packings(key, before) if before else {}
    numbers_after, open_after = numbers_of(key, text.packings), open_packings(key, text)
    packing = next(item for item in after.packings if item.number == change.packing)
    cancelled = [f"{key}/{parcel.number}" for parcel in packing.parcels] if packing.state == "cancelled" else []
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
        "labels_gone": cancelled,
        "promise": _promise(change) if change.passed or change.reopened else False,
        "packing": f"{key}/{change.packing}",
        "go_on_at": change.now + GO_ON_AFTER if change.asks_again or packing.state in _UNFINISHED else False,
        "print": [[job.id, job.text] for job in change.jobs],
        "on_its_way": change.on_its_way,
        "operation": operation.request,
        "answer": str(change.packing),
        "seconds": operation.seconds,
    }


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


def _outcome(answer: Sequence[bytes]) -> ShipmentOutcome:
    match answer:
        case b"done" | b"again" as word, packing:
            return ShipmentChanged(packing=int(packing), again=word == b"again")
        case (b"changed",):
            return ShipmentDiffers()
    return not_taken(answer)
