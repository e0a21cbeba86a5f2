"""The four files of a Pointsman network, put in place all at once or not at all."""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import OutputRefused
from network import Node, Product, Stock
from orders import ZONE
from services import services_yaml

FILES = ("network.yaml", "products.csv", "stock.csv", "orders.ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    nodes: list[Node]
    products: list[Product]
    stock: Stock
    orders: list[dict[str, Any]]


def write(network: Network, out: Path) -> None:
    """Write beside `out`, then rename: a conversion that stops half-way leaves `out` as it was."""
    _refuse_if_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        fresh, old = Path(scratch, "fresh"), Path(scratch, "old")
        fresh.mkdir()
        _write_files(network, fresh)
        if out.exists():
            out.rename(old)
        try:
            fresh.rename(out)
        except OSError:
            with suppress(FileNotFoundError):
                old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _refuse_if_foreign(out: Path) -> None:
    if not out.exists() and not out.is_symlink():
        return
    if out.is_symlink() or not out.is_dir():
        raise OutputRefused(f"{out} is no directory; name a new one")
    others = sorted(path.name for path in out.iterdir() if path.name not in FILES)
    if others:
        raise OutputRefused(f"{out} holds other files ({others[0]}); name a new directory, or an earlier conversion's")


def _write_files(network: Network, folder: Path) -> None:
    _text(folder / "network.yaml", _network_lines(network.nodes))
    _table(
        folder / "products.csv",
        ("sku", "name", "category", "brand", "season", "lifecycle", "weight_g", "tags"),
        ((product.sku, "", product.category, "", "", "core", product.weight_g, "") for product in network.products),
    )
    _table(
        folder / "stock.csv",
        ("node", "sku", "on_hand", "daily_sales"),
        ((node, sku, units, "") for (node, sku), units in sorted(network.stock.items())),
    )
    _text(
        folder / "orders.ndjson",
        (json.dumps(order, ensure_ascii=False, separators=(",", ":")) for order in network.orders),
    )


def _network_lines(nodes: Iterable[Node]) -> Iterable[str]:
    """YAML by hand: JSON's quotes are YAML's, and an id like 12345e67 must not be read as a number."""
    yield "# Made by examples/olist/convert.py from the Brazilian E-Commerce Public Dataset by Olist, CC BY-NC-SA 4.0."
    yield from ("currency: BRL", f"time_zone: {ZONE}", "channels: [marketplace]")
    yield "# Olist tells neither; they are named so that the policies that ship, which ask for them, can be published."
    yield from ("attributes:", "  product:", "    hazmat: flag", "  node:", "    franchise: flag")
    yield from (*services_yaml(), "nodes:")
    for node in nodes:
        yield f"  - id: {json.dumps(node.id)}"
        yield f"    name: {json.dumps(node.name, ensure_ascii=False)}"
        yield "    type: supplier"
        yield f"    latitude: {node.place.latitude}"
        yield f"    longitude: {node.place.longitude}"
        yield "    country: BR"
        yield f"    region: {json.dumps(node.place.state)}"
        yield f"    preparation: {node.preparation} h"
        yield "    services: [parcel, express]"


def _text(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _table(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
