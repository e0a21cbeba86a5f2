"""Writes tables for programs: CSV as spreadsheets read it, and Parquet."""

import csv
import io
from decimal import Decimal
from typing import Any, Final

from api.records.audit.calculation import decimal_text
from api.reports.whatif.tables import Kind, TableFile
from engine.store.audit.parquet import pyarrow
from rules.tables.formulas import guarded

_DIGITS: Final = 6
_PRECISION: Final = 38
"""Of decimals in Parquet: the most that there is."""


def csv_bytes(table: TableFile) -> bytes:
    """With a ' before each text that a spreadsheet would run as a formula; what is not known is empty."""
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(table.columns)
    kinds = list(table.columns.values())
    rows.writerows([_csv_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in table.rows)
    return file.getvalue().encode()


def parquet_bytes(table: TableFile) -> bytes:
    """Raises ArchiveUnavailable if pyarrow is not installed."""
    arrow = pyarrow()
    types = {
        "text": arrow.string(),
        "whole": arrow.int64(),
        "decimal": arrow.decimal128(_PRECISION, _DIGITS),
        "boolean": arrow.bool_(),
    }
    schema = arrow.schema([(name, types[kind]) for name, kind in table.columns.items()])
    columns = [
        [_arrow_cell(row[place], kind) for row in table.rows] for place, kind in enumerate(table.columns.values())
    ]
    file = io.BytesIO()
    arrays = [arrow.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    arrow.parquet.write_table(arrow.Table.from_arrays(arrays, schema=schema), file)
    return file.getvalue()


def _csv_cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "text":
        return guarded(value)
    if kind == "boolean":
        return "true" if value else "false"
    return decimal_text(value, _DIGITS) if kind == "decimal" else str(value)


def _arrow_cell(value: Any, kind: Kind) -> Any:
    return Decimal(value).scaleb(-_DIGITS) if kind == "decimal" and value is not None else value
