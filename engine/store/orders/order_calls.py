"""Writes what calls on an order change of it, beside its holds: who approved it, and what of it waits for stock."""

from typing import Literal

import msgspec
import orjson

from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.follow_up_commit import MOST_WAITING
from engine.store.keys import Keys
from engine.store.orders.stored_order import Approval, StoredOrder
from engine.store.script_keys import APPROVE, WAIT


class OrderCalls:
    """The calls on the orders of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._approve = client.script("orders/approve")
        self._wait = client.script("orders/wait")

    def approve(self, order: StoredOrder, approval: Approval) -> None:
        """Let the order go on; nothing happens to one that is not parked any more."""
        keys, body = self._keys, orjson.dumps({"order": order.id, "note": approval.note})
        arguments = [order.first.id, approval.at, approval.by, msgspec.json.encode(approval), encode(body), order.id]
        arguments += [decision.record.id for decision in order.decisions if decision.waiting]
        with faults():
            self._approve(keys=APPROVE.keys(keys, order=keys.order(order.id)), args=arguments)

    def wait(self, order: StoredOrder, entry: BacklogEntry, *, now: int) -> Literal["done", "changed", "crowded"]:
        """Let units of the order wait under `entry`, in place of those that waited under its decision, if the order is
        as it was read: else it has `changed`. Crowded: no more decisions may wait.
        """
        keys = self._keys
        body = orjson.dumps({"order": order.id, "units": dict(entry.units)})
        arguments = [entry.decision, now, entry.body, encode(body), MOST_WAITING]
        arguments += [order.changes, len(order.decisions) - 1]
        arguments.append(orjson.dumps([(decision.record.id, decision.ended) for decision in order.decisions]))
        earlier = order.decisions[-1].waiting
        arguments.append(earlier.stored if earlier else b"")
        script_keys = WAIT.keys(keys, order=keys.order(order.id), chain=keys.chain(entry.first))
        with faults():
            answer: bytes = self._wait(keys=script_keys, args=arguments)
        return answer.decode()  # type: ignore[return-value]  # as the script says
