"""Reads a directory of network.yaml, products.csv and stock.csv; mistakes name file, line and field."""

import csv
import dataclasses
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema

from api.files.attributes import attribute_value
from api.files.file_content import read_content
from api.files.inventory_shapes import ProductShape, StockShape
from api.files.network_yaml import read_network
from api.shapes.mistakes import mistakes_of
from engine.errors import InputInvalid, Mistake
from engine.inventory.stock import not_counted
from engine.model.facts import Inventory, Network, Product
from engine.store.network.serialization import inventory_version
from rules.errors import LiteralInvalid
from rules.vocabulary import Kind, Value

ATTRIBUTE = "attributes."
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What spreadsheets write between columns where the comma is the decimal sign, or when they copy."""


def load_inventory(directory: Path) -> Inventory:
    """The network, products and stock in a directory; raises InputInvalid with every mistake of the three files."""
    mistakes: list[Mistake] = []
    path = directory / "network.yaml"
    content = _content(path, mistakes)
    network = None if content is None else read_network(path, content, mistakes)
    products = _products(directory / "products.csv", network, mistakes)
    stock, paces = _stock(directory / "stock.csv", network, products, mistakes)
    if mistakes or network is None:
        raise InputInvalid(mistakes)
    inventory = Inventory(network=network, products=products, stock=stock, paces=paces)
    version = inventory_version(inventory)
    return dataclasses.replace(inventory, network=dataclasses.replace(network, version=version))


def _content(path: Path, mistakes: list[Mistake]) -> bytes | None:
    try:
        return read_content(path)
    except InputInvalid as error:
        mistakes += error.mistakes
        return None


def _products(path: Path, network: Network | None, mistakes: list[Mistake]) -> dict[str, Product]:
    products: dict[str, Product] = {}
    kinds = network.attributes if network else {}
    shape = ProductShape()
    for where, row in rows(path, ["sku", "category", "lifecycle", "weight_g"], mistakes):
        raw = {name.removeprefix(ATTRIBUTE): row.pop(name) for name in list(row) if name.startswith(ATTRIBUTE)}
        mistakes_before = len(mistakes)
        attributes = dict(_attributes(raw, kinds, where, mistakes)) if network else {}
        data = load_row(shape, row, where, mistakes)
        if data is None or len(mistakes) > mistakes_before:
            continue
        if data["sku"] in products:
            mistakes.append(Mistake(where=where, field="sku", message=f"'{data['sku']}' stands here a second time"))
        data.pop("name", None)
        tags = frozenset(filter(None, data.pop("tags", "").split("|")))
        weight = data.pop("weight_g")
        products[data["sku"]] = Product(**data, weight=weight, tags=tags, attributes=attributes)
    return products


def _attributes(
    raw: Mapping[str, str], kinds: Mapping[str, Kind], where: str, mistakes: list[Mistake]
) -> Iterator[tuple[str, Value]]:
    for name, text in raw.items():
        kind = kinds.get(f"product.attributes.{name}")
        if kind is None:
            message = f"'{name}' is not declared in network.yaml under attributes: product"
            mistakes.append(Mistake(where=where, field=ATTRIBUTE + name, message=message))
            continue
        try:
            yield name, attribute_value(kind, text)
        except LiteralInvalid as error:
            mistakes.append(Mistake(where=where, field=ATTRIBUTE + name, message=str(error)))


def _stock(
    path: Path, network: Network | None, products: Mapping[str, Product], mistakes: list[Mistake]
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Units on hand and pace of sale, each by SKU and node; mistakes are added to `mistakes`."""
    stock: dict[str, dict[str, int]] = {}
    paces: dict[str, dict[str, int]] = {}
    shape = StockShape()
    for where, row in rows(path, ["node", "sku", "on_hand"], mistakes):
        data = load_row(shape, row, where, mistakes)
        if data is None:
            continue
        node, sku = data["node"], data["sku"]
        if network and node not in network.nodes:
            mistakes.append(Mistake(where=where, field="node", message=f"no node goes by the id '{node}'"))
        if products and sku not in products:
            mistakes.append(Mistake(where=where, field="sku", message=f"no product goes by the SKU '{sku}'"))
        if sku in products and not products[sku].counted:
            mistakes.append(Mistake(where=where, field="sku", message=not_counted(sku)))
        if node in stock.get(sku, {}):
            mistakes.append(Mistake(where=where, field="sku", message=f"'{sku}' at '{node}' stands here a second time"))
        stock.setdefault(sku, {})[node] = data["on_hand"]
        if "daily_sales" in data:
            paces.setdefault(sku, {})[node] = data["daily_sales"]
    return stock, paces


def load_row(shape: Schema, row: dict[str, str], where: str, mistakes: list[Mistake]) -> dict[str, Any] | None:
    """The row as its shape reads it, or None if there are mistakes in it, which are added to `mistakes`."""
    errors = shape.validate(row)
    if errors:
        mistakes += mistakes_of(errors, where=where)
        return None
    return dict(shape.load(row))


def rows(path: Path, required: list[str], mistakes: list[Mistake]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of a CSV with its place, `stock.csv:12`, and without empty cells; mistakes are added to `mistakes`."""
    content = _content(path, mistakes)
    if content is None:
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        mistakes.append(
            Mistake(where=f"{path}:{line}", field="", message="this line is not UTF-8; save the file as UTF-8")
        )
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        column_mistakes = list(_column_mistakes(f"{path}:1", reader.fieldnames or (), required))
        mistakes += column_mistakes
        if column_mistakes:
            return
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                message = f"the row does not have {len(reader.fieldnames or ())} cells as the first one has"
                mistakes.append(Mistake(where=where, field="", message=message))
                continue
            yield where, {name: cell.strip() for name, cell in row.items() if cell.strip()}
    except csv.Error as error:
        # the inner reader's line number: DictReader's own is not advanced when a row fails
        mistakes.append(Mistake(where=f"{path}:{reader.reader.line_num}", field="", message=f"this is no CSV: {error}"))


def _column_mistakes(where: str, names: Sequence[str], required: Sequence[str]) -> Iterator[Mistake]:
    separator = next((word for letter, word in _OTHER_SEPARATORS.items() if len(names) == 1 and letter in names[0]), "")
    if separator:
        message = f"the columns are separated by {separator}; save the file with commas between them"
        yield Mistake(where=where, field="", message=message)
        return
    for name in required:
        if name not in names:
            yield Mistake(where=where, field=name, message="this column is missing")
    for name, count in Counter(names).items():
        if count > 1:
            yield Mistake(where=where, field=name, message="this column stands here a second time")
