"""Destroys the key of an order, and what of its personal values stands beside the log."""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec
import orjson
from msgspec import UNSET

from engine.decide.order_record import OrderRecord
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.entry_codec.personal_values import PersonalField, without_values
from engine.store.hold_changes.order_change import amended_text
from engine.store.keys import Keys
from engine.store.orders.stored_order import StoredOrder
from engine.store.script_keys import ERASE


@dataclass(frozen=True, slots=True)
class ErasedAt:
    """The order's key was destroyed at this instant, in UTC seconds; `now`: by this call."""

    at: int
    now: bool


class StoredErasure:
    """The orders of one network. The values of the `personal` fields are erased."""

    def __init__(self, client: Client, keys: Keys, personal: Collection[PersonalField]) -> None:
        self._keys = keys
        self._personal = personal
        self._script = client.script("orders/erase")

    def erase(self, order: StoredOrder, *, note: str, now: int) -> ErasedAt | None:
        """Erase an order of which nothing is held or waits; None if it is not as it was read any more."""
        keys, first = self._keys, order.first
        decisions = [decision.record.id or "" for decision in order.decisions]
        body = orjson.dumps({"order": order.id, "note": note, "fields": list(self._personal)})
        amended = erased_order(order.amended, self._personal) if order.amended else ""
        changes = [order.changes, len(decisions) - 1, amended, order.returns]
        arguments = [first.id, now, encode(body), *changes, order.id, *decisions]
        script_keys = ERASE.keys(
            keys,
            [(keys.hold(decision),) for decision in decisions],
            order=keys.order(order.id),
            chain=keys.chain(decisions[0]),
            quote=keys.quote("" if first.quote is UNSET else first.quote.id),
        )
        with faults():
            answer = self._script(keys=script_keys, args=arguments)
        match answer:
            case (b"done",):
                return ErasedAt(now, now=True)
            case b"erased", instant:
                return ErasedAt(int(instant), now=False)
        return None


def erased_order(order: OrderRecord, fields: Collection[PersonalField]) -> str:
    """As `Keys.order` has an amended order without the values of these fields."""
    hidden = without_values(msgspec.json.encode({"amended": order}), fields)
    return amended_text(msgspec.json.decode(hidden, type=dict[str, OrderRecord])["amended"])
