"""Which node has how many units of what: unevenly spread, as real stock is.

Warehouses are deep on core goods, shops carry part of the range with holes in it, end-of-line goods pile up where
they did not sell, and some products were bought in far too small a number.
"""

from dataclasses import dataclass

from assortment import Product
from dice import Dice
from places import Node

ONLINE_UNITS = 2400  # sold online on an average day; the orders of the example are a peak of about four times that
TILL_UNITS = {"large": 90, "medium": 48, "small": 26}  # sold over the counter of one shop, a day
RANGE = {"large": 0.72, "medium": 0.50, "small": 0.34}  # share of the products that fit which a shop carries
WAREHOUSE_SHARE = {
    "wh-orleans": 0.34,
    "wh-lyon": 0.24,
    "wh-lille": 0.18,
}  # of online sales; the rest leaves from elsewhere
COVER = {"core": (14, 45), "new": (6, 22), "end_of_line": (20, 140)}  # days of sales held by a warehouse
CARRIED = {"core": 0.95, "new": 0.85, "end_of_line": 0.45}
BULKY_GRAMS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    node: str
    sku: str
    on_hand: int
    daily_sales: float | None  # units a day; None: too new to say


def stock(seed: int, products: list[Product], nodes: list[Node]) -> list[Position]:
    """All positions, by node and then by SKU."""
    makers = {"warehouse": _warehouse, "store": _store, "supplier": _supplier, "distributor": _distributor}
    positions = []
    for node in nodes:
        dice = Dice(seed, f"stock/{node.id}")
        positions_at_node = (makers[node.type](dice, node, product) for product in products)
        positions += [position for position in positions_at_node if position is not None]
    return positions


def _position(node: Node, product: Product, on_hand: float, rate: float) -> Position:
    rate = max(0.001, round(rate, 3))
    return Position(node=node.id, sku=product.sku, on_hand=max(0, int(on_hand)), daily_sales=rate)


def _warehouse(dice: Dice, node: Node, product: Product) -> Position | None:
    if product.dropship_only or not dice.chance(CARRIED[product.lifecycle]):
        return None
    rate = ONLINE_UNITS * product.popularity * WAREHOUSE_SHARE[node.id]
    if product.scarce:
        return _position(node, product, rate * dice.between(0, 1.6), rate)
    return _position(node, product, 2 + rate * dice.between(*COVER[product.lifecycle]), rate)


def _store(dice: Dice, node: Node, product: Product) -> Position | None:
    size = node.tags[0]
    if not _fits(node, product) or not dice.chance(_range(node, product) * (0.4 if product.scarce else 1)):
        return None
    rate = TILL_UNITS[size] * product.popularity / RANGE[size] * dice.between(0.5, 1.7)
    if product.lifecycle == "end_of_line":
        return _leftover(dice, node, product, rate)
    if product.lifecycle == "new" and dice.chance(0.08):
        return Position(node=node.id, sku=product.sku, on_hand=dice.whole(2, 6), daily_sales=None)
    if product.scarce or dice.chance(0.09):
        return _position(node, product, dice.whole(0, 2) if product.scarce else 0, rate)
    return _position(node, product, 1 + rate * dice.between(4, 32), rate)


def _fits(node: Node, product: Product) -> bool:
    """No sofa in the city centre, no supplier's own line in a franchise."""
    if product.grams > BULKY_GRAMS:
        return "retail_park" in node.tags and not product.dropship_only
    return not (product.dropship_only and node.franchise)


def _range(node: Node, product: Product) -> float:
    end = product.lifecycle == "end_of_line"
    if "outlet" in node.tags:
        return 0.95 if end else 0.20
    if "closing" in node.tags:
        return 0.80 if end else 0.30
    return RANGE[node.tags[0]] * (0.25 if product.dropship_only else 1)


def _leftover(dice: Dice, node: Node, product: Product, rate: float) -> Position:
    """End of line: sells slowly; in half of the shops, and wherever it was gathered, there is too much of it."""
    rate *= dice.between(0.15, 0.45)
    gathered = "outlet" in node.tags or "closing" in node.tags
    if gathered or dice.chance(0.5):
        return _position(node, product, 4 + rate * dice.between(95, 260), rate)
    return _position(node, product, dice.whole(0, 3), rate)


def _supplier(dice: Dice, node: Node, product: Product) -> Position | None:
    if product.supplier != node.id:
        return None
    rate = ONLINE_UNITS * product.popularity * (0.8 if product.dropship_only else 0.1)
    return _position(node, product, 3 + rate * dice.between(2, 25), rate)


def _distributor(dice: Dice, node: Node, product: Product) -> Position | None:
    if product.category not in ("electronics", "beauty", "toys") or product.supplier or not dice.chance(0.5):
        return None
    rate = ONLINE_UNITS * product.popularity * 0.08
    return _position(node, product, rate * dice.between(0, 12 if product.scarce else 60), rate)
