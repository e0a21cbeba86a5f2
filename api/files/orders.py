"""Reads orders from a JSON file (one order) or an NDJSON file (one order a line)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import ValidationError

from api.files.file_content import read_content
from api.shapes.mistakes import mistakes_of
from api.shapes.order import OrderRequest
from api.shapes.quantities import Quantities
from api.shapes.quote import CartRequest
from api.shapes.sent_orders import SentOrder, read_line
from api.shapes.strict_json import NotJson, read_json
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order
from engine.orders.quotes.quotes import QuoteRequest

_T = TypeVar("_T")


def read_order(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> Order:
    """The order in a JSON file; raises OrderInvalid with every mistake in it."""
    shape = OrderRequest(max_lines=max_lines, quantities=quantities)
    (order,) = _all_or_raise(list(_mistakes_or_order(str(path), read_content(path), shape)))
    return order


def read_cart(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> QuoteRequest:
    """The cart in a JSON file; raises OrderInvalid with every mistake in it."""
    shape = CartRequest(max_lines=max_lines, quantities=quantities)
    (cart,) = _all_or_raise(list(_mistakes_or_order(str(path), read_content(path), shape)))
    return cart


def read_orders(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> list[Order]:
    """The orders of an NDJSON file, one a line, blank lines skipped; raises OrderInvalid with every mistake in it."""
    shape = OrderRequest(max_lines=max_lines, quantities=quantities)
    return _all_or_raise(
        [
            item
            for number, line in enumerate(read_content(path).splitlines(), start=1)
            if line.strip()
            for item in _mistakes_or_order(f"{path}:{number}", line, shape)
        ]
    )


def read_sent_orders(path: Path, max_lines: int, quantities: Callable[[], Quantities] | None = None) -> list[SentOrder]:
    """The orders of an NDJSON file, each read by itself, blank lines skipped."""
    shape = OrderRequest(max_lines=max_lines, quantities=quantities)
    lines = enumerate(read_content(path).splitlines(), start=1)
    return [read_line(number, line, shape) for number, line in lines if line.strip()]


def _all_or_raise(items: list[Mistake | _T]) -> list[_T]:
    mistakes = [item for item in items if isinstance(item, Mistake)]
    if mistakes:
        raise OrderInvalid(mistakes)
    return [item for item in items if not isinstance(item, Mistake)]


def _mistakes_or_order(where: str, text: bytes, shape: OrderRequest) -> Iterator[Mistake | Any]:
    """The order or cart in `text`, or else each mistake in it; `where` is the place that mistakes name."""
    try:
        raw: Any = read_json(text)
        yield shape.load(raw)
    except NotJson as error:
        yield Mistake(where=where, field="", message=f"this {error}")
    except ValidationError as error:
        yield from mistakes_of(error.messages, where=where)
