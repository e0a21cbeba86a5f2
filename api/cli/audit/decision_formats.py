"""Decisions that were found, as a table for people, and as CSV, NDJSON and Parquet for programs."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.output import tables
from api.cli.output.times import Times
from api.language.current import say
from api.records.decisions import FoundDecisionRecord
from engine.audit.search.decision_summary import DecisionSummary
from engine.store.audit.parquet import pyarrow
from rules.tables.formulas import guarded

_MILLISECONDS = 1_000
_AT_ONCE = 10_000
"""Rows of a group of a Parquet file."""


def print_table(found: Sequence[DecisionSummary], times: Times) -> None:
    """Each decision's instant above its id, and its order above the channel, so that 80 columns are enough."""
    table = Table()
    table.add_column(say("decision"), no_wrap=True)
    for heading in (say("order"), say("status"), say("ships from")):
        table.add_column(heading, overflow="fold")
    table.add_column(say("cost"), justify="right")
    currency = times.network.currency if times.network else ""
    for item in found:
        table.add_row(
            Text(f"{times(item.logged_at // _MILLISECONDS)}\n{item.decision}"),
            Text(f"{item.order}\n{item.channel}"),
            Text(say(item.status)),
            Text("\n".join(item.nodes)),
            Text(tables.money(item.cost_micros, currency).strip()),
        )
    Console().print(table)


def _write_csv(found: Iterable[FoundDecisionRecord], file: BinaryIO) -> None:
    """Lists stand in one cell, with blanks between; an id with a blank in it is in the other formats as it is, and so
    is one that a spreadsheet would run as a formula.
    """
    fields = FoundDecisionRecord.__struct_fields__
    rows = csv.writer(_Encoded(file), lineterminator="\n")
    rows.writerow(fields)
    for record in found:
        values = (getattr(record, name) for name in fields)
        texts = (" ".join(value) if isinstance(value, list) else value for value in values)
        rows.writerow(guarded(value) if isinstance(value, str) else value for value in texts)


def _write_ndjson(found: Iterable[FoundDecisionRecord], file: BinaryIO) -> None:
    encoder = msgspec.json.Encoder()
    file.writelines(encoder.encode_lines([record]) for record in found)


def _write_parquet(found: Iterable[FoundDecisionRecord], file: BinaryIO) -> None:
    arrow = pyarrow()
    schema = arrow.schema([(name, _arrow_type(arrow, name)) for name in FoundDecisionRecord.__struct_fields__])
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        records = iter(found)
        while group := list(islice(records, _AT_ONCE)):
            rows = [{name: getattr(record, name) for name in schema.names} for record in group]
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))


def _arrow_type(arrow: Any, name: str) -> Any:
    match name:
        case "nodes" | "skus" | "fired":
            return arrow.list_(arrow.string())
        case "shipments" | "cost_micros" | "co2_mg":
            return arrow.int64()
        case _:
            return arrow.string()


FORMATS: Mapping[str, Callable[[Iterable[FoundDecisionRecord], BinaryIO], None]] = {
    "csv": _write_csv,
    "ndjson": _write_ndjson,
    "parquet": _write_parquet,
}
"""By the name of a format, what writes records in it."""


@contextmanager
def opened(output: Path | None) -> Iterator[BinaryIO]:
    """The file to write into; standard output without one."""
    if output is None:
        yield sys.stdout.buffer
        return
    with output.open("wb") as file:
        yield file


class _Encoded:
    """The text file that csv writes into, over one of bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.encode())
