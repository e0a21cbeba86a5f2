"""`pointsman demand`: learns how fast articles sell from the log, and shows it."""

from collections.abc import Iterator

import click
from msgspec import UNSET
from rich.progress import Progress, TaskID

from api.cli.options import AS_JSON, print_json
from api.cli.output.column_tables import Column, number_columns, print_columns, text_columns
from api.cli.output.progress import progress_bar
from api.language.current import counted, say
from api.records.flows.demand import (
    DemandRecord,
    LearningRecord,
    LearntFromRecord,
    LearntPaceRecord,
    PaceChangeRecord,
)
from api.shapes.quantities import Quantities
from engine.service import Pointsman
from engine.settings import Settings

_MOST_SHOWN = 20
"""Changes that are printed; --json has a hundred."""


@click.group()
def demand() -> None:
    """Learn how fast articles sell from the log, and show it."""


@demand.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be learnt.")
@AS_JSON
@click.pass_obj
def learn(settings: Settings, *, dry_run: bool, as_json: bool) -> None:
    """Learn the pace of sale of each position from the log.

    Sold is what orders took and kept, and what movements took out as sales. Days on which a position had nothing to
    sell don't count. What is learnt takes the place of daily_sales of stock.csv, all at once, if network.yaml says
    demand: {from: log}.

    Example: pointsman demand learn --dry-run
    """
    with Pointsman(settings) as service:
        with progress_bar() as progress:
            learning = service.flows.demand.learn(dry_run=dry_run, progress=_Bars(progress).advance)
        quantities = Quantities.of(service)
    record = LearningRecord.of(learning, quantities.decimals)
    if as_json:
        print_json(record, quantities)
        return
    shown = quantities.show(record)
    for line in _learning_lines(shown):
        click.echo(line)
    if shown.changes:
        _print_changes(shown.changes[:_MOST_SHOWN])
    click.echo(_stored_line(shown, dry_run=dry_run))


@demand.command()
@click.argument("sku")
@AS_JSON
@click.pass_obj
def show(settings: Settings, sku: str, *, as_json: bool) -> None:
    """Show how fast SKU sells at each node, and what that was learnt from.

    Example: pointsman demand show TXT-0059
    """
    with Pointsman(settings) as service:
        record = DemandRecord.of(service.flows.demand.show(sku))
        quantities = Quantities.of(service)
    if as_json:
        print_json(record, quantities)
        return
    shown = quantities.show(record)
    rows = [
        (node.daily_sales, *(("", "", "", node.daily_sales) if node.learnt is UNSET else _cells(node.learnt)))
        for node in shown.nodes
    ]
    headings = say("sold a day"), say("method"), say("units"), say("days"), say("in stock.csv")
    nodes = Column(heading=say("node"), cells=[node.node for node in shown.nodes])
    print_columns([nodes], number_columns(headings, rows), title=shown.sku)
    if shown.learnt_from is not UNSET:
        click.echo(_days_line(shown.learnt_from))


class _Bars:
    """A progress bar for each part of the work, once it begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._names = {"log": say("reading the log"), "paces": say("learning")}
        self._tasks: dict[str, TaskID] = {}

    def advance(self, part: str, done: int, total: int) -> None:
        if part not in self._tasks:
            self._tasks[part] = self._progress.add_task(self._names[part], total=total)
        self._progress.update(self._tasks[part], completed=done)


def _cells(learnt: LearntPaceRecord) -> tuple[str, ...]:
    """Method, units, days and the pace given."""
    return (learnt.method, str(learnt.units), str(learnt.days), learnt.given or "")


def _days_line(learnt_from: LearntFromRecord) -> str:
    return say(
        "learnt from {days}, {first} to {last}",
        days=counted(learnt_from.window_days, "day"),
        first=learnt_from.first,
        last=learnt_from.last,
    )


def _learning_lines(learning: LearningRecord) -> Iterator[str]:
    facts = learning.learnt_from
    yield _days_line(facts)
    yield say("{positions:>12,}  positions learnt", positions=facts.positions)
    yield say("{seldom:>12,}  of them sell seldom (TSB)", seldom=facts.seldom)
    yield say("{changed:>12,}  of them have another pace than before", changed=facts.changed)
    yield say("{too_few:>12,}  stay as they were: too few of their days count", too_few=facts.too_few)
    if facts.damaged:
        yield say("{damaged:>12,}  entries of the log could not be read", damaged=facts.damaged)


def _stored_line(learning: LearningRecord, *, dry_run: bool) -> str:
    if dry_run:
        return say("nothing was stored: this is a dry run")
    if learning.network_version is None:
        return say("nothing was stored: everything is as before")
    return say("stored: network {version}", version=learning.network_version[:12])


def _print_changes(changes: list[PaceChangeRecord]) -> None:
    names = [(change.sku, change.node) for change in changes]
    figures = [(change.former or "", change.daily_sales, *_cells(change.learnt)[:3]) for change in changes]
    headings = say("before"), say("sold a day"), say("method"), say("units"), say("days")
    keys = text_columns((say("SKU"), say("node")), names)
    print_columns(keys, number_columns(headings, figures), title=say("The largest changes"))
