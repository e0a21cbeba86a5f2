"""The commands by which transfers are made, approved, shipped, received, cancelled and listed."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import get_args

import click

from api.cli.options import AS_JSON, INSTANT, OP, ShapeParam, in_micros, print_json, print_more, units_by_name
from api.cli.output.column_tables import Column, print_columns, text_columns
from api.cli.output.tables import money
from api.cli.output.times import Times
from api.language.current import current_language, say
from api.shapes.cursors import HoldsCursor, holds_cursor
from api.shapes.limits import MOST_TRANSFERS
from api.shapes.quantities import Quantities
from engine.model.transfers import Transfer, TransferLine, TransferStatus
from engine.service import Pointsman
from engine.settings import Settings
from engine.transfers.transfer_record import TransferRecord, TransfersPageRecord
from engine.transfers.transfers import NewTransfer, TransferFilter
from rules.wording.catalogue import ENGLISH

_TRANSFER = click.argument("transfer", metavar="TRANSFER")


@click.command()
@click.argument("origin", metavar="FROM")
@click.argument("goal", metavar="TO")
@click.option("--line", "lines", multiple=True, required=True, help="SKU=UNITS; may be given repeatedly.")
@click.option("--id", "name", help="Its id. Default: it gets one.")
@click.option("--note", default="", help="What it is for, in words of your own.")
@OP
@AS_JSON
@click.pass_obj
def create(
    settings: Settings,
    *,
    origin: str,
    goal: str,
    lines: tuple[str, ...],
    name: str | None,
    note: str,
    op: str | None,
    as_json: bool,
) -> None:
    """Make a transfer by hand, from node FROM to node TO.

    A lane of network.yaml must lead there. Units that are held, or that rules keep at FROM, can't be moved; but none is
    held for a transfer before it is shipped.

    Example: pointsman transfer create wh-lyon st-lyon --line TXT-0059=6
    """
    with Pointsman(settings) as service:
        units = _units(lines, Quantities.of(service))
        planned = [TransferLine(sku=sku, units=count) for sku, count in units.items()]
        new = NewTransfer(id=name, origin=origin, goal=goal, lines=planned, note=note)
        _print(service, service.flows.transfers.create(new, op=op).transfer, as_json=as_json)


@click.command()
@_TRANSFER
@OP
@AS_JSON
@click.pass_obj
def approve(settings: Settings, *, transfer: str, op: str | None, as_json: bool) -> None:
    """Let TRANSFER be shipped.

    Example: pointsman transfer approve T-118
    """
    with Pointsman(settings) as service:
        _print(service, service.flows.transfers.approve(transfer, op=op), as_json=as_json)


@click.command()
@_TRANSFER
@click.option("--line", "lines", multiple=True, help="SKU=UNITS that left; may be given repeatedly. Default: all.")
@click.option("--at", type=INSTANT, help="When they left. Default: now.")
@OP
@AS_JSON
@click.pass_obj
def ship(
    settings: Settings, *, transfer: str, lines: tuple[str, ...], at: int | None, op: str | None, as_json: bool
) -> None:
    """Record that the goods of TRANSFER left.

    They are not on hand where they were any more, and are to come where they go. With --line, what is not named stayed.
    Stock that was counted at --at or later has them as gone already and stays as it is.

    Example: pointsman transfer ship T-118 --line TXT-0059=5
    """
    with Pointsman(settings) as service:
        units = _units(lines, Quantities.of(service), least=0) if lines else None
        sent = service.flows.transfers.ship(transfer, units, at=in_micros(at), op=op)
        _print(service, sent, as_json=as_json)


@click.command()
@_TRANSFER
@click.option("--line", "lines", multiple=True, help="SKU=UNITS that arrived; may be given repeatedly. Default: all.")
@click.option("--last", is_flag=True, help="No more of it is to come.")
@click.option("--over", is_flag=True, help="More may have arrived than were shipped.")
@click.option("--at", type=INSTANT, help="When they arrived. Default: now.")
@OP
@AS_JSON
@click.pass_obj
def receive(
    settings: Settings,
    *,
    transfer: str,
    lines: tuple[str, ...],
    last: bool,
    over: bool,
    at: int | None,
    op: str | None,
    as_json: bool,
) -> None:
    """Record that goods of TRANSFER arrived: they are on hand.

    It is received once nothing more is to come: all of it is there, or --last says so.

    Example: pointsman transfer receive T-118 --line TXT-0059=4 --last
    """
    with Pointsman(settings) as service:
        units = _units(lines, Quantities.of(service), least=0) if lines else None
        received = service.flows.transfers.receive(transfer, units, closes=last, over=over, at=in_micros(at), op=op)
        _print(service, received, as_json=as_json)


@click.command()
@_TRANSFER
@OP
@AS_JSON
@click.pass_obj
def cancel(settings: Settings, *, transfer: str, op: str | None, as_json: bool) -> None:
    """Cancel TRANSFER: nothing more becomes of it.

    What was shipped and has not arrived is on hand where it left again: it did not leave, or is back.

    Example: pointsman transfer cancel T-118
    """
    with Pointsman(settings) as service:
        _print(service, service.flows.transfers.cancel(transfer, op=op), as_json=as_json)


@click.command()
@_TRANSFER
@AS_JSON
@click.pass_obj
def show(settings: Settings, *, transfer: str, as_json: bool) -> None:
    """Show TRANSFER: what left, what is on its way and what arrived.

    Example: pointsman transfer show T-118
    """
    with Pointsman(settings) as service:
        _print(service, service.flows.transfers.find(transfer), as_json=as_json)


@click.command("list")
@click.option("--status", type=click.Choice(get_args(TransferStatus)), help="Only those of this status.")
@click.option("--from", "origin", metavar="NODE", help="Only those that leave this node.")
@click.option("--to", "goal", metavar="NODE", help="Only those that go to this node.")
@click.option("--sku", help="Only those with this SKU.")
@click.option(
    "--limit", type=click.IntRange(1, MOST_TRANSFERS), default=100, show_default=True, help="At most so many."
)
@click.option(
    "--after", type=ShapeParam(HoldsCursor(), name="place"), help="The place that the list before ended with."
)
@AS_JSON
@click.pass_obj
def list_transfers(
    settings: Settings,
    *,
    status: TransferStatus | None,
    origin: str | None,
    goal: str | None,
    sku: str | None,
    limit: int,
    after: tuple[int, str] | None,
    as_json: bool,
) -> None:
    """List transfers, the newest first.

    Without --status, only those that are not over.

    Example: pointsman transfer list --to st-lyon
    """
    filtered = TransferFilter(status=status, origin=origin, goal=goal, sku=sku)
    with Pointsman(settings) as service:
        page = service.flows.transfers.page(filtered, limit=limit, after=after)
        quantities, times = Quantities.of(service), Times.of(service)
    records, following = [TransferRecord.of(transfer) for transfer in page.transfers], holds_cursor(page.after)
    if as_json:
        print_json(TransfersPageRecord(transfers=records, next=following), quantities)
        return
    if records:
        _print_tables([quantities.show(record) for record in records], times)
    else:
        click.echo(say("no transfers"))
    print_more(following)


COMMANDS = (create, approve, ship, receive, cancel, show, list_transfers)


def _units(words: tuple[str, ...], quantities: Quantities, *, least: int = 1) -> dict[str, int]:
    given: Mapping[str, int | Decimal] = units_by_name("line", words, least=least)
    return {sku: quantities.smallest(sku, units, field=f"line {sku}") for sku, units in given.items()}


def _print(service: Pointsman, transfer: Transfer, *, as_json: bool) -> None:
    record, quantities = TransferRecord.of(transfer), Quantities.of(service)
    if as_json:
        print_json(record, quantities)
    else:
        _print_tables([quantities.show(record)], Times.of(service))
        for line in _reasons(transfer, service.network().currency):
            click.echo(line)


def _reasons(transfer: Transfer, currency: str) -> Iterator[str]:
    """What it is for, and what its lines gain, if it was proposed: in the words in which that was stored."""
    if transfer.note:
        yield say("note: {note}", note=transfer.note)
    for line in transfer.lines:
        if line.gain is not None:
            gain = money(line.gain, currency)
            yield say("{sku} gains {gain}: {why}", sku=line.sku, gain=gain, why=line.why or "")


def _print_tables(transfers: list[TransferRecord], times: Times) -> None:
    """A row a line."""
    names = [(item.id, line.sku) for item in transfers for line in item.lines]
    print_columns(text_columns((say("transfer"), say("SKU")), names), list(_columns(transfers, times)))


def _status(status: TransferStatus) -> str:
    """As --status takes it; in other languages a word that agrees with that for a transfer."""
    return status if current_language() == ENGLISH else say(f"transfer_{status}")


def _columns(transfers: list[TransferRecord], times: Times) -> Iterator[Column]:
    rows = [(item, line) for item in transfers for line in item.lines]
    expected = ["" if item.expected_at is None else times(item.expected_at) for item, _ in rows]
    yield Column(heading=say("from"), cells=[item.origin for item, _ in rows], is_text=True)
    yield Column(heading=say("to"), cells=[item.goal for item, _ in rows], is_text=True)
    yield Column(heading=say("status"), cells=[_status(item.status) for item, _ in rows], is_text=True)
    yield Column(heading=say("arrives"), cells=expected, is_text=True)
    yield Column(heading=say("planned"), cells=[str(line.quantity) for _, line in rows])
    yield Column(heading=say("shipped"), cells=[str(line.shipped) for _, line in rows])
    yield Column(heading=say("arrived"), cells=[str(line.received) for _, line in rows])
    yield Column(heading=say("to come"), cells=[str(line.to_come) for _, line in rows])
