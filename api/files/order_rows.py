"""Reads orders from a CSV file: each row is a line, and rows of one `id` that follow each other are an order."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.files.csv_rows import rows
from engine.errors import Mistake

_ADDRESS = ("country", "postcode", "region", "latitude", "longitude")
_ORDER = (
    *("id", "channel", "delivery", "placed_at", "promise_by", "deliver_on", "collect_at"),
    *("customer", "segment", "currency", "tags"),
)
_LINE = {"line": "id", "sku": "sku", "quantity": "quantity", "unit_price": "unit_price", "set": "set"}
"""The columns of a line, by the field that each is in JSON."""
_NUMBERS = ("latitude", "longitude", "quantity", "unit_price")
_REQUIRED = ("id", "channel", "placed_at", "sku", "quantity")
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows:
    """An order as JSON would have it, and the place of each of its lines, `orders.csv:12`."""

    raw: Mapping[str, Any]
    places: Sequence[str]

    def located(self, mistake: Mistake) -> Mistake:
        """The mistake with its row: that of the line in which it is, or else the first of the order."""
        part, _, rest = mistake.field.partition(".")
        number, _, field = rest.partition(".")
        if part != "lines" or not number.isdigit():
            return Mistake(where=self.places[0], field=mistake.field, message=mistake.message)
        return Mistake(where=self.places[int(number)], field=field, message=mistake.message)


def read_order_rows(path: Path, mistakes: list[Mistake]) -> Iterator[OrderRows]:
    """The orders of a file. What makes rows no order is added to `mistakes`: an unknown column, no id, or other words
    about the order than in its first row.
    """
    seen: set[str] = set()
    numbered = rows(path, _REQUIRED, mistakes, numbers=_NUMBERS)
    for order_id, group in itertools.groupby(numbered, key=lambda item: item[1].get("id", "")):
        places, cells = zip(*group, strict=True)
        mistakes += _mistakes(order_id, places, cells, seen)
        seen.add(order_id)
        yield OrderRows(raw=_order(cells), places=places)


def _mistakes(
    order_id: str, places: Sequence[str], cells: Sequence[Mapping[str, str]], seen: set[str]
) -> Iterator[Mistake]:
    if not order_id:
        message = "the row does not say of which order it is"
        yield from (Mistake(where=place, field="id", message=message) for place in places)
    elif order_id in seen:
        message = f"order '{order_id}' stands here a second time; its lines stand one after the other"
        yield Mistake(where=places[0], field="id", message=message)
    for place, row in zip(places, cells, strict=True):
        for name in row:
            if name not in (*_ORDER, *_ADDRESS, *_LINE):
                yield Mistake(where=place, field=name, message="there is no such column")
            elif name not in _LINE and row[name] != cells[0].get(name):
                message = f"'{row[name]}' is not what the first row of order '{order_id}' says"
                yield Mistake(where=place, field=name, message=message)


def _order(cells: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What is the order's stands in its first row; the other rows say the same, or nothing."""
    first = cells[0]
    order: dict[str, Any] = {name: first[name] for name in _ORDER if name in first}
    address = {name: _value(name, first[name]) for name in _ADDRESS if name in first}
    if address:
        order["destination"] = address
    if "tags" in order:
        order["tags"] = [tag for tag in order["tags"].split("|") if tag]
    lines = [{field: _value(name, row[name]) for name, field in _LINE.items() if name in row} for row in cells]
    return {**order, "lines": lines}


def _value(name: str, text: str) -> Any:
    """The JSON value of a cell. Numbers with decimals may be texts in JSON, too; what is none is refused as one."""
    return int(text) if name == "quantity" and _WHOLE.fullmatch(text) else text
