"""`pointsman stock` and `pointsman hold`: what is there, and what is promised."""

from pathlib import Path

import click
from rich.console import Console

from api.cli.options import AS_JSON, MAX_STALE, print_json, tell_age
from api.cli.output.progress import progress_bar
from api.cli.output.stock_tables import stock_tables
from api.files.stock_counts import MOST_NAMED, Imported, place_counts, read_counts
from api.records.stock import stock_record
from engine.service import Pointsman
from engine.settings import Settings

_MOST_NAMED = 10


@click.group()
def stock() -> None:
    """Say what is on hand, and see what is free of it."""


@stock.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.pass_obj
def import_stock(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Take over what FILE counts: a CSV of node, sku, on_hand and, if known, at (as 2026-11-27T08:15:00Z).

    Positions it doesn't name stay as they are. A count older than what is known of its position changes nothing; one
    without `at` is as of now; `at` may be at most 5 minutes ahead of the clock here. If there is a mistake in the file,
    none of it counts. The stock.csv of a load will do: its daily_sales stay as they were loaded.

    Example: pointsman stock import examples/hexagone/stock.csv
    """
    with Pointsman(settings) as service:
        counts = read_counts(file, service)
        with progress_bar() as progress:
            task = progress.add_task("importing", total=len(counts))
            done = place_counts(counts, service, lambda some: progress.advance(task, some))
    if as_json:
        print_json({**done.record, "older": [{"node": count.node, "sku": count.sku} for count in done.older]})
        return
    for name, number in done.record.items():
        click.echo(f"{number:>12,}  {name.replace('_', ' ')}")
    if done.older:
        click.echo(_older_line(done), err=True)


@stock.command("show")
@click.argument("sku")
@MAX_STALE
@AS_JSON
@click.pass_obj
def show_stock(settings: Settings, sku: str, *, max_stale: int | None, as_json: bool) -> None:
    """Show SKU by node: on hand, held, available, and free to each channel (* stands for channels no rule names).

    Example: pointsman stock show TXT-0059
    """
    with Pointsman(settings) as service:
        found = service.stock.show(sku, max_stale=max_stale)
    tell_age(found.age)
    record = stock_record(found)
    if as_json:
        print_json(record)
    else:
        console = Console()
        console.print(*stock_tables(record, width=console.width), sep="\n")


def _older_line(done: Imported) -> str:
    named = ", ".join(f"{count.sku} at {count.node}" for count in done.older[:_MOST_NAMED])
    left = done.record["older_than_known"] - _MOST_NAMED
    return f"older than known: {named}" + (f" ... and {left:,} more; --json has the first {MOST_NAMED:,}" * (left > 0))
