"""`pointsman backlog`: the orders that wait for stock."""

from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, DECISION, print_json
from api.cli.output.tables import reason_lines
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import counted, say, say_message
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
        record_read(service, count=len(record.orders))
        quantities, times = Quantities.of(service), Times.of(service)
    if as_json:
        print_json(record, quantities)
        return
    for line in _backlog_lines(quantities.show(record), times):
        click.echo(line)
    if record.next:
        click.echo(say("... and {waiting} more", waiting=record.waiting - len(record.orders)), err=True)


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
            say(
                "{offered:,} offered stock: {decided:,} decided ({units}), {filled:,} of them filled; {waiting}",
                offered=totals.offered,
                decided=totals.decided,
                units=counted(totals.units, "unit"),
                filled=totals.filled,
                waiting=_waiting(totals.waiting),
            )
        )
        for item in totals.failed:
            click.echo(f"{item.decision}: {say_message(item.detail)}", err=True)
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
    click.echo(say("the unfilled units of decision {decision_id} no longer wait for stock", decision_id=decision_id))


def _waiting(number: int) -> str:
    return say("{number:,} waits" if number == 1 else "{number:,} wait", number=number)


def _backlog_lines(record: BacklogRecord, times: Times) -> Iterator[str]:
    """Lines instead of a table: in a table as wide as a terminal, the ids that other commands take would be cut."""
    yield _waiting(record.waiting)
    for item in record.orders:
        units = " + ".join(f"{line.quantity} x {line.sku}" for line in item.lines)
        yield say(
            "{decision}  order {order}, priority {priority}: {units}",
            decision=item.decision,
            order=item.order,
            priority=item.priority,
            units=units,
        )
        promised = say(", promised by {promise_by}", promise_by=times(item.promise_by)) if item.promise_by else ""
        yield say("  placed {placed_at}{promised}", placed_at=times(item.placed_at), promised=promised)
        if item.not_before:
            yield say("  not offered stock before {not_before}", not_before=times(item.not_before))
        if item.last_offer:
            yield from _offer_lines(item.last_offer, times)


def _offer_lines(offer: LastOfferRecord, times: Times) -> Iterator[str]:
    yield say(
        "  offered stock {instant}, which was of no use{detail}",
        instant=times(offer.at),
        detail=f": {say_message(offer.detail)}" if offer.detail else "",
    )
    for unfilled in offer.unfilled:
        yield from (
            say("     line {line}, {reason}", line=unfilled.line, reason=reason) for reason in reason_lines(unfilled)
        )
