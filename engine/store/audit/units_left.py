"""How many units are on hand and blocked, of many SKUs."""

from collections.abc import Sequence

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import SUM_UNITS

_AT_ONCE = 500


def units_left(client: Client, keys: Keys, skus: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """By SKU, the units on hand at all nodes, and those that are there and may not be sold."""
    script = client.script("audit/sum_units", writes=False)
    on_hand, blocked = dict[str, int](), dict[str, int]()
    for start in range(0, len(skus), _AT_ONCE):
        batch = skus[start : start + _AT_ONCE]
        script_keys = SUM_UNITS.keys(keys, ([keys.on_hand(sku), keys.blocked(sku)] for sku in batch))
        with faults():
            answers = [int(units) for units in script(keys=script_keys, args=[])]
        on_hand |= zip(batch, answers[::2], strict=True)
        blocked |= zip(batch, answers[1::2], strict=True)
    return on_hand, blocked
