"""Reads shipments of decisions with their holds, what of them was packed, and how far their promises are."""

from collections.abc import Callable, Sequence

from engine.errors import NotFound
from engine.fulfilment.parcels.shipment_reading import ShipmentReading
from engine.model.parcels import ShipmentKey
from engine.store.connection.client import Client
from engine.store.fulfilment.shipments import Shipments
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry


class ShipmentReader:
    """Of one network. `clock` answers UTC seconds. Methods raise NotFound, DecisionUnreadable, StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, shipments: Shipments, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._shipments = shipments
        self._changes = ChangeScript(client, keys)
        self._clock = clock

    def read(self, key: ShipmentKey) -> ShipmentReading:
        return self.read_all([key])[0]

    def read_all(self, keys: Sequence[ShipmentKey]) -> list[ShipmentReading]:
        """In the same order, in as many round trips as one of them."""
        decisions = list(dict.fromkeys(key.decision for key in keys))
        entries = decision_log.decided_all(self._client, self._keys, decisions)
        by_decision = dict(zip(decisions, entries, strict=True))
        for key in keys:
            _verify_ships(by_decision[key.decision], key)
        stored, promises = self._shipments.read_all(keys), self._shipments.promises(keys)
        holds = dict(zip(decisions, self._changes.read(entries, now=self._clock()), strict=True))
        return [
            ShipmentReading(
                key=key, entry=by_decision[key.decision], hold=holds[key.decision], stored=text, promise=promise
            )
            for key, text, promise in zip(keys, stored, promises, strict=True)
        ]


def _verify_ships(entry: Entry, key: ShipmentKey) -> None:
    shipments = entry.record.shipments
    if key.number >= len(shipments):
        has = f"its shipments are 0 to {len(shipments) - 1}" if shipments else "it ships nothing"
        raise NotFound(f"decision '{key.decision}' has no shipment {key.number}; {has}")
