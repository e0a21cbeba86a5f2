"""`pointsman stock`: imports counts of what is on hand, and shows the stock of a SKU."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from api.cli.options import AS_JSON, MAX_STALE, print_age, print_json
from api.cli.output.column_tables import print_each
from api.cli.output.progress import progress_bar
from api.cli.output.stock_tables import lot_table, stock_tables
from api.cli.stock_movement import move_stock
from api.files.stock_counts import MOST_NAMED, import_counts, read_counts
from api.language.current import say
from api.records.stock.availability_feed import feed_lines
from api.records.stock.positions import ImportRecord, SkuStockRecord
from api.shapes.quantities import Quantities, lines_with_decimals
from engine.inventory.availability_feed import Cursor
from engine.service import Pointsman
from engine.settings import Settings

_MOST_PRINTED = 10
"""At most so many positions are printed whose count was older than the latest one."""


def _cursor(_: click.Context, __: click.Parameter, text: str | None) -> Cursor | None:
    cursor = None if text is None else Cursor.parse(text)
    if text is not None and cursor is None:
        raise click.BadParameter(say("this is no cursor of a feed"))
    return cursor


@click.group()
def stock() -> None:
    """Import counted stock, move units, and show the stock of a SKU."""


stock.add_command(move_stock)


@stock.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.pass_obj
def import_stock(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Import the counts in FILE.

    FILE is a CSV of node, sku, on_hand and, if known, at (such as 2026-11-27T08:15:00Z). Units of a lot stand in a
    row of their own, with lot and expires (such as 2026-12-01); all rows of a position are one count.

    Positions that are not in it stay as they are. What came and left since `at` is put on top of a count. One that is
    older than the latest count of its position, or than the load, changes nothing; one without `at` is as of now; `at`
    may be at most 5 minutes ahead of the clock here. If there is a mistake in the file, nothing of it is imported. The
    stock.csv of a load can be imported too: its daily_sales are ignored.

    Example: pointsman stock import examples/hexagone/stock.csv
    """
    with Pointsman(settings) as service:
        counts = read_counts(file, service)
        with progress_bar() as progress:
            task = progress.add_task(say("importing"), total=len(counts))
            summary = import_counts(counts, service, lambda number: progress.advance(task, number))
    record = ImportRecord.of(summary)
    if as_json:
        print_json(record)
        return
    for line in _import_lines(record):
        click.echo(line)
    if record.older:
        click.echo(_older_line(record), err=True)


@stock.command("show")
@click.argument("sku")
@MAX_STALE
@AS_JSON
@click.pass_obj
def show_stock(settings: Settings, sku: str, *, max_stale: int | None, as_json: bool) -> None:
    """Show the stock of SKU by node.

    It is what is on hand, held, available, and free to each channel (* means every channel that no rule names); and
    what is blocked or has expired, if anything is: there, and not to be sold; and what is to come, if anything is. If
    it has lots, they follow. Where rules allot units to a channel, it shows what is left to it of how many in the day,
    the week or the rule's window.

    Example: pointsman stock show TXT-0059
    """
    with Pointsman(settings) as service:
        stock_of_sku = service.stock.show(sku, max_stale=max_stale)
        quantities = Quantities.of(service)
    print_age(stock_of_sku.age)
    record = SkuStockRecord.of(stock_of_sku)
    if as_json:
        print_json(record, quantities)
    else:
        shown = quantities.show(record)
        print_each(filter(None, [*stock_tables(shown, width=Console().width), lot_table(shown)]))


@stock.command("feed")
@click.argument("channel")
@click.option("--since", callback=_cursor, help="The cursor of an earlier feed: only what changed after it.")
@click.option("--after", metavar="SKU", help="Go on after SKU with the feed whose cursor is --since.")
@click.option("--nodes", is_flag=True, help="With the free units by node.")
@click.pass_obj
def feed_stock(settings: Settings, channel: str, *, since: Cursor | None, after: str | None, nodes: bool) -> None:
    """Print how many units of every SKU are free to CHANNEL, as JSON.

    It prints a SKU a line. The first line and the last have a cursor: given as --since, it prints only what may have
    changed after that.

    Example: pointsman stock feed web > web.ndjson
    """
    if after is not None and since is None:
        raise click.UsageError(say("--after goes on with a feed: give its cursor as --since"))
    with Pointsman(settings) as service, progress_bar() as progress:
        quantities = Quantities.of(service)
        feed = service.availability_feed.read(channel, since=since, after=after, by_node=nodes)
        task = progress.add_task(say("reading"), total=feed.size)
        for number, part in feed_lines(feed):
            click.echo(lines_with_decimals(part, quantities), nl=False)
            progress.advance(task, number)


def _import_lines(record: ImportRecord) -> Iterator[str]:
    yield say("{positions:>12,}  positions", positions=record.positions)
    yield say("{set:>12,}  set", set=record.set)
    yield say("{as_before:>12,}  as before", as_before=record.as_before)
    yield say("{older_than_known:>12,}  older than known", older_than_known=record.older_than_known)
    yield say("{contradicting:>12,}  contradicting", contradicting=record.contradicting)
    yield say("{counted_by_sequence:>12,}  counted by sequence", counted_by_sequence=record.counted_by_sequence)
    if record.too_old:
        yield say(
            "{too_old:>12,}  too old: what came and left since is not remembered any more", too_old=record.too_old
        )


def _older_line(record: ImportRecord) -> str:
    names = ", ".join(
        say("{sku} at {node}", sku=position.sku, node=position.node) for position in record.older[:_MOST_PRINTED]
    )
    left = record.older_than_known - _MOST_PRINTED
    return say("older than known: {names}", names=names) + (
        say(" ... and {left:,} more; --json has the first {most_named:,}", left=left, most_named=MOST_NAMED)
        * (left > 0)
    )
