"""Converts the orders, sorted by the instant at which they were placed."""

import datetime
import zoneinfo
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from data_set import DataSet, Row
from errors import InputInvalid
from missing_data import Place, Places, sold_items
from network import UNLISTED

ZONE = "America/Sao_Paulo"


def make_orders(data: DataSet, places: Places, tally: Counter[str]) -> list[dict[str, Any]]:
    """Every order as a line of orders.ndjson, sorted by the instant it was placed, then by id."""
    items, clock = sold_items(data), Clock(tally)
    orders = [
        _order(row, items.get(order, []), places.customer(data.customers[row.text("customer_id")]), clock)
        for order, row in data.orders.items()
    ]
    tally["orders_without_items"] += len(orders) - len(items)
    tally["lines_summed"] += len(data.items) - sum(len(_lines(of)) for of in items.values())
    tally["orders_not_sold"] += sum(
        row.text("order_status") in {"canceled", "unavailable"} for row in data.orders.values()
    )
    return sorted(orders, key=lambda order: (order["placed_at"], order["id"]))


def _order(row: Row, items: Iterable[Row], place: Place, clock: "Clock") -> dict[str, Any]:
    row.required("order_purchase_timestamp")
    promise = clock.utc(row.time("order_estimated_delivery_date"))
    return {
        "id": row.text("order_id"),
        "channel": "marketplace",
        "delivery": "standard",
        "placed_at": clock.utc(row.time("order_purchase_timestamp")),
        **({"promise_by": promise} if promise else {}),
        "destination": {
            "country": "BR",
            "postcode": place.postcode,
            "region": place.state,
            "latitude": place.latitude,
            "longitude": place.longitude,
        },
        "lines": _lines(items) or [{"sku": UNLISTED, "quantity": 1}],
    }


def _lines(items: Iterable[Row]) -> list[dict[str, Any]]:
    """One line for each product and price: the data set repeats a line for every further unit."""
    units: Counter[tuple[str, Decimal]] = Counter()
    for row in items:
        units[row.text("product_id"), row.amount("price")] += 1
    return [{"sku": sku, "quantity": quantity, "unit_price": _money(price)} for (sku, price), quantity in units.items()]


def _money(amount: Decimal) -> str:
    cents = f"{amount:.2f}"
    return cents if Decimal(cents) == amount else f"{amount:f}"


class Clock:
    """São Paulo's wall clock, summer time included (it was kept until February 2019)."""

    def __init__(self, tally: Counter[str]) -> None:
        try:
            self._zone = zoneinfo.ZoneInfo(ZONE)
        except zoneinfo.ZoneInfoNotFoundError as error:
            raise InputInvalid(f"this machine knows no time zone {ZONE}: pip install tzdata") from error
        self._tally = tally

    def utc(self, wall: datetime.datetime | None) -> str | None:
        if wall is None:
            return None
        first, second = (wall.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        ahead, behind = first.utcoffset(), second.utcoffset()
        if ahead != behind:
            self._tally["hours_repeated" if ahead > behind else "hours_skipped"] += 1
        return f"{first.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
