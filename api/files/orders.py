"""Reads orders from a JSON file (one order), an NDJSON file (one order a line) or a CSV file (one order line a row)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import ValidationError

from api.files.file_content import read_content
from api.files.order_rows import OrderRows, read_order_rows
from api.shapes.mistakes import mistakes_of
from api.shapes.order import OrderRequest
from api.shapes.quantities import Quantities
from api.shapes.quote import CartRequest
from api.shapes.sent_orders import SentOrder, read_line
from api.shapes.sent_orders import read_order as read_raw_order
from api.shapes.strict_json import NotJson, read_json
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order
from engine.orders.quotes.quotes import QuoteRequest

CSV = ".csv"
_T = TypeVar("_T")


def read_order(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> Order:
    """The order in a JSON file, or in what `order show --json` printed; raises OrderInvalid with every mistake."""
    shape = OrderRequest(max_lines=max_lines, quantities=quantities)
    (order,) = _all_or_raise(list(_mistakes_or_order(str(path), read_content(path), shape, unwrap=_order_within)))
    return order


def read_cart(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> QuoteRequest:
    """The cart in a JSON file; raises OrderInvalid with every mistake in it."""
    shape = CartRequest(max_lines=max_lines, quantities=quantities)
    (cart,) = _all_or_raise(list(_mistakes_or_order(str(path), read_content(path), shape)))
    return cart


def read_orders(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> list[Order]:
    """The orders of a CSV file or of an NDJSON file, one a line, blank lines skipped; raises OrderInvalid with every
    mistake in it.
    """
    shape = OrderRequest(max_lines=max_lines, quantities=quantities)
    if path.suffix == CSV:
        return _all_or_raise(list(_orders_in_rows(path, shape)))
    return _all_or_raise(
        [
            item
            for number, line in enumerate(read_content(path).splitlines(), start=1)
            if line.strip()
            for item in _mistakes_or_order(f"{path}:{number}", line, shape)
        ]
    )


def read_sent_orders(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> list[SentOrder]:
    """The orders of a CSV file, or of an NDJSON file without its blank lines, each read by itself. Raises OrderInvalid
    if the rows of a CSV are no orders.
    """
    shape = OrderRequest(max_lines=max_lines, quantities=quantities)
    if path.suffix == CSV:
        return [read_raw_order(_row_number(item), item.raw, shape) for item in _read_rows(path)]
    lines = enumerate(read_content(path).splitlines(), start=1)
    return [read_line(number, line, shape) for number, line in lines if line.strip()]


def _orders_in_rows(path: Path, shape: OrderRequest) -> Iterator[Mistake | Order]:
    for item in _read_rows(path):
        try:
            yield shape.load(item.raw)
        except ValidationError as error:
            yield from map(item.located, mistakes_of(error.messages))


def _read_rows(path: Path) -> list[OrderRows]:
    mistakes: list[Mistake] = []
    items = list(read_order_rows(path, mistakes))
    if mistakes:
        raise OrderInvalid(mistakes)
    return items


def _row_number(item: OrderRows) -> int:
    """Of the order's first row."""
    return int(item.places[0].rpartition(":")[2])


def _all_or_raise(items: list[Mistake | _T]) -> list[_T]:
    mistakes = [item for item in items if isinstance(item, Mistake)]
    if mistakes:
        raise OrderInvalid(mistakes)
    return [item for item in items if not isinstance(item, Mistake)]


def _order_within(raw: Any) -> Any:
    """The order as it was sent, of an order as it stands."""
    is_state = isinstance(raw, dict) and isinstance(raw.get("order"), dict) and "states" in raw
    return raw["order"] if is_state else raw


def _mistakes_or_order(
    where: str, text: bytes, shape: OrderRequest, *, unwrap: Callable[[Any], Any] = lambda raw: raw
) -> Iterator[Mistake | Any]:
    """The order or cart in `text`, or else each mistake in it; `where` is the place that mistakes name."""
    try:
        yield shape.load(unwrap(read_json(text)))
    except NotJson as error:
        yield Mistake(where=where, field="", message=f"this {error}")
    except ValidationError as error:
        yield from mistakes_of(error.messages, where=where)
