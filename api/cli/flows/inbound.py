"""`pointsman inbound`: announces, receives and lists what is to come in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
from marshmallow import ValidationError

from api.cli.options import AS_JSON, OP, ShapeParam, print_json, print_more, units_of
from api.cli.output.column_tables import Column, print_columns
from api.cli.output.mistakes import fail
from api.cli.output.progress import progress_bar
from api.cli.output.receipt_words import receipt_status
from api.cli.output.times import Times
from api.files.receipts import ReceiptImport, import_receipts, read_receipts
from api.language.current import say
from api.records.flows.inbound import DeliveredRecord, InboundReceiptRecord, ReceiptImportRecord, ReceiptsPageRecord
from api.shapes.cursors import HoldsCursor
from api.shapes.flows.receipts import DeliveryRequest, SentDelivery
from api.shapes.limits import MOST_RECEIPTS
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid
from engine.inbound.receipt_list import ReceiptFilter
from engine.model.receipts import ReceiptStatus
from engine.service import Pointsman
from engine.settings import Settings

_NODE = click.option("--node", help="Only what comes to this node.")
_SKU = click.option("--sku", help="Only what comes of this SKU.")
_LIMIT = click.option(
    "--limit", type=click.IntRange(1, MOST_RECEIPTS), default=100, show_default=True, help="At most so many."
)
_AFTER = click.option(
    "--after", type=ShapeParam(HoldsCursor(), name="place"), help="The place that the list before ended with."
)
_MOST_PRINTED = 10
"""At most so many refusals are printed."""


@click.group()
def inbound() -> None:
    """Announce, receive and list what is to come in."""


@inbound.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.pass_obj
def import_file(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Import what is to come, from FILE.

    They are receipts of purchase orders, advance notices, and what else is to come. FILE is a CSV of id, source,
    node, sku, quantity, expected_at, status and sequence or, if its name ends in .ndjson, lines of JSON with these
    fields. Of two messages about a receipt, the one with the greater sequence counts: an older one changes nothing.
    Those that are not in FILE stay as they are. If there is a mistake in FILE, nothing of it is imported; a message
    that contradicts what is known is refused, and the others are taken over.

    Example: pointsman inbound import inbound.csv
    """
    with Pointsman(settings) as service:
        found = read_receipts(file, service.network(), service.products)
        with progress_bar() as progress:
            task = progress.add_task(say("importing"), total=len(found))
            summary = import_receipts(found, service, lambda: progress.advance(task))
    record = _import_record(summary)
    if as_json:
        print_json(record)
    else:
        for line in _import_lines(record):
            click.echo(line)
    if summary.refusals:
        fail(summary.refusals[:_MOST_PRINTED])


@inbound.command("list")
@_NODE
@_SKU
@click.option("--status", type=click.Choice(get_args(ReceiptStatus)), help="Only those of this status.")
@_LIMIT
@_AFTER
@AS_JSON
@click.pass_obj
def list_receipts(
    settings: Settings,
    *,
    node: str | None,
    sku: str | None,
    status: ReceiptStatus | None,
    limit: int,
    after: tuple[int, str] | None,
    as_json: bool,
) -> None:
    """List what is to come, the next to arrive first.

    Without --status, only receipts of which units are still to come.

    Example: pointsman inbound list --node lyon
    """
    _list(settings, ReceiptFilter(node=node, sku=sku, status=status), limit=limit, after=after, as_json=as_json)


@inbound.command("late")
@_NODE
@_SKU
@_LIMIT
@_AFTER
@AS_JSON
@click.pass_obj
def list_late(
    settings: Settings,
    *,
    node: str | None,
    sku: str | None,
    limit: int,
    after: tuple[int, str] | None,
    as_json: bool,
) -> None:
    """List what did not come when expected, the longest overdue first.

    Example: pointsman inbound late
    """
    _list(settings, ReceiptFilter(node=node, sku=sku, late=True), limit=limit, after=after, as_json=as_json)


@inbound.command("show")
@click.argument("receipt")
@AS_JSON
@click.pass_obj
def show_receipt(settings: Settings, receipt: str, *, as_json: bool) -> None:
    """Show a receipt: what is there, to come and promised.

    Example: pointsman inbound show PO-4711
    """
    with Pointsman(settings) as service:
        record = InboundReceiptRecord.of(service.flows.inbound.find(receipt), service.now)
        quantities, times = Quantities.of(service), Times.of(service)
    if as_json:
        print_json(record, quantities)
    else:
        _print([record], quantities, times)


@inbound.command("receive")
@click.argument("receipt")
@click.argument("units")
@click.option("--last", is_flag=True, help="No more of it is to come.")
@click.option("--over", is_flag=True, help="UNITS may be more than are still to come.")
@click.option("--lot", help="The lot that they are of.")
@click.option(
    "--expires", metavar="DATE", help="The last date on which a lot may be used that comes for the first time."
)
@click.option("--at", help="When they arrived, such as 2026-12-01T07:12:31Z. Default: now.")
@OP
@AS_JSON
@click.pass_obj
def receive_units(
    settings: Settings, *, receipt: str, units: str, op: str | None, as_json: bool, **options: Any
) -> None:
    """Let UNITS of RECEIPT be on hand: they have arrived.

    Promises that stand on the receipt stand on what is on hand from then on, the first in rank first. Stock that was
    counted at --at or later has the units already and stays as it is. With --last, a receipt is closed with fewer units
    than were announced; what it does not bring is taken from the promises that are last in rank.

    Example: pointsman inbound receive PO-4711 40 --last
    """
    with Pointsman(settings) as service:
        quantities = Quantities.of(service)
        sku = service.flows.inbound.find(receipt).sku
        delivery = _sent({"quantity": units, **options}).delivery(sku, quantities)
        record = DeliveredRecord.of(service.flows.inbound.receive(receipt, delivery, op=op), service.now)
    if as_json:
        print_json(record, quantities)
        return
    shown = quantities.show(record)
    click.echo(
        say(
            "{status}: {received} of {quantity} are there, {to_come} are still to come",
            status=receipt_status(shown.receipt.status),
            received=shown.receipt.received,
            quantity=shown.receipt.quantity,
            to_come=shown.receipt.to_come,
        )
    )
    if record.over:
        click.echo(say("{over} more than were expected", over=quantities.show_units(sku, record.over)))


def _list(
    settings: Settings, filtered: ReceiptFilter, *, limit: int, after: tuple[int, str] | None, as_json: bool
) -> None:
    with Pointsman(settings) as service:
        page = service.flows.inbound.page(filtered, limit=limit, after=after)
        record = ReceiptsPageRecord.of(page, service.now)
        quantities, times = Quantities.of(service), Times.of(service)
    if as_json:
        print_json(record, quantities)
        return
    if record.receipts:
        _print(record.receipts, quantities, times)
    else:
        click.echo(_none_listed(filtered))
    print_more(record.next)


def _none_listed(filtered: ReceiptFilter) -> str:
    if filtered.closed:
        return say("no receipts")
    return say("nothing is late") if filtered.late else say("nothing is to come")


def _print(records: list[InboundReceiptRecord], quantities: Quantities, times: Times) -> None:
    shown = [quantities.show(record) for record in records]
    key = Column(heading=say("receipt"), cells=[record.id for record in shown])
    print_columns([key], list(_columns(shown, times)))


def _columns(records: list[InboundReceiptRecord], times: Times) -> Iterator[Column]:
    late = [receipt_status(record.status) + (say(", late") if record.late else "") for record in records]
    yield Column(heading=say("SKU"), cells=[record.sku for record in records], is_text=True)
    yield Column(heading=say("node"), cells=[record.node for record in records], is_text=True)
    yield Column(heading=say("expected"), cells=[times(record.expected_at) for record in records], is_text=True)
    yield Column(heading=say("status"), cells=late, is_text=True)
    yield Column(heading=say("announced"), cells=[str(record.quantity) for record in records])
    yield Column(heading=say("received"), cells=[str(record.received) for record in records])
    yield Column(heading=say("to come"), cells=[str(record.to_come) for record in records])
    yield Column(heading=say("promised"), cells=[str(record.promised) for record in records])


def _sent(fields: dict[str, Any]) -> SentDelivery:
    units = units_of(fields["quantity"])
    given = {name: value for name, value in fields.items() if value is not None}
    given["quantity"] = fields["quantity"] if units is None else units if isinstance(units, int) else str(units)
    try:
        sent, _ = DeliveryRequest().load(given)
    except ValidationError as error:
        raise InputInvalid(mistakes_of(error.messages)) from error
    delivery: SentDelivery = sent
    return delivery


def _import_record(summary: ReceiptImport) -> ReceiptImportRecord:
    results = summary.results
    return ReceiptImportRecord(
        receipts=summary.receipts,
        created=results["created"],
        changed=results["changed"],
        same=results["same"],
        older=results["older"],
        refused=results["refused"],
        refusals=summary.refusals,
    )


def _import_lines(record: ReceiptImportRecord) -> Iterator[str]:
    yield say("{receipts:>12,}  receipts", receipts=record.receipts)
    yield say("{created:>12,}  new", created=record.created)
    yield say("{changed:>12,}  changed", changed=record.changed)
    yield say("{same:>12,}  as before", same=record.same)
    yield say("{older:>12,}  older than known", older=record.older)
    if record.refused:
        yield say("{refused:>12,}  refused", refused=record.refused)
