"""Reads a directory of network.yaml, products.csv, stock.csv and, if there is one, postcodes.csv; mistakes name file,
line and field.
"""

import dataclasses
import functools
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from api.files.attributes import attribute_value
from api.files.csv_rows import content_or_none, load_row, rows
from api.files.inventory_shapes import ProductShape, StockShape
from api.files.lot_rows import PositionRows
from api.files.network_yaml import read_network
from api.files.postcodes import read_postcodes
from api.shapes.lots import label_of
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid, Mistake
from engine.inventory.position_checks import not_counted
from engine.model.facts import Inventory, Network, Product
from engine.store.network.serialization import inventory_version
from rules.errors import LiteralInvalid
from rules.vocabulary import Kind, Value

ATTRIBUTE = "attributes."
PRODUCT_COLUMNS = ["sku", "category", "lifecycle", "weight_g"]
"""Those that must be there."""
STOCK_NUMBERS = ("on_hand", "daily_sales", "incoming")
"""The columns of stock.csv that have numbers."""


def load_inventory(directory: Path) -> Inventory:
    """The network, products and stock in a directory; raises InputInvalid with every mistake of the three files."""
    mistakes: list[Mistake] = []
    network = _network(directory, mistakes)
    products, refused = _products(directory / "products.csv", network, mistakes)
    decimals = {sku: product.decimals for sku, product in products.items() if product.decimals}
    positions, paces = _stock(directory / "stock.csv", network, products, refused, mistakes)
    if mistakes or network is None:
        raise InputInvalid(mistakes)
    network = dataclasses.replace(network, decimals=decimals)
    inventory = Inventory(
        network=network,
        products=products,
        stock={sku: {node: rows.on_hand for node, rows in nodes.items()} for sku, nodes in positions.items()},
        paces=paces,
        lots={
            sku: {node: rows.lots for node, rows in nodes.items() if rows.units}
            for sku, nodes in positions.items()
            if any(rows.units for rows in nodes.values())
        },
    )
    version = inventory_version(inventory)
    return dataclasses.replace(inventory, network=dataclasses.replace(network, version=version))


def load_network(directory: Path) -> Network:
    """The network alone, of network.yaml and postcodes.csv; raises InputInvalid with every mistake of these."""
    mistakes: list[Mistake] = []
    network = _network(directory, mistakes)
    if mistakes or network is None:
        raise InputInvalid(mistakes)
    return network


def _network(directory: Path, mistakes: list[Mistake]) -> Network | None:
    """The network; None if there are mistakes in network.yaml. All mistakes are added to `mistakes`."""
    path = directory / "network.yaml"
    content = content_or_none(path, mistakes)
    network = None if content is None else read_network(path, content, mistakes)
    if network is None:
        return None
    return dataclasses.replace(network, postcodes=read_postcodes(directory / "postcodes.csv", mistakes))


def _products(
    path: Path, network: Network | None, mistakes: list[Mistake]
) -> tuple[dict[str, Product], frozenset[str]]:
    """The products by SKU, and the SKUs of the rows that have mistakes, which are added to `mistakes`."""
    products: dict[str, Product] = {}
    refused: set[str] = set()
    kinds = network.attributes if network else None
    undeclared: set[str] = set()
    for where, row in rows(path, PRODUCT_COLUMNS, mistakes, numbers=number_columns(kinds)):
        sku = row.get("sku", "")
        product = read_product(row, kinds, where, mistakes, undeclared)
        if product is None:
            refused.add(sku)
            continue
        if product.sku in products:
            mistakes.append(Mistake(where=where, field="sku", message=f"'{product.sku}' stands here a second time"))
        products[product.sku] = product
    return products, frozenset(refused)


def number_columns(kinds: Mapping[str, Kind] | None) -> list[str]:
    """The columns of products.csv that have numbers, given the kinds of attributes."""
    paths = [path for path, kind in (kinds or {}).items() if kind is Kind.NUMBER]
    return ["weight_g", "decimals", "unit_margin", *(path.removeprefix("product.") for path in paths)]


@functools.cache
def _product_shape() -> ProductShape:
    return ProductShape()


def read_product(
    row: dict[str, str],
    kinds: Mapping[str, Kind] | None,
    where: str,
    mistakes: list[Mistake],
    undeclared: set[str] | None = None,
) -> Product | None:
    """The product in a row of products.csv, given the kinds of attributes (None: not known); None if there are mistakes
    in it, which are added to `mistakes`. Attributes that are `undeclared` have been reported for a row before; others
    are added to them.
    """
    undeclared = set() if undeclared is None else undeclared
    raw = {name.removeprefix(ATTRIBUTE): row.pop(name) for name in list(row) if name.startswith(ATTRIBUTE)}
    mistakes_before = len(mistakes)
    attributes = {} if kinds is None else dict(_attributes(raw, kinds, where, mistakes, undeclared))
    data = load_row(_product_shape(), row, where, mistakes)
    if data is None or len(mistakes) > mistakes_before:
        return None
    tags = frozenset(filter(None, data.pop("tags", "").split("|")))
    weight, margin = data.pop("weight_g"), data.pop("unit_margin", None)
    return Product(**data, weight=weight, margin=margin, tags=tags, attributes=attributes)


def _attributes(
    raw: Mapping[str, str], kinds: Mapping[str, Kind], where: str, mistakes: list[Mistake], undeclared: set[str]
) -> Iterator[tuple[str, Value]]:
    for name, text in raw.items():
        kind = kinds.get(f"product.attributes.{name}")
        if name in undeclared:
            continue
        if kind is None:
            undeclared.add(name)
            message = f"'{name}' is not declared in network.yaml under attributes: product"
            mistakes.append(Mistake(where=where, field=ATTRIBUTE + name, message=message))
            continue
        try:
            yield name, attribute_value(kind, text)
        except LiteralInvalid as error:
            mistakes.append(Mistake(where=where, field=ATTRIBUTE + name, message=str(error)))


def _stock(
    path: Path,
    network: Network | None,
    products: Mapping[str, Product],
    refused: Collection[str],
    mistakes: list[Mistake],
) -> tuple[dict[str, dict[str, PositionRows]], dict[str, dict[str, int]]]:
    """Units on hand and pace of sale, each by SKU and node; mistakes are added to `mistakes`. Nothing is said of stock
    of products that are `refused`: it waits for theirs.
    """
    positions: dict[str, dict[str, PositionRows]] = {}
    paces: dict[str, dict[str, int]] = {}
    shape, on_order = StockShape(), set[tuple[str, str]]()
    quantities = Quantities({sku: product.decimals for sku, product in products.items() if product.decimals})
    for where, row in rows(path, ["node", "sku", "on_hand"], mistakes, numbers=STOCK_NUMBERS):
        data = None if row.get("sku") in refused else load_row(shape, row, where, mistakes, quantities)
        if data is None:
            continue
        node, sku = data["node"], data["sku"]
        if network and node not in network.nodes:
            mistakes.append(Mistake(where=where, field="node", message=f"no node goes by the id '{node}'"))
        if products and sku not in products:
            mistakes.append(Mistake(where=where, field="sku", message=f"no product goes by the SKU '{sku}'"))
        if sku in products and not products[sku].counted:
            mistakes.append(Mistake(where=where, field="sku", message=not_counted(sku)))
        position, label = positions.setdefault(sku, {}).setdefault(node, PositionRows()), label_of(data)
        mistakes += position.mistakes(label, node=node, sku=sku, where=where)
        position.add(label, data["on_hand"])
        if data.get("incoming"):
            if (node, sku) in on_order:
                message = f"another row says already what is to come of '{sku}' at '{node}'; write all of it in one row"
                mistakes.append(Mistake(where=where, field="incoming", message=message))
            on_order.add((node, sku))
        if "daily_sales" in data:
            scale = products[sku].scale if sku in products else 1
            paces.setdefault(sku, {})[node] = data["daily_sales"] * scale
    return positions, paces
