"""Tables of look-ahead prices for tests."""

from engine.model.lookahead import LookaheadPrice, LookaheadTable, PricesInForce
from tests.support.facts import NOW

DAY = 86_400


def table(prices, *, learnt_at=NOW, use_until=None, network_version="", region="69", needed_by=None, learnt_by="eve"):
    """Of micros by (SKU, node)."""
    by_sku = {}
    for (sku, node), price in prices.items():
        item = LookaheadPrice(sku=sku, node=node, price=price, region=region, needed_by=needed_by)
        by_sku.setdefault(sku, {})[node] = item
    return LookaheadTable(
        learnt_at=learnt_at,
        learnt_by=learnt_by,
        demand_since=learnt_at - 28 * DAY,
        demand_until=learnt_at,
        use_until=learnt_at + DAY if use_until is None else use_until,
        network_version=network_version,
        currency="EUR",
        prices=by_sku,
    )


def in_force(prices, *, now=NOW, **of_table):
    """The same as a snapshot has them, learnt at `now`."""
    made = table(prices, learnt_at=now, **of_table)
    return PricesInForce.of(made.digest, made.head, made.prices)
