"""A directory of network.yaml, products.csv and stock.csv to an Inventory; every mistake with file, line and field."""

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
from engine.model.facts import Inventory, Network, Product
from engine.store.network.serialization import inventory_version
from rules.errors import LiteralInvalid
from rules.vocabulary import Kind, Value

ATTRIBUTE = "attributes."


def load_inventory(directory: Path) -> Inventory:
    """What the three files say; raises InputInvalid with every mistake of all of them."""
    notes: list[Mistake] = []
    path = directory / "network.yaml"
    content = _content(path, notes)
    network = None if content is None else read_network(path, content, notes)
    products = _products(directory / "products.csv", network, notes)
    stock, paces = _stock(directory / "stock.csv", network, products, notes)
    if notes or network is None:
        raise InputInvalid(notes)
    inventory = Inventory(network=network, products=products, stock=stock, paces=paces)
    version = inventory_version(inventory)
    return dataclasses.replace(inventory, network=dataclasses.replace(network, version=version))


def _content(path: Path, notes: list[Mistake]) -> bytes | None:
    try:
        return read_content(path)
    except InputInvalid as error:
        notes += error.mistakes
        return None


def _products(path: Path, network: Network | None, notes: list[Mistake]) -> dict[str, Product]:
    products: dict[str, Product] = {}
    kinds = network.attributes if network else {}
    shape = ProductShape()
    for where, row in rows(path, ["sku", "category", "lifecycle", "weight_g"], notes):
        raw = {name.removeprefix(ATTRIBUTE): row.pop(name) for name in list(row) if name.startswith(ATTRIBUTE)}
        found = len(notes)
        attributes = dict(_attributes(raw, kinds, where, notes)) if network else {}
        data = shaped(shape, row, where, notes)
        if data is None or len(notes) > found:
            continue
        if data["sku"] in products:
            notes.append(Mistake(where=where, field="sku", message=f"'{data['sku']}' stands here a second time"))
        data.pop("name", None)
        tags = frozenset(filter(None, data.pop("tags", "").split("|")))
        weight = data.pop("weight_g")
        products[data["sku"]] = Product(**data, weight=weight, tags=tags, attributes=attributes)
    return products


def _attributes(
    raw: Mapping[str, str], kinds: Mapping[str, Kind], where: str, notes: list[Mistake]
) -> Iterator[tuple[str, Value]]:
    for name, text in raw.items():
        kind = kinds.get(f"product.attributes.{name}")
        if kind is None:
            message = f"'{name}' is not declared in network.yaml under attributes: product"
            notes.append(Mistake(where=where, field=ATTRIBUTE + name, message=message))
            continue
        try:
            yield name, attribute_value(kind, text)
        except LiteralInvalid as error:
            notes.append(Mistake(where=where, field=ATTRIBUTE + name, message=str(error)))


def _stock(
    path: Path, network: Network | None, products: Mapping[str, Product], notes: list[Mistake]
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Units on hand and pace of sale, each by SKU and node."""
    stock: dict[str, dict[str, int]] = {}
    paces: dict[str, dict[str, int]] = {}
    shape = StockShape()
    for where, row in rows(path, ["node", "sku", "on_hand"], notes):
        data = shaped(shape, row, where, notes)
        if data is None:
            continue
        node, sku = data["node"], data["sku"]
        if network and node not in network.nodes:
            notes.append(Mistake(where=where, field="node", message=f"no node goes by the id '{node}'"))
        if products and sku not in products:
            notes.append(Mistake(where=where, field="sku", message=f"no product goes by the SKU '{sku}'"))
        if node in stock.get(sku, {}):
            notes.append(Mistake(where=where, field="sku", message=f"'{sku}' at '{node}' stands here a second time"))
        stock.setdefault(sku, {})[node] = data["on_hand"]
        if "daily_sales" in data:
            paces.setdefault(sku, {})[node] = data["daily_sales"]
    return stock, paces


def shaped(shape: Schema, row: dict[str, str], where: str, notes: list[Mistake]) -> dict[str, Any] | None:
    errors = shape.validate(row)
    if errors:
        notes += mistakes_of(errors, where=where)
        return None
    return dict(shape.load(row))


def rows(path: Path, required: list[str], notes: list[Mistake]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row with its place, `stock.csv:12`; empty cells are left out. Mistakes of the file itself are noted."""
    content = _content(path, notes)
    if content is None:
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        notes.append(Mistake(where=f"{path}:{line}", field="", message="this line is not UTF-8; save the file so"))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        faults = list(_column_faults(f"{path}:1", reader.fieldnames or (), required))
        notes += faults
        if faults:
            return
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                message = f"the row has not {len(reader.fieldnames or ())} cells as the first one has"
                notes.append(Mistake(where=where, field="", message=message))
                continue
            yield where, {name: cell.strip() for name, cell in row.items() if cell.strip()}
    except csv.Error as error:
        # the inner reader's count: DictReader's own stays behind when a row fails
        notes.append(Mistake(where=f"{path}:{reader.reader.line_num}", field="", message=f"this is no CSV: {error}"))


def _column_faults(where: str, names: Sequence[str], required: Sequence[str]) -> Iterator[Mistake]:
    for name in required:
        if name not in names:
            yield Mistake(where=where, field=name, message="this column is missing")
    for name, count in Counter(names).items():
        if count > 1:
            yield Mistake(where=where, field=name, message="this column stands here a second time")
