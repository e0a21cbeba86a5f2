"""How many units are on hand and blocked, of many SKUs."""

from collections.abc import Sequence

from engine.model.lots import TAB
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

_AT_ONCE = 500


def units_left(client: Client, keys: Keys, skus: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """By SKU, the units on hand at all nodes, and those that are there and may not be sold."""
    on_hand, blocked = dict[str, int](), dict[str, int]()
    for start in range(0, len(skus), _AT_ONCE):
        batch = skus[start : start + _AT_ONCE]
        with faults(), client.redis.pipeline(transaction=False) as read:
            for sku in batch:
                read.hgetall(keys.on_hand(sku))
                read.hgetall(keys.blocked(sku))
            answers = iter(read.execute())
        for sku in batch:
            on_hand[sku], blocked[sku] = _units(next(answers)), _units(next(answers))
    return on_hand, blocked


def _units(fields: dict[bytes, bytes]) -> int:
    """Of all nodes; lots have fields of their own."""
    tab = TAB.encode()
    return sum(max(0, int(units)) for place, units in fields.items() if tab not in place)
