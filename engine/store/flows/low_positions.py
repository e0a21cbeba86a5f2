"""Which positions are low, as it is stored, and up to which change of stock they were looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from engine.model.lots import TAB
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.script_keys import NOTE_LOW

LEASE_MILLISECONDS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LowPosition:
    """A position that has fewer units available than `below`, which `rules` ask for."""

    sku: str
    node: str
    available: int
    below: int
    rules: tuple[str, ...]


class LowPositions:
    """Of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)
        self._note = client.script("flows/note_low")

    def checked(self) -> str:
        """As `note` was given it last; empty: never."""
        with faults():
            return (self._client.redis.get(self._keys.low_checked) or b"").decode()

    def take_turn(self, name: str) -> bool:
        """Whether it is the turn of the process of that name to look for them, from now on."""
        return self._leases.take(self._keys.low_lease, name, milliseconds=LEASE_MILLISECONDS)

    def end_turn(self, name: str) -> None:
        self._leases.give_back(self._keys.low_lease, name)

    def all(self) -> dict[tuple[str, str], int]:
        """By SKU and node, below what each is low."""
        with faults():
            fields = self._client.redis.hgetall(self._keys.low_positions)
        return {_position(field.decode()): int(units) for field, units in fields.items()}

    def note(
        self,
        name: str,
        *,
        fallen: Sequence[LowPosition] = (),
        risen: Iterable[tuple[str, str]] = (),
        in_event: int | None = None,
        version: str,
        checked: str = "",
        now: int,
    ) -> bool:
        """Note those that have fallen, under the policies of that version, and those that have risen; `checked`, once
        all were looked at. `in_event`: how many the event of this entry of the log tells together, 0 if an entry before
        tells these; None: each has an event of its own. Returns whether it was still the turn of `name`.
        """
        together = "" if in_event is None else in_event
        arguments: list[str | int | bytes] = [name, LEASE_MILLISECONDS, now, version, checked, together, len(fallen)]
        for item in fallen:
            arguments += [f"{item.sku}{TAB}{item.node}", item.below, orjson.dumps(_record(item))]
        arguments += [TAB.join(item) for item in risen]
        with faults():
            return bool(self._note(keys=NOTE_LOW.keys(self._keys), args=arguments))


def _position(field: str) -> tuple[str, str]:
    sku, _, node = field.partition(TAB)
    return sku, node


def _record(item: LowPosition) -> dict[str, object]:
    return {
        "sku": item.sku,
        "node": item.node,
        "available": item.available,
        "below": item.below,
        "rules": list(item.rules),
    }
