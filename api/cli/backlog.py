"""`pointsman backlog`: the orders that wait for stock."""

from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, DECISION, print_json
from api.cli.output.plural import counted
from api.cli.output.tables import reason_lines
from api.records.backlog import BacklogRecord, LastOfferRecord, RunTotalRecord
from api.shapes.limits import MOST_ENTRIES
from api.shapes.quantities import Quantities
from engine.service import Pointsman
from engine.settings import Settings


@click.group()
def backlog() -> None:
    """List the orders that wait for stock, and offer it to them."""


@backlog.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_ENTRIES))
@AS_JSON
@click.pass_obj
def list_backlog(settings: Settings, limit: int, *, as_json: bool) -> None:
    """List the waiting orders, the first to be offered stock first.

    Example: pointsman backlog list --limit 20
    """
    with Pointsman(settings) as service:
        record = BacklogRecord.of(service.backlog.page(limit=limit))
        quantities = Quantities.of(service)
    if as_json:
        print_json(record, quantities)
        return
    for line in _backlog_lines(quantities.show(record)):
        click.echo(line)
    if record.next:
        click.echo(f"... and {record.waiting - len(record.orders)} more", err=True)


@backlog.command("run")
@AS_JSON
@click.pass_obj
def run_backlog(settings: Settings, *, as_json: bool) -> None:
    """Offer what is in stock to all waiting orders.

    They are offered it by priority, promise and age. Exits with 1 if any could not be decided.

    Example: pointsman backlog run
    """
    with Pointsman(settings) as service:
        runs = [service.backlog.run(limit=MOST_ENTRIES)]
        while runs[-1].after is not None:
            runs.append(service.backlog.run(limit=MOST_ENTRIES, after=runs[-1].after))
        totals = RunTotalRecord.of(runs, waiting=service.backlog.page(limit=1).waiting)
    if as_json:
        print_json(totals)
    else:
        click.echo(
            f"{totals.offered:,} offered stock: {totals.decided:,} decided ({counted(totals.units, 'unit')}),"
            f" {totals.filled:,} of them filled; {_waiting(totals.waiting)}"
        )
        for item in totals.failed:
            click.echo(f"{item.decision}: {item.detail}", err=True)
    if totals.failed:
        click.get_current_context().exit(1)


@backlog.command()
@DECISION
@click.pass_obj
def withdraw(settings: Settings, decision_id: str) -> None:
    """Take the unfilled units of a decision out of the backlog.

    Example: pointsman backlog withdraw 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        service.backlog.withdraw(decision_id)
    click.echo(f"the unfilled units of decision {decision_id} no longer wait for stock")


def _waiting(number: int) -> str:
    return f"{number:,} {'waits' if number == 1 else 'wait'}"


def _backlog_lines(record: BacklogRecord) -> Iterator[str]:
    """Lines instead of a table: in a table as wide as a terminal, the ids that other commands take would be cut."""
    yield _waiting(record.waiting)
    for item in record.orders:
        units = " + ".join(f"{line.quantity} x {line.sku}" for line in item.lines)
        yield f"{item.decision}  order {item.order}, priority {item.priority}: {units}"
        promised = f", promised by {item.promise_by}" if item.promise_by else ""
        yield f"  placed {item.placed_at}{promised}"
        if item.not_before:
            yield f"  not offered stock before {item.not_before}"
        if item.last_offer:
            yield from _offer_lines(item.last_offer)


def _offer_lines(offer: LastOfferRecord) -> Iterator[str]:
    yield f"  offered stock {offer.at}, which was of no use{f': {offer.detail}' if offer.detail else ''}"
    for unfilled in offer.unfilled:
        yield from (f"     line {unfilled.line}, {reason}" for reason in reason_lines(unfilled))
