"""Sellers as nodes, what they sold as stock."""

import datetime
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from data_set import DataSet
from missing_data import Place, Places, Weights, category, sold_items

UNLISTED = "unlisted"
ENOUGH_ORDERS = 5  # to call their median a seller's own preparation time


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A seller; `preparation` in whole hours."""

    id: str
    name: str
    place: Place
    preparation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    sku: str
    category: str
    weight_g: int


Stock = dict[tuple[str, str], int]


def make_stock(data: DataSet) -> Stock:
    """Units on hand by (seller, product)."""
    sold: dict[str, Counter[str]] = defaultdict(Counter)
    for row in data.items:
        sold[row.text("product_id")][row.text("seller_id")] += 1
    return {(seller, sku): units for sku, of in sold.items() for seller, units in spread(of).items()}


def spread(sold: Mapping[str, int]) -> dict[str, int]:
    """A product's units sold, in equal parts over the sellers that sold it.

    In equal parts and not as they sold them: that would only tell history again, and leave the router nothing to
    choose. What doesn't divide goes to those that sold most, then by id. The total is what was sold, and nobody gets
    nothing, for each has sold at least one.
    """
    share, rest = divmod(sum(sold.values()), len(sold))
    ranked = sorted(sold, key=lambda seller: (-sold[seller], seller))
    return {seller: share + (rank < rest) for rank, seller in enumerate(ranked)}


def make_nodes(data: DataSet, places: Places, tally: Counter[str]) -> list[Node]:
    selling = sorted({row.text("seller_id") for row in data.items})
    tally["sellers_left_out"] += len(data.sellers) - len(selling)
    hours = _preparation_hours(data)
    typical = statistics.median(hour for of in hours.values() for hour in of) if hours else 0
    nodes = []
    for seller in selling:
        row = data.sellers[seller]
        own = hours.get(seller, [])
        tally["preparation_typical"] += len(own) < ENOUGH_ORDERS
        preparation = statistics.median(own) if len(own) >= ENOUGH_ORDERS else typical
        place = places.seller(row)
        name = f"Seller in {', '.join(filter(None, (row.text('seller_city'), place.state)))}"
        nodes.append(Node(id=seller, name=name, place=place, preparation=round(preparation)))
    return nodes


def _preparation_hours(data: DataSet) -> dict[str, list[float]]:
    """From approval to the carrier, by seller, in hours; an order that left before its approval is not counted."""
    hours: dict[str, list[float]] = defaultdict(list)
    for order, items in sold_items(data).items():
        approved = data.orders[order].time("order_approved_at")
        handed = data.orders[order].time("order_delivered_carrier_date")
        if approved and handed and handed >= approved:
            for seller in {row.text("seller_id") for row in items}:
                hours[seller].append((handed - approved) / datetime.timedelta(hours=1))
    return hours


def make_products(data: DataSet, weights: Weights, tally: Counter[str]) -> list[Product]:
    bought = sorted({row.text("product_id") for row in data.items})
    tally["products_left_out"] += len(data.products) - len(bought)
    products = []
    for sku in bought:
        row = data.products[sku]
        tally["categories_unknown"] += not row.text("product_category_name")
        products.append(Product(sku=sku, category=category(row), weight_g=weights.of(row)))
    return products
