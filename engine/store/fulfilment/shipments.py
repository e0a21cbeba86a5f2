"""Stores shipments as they are packed: each change is one script, which takes the numbers and logs it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from engine.model.parcels import PackedShipment, ShipmentKey
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_state import promise_field
from engine.store.fulfilment.print_jobs import PrintJobs
from engine.store.fulfilment.shipment_change import (
    ShipmentChange,
    ShipmentChanged,
    ShipmentOutcome,
    change_request,
    outcome_of,
    parcels_cancelled,
)
from engine.store.fulfilment.stored_shipment import (
    StoredShipment,
    shipment_key,
)
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.script_keys import CHANGE_SHIPMENT


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
        self._print_jobs = PrintJobs(client, keys)

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
        """Make the change, if all is as it was read. Papers of a packing that it cancels are to be printed no more; if
        the process dies before it says so, whoever prints next does.
        """
        keys, key = self._keys, change.after.key
        script_keys = CHANGE_SHIPMENT.keys(
            keys,
            print_queue=keys.print_queue(change.after.node),
            operation=keys.operation(about_shipment(key), operation.name),
            hold=keys.hold(key.decision),
        )
        labels = [part for label in change.labels for part in (f"{key}/{label.parcel}", label.content)]
        arguments = [orjson.dumps(change_request(change, operation)), change.addressee, *labels]
        with faults():
            answer = self._script(keys=script_keys, args=arguments)
        outcome = outcome_of(answer)
        if isinstance(outcome, ShipmentChanged) and (cancelled := parcels_cancelled(change)):
            self._print_jobs.drop_papers(cancelled, change.micros)
        return outcome


def about_shipment(key: ShipmentKey) -> str:
    """What operations on the shipment are stored by."""
    return f"shipment:{key}"
