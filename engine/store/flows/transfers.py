"""Transfers, as they are stored: changed by change_transfer.lua, which moves their goods in the same step, and read."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import msgspec
import orjson

from engine.model.receipts import ReceiptStatus
from engine.model.transfers import Transfer, TransferLine
from engine.store.connection.client import Client, faults
from engine.store.connection.sorted_sets import Place, places
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.hold_changes.change_script import changed_sku_keys
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.outcomes import NetworkChanged, OperationReused
from engine.store.script_keys import CHANGE_TRANSFER

StoredUnits: TypeAlias = tuple[str, str]
"""What is on hand and held of a position, as it is stored."""
_ENCODER = msgspec.json.Encoder(order="deterministic")
_TRANSFER = msgspec.json.Decoder(Transfer)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """How many units of a position may leave while it is `as_stored`."""

    as_stored: StoredUnits
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferChange:
    """What becomes of a transfer, by a log entry of this `kind`: it was as `before` says, None if there was none, and
    is then `after`.

    By SKU: so many units go `out` of the origin, if what is there is as it was read, under the policies `policies`; so
    many `arrived` at the goal; so many are `back` at the origin, of those that were to come. `at` is when they
    left, arrived or were back, in UTC microseconds; None: now. `closes`: no more is to come. `made`: it is stored only
    if so many transfers were made before, whatever became of them.
    """

    kind: str
    before: Transfer | None
    after: Transfer
    out: Mapping[str, Leaving] = field(default_factory=dict)
    policies: str | None = None
    arrived: Mapping[str, int] = field(default_factory=dict)
    closes: bool = False
    back: Mapping[str, int] = field(default_factory=dict)
    at: int | None = None
    made: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferChanged:
    """The transfer is so from now on; `again`: since the same operation came before."""

    transfer: Transfer
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsDiffer:
    """Nothing changed: the transfer, the policies or the stock are not as they were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFewFree:
    """Nothing changed: of the SKU only so many units may leave."""

    sku: str
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDiffers:
    """Nothing changed: the receipt of the SKU is not as the transfer has it, or one of that id was there before."""

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersMade:
    """Nothing changed: other transfers were made than those that were to be before."""


TransferOutcome: TypeAlias = (
    TransferChanged | FactsDiffer | TooFewFree | ReceiptDiffers | OthersMade | OperationReused | NetworkChanged
)


class StoredTransfers:
    """The transfers of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._change = client.script("flows/change_transfer")

    def find(self, name: str) -> Transfer | None:
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.hget(self._keys.open_transfers, name)
            read.hget(self._keys.ended_transfers, name)
            texts = read.execute()
        return next((parse(text) for text in texts if text is not None), None)

    def open(self) -> list[Transfer]:
        """Those that are neither received nor cancelled, by id."""
        with faults():
            texts = self._client.redis.hvals(self._keys.open_transfers)
        return sorted(map(parse, texts), key=lambda transfer: transfer.id)

    def ended(self, *, after: Place | None = None) -> Iterator[tuple[Place, Transfer | None]]:
        """All others, each after its place in the list, the newest first; those behind the place `after`."""
        listed = places(self._client, self._keys.ended_transfers_made, after=after)
        while batch := list(itertools.islice(listed, _AT_ONCE)):
            with faults():
                texts = self._client.redis.hmget(self._keys.ended_transfers, [name for _, name in batch])
            yield from (
                (place, None if text is None else parse(text)) for place, text in zip(batch, texts, strict=True)
            )

    def made(self) -> int:
        """How many were made, whatever became of them."""
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.hlen(self._keys.open_transfers)
            read.hlen(self._keys.ended_transfers)
            return sum(read.execute())

    def units(self, node: str, skus: Sequence[str]) -> dict[str, StoredUnits]:
        """What is on hand and held at a node, by SKU, at one moment."""
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            for sku in skus:
                read.hget(self._keys.on_hand(sku), node)
                read.hget(self._keys.held(sku), node)
            answers = iter((text or b"0").decode() for text in read.execute())
        return {sku: (on_hand, held) for sku, on_hand, held in zip(skus, answers, answers, strict=True)}

    def change(
        self, change: TransferChange, *, version: str, now: int, micros: int, operation: Operation
    ) -> TransferOutcome:
        """Store it, and move its goods. `version` is that of the network; `now` in UTC seconds, `micros` in
        microseconds.
        """
        after = change.after
        skus = [line.sku for line in after.lines]
        index = {sku: number for number, sku in enumerate(skus, start=1)}
        script_keys = CHANGE_TRANSFER.keys(
            self._keys,
            changed_sku_keys(self._keys, skus),
            operation=self._keys.operation(about_transfer(after.id), operation.name),
        )
        request = {
            "id": after.id,
            "kind": change.kind,
            "before": "" if change.before is None else text_of(change.before),
            "after": text_of(after),
            "is_open": after.is_open,
            "list_score": -after.made_at,
            "details": _details(change),
            "network": version,
            "policies": change.policies or False,
            "made": False if change.made is None else change.made,
            "now": str(now),
            "micros": str(micros),
            "at": False if change.at is None else str(change.at),
            "operation": {"request": operation.request, "seconds": operation.seconds},
            **_goods(change, index),
        }
        with faults():
            answer = self._change(keys=script_keys, args=[orjson.dumps(request)])
        return _outcome(answer, skus)


def about_transfer(name: str) -> str:
    """What operations on the transfer are stored by."""
    return f"transfer:{name}"


def text_of(transfer: Transfer) -> str:
    """As it is stored."""
    return _ENCODER.encode(transfer).decode()


def parse(text: bytes | str) -> Transfer:
    """A transfer as it is stored; raises ValueError."""
    return _TRANSFER.decode(text)


def _details(change: TransferChange) -> str:
    """The log entry's body, as TransferBody reads it."""
    moved = [
        *((line.sku, change.after.origin, -line.shipped) for line in change.after.lines if line.sku in change.out),
        *((sku, change.after.origin, units) for sku, units in change.back.items()),
    ]
    details = {"transfer": change.after, "moved": moved, "arrived": dict(change.arrived)}
    return _ENCODER.encode({name: value for name, value in details.items() if value}).decode()


def _goods(change: TransferChange, index: Mapping[str, int]) -> dict[str, Any]:
    """What becomes of the goods, as change_transfer.lua takes it."""
    before, after = change.before or change.after, change.after
    lines = {line.sku: line for line in after.lines}
    to_come = {line.sku: before.to_come(line) for line in before.lines}
    leaving = [
        {
            "index": index[sku],
            "node": after.origin,
            "delta": -lines[sku].shipped,
            "free": change.out[sku].free,
            "on_hand": change.out[sku].as_stored[0],
            "held": change.out[sku].as_stored[1],
        }
        for sku in lines
        if sku in change.out
    ]
    coming_back = [{"index": index[sku], "node": after.origin, "delta": units} for sku, units in change.back.items()]

    def receipt(sku: str) -> dict[str, Any]:
        return {"index": index[sku], "sku": sku, "id": after.receipt_of(lines[sku]), "to_come": to_come[sku]}

    def message(sku: str, status: ReceiptStatus) -> dict[str, Any]:
        return receipt(sku) | {"message": _message(after, lines[sku], status).for_script()}

    arriving = [sku for sku in lines if to_come[sku] and (change.closes or change.arrived.get(sku))]
    return {
        "moves": [*leaving, *coming_back],
        "opened": [message(sku, "in_transit") for sku in change.out],
        "delivered": [receipt(sku) | {"delivery": _delivery(change, sku).for_script()} for sku in arriving],
        "withdrawn": [message(sku, "cancelled") for sku in change.back],
    }


def _message(transfer: Transfer, line: TransferLine, status: ReceiptStatus) -> Announcement:
    """About the receipt of a line of a transfer that was shipped."""
    return Announcement(
        id=transfer.receipt_of(line),
        source="transfer",
        node=transfer.goal,
        sku=line.sku,
        quantity=line.shipped,
        expected_at=cast("int", transfer.expected_at),  # every one that was shipped has it
        status=status,
        sequence=1 if status == "in_transit" else 2,
        owned=True,
        # a second may pass until it is stored: units that leave have a receipt, whenever they are expected
        may_be_late=True,
    )


def _delivery(change: TransferChange, sku: str) -> Delivery:
    units = change.arrived.get(sku, 0)
    # whether there may be more was asked before
    return Delivery(units=units, at=change.at, closes=change.closes, over=True, owned=True)


def _outcome(answer: Sequence[bytes], skus: Sequence[str]) -> TransferOutcome:
    match answer:
        case [b"done" | b"again" as word, text]:
            return TransferChanged(transfer=parse(text), again=word == b"again")
        case [b"short", number, free]:
            return TooFewFree(sku=skus[int(number) - 1], free=int(free))
        case [b"receipt", number]:
            return ReceiptDiffers(sku=skus[int(number) - 1])
        case [b"more"]:
            return OthersMade()
        case [b"reused"]:
            return OperationReused()
        case [b"network"]:
            return NetworkChanged()
    return FactsDiffer()
