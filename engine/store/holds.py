"""Holds once they are taken: how each of their shipments ends, how they are extended, and which are open."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import orjson

from engine.decide.decision import Decision, Shipment
from engine.store.connection.client import Client, faults
from engine.store.decision_log import Units
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.outcomes import AlreadyEnded, Ending, HoldOutcome, HoldUpdated, OperationReused
from engine.store.script_keys import END_HOLD, EXTEND_HOLD

Verb: TypeAlias = Literal["confirmed", "released", "expired"]

_BATCH = 500
_SET_ASIDE = "set-aside:"
"""What the id of such a hold begins with. No decision's id does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShipment:
    """A shipment that holds units: its number in the decision, from 0. `body` is the JSON that is stored."""

    number: int
    node: str
    service: str
    units: Units
    body: bytes

    @classmethod
    def of(cls, number: int, body: bytes) -> Self:
        """As it is stored."""
        node, service, units = orjson.loads(body)
        return cls(number=number, node=node, service=service, units=tuple((sku, n) for sku, n in units), body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An open hold. `until` is UTC seconds, `day` the date of the installation in whose load it counts."""

    id: str
    until: int
    caller: str
    day: str
    shipments: tuple[HeldShipment, ...]

    @property
    def skus(self) -> list[str]:
        return list(dict.fromkeys(sku for shipment in self.shipments for sku, _ in shipment.units))

    @property
    def units(self) -> Counter[tuple[str, str]]:
        """Units by (SKU, node)."""
        units: Counter[tuple[str, str]] = Counter()
        for shipment in self.shipments:
            for sku, count in shipment.units:
                units[sku, shipment.node] += count
        return units


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Identifies one request to a hold, so that sent again it is answered and not done again."""

    name: str
    request: str
    """Tells another request under the same name."""
    seconds: int
    """How long the name is remembered."""


def set_aside_id(decision: str, number: int) -> str:
    """The id of the hold in which units are set aside for a decision when it lost stock the `number`th time."""
    return f"{_SET_ASIDE}{decision}:{number}"


def is_set_aside(name: str) -> bool:
    """Whether a hold is one of units set aside for a decision that is still being made."""
    return name.startswith(_SET_ASIDE)


def shipment_json(node: str, service: str, units: Sequence[tuple[str, int]]) -> str:
    """A shipment as a hold stores it."""
    return orjson.dumps([node, service, units]).decode()


def hold_fields(decision: Decision) -> list[str]:
    """The shipments of a decision's hold as `commit.lua` writes them: number, JSON, number, JSON."""
    fields: list[str] = []
    for number, shipment in enumerate(decision.shipments):
        fields += [str(number), shipment_json(shipment.node, shipment.service, sku_units(shipment))]
    return fields


def endings_of(text: str) -> tuple[Ending | None, ...]:
    """`confirmed:1795770000 -` as endings by shipment."""
    return tuple(None if word == "-" else _ending(word) for word in text.split())


class Holds:
    """The holds of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._end_hold = client.script("end_hold")
        self._extend_hold = client.script("extend_hold")

    def find(self, *names: str) -> list[Hold | None]:
        """Each hold that is open; None for one that is not."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for name in names:
                read.hgetall(self._keys.hold(name))
            stored = read.execute()
        return [hold_of(name, fields) if fields else None for name, fields in zip(names, stored, strict=True)]

    def endings(self, name: str) -> tuple[Ending | None, ...]:
        """How the shipments of a hold ended; empty if none did."""
        with faults():
            text = self._client.redis.hget(self._keys.endings, name)
        return endings_of(text.decode()) if text else ()

    def rejections(self, name: str, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
        """What was rejected of shipments, units by line."""
        if not numbers:
            return {}
        with faults():
            bodies = self._client.redis.hmget(self._keys.rejections, [f"{name} {number}" for number in numbers])
        return {number: orjson.loads(body) if body else {} for number, body in zip(numbers, bodies, strict=True)}

    def operation(self, name: str, operation: str) -> str | None:
        """What was requested under the operation, and on the next line what was answered; None if nothing was."""
        with faults():
            text = self._client.redis.get(self._keys.operation(name, operation))
        return text.decode() if text else None

    def end(self, name: str, verb: Verb, *, now: int, numbers: Sequence[int], operation: Operation) -> HoldOutcome:
        """End shipments of a hold, without `numbers` all that it still has. A hold whose time is over expires instead.

        Goods do not leave while a network is being loaded: the load is completed first. Raises NotReady if it can't be,
        Contended if one load follows another.
        """
        for _ in range(load.MOST_TRIES):
            hold = self.find(name)[0]
            answer = self._end(name, hold, verb, now=now, numbers=numbers, operation=operation)
            if answer[0] == b"late":
                return self._expired(name, now=now)
            if answer[0] == b"loading":
                load.finish(self._client, self._keys)
            elif answer[0] != b"keys":  # a repair has put the hold back since it was read: it is read again
                return _outcome(answer)
        raise load.loaded_over_and_over()

    def extend(self, name: str, *, now: int, until: int, operation: Operation) -> HoldOutcome:
        """Let a hold last until then, if that is later than it does."""
        keys = self._keys
        script_keys = EXTEND_HOLD.keys(keys, hold=keys.hold(name), operation=keys.operation(name, operation.name))
        with faults():
            answer = self._extend_hold(keys=script_keys, args=[now, name, until, operation.request, operation.seconds])
        return self._expired(name, now=now) if answer[0] == b"late" else _outcome(answer)

    def sweep(self, names: Sequence[str], *, now: int) -> None:
        """End those of the holds whose time is over; several callers may try at once."""
        holds = self.find(*names)
        with faults(), self._client.scripts() as write:
            for name, hold in zip(names, holds, strict=True):
                self._end(name, hold, "expired", now=now, numbers=(), operation=None, client=write)

    def release_set_aside(self, hold: Hold, *, now: int) -> None:
        """Let others have units that were set aside, if their time is not over."""
        self._end(hold.id, hold, "released", now=now, numbers=(), operation=None)

    def list_open(self, *, after: tuple[int, str], before: int | None) -> Iterator[Hold]:
        """Open holds of decisions by the instant they end, then by id: those after `after`, up to and without
        `before`.
        """
        most = "+inf" if before is None else f"({before}"
        offset = 0
        while True:
            with faults():
                batch = self._client.redis.zrangebyscore(
                    self._keys.expiring, after[0], most, start=offset, num=_BATCH, withscores=True
                )
            names = [name.decode() for name, until in batch if (int(until), name.decode()) > after]
            names = [name for name in names if not is_set_aside(name)]
            yield from (hold for hold in self.find(*names) if hold is not None)
            if len(batch) < _BATCH:
                return
            offset += _BATCH

    def _expired(self, name: str, *, now: int) -> AlreadyEnded:
        """The outcome for a hold whose time is over: it is ended as expired first."""
        self.sweep([name], now=now)
        return AlreadyEnded(endings=self.endings(name))

    def _end(
        self,
        name: str,
        hold: Hold | None,
        verb: Verb,
        *,
        now: int,
        numbers: Sequence[int],
        operation: Operation | None,
        client: Any = None,
    ) -> Any:
        keys, skus = self._keys, hold.skus if hold else []
        script_keys = END_HOLD.keys(
            keys,
            ((keys.on_hand(sku), keys.held(sku), keys.base(sku)) for sku in skus),
            hold=keys.hold(name),
            operation=keys.operation(name, operation.name if operation else ""),
            load=keys.load(hold.day if hold else ""),
        )
        request, seconds = (operation.request, operation.seconds) if operation else ("", 0)
        arguments = [verb, now, name, request, seconds, ",".join(map(str, numbers)), *skus]
        with faults():
            return self._end_hold(keys=script_keys, args=arguments, client=client)


def hold_of(name: str, fields: Mapping[bytes, bytes]) -> Hold:
    """As it is stored."""
    numbers = sorted(int(field) for field in fields if field.isdigit())
    return Hold(
        id=name,
        until=int(fields[b"until"]),
        caller=fields[b"caller"].decode(),
        day=fields[b"day"].decode(),
        shipments=tuple(HeldShipment.of(number, fields[b"%d" % number]) for number in numbers),
    )


def sku_units(shipment: Shipment) -> list[tuple[str, int]]:
    """(SKU, units) of a shipment, each SKU once."""
    units: dict[str, int] = {}
    for parcel in shipment.lines:
        units[parcel.sku] = units.get(parcel.sku, 0) + parcel.quantity
    return list(units.items())


def _outcome(answer: Sequence[bytes]) -> HoldOutcome:
    """What end_hold.lua or extend_hold.lua answered."""
    match answer:
        case (b"reused",):
            return OperationReused()
        case b"ended", text:
            return AlreadyEnded(endings=endings_of(text.decode()))
        case b"done" | b"again", text, until:
            endings = endings_of(text.decode())
            still_holds = not endings or None in endings
            return HoldUpdated(endings=endings, until=int(until) if still_holds else None)
    raise ValueError(f"no answer of a script that ends or extends holds: {answer!r}")


def _ending(word: str) -> Ending:
    kind, _, at = word.partition(":")
    return Ending(kind=kind, at=int(at))
