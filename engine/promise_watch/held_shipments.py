"""The shipments that are held, each against its promise, read from the store."""

import contextlib
from collections.abc import Iterable
from typing import TypeAlias

from engine.decide.shipping.ways import Ways
from engine.promise_watch.watched_shipment import WatchedShipment, watched
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_index import PromiseIndex
from engine.store.flows.promise_notes import member_of, states_of
from engine.store.holds import is_set_aside
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import UNREADABLE, parse_entry

ShipmentKey: TypeAlias = tuple[str, int]
"""A decision, and the number of a shipment in it."""


class HeldShipments:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys, index: PromiseIndex) -> None:
        self._client = client
        self._keys = keys
        self._index = index

    def of(self, decisions: Iterable[str], ways: Ways) -> dict[ShipmentKey, WatchedShipment | None]:
        """Every shipment of these decisions; None of one that is not held."""
        names = [name for name in decisions if not is_set_aside(name)]
        if not names:
            return {}
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            read.hmget(self._keys.decisions, names)
            for name in names:
                read.hgetall(self._keys.hold(name))
            places, *holds = read.execute()
        states_by_name = {name: states_of(hold) for name, hold in zip(names, holds, strict=True)}
        marks = self._index.marks_of(
            [member_of(name, number) for name, states in states_by_name.items() for number in states]
        )
        stored = decision_log.stored_entries(self._client, self._keys, [place for place in places if place])
        secrets = decision_log.secrets_of(self._client, self._keys, stored)
        found: dict[ShipmentKey, WatchedShipment | None] = {}
        for raw in stored:
            with contextlib.suppress(*UNREADABLE):  # the ledger check tells of it
                entry = parse_entry(*raw, secrets)
                record, states = entry.record, states_by_name[entry.decision]
                found |= {(entry.decision, number): None for number in range(len(record.shipments))}
                its_marks = {
                    number: marks[key] for number in states if (key := member_of(entry.decision, number)) in marks
                }
                found |= {(entry.decision, item.number): item for item in watched(record, states, its_marks, ways)}
        return found
