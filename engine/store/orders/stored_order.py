"""Reads orders as they are stored, each whole and at one moment: its decisions, and what became of their units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from engine.decide.order_record import OrderRecord
from engine.decide.record import DecisionRecord
from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client, faults
from engine.store.hold_changes.shipment_units import ShipmentUnits, shipments_of
from engine.store.holds import Hold, hold_of
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.personal.order_keys import Erased, parse_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision of an order. `hold` is None if it is not open; `shipments` say where the units of each are, and
    `ended` the same as it is stored: the endings, and the outcomes by shipment; `waiting` is its entry in the backlog.
    `confirmed_at` is the instant of the last confirm that may still be undone, if it is not too long ago.
    """

    record: DecisionRecord
    caller: str
    hold: Hold | None
    shipments: tuple[ShipmentUnits, ...]
    ended: tuple[str, ...]
    waiting: BacklogEntry | None
    confirmed_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved an order, when (UTC seconds) and why."""

    by: str
    at: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order: its decisions from the first to the latest, the order as it was last amended (None: never), the units
    cancelled by line, how many calls changed it; `parked` until a person approves it, and the approval once one did;
    when its personal values were erased, in UTC seconds; and its `returns`, as `Keys.order` has them.
    """

    id: str
    decisions: tuple[StoredDecision, ...]
    amended: OrderRecord | None
    cancelled: Mapping[str, int]
    changes: int
    parked: bool
    approval: Approval | None
    erased_at: int | None = None
    returns: str = ""

    @property
    def first(self) -> DecisionRecord:
        return self.decisions[0].record

    @property
    def order(self) -> OrderRecord:
        """As it stands."""
        return self.amended or self.first.order


def amended_order(client: Client, keys: Keys, order_id: str) -> OrderRecord | None:
    """The order as it was last amended; None if it stands as it was first decided."""
    with faults():
        amended = client.redis.hget(keys.order(order_id), "order")
    return msgspec.json.decode(amended, type=OrderRecord) if amended else None


def read_orders(client: Client, keys: Keys, order_ids: Sequence[str]) -> list[StoredOrder]:
    """Those of the orders that there are, in the same order, all at one moment.

    A decision never changes, so the decisions are read before that moment; those that were made meanwhile are read, and
    the moment is taken anew.
    """
    with faults():
        firsts = _read(client, (("hget", keys.order(name), "first") for name in order_ids))
        chains = {name: [first.decode()] for name, first in zip(order_ids, firsts, strict=True) if first is not None}
        decided: dict[str, Entry] = {}
        while True:
            followed = _read(client, (("lrange", keys.chain(chain[0]), 0, -1) for chain in chains.values()))
            for chain, names in zip(chains.values(), followed, strict=True):
                chain[1:] = [name.decode() for name in names]
            missing = [name for chain in chains.values() for name in chain if name not in decided]
            decided |= zip(missing, decision_log.find_all(client, keys, missing), strict=True) if missing else ()
            records = {name: entry.record for name, entry in decided.items()}
            moments = _moments(client, keys, chains, records)
            if all(moment.length == len(chains[name]) - 1 for name, moment in moments.items()):
                callers = {name: entry.caller for name, entry in decided.items()}
                return [_stored(name, moment, records, callers) for name, moment in moments.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """What is stored of one order at one moment: the fields of its hash, the number of its follow-ups, its key, and of
    each of its decisions the endings, the hold's fields, the backlog entry, what became of units of its shipments, and
    the confirms.
    """

    fields: Mapping[bytes, bytes]
    length: int
    key: bytes | None
    parts: Mapping[str, Sequence[Any]]


def _moments(
    client: Client, keys: Keys, chains: Mapping[str, Sequence[str]], records: Mapping[str, DecisionRecord]
) -> dict[str, _Moment]:
    commands: list[tuple[Any, ...]] = []
    for name, chain in chains.items():
        commands += [("hgetall", keys.order(name)), ("llen", keys.chain(chain[0]))]
        commands.append(("hget", keys.order_keys, chain[0]))
        for decision in chain:
            shipments = [f"{decision} {number}" for number in range(len(records[decision].shipments))]
            commands += [
                ("hget", keys.endings, decision),
                ("hgetall", keys.hold(decision)),
                ("hget", keys.backlog, decision),
                ("hmget", keys.shipment_units, shipments or [""]),
                ("hgetall", keys.confirms(decision)),
            ]
    answers = iter(_read(client, commands, transaction=True))
    return {
        name: _Moment(
            fields=next(answers),
            length=next(answers),
            key=next(answers),
            parts={decision: [next(answers) for _ in range(5)] for decision in chain},
        )
        for name, chain in chains.items()
    }


def _read(client: Client, commands: Iterable[tuple[Any, ...]], *, transaction: bool = False) -> list[Any]:
    with client.redis.pipeline(transaction=transaction) as read:
        for name, *arguments in commands:
            getattr(read, name)(*arguments)
        answers: list[Any] = read.execute()
    return answers


def _stored(
    name: str, moment: _Moment, records: Mapping[str, DecisionRecord], callers: Mapping[str, str]
) -> StoredOrder:
    fields = moment.fields
    amended, approved, key = fields.get(b"order"), fields.get(b"approved"), parse_secret(moment.key)
    return StoredOrder(
        id=name,
        decisions=tuple(
            StoredDecision(
                record=records[decision],
                caller=callers[decision],
                hold=hold_of(decision, hold) if hold else None,
                shipments=shipments_of(records[decision], endings, outcomes),
                ended=tuple((text or b"").decode() for text in (endings, *outcomes)),
                waiting=BacklogEntry.of(decision, waiting) if waiting else None,
                confirmed_at=max((orjson.loads(confirm)[0] for confirm in confirms.values()), default=None),
            )
            for decision, (endings, hold, waiting, outcomes, confirms) in moment.parts.items()
        ),
        amended=msgspec.json.decode(amended, type=OrderRecord) if amended else None,
        cancelled=orjson.loads(fields.get(b"cancelled", b"{}")),
        changes=int(fields.get(b"changes", 0)),
        parked=b"approval" in fields,
        approval=msgspec.json.decode(approved, type=Approval) if approved else None,
        erased_at=key.at if isinstance(key, Erased) else None,
        returns=fields.get(b"returns", b"").decode(),
    )
