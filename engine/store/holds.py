"""Holds once they are taken: what they hold, how they are extended, and which are open."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self, cast

import orjson

from engine.decide.decision import Decision, Shipment
from engine.model.load_periods import periods_of
from engine.model.lots import LotUnits, joined, place_of
from engine.model.node_loads import output
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log.entry_bodies import Units
from engine.store.outcomes import Ending, ExtendOutcome, HoldExtended, NotHeld, OperationReused, UnitState
from engine.store.script_keys import EXTEND_HOLD

NO_LOTS: Mapping[str, LotUnits] = MappingProxyType({})
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
    lots: Mapping[str, LotUnits] = field(default_factory=dict)
    """By SKU, which of its units are of lots."""

    @classmethod
    def of(cls, number: int, body: bytes) -> Self:
        """As it is stored."""
        node, service, parts = orjson.loads(body)
        units, lots = units_and_lots(parts)
        return cls(number=number, node=node, service=service, units=units, body=body, lots=lots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An open hold. `until` is UTC seconds, `day` has the periods in whose loads it counts (see load_periods.py),
    `periods` are those of allotments in which its units count as taken. `weights` are grams a unit by SKU, if its units
    and grams count in the loads of dates, too. `later` are the numbers of the shipments that wait for what is to come,
    or for a date, by their decision: these count in no load, and units of them may stand on receipts.
    """

    id: str
    until: int
    caller: str
    day: str
    shipments: tuple[HeldShipment, ...]
    weights: Mapping[str, int] | None = None
    periods: tuple[str, ...] = ()
    later: tuple[int, ...] = ()

    @property
    def skus(self) -> list[str]:
        return list(dict.fromkeys(sku for shipment in self.shipments for sku, _ in shipment.units))

    @property
    def shipments_now(self) -> list[HeldShipment]:
        """Those that wait for nothing."""
        return [shipment for shipment in self.shipments if shipment.number not in self.later]

    @property
    def units(self) -> Counter[tuple[str, str]]:
        """Units by (SKU, node); those of lots also by the place of the lot instead of the node. Of a decision without
        those of later shipments: the hold does not tell which of them are on hand. All that is set aside is.
        """
        units: Counter[tuple[str, str]] = Counter()
        for shipment in self.shipments if is_set_aside(self.id) else self.shipments_now:
            for sku, count in shipment.units:
                units[sku, shipment.node] += count
            for sku, lots in shipment.lots.items():
                for label, count in lots:
                    units[sku, place_of(shipment.node, label)] += count
        return units

    @property
    def loads(self) -> Counter[tuple[str, str]]:
        """What of the loads is its own, by (period, field): shipments, and units and grams where these count."""
        loads: Counter[tuple[str, str]] = Counter()
        periods = periods_of(self.day)
        for shipment in self.shipments_now:
            loads.update((period, shipment.node) for period in periods.of(shipment.node))
            amounts = output(shipment.node, shipment.units, self.weights)
            loads.update({(periods.of(shipment.node)[0], field): amount for field, amount in amounts.items()})
        return loads


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


def shipment_json(
    node: str, service: str, units: Sequence[tuple[str, int]], lots: Mapping[str, LotUnits] = NO_LOTS
) -> str:
    """A shipment as a hold stores it; `lots` say by SKU which of the units are of lots."""
    parts = [[sku, count, lots[sku]] if lots.get(sku) else [sku, count] for sku, count in units]
    return orjson.dumps([node, service, parts]).decode()


def units_and_lots(parts: Sequence[Sequence[Any]]) -> tuple[Units, dict[str, LotUnits]]:
    """The units of each SKU, and which of them are of lots, of a shipment as a hold stores it."""
    units = tuple((sku, int(count)) for sku, count, *_ in parts)
    lots = {sku: tuple((label, int(count)) for label, count in of_sku[0]) for sku, _, *of_sku in parts if of_sku}
    return units, lots


def hold_fields(decision: Decision) -> list[str]:
    """The shipments of a decision's hold as `commit.lua` writes them: number, JSON, number, JSON."""
    fields: list[str] = []
    for number, shipment in enumerate(decision.shipments):
        body = shipment_json(shipment.node, shipment.service, sku_units(shipment), sku_lots(shipment))
        fields += [str(number), body]
    return fields


def weights_json(weights: Mapping[str, int]) -> str:
    """Grams a unit by SKU as a hold stores them."""
    return orjson.dumps(dict(weights), option=orjson.OPT_SORT_KEYS).decode()


def periods_text(periods: Sequence[str]) -> str:
    """The periods in which a hold's units count as taken, as they are stored."""
    return orjson.dumps(periods).decode()


def numbers_in(text: bytes | None) -> tuple[int, ...]:
    """The numbers of shipments, as they are stored: with commas between them."""
    return tuple(int(number) for number in text.split(b",")) if text else ()


def endings_of(text: str) -> tuple[Ending | None, ...]:
    """`confirmed:1795770000 -` as endings by shipment."""
    return tuple(None if word == "-" else _ending(word) for word in text.split())


class Holds:
    """The holds of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._extend_hold = client.script("extend_hold")

    def find(self, *names: str) -> list[Hold | None]:
        """Each hold that is open; None for one that is not."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for name in names:
                read.hgetall(self._keys.hold(name))
            stored = read.execute()
        return [hold_of(name, fields) if fields else None for name, fields in zip(names, stored, strict=True)]

    def find_with_endings(self, *names: str) -> list[tuple[Hold | None, str]]:
        """The same, each with how its shipments ended, as it is stored."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for name in names:
                read.hgetall(self._keys.hold(name))
                read.hget(self._keys.endings, name)
            replies = iter(read.execute())
        return [
            (hold_of(name, fields) if fields else None, (text or b"").decode())
            for name, fields, text in zip(names, replies, replies, strict=True)
        ]

    def operation(self, name: str, operation: str) -> str | None:
        """What was requested under the operation, and on the next line what was answered; None if nothing was. Raises
        StoreUnavailable if that could still be lost with its server.
        """
        with faults():
            text = self._client.redis.get(self._keys.operation(name, operation))
        if not text:
            return None
        self._client.verify_replicated(self._keys.log)
        return str(text.decode())

    def extend(self, name: str, *, now: int, until: int, operation: Operation) -> ExtendOutcome:
        """Let a hold last until then, if that is later than it does."""
        keys = self._keys
        script_keys = EXTEND_HOLD.keys(keys, hold=keys.hold(name), operation=keys.operation(name, operation.name))
        with faults():
            answer = self._extend_hold(keys=script_keys, args=[now, name, until, operation.request, operation.seconds])
        match answer:
            case (b"reused",):
                return OperationReused()
            case b"done" | b"again", ends:
                return HoldExtended(until=int(ends))
        return NotHeld()

    def open_places(
        self, *, after: tuple[int, str], before: int | None, at_once: int
    ) -> Iterator[list[tuple[int, str]]]:
        """The open holds of decisions, some at a time: the instants at which they end, then the ids. Those after
        `after`, up to and without the instant `before`.
        """
        most = "+inf" if before is None else f"({before}"
        offset = 0
        while True:
            with faults():
                batch = self._client.redis.zrangebyscore(
                    self._keys.expiring, after[0], most, start=offset, num=at_once, withscores=True
                )
            places = ((int(until), name.decode()) for name, until in batch)
            yield [place for place in places if place > after and not is_set_aside(place[1])]
            if len(batch) < at_once:
                return
            offset += at_once


def hold_of(name: str, fields: Mapping[bytes, bytes]) -> Hold:
    """As it is stored."""
    numbers = sorted(int(field) for field in fields if field.isdigit())
    return Hold(
        id=name,
        until=int(fields[b"until"]),
        caller=fields[b"caller"].decode(),
        day=fields[b"day"].decode(),
        shipments=tuple(HeldShipment.of(number, fields[b"%d" % number]) for number in numbers),
        weights=orjson.loads(fields[b"weights"]) if b"weights" in fields else None,
        periods=tuple(orjson.loads(fields[b"periods"])) if b"periods" in fields else (),
        later=numbers_in(fields.get(b"later")),
    )


def sku_units(shipment: Shipment) -> list[tuple[str, int]]:
    """(SKU, units) of a shipment, each SKU once."""
    units: dict[str, int] = {}
    for parcel in shipment.lines:
        units[parcel.sku] = units.get(parcel.sku, 0) + parcel.quantity
    return list(units.items())


def sku_lots(shipment: Shipment) -> dict[str, LotUnits]:
    """By SKU, which units of a shipment are of lots."""
    lots: dict[str, LotUnits] = {}
    for parcel in shipment.lines:
        if parcel.lots:
            lots[parcel.sku] = joined(lots.get(parcel.sku, ()), parcel.lots)
    return lots


def _ending(word: str) -> Ending:
    kind, _, at = word.partition(":")
    return Ending(kind=cast("UnitState", kind), at=int(at))
