"""Where else `pointsman whatif` writes what came of it: a report as a page, and tables for programs."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from api.language.current import counted, current_language, say
from api.records.whatif import WhatIfRecord
from api.reports.replaced_file import ReplacedFile
from api.reports.table_files import csv_bytes, parquet_bytes
from api.reports.whatif.report import report_html
from api.reports.whatif.tables import TableFile, tables
from engine.errors import PointsmanError
from engine.store.audit.parquet import pyarrow

_FILE = click.Path(path_type=Path)
_OPTIONS = (
    click.option(
        "--report", metavar="FILE", type=_FILE, help="Write a report as one page of HTML, to look at, send and print."
    ),
    click.option(
        "--csv", "csv_folder", metavar="DIR", type=_FILE, help="Write a CSV file for each table into this folder."
    ),
    click.option(
        "--parquet",
        "parquet_folder",
        metavar="DIR",
        type=_FILE,
        help="Write a Parquet file for each table into this folder; needs pointsman[archive].",
    ),
)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What was asked for."""

    report: Path | None
    csv: Path | None
    parquet: Path | None
    _room: list[ReplacedFile] = field(default_factory=list)

    @contextlib.contextmanager
    def with_room(self) -> Iterator[None]:
        """Makes sure, before the work begins, that all can be written. Raises PointsmanError, ArchiveUnavailable."""
        if self.parquet:
            pyarrow()
        for folder in filter(None, (self.csv, self.parquet)):
            _make(folder)
        with contextlib.ExitStack() as stack:
            if self.report:
                self._room.append(stack.enter_context(ReplacedFile(self.report)))
            yield

    def write(self, record: WhatIfRecord) -> Iterator[str]:
        """Within `with_room`. A line of each thing that was written."""
        for room in self._room:
            room.write(report_html(record, current_language()))
        if self.report:
            yield say("the report is in {file}", file=self.report)
        if self.csv:
            yield _write_each(self.csv, "csv", record, csv_bytes)
        if self.parquet:
            yield _write_each(self.parquet, "parquet", record, parquet_bytes)


def _write_each(folder: Path, ending: str, record: WhatIfRecord, written: Callable[[TableFile], bytes]) -> str:
    files = list(tables(record))
    for table in files:
        with ReplacedFile(folder / f"{table.name}.{ending}") as file:
            file.write(written(table))
    return say("{files} with tables are in {folder}", files=counted(len(files), "file"), folder=folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PointsmanError(f"{folder} can't be written: {error.strerror or error}") from error
    with ReplacedFile(folder / "drafts"):
        pass  # room for one is room enough to begin
