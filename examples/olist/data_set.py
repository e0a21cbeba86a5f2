"""Reads the data set's CSV files; checks every file, column and reference before anything is converted."""

import csv
import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

from errors import InputInvalid

README = "see examples/olist/README.md for where to get the data set"

# Of each table: the names its file may have (ours, then the publisher's), and the columns that are read.
TABLES = {
    "customers": (
        ("customers.csv", "olist_customers_dataset.csv"),
        ("customer_id", "customer_zip_code_prefix", "customer_state"),
    ),
    "geolocation": (
        ("geolocation_by_zip_prefix.csv", "olist_geolocation_dataset.csv"),
        ("geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng", "geolocation_state"),
    ),
    "items": (
        ("order_items.csv", "olist_order_items_dataset.csv"),
        ("order_id", "order_item_id", "product_id", "seller_id", "price", "freight_value"),
    ),
    "orders": (
        ("orders.csv", "olist_orders_dataset.csv"),
        (
            "order_id",
            "customer_id",
            "order_status",
            "order_purchase_timestamp",
            "order_approved_at",
            "order_delivered_carrier_date",
            "order_delivered_customer_date",
            "order_estimated_delivery_date",
        ),
    ),
    "products": (
        ("products.csv", "olist_products_dataset.csv"),
        ("product_id", "product_category_name", "product_weight_g"),
    ),
    "sellers": (
        ("sellers.csv", "olist_sellers_dataset.csv"),
        ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a file; `line` counts from 1, the header being the first."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        return self.cells[column].strip()

    def required(self, column: str) -> str:
        return self.text(column) or self.fail(column, "is empty; fill it, or take the line out")

    def number(self, column: str) -> float:
        try:
            value = float(self.required(column))
        except ValueError:
            value = math.nan
        return value if math.isfinite(value) else self.fail(column, f"'{self.text(column)}' is no number")

    def amount(self, column: str) -> Decimal:
        """Money, in currency units; never negative."""
        try:
            value = Decimal(self.required(column))
        except InvalidOperation:
            value = Decimal("nan")
        if not value.is_finite() or value < 0:
            self.fail(column, f"'{self.text(column)}' is no amount of money; write for example 19.90")
        return value

    def time(self, column: str) -> datetime.datetime | None:
        """A local time without a zone, as the data set has them; None where the cell is empty."""
        if not self.text(column):
            return None
        try:
            value = datetime.datetime.fromisoformat(self.text(column))
        except ValueError:
            value = None
        if value is None or value.tzinfo is not None:
            self.fail(column, f"'{self.text(column)}' is no local time; write for example 2018-03-01 09:30:00")
        return value

    def fail(self, column: str, problem: str) -> NoReturn:
        raise InputInvalid(f"{self.file}:{self.line}: column {column}: {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    customers: Mapping[str, Row]
    geolocation: tuple[Row, ...]
    items: tuple[Row, ...]
    orders: Mapping[str, Row]
    products: Mapping[str, Row]
    sellers: Mapping[str, Row]


def read(directory: Path) -> DataSet:
    files = _find(directory)
    rows = {table: tuple(_rows(path, TABLES[table][1])) for table, path in files.items()}
    data = DataSet(
        customers=_keyed(rows["customers"], "customer_id"),
        geolocation=rows["geolocation"],
        items=rows["items"],
        orders=_keyed(rows["orders"], "order_id"),
        products=_keyed(rows["products"], "product_id"),
        sellers=_keyed(rows["sellers"], "seller_id"),
    )
    if not data.orders:
        raise InputInvalid(f"{files['orders']}: no order in it; {README}")
    _refer(data.orders.values(), "customer_id", data.customers, files["customers"])
    for column, known in (("order_id", "orders"), ("product_id", "products"), ("seller_id", "sellers")):
        _refer(data.items, column, getattr(data, known), files[known])
    return data


def _find(directory: Path) -> dict[str, Path]:
    """Each table's file; one error names all files that are missing."""
    if not directory.is_dir():
        raise InputInvalid(f"{directory} is no directory; give the one that holds the CSV files ({README})")
    files, problems = {}, []
    for table, (names, columns) in TABLES.items():
        path = next((directory / name for name in names if (directory / name).is_file()), None)
        if path is None:
            problems.append(f"{directory / names[0]} is missing (or {names[1]}); {README}")
        else:
            files[table] = path
            lost = [column for column in columns if column not in _header(path)]
            problems += [
                f"{path}:1: no column {column}; put it back, or take a fresh copy ({README})" for column in lost
            ]
    if problems:
        raise InputInvalid("\n".join(problems))
    return files


def _header(path: Path) -> list[str]:
    return next((record for _, record in _records(path)), [])


def _rows(path: Path, columns: Iterable[str]) -> Iterator[Row]:
    records = _records(path)
    _, header = next(records)
    places = {column: header.index(column) for column in columns}
    for line, record in records:
        if len(record) != len(header):
            raise InputInvalid(f"{path}:{line}: {len(record)} cells where the header has {len(header)}; mend the line")
        yield Row(file=str(path), line=line, cells={column: record[place] for column, place in places.items()})


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for record in reader:
                if record:
                    yield reader.line_num, record
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputInvalid(f"{path} is no CSV file in UTF-8 ({error}); {README}") from error


def _keyed(rows: Iterable[Row], column: str) -> dict[str, Row]:
    keyed: dict[str, Row] = {}
    for row in rows:
        first = keyed.setdefault(row.required(column), row)
        if first is not row:
            row.fail(column, f"'{row.text(column)}' stands on line {first.line} already; take one of them out")
    return keyed


def _refer(rows: Iterable[Row], column: str, known: Mapping[str, Row], path: Path) -> None:
    for row in rows:
        if row.required(column) not in known:
            row.fail(column, f"'{row.text(column)}' is not in {path}; add it there, or take the line out")
