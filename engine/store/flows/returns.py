"""Stores returns: each step of one is one script, which moves its units and logs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.flows.stored_return import (
    MovedReturn,
    OrderReturn,
    ReturnBody,
    ReturnMove,
    StoredReturn,
    order_returns_text,
    parse_order_returns,
)
from engine.store.hold_changes.change_script import changed_sku_keys
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.log.kinds import ReturnKind
from engine.store.network import load
from engine.store.orders.order_list import OrderPlace, placed_last
from engine.store.orders.stored_order import StoredOrder
from engine.store.outcomes import NetworkChanged, OperationReused
from engine.store.script_keys import CHANGE_RETURN

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnChanged:
    """The step was taken, by this request or (`again`) by an earlier one under the same operation: the return was then
    as `after`.
    """

    after: StoredReturn
    again: bool = False


@dataclass(frozen=True, slots=True)
class ReturnDiffers:
    """Nothing was written: the return, its order or what of that was shipped is not as it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTakenBefore:
    """Nothing was written: another receipt has the id of one that was to be opened."""

    receipt: str


@dataclass(frozen=True, slots=True)
class QuarantineLacking:
    """Nothing was written: fewer units are in quarantine than are to leave it; the ledger has drifted."""


ReturnOutcome: TypeAlias = (
    ReturnChanged | ReturnDiffers | QuarantineLacking | ReceiptTakenBefore | NetworkChanged | OperationReused
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStep:
    """A step of a return of `order`, done by an operation on `about` (see `Keys.operation`): the return is as `after`,
    was as it is stored in `before` (empty if there was none), and `moves` move. `missing` are units by line that were
    waited for and did not come, `moved` those that are restocked elsewhere. `micros` is `now` in UTC microseconds,
    `version` that of the network by which it was planned.
    """

    kind: ReturnKind
    order: StoredOrder
    before: str
    after: StoredReturn
    about: str
    operation: Operation
    now: int
    micros: int
    version: str
    moves: Sequence[ReturnMove] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    moved: Sequence[MovedReturn] = ()

    @property
    def skus(self) -> list[str]:
        return list(dict.fromkeys([*(move.sku for move in self.moves), *(item.sku for item in self.moved)]))

    def record(self) -> dict[str, Any]:
        """As change_return.lua reads it."""
        returns = {**parse_order_returns(self.order.returns), self.after.id: OrderReturn.of(self.after)}
        index = {sku: number for number, sku in enumerate(self.skus, start=1)}
        return {
            "kind": self.kind,
            "id": self.after.id,
            "first": self.after.first,
            "opened_at": self.after.opened_at,
            "now": str(self.now),
            "micros": str(self.micros),
            "version": self.version,
            "before": self.before,
            "after": self.after.encode().decode(),
            "order_before": self.order.returns,
            "order_after": order_returns_text(returns),
            "follow_ups": len(self.order.decisions) - 1,
            "ended": [(decision.record.id, decision.ended) for decision in self.order.decisions],
            "moves": [(index[move.sku], move.node, move.quarantine, move.on_hand, move.blocked) for move in self.moves],
            "moved": [
                (index[item.sku], item.receipt, item.sku, item.node, item.units, item.expected_at)
                for item in self.moved
            ],
            "operation": self.operation.request,
            "seconds": self.operation.seconds,
        }


class StoredReturns:
    """The returns of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("flows/change_return")

    def read(self, return_id: str) -> str:
        """A return as it is stored; empty if there is none of that id."""
        with faults():
            text: bytes | None = self._client.redis.hget(self._keys.returns, return_id)
        return (text or b"").decode()

    def opened_last(self, *, after: OrderPlace | None = None) -> Iterator[tuple[OrderPlace, StoredReturn]]:
        """Every return, the last one opened first, each with its place in the list; those after a place."""
        places = placed_last(self._client, self._keys.returns_opened, after=after)
        while batch := [place for _, place in zip(range(_AT_ONCE), places, strict=False)]:
            with faults():
                texts = self._client.redis.hmget(self._keys.returns, [name for _, name in batch])
            for place, text in zip(batch, texts, strict=True):
                if text is not None:
                    yield place, StoredReturn.decode(text)

    def take(self, step: ReturnStep) -> ReturnOutcome:
        """Take a step, if all is as it was read. A load that was broken off is completed first; raises NotReady if it
        can't be, Contended if one load follows another.
        """
        keys = self._keys
        body = ReturnBody(
            returned=step.after, moves=tuple(step.moves), missing=dict(step.missing), moved=tuple(step.moved)
        )
        stock_keys = changed_sku_keys(keys, step.skus)
        skus = [(*stock, keys.quarantine(sku)) for sku, stock in zip(step.skus, stock_keys, strict=True)]
        script_keys = CHANGE_RETURN.keys(
            keys,
            skus,
            (),
            operation=keys.operation(step.about, step.operation.name),
            order=keys.order(step.after.order),
            chain=keys.chain(step.after.first),
        )
        arguments = [orjson.dumps(step.record()), encode(body.encode()), len(skus)]
        for _ in range(load.MOST_TRIES):
            with faults():
                answer = self._script(keys=script_keys, args=arguments)
            if answer[0] != b"loading":
                return _outcome(answer)
            load.finish(self._client, self._keys)
        raise load.loaded_over_and_over()


def _outcome(answer: Sequence[bytes]) -> ReturnOutcome:
    match answer:
        case (b"reused",):
            return OperationReused()
        case (b"changed",):
            return ReturnDiffers()
        case (b"network",):
            return NetworkChanged()
        case b"receipt", name:
            return ReceiptTakenBefore(receipt=name.decode())
        case (b"lacking",):
            return QuarantineLacking()
        case b"done" | b"again" as done, text:
            return ReturnChanged(after=StoredReturn.decode(text), again=done == b"again")
    raise ValueError(f"no answer of change_return.lua: {answer!r}")
