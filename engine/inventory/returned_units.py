"""Keeps units that came back from being taken for such that never left."""

from collections import Counter
from collections.abc import Mapping

from engine.errors import HoldEnded
from engine.store.connection.client import Client, faults
from engine.store.flows.stored_return import parse_order_returns, units_settled
from engine.store.hold_changes.change_script import NotReturned
from engine.store.keys import Keys
from engine.store.orders.stored_order import read_orders


def verify_not_returned(client: Client, keys: Keys, order: str, undone: Mapping[str, int]) -> NotReturned:
    """What has to be still so when so many units by line of the order are held again. Raises HoldEnded if some of them
    came back.
    """
    with faults():
        has_returns = client.redis.hexists(keys.order(order), "returns")
    stored = read_orders(client, keys, [order]) if has_returns else []
    if not stored:
        return NotReturned(order=order, returns="", ended=[])
    decisions = stored[0].decisions
    shipped = sum(
        (Counter(shipment.lines("confirmed")) for decision in decisions for shipment in decision.shipments), Counter()
    )
    left = shipped - Counter(undone)
    settled = units_settled(parse_order_returns(stored[0].returns))
    lacking = [line for line, units in settled.items() if units > left[line]]
    if lacking:
        raise HoldEnded(
            f"units of line {lacking[0]} came back by a return, so they had left, and no confirm of them can be undone"
            f" (pointsman return list --order {order})"
        )
    ended = [(decision.record.id or "", decision.ended) for decision in decisions]
    return NotReturned(order=order, returns=stored[0].returns, ended=ended)
