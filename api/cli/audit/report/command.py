"""`pointsman audit report`: the evidence report of a period."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec

from api.cli.audit.report.cells import Cells, Row, Section
from api.cli.audit.report.page import facts, page
from api.cli.audit.report.sections import sections
from api.cli.options import INSTANT, TO_OR_NOW
from api.cli.output.progress import progress_bar
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say
from api.shapes.quantities import Quantities, encode
from engine.audit.evidence.record import EvidenceReportRecord
from engine.service import Pointsman
from engine.settings import Settings
from rules.tables.formulas import guarded


@click.command()
@click.option("--from", "start", type=INSTANT, required=True, help="What was logged from this instant on.")
@TO_OR_NOW
@click.option("--format", "form", type=click.Choice(["html", "csv", "json"]), default="html", show_default=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write, or for CSV the folder, with a file for each table. Default: stdout.",
)
@click.pass_obj
def report(settings: Settings, start: int, end: int | None, *, form: str, output: Path | None) -> None:
    """Write the evidence report of a period.

    It has the emissions of transport by ISO 14083, what was done to sell products at the end of their line, which rules
    changed, decisions that overrode a safety stock, orders that were decided again, and what was done by hand. It is in
    the language of the command (--lang fr).

    Example: pointsman audit report --from 2026-11-01 --to 2026-11-30 --output november.html
    """
    if form == "csv" and output is None:
        raise click.UsageError(say("--format csv writes a file for each table: name a folder with --output"))
    with Pointsman(settings) as service, progress_bar() as progress:
        until = service.now + 1 if end is None else end
        task = progress.add_task(say("reading the log"), total=None)
        record = service.evidence.report(
            start, until, progress=lambda entries: progress.update(task, completed=entries)
        )
        record_read(service, count=record.decisions)
        cells = Cells(times=Times.of(service), quantities=Quantities.of(service), plain=form == "csv")
    if form == "csv" and output is not None:
        _write_tables(output, record, sections(record, cells), cells)
        return
    parts = (
        [msgspec.json.format(encode(record), indent=2).decode(), "\n"]
        if form == "json"
        else page(record, sections(record, cells), cells)
    )
    with click.open_file(str(output) if output else "-", "w", encoding="utf-8") as file:
        file.writelines(parts)


def _write_tables(folder: Path, report: EvidenceReportRecord, tables: Sequence[Section], cells: Cells) -> None:
    """A file for each table, and `report.csv` with what the page says beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    remarks = [(table.title, remark) for table in tables for remark in table.remarks]
    sealed = [(say("sealed by"), report.checkpoint)] if report.checkpoint else []
    _write_table(folder / "report.csv", [say("what"), say("value")], [*facts(report, cells), *sealed, *remarks])
    for table in tables:
        _write_table(folder / f"{table.name}.csv", table.headings, table.rows)


def _write_table(path: Path, headings: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(map(guarded, row) for row in rows)
