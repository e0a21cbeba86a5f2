"""Writes the data of the example: network.yaml, products.csv, stock.csv, orders.ndjson and order.json.

    python examples/hexagone/generate.py [--out DIR] [--seed N] [--orders N]

The same seed gives the same bytes on every Python from 3.11 on, whatever PYTHONHASHSEED. Only the standard library is
used.
"""

import argparse
import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import assortment
import demand
import margins
import places
import services
import stock_levels

HERE = Path(__file__).parent
PRODUCT_COLUMNS = [
    *("sku", "name", "category", "brand", "season", "lifecycle", "weight_g", "unit_margin", "tags"),
    "attributes.hazmat",
]
STOCK_COLUMNS = ["node", "sku", "on_hand", "daily_sales"]
OVERSTOCKED_DAYS, PLENTY, DEEP = 90, 8, 200  # days of sales; units in a shop; units in a warehouse
LIGHT_GRAMS = 2000
ORDER: dict[str, Any] = {
    "id": "W-900001",
    "channel": "web",
    "delivery": "standard",
    "placed_at": "2026-11-27T08:12:31Z",
    "promise_by": "2026-12-02T19:00:00Z",
    "destination": {"country": "FR", "postcode": "69003", "region": "", "latitude": 45.7597, "longitude": 4.8560},
    "segment": "loyal",
    "tags": ["gift"],
}


def generate(*, seed: int, count: int) -> dict[str, str]:
    """File name -> text, for all five files."""
    cities = places.cities()
    nodes = places.nodes(cities)
    products = assortment.products(seed)
    positions = stock_levels.stock(seed, products, nodes)
    earned = margins.margin_cents(seed, products)
    orders = demand.orders(seed, count, demand.Market(cities, products, nodes, positions))
    return {
        "network.yaml": services.network(nodes),
        "products.csv": _table(PRODUCT_COLUMNS, [_product_row(product, earned[product.sku]) for product in products]),
        "stock.csv": _table(STOCK_COLUMNS, map(_stock_row, positions)),
        "orders.ndjson": "".join(_json(order) + "\n" for order in orders),
        "order.json": json.dumps(_one_order(cities["Lyon"], products, positions), ensure_ascii=False, indent=2) + "\n",
    }


def _product_row(product: assortment.Product, margin_cents: int) -> Sequence[Any]:
    tags, hazmat = "|".join(product.tags), "true" if product.hazmat else "false"
    described = (product.sku, product.name, product.category, product.brand, product.season, product.lifecycle)
    margin = f"{margin_cents // 100}.{margin_cents % 100:02}"
    return (*described, product.grams, margin, tags, hazmat)


def _stock_row(position: stock_levels.Position) -> Sequence[Any]:
    sales = "" if position.daily_sales is None else f"{position.daily_sales:.3f}"
    return (position.node, position.sku, position.on_hand, sales)


def _one_order(
    lyon: places.City, products: list[assortment.Product], positions: list[stock_levels.Position]
) -> dict[str, Any]:
    """Two lines for Lyon: an end-of-line product of which its shop has far too much, and one of which the warehouse has
    plenty.
    """
    held = {(p.node, p.sku): p for p in positions}
    light = sorted(
        (p for p in products if p.grams < LIGHT_GRAMS), key=lambda product: (-product.popularity, product.sku)
    )
    ending = next(p for p in light if p.lifecycle == "end_of_line" and _overstocked(held.get(("st-lyon", p.sku))))
    core = next(p for p in light if p.lifecycle == "core" and _deep(held.get(("wh-lyon", p.sku)), DEEP))
    lines = [demand.line(ending, 2), demand.line(core, 1)]
    return ORDER | {"destination": {**ORDER["destination"], "region": lyon.region}, "lines": lines}


def _overstocked(position: stock_levels.Position | None) -> bool:
    if position is None or position.daily_sales is None:
        return False
    return position.on_hand >= PLENTY and position.on_hand > OVERSTOCKED_DAYS * position.daily_sales


def _deep(position: stock_levels.Position | None, units: int) -> bool:
    return position is not None and position.on_hand >= units


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    return text.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=HERE, metavar="DIR", help="where to write (default: beside this file)"
    )
    parser.add_argument("--seed", type=int, default=20261127, metavar="N")
    parser.add_argument("--orders", type=int, default=5000, metavar="N")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, text in generate(seed=asked.seed, count=asked.orders).items():
        (asked.out / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
