"""Orders of the example for many days, made by its generator.

All of them are made as orders of the example's day, and dealt out to as many days as asked, the last of which is that
day: each day gets orders of every hour.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from api.files.orders import read_orders
from engine.model.facts import Order
from rules.syntax.literals import SECONDS_A_DAY
from tests.bench.option_sets import HEXAGONE

_MAX_LINES = 500


def generate(folder: Path, orders: int) -> None:
    """Write network, products, stock and so many orders into the folder."""
    command = [sys.executable, HEXAGONE / "generate.py", "--out", folder, "--orders", str(orders)]
    subprocess.run(command, check=True)


def days_of(folder: Path, days: int) -> Iterator[list[Order]]:
    """The orders of the folder, day by day, each day's in the order in which they were placed."""
    orders = read_orders(folder / "orders.ndjson", max_lines=_MAX_LINES)
    for day in range(days):
        yield [_earlier(order, days - 1 - day) for order in orders[day::days]]


def _earlier(order: Order, days: int) -> Order:
    seconds = days * SECONDS_A_DAY
    promise = None if order.promise_by is None else order.promise_by - seconds
    return replace(order, placed_at=order.placed_at - seconds, promise_by=promise)
