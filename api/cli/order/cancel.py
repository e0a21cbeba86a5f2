"""`pointsman order cancel`: a customer cancels an order, or some of its units."""

from collections.abc import Iterator
from functools import partial

import click
from msgspec import structs

from api.cli.options import AS_JSON, LINES, OP, ORDER, print_json, units_by_name
from api.language.current import say
from api.records.orders.cancellation import CancellationRecord, CancelledUnitsRecord
from api.shapes.quantities import Quantities, skus_of_order
from engine.errors import InputInvalid, Mistake
from engine.orders.cancellation.plan import CancelRequest
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@ORDER
@LINES
@click.option(
    "--shipment", "shipments", multiple=True, help="NODE/SERVICE of a shipment whose units go; may be given repeatedly."
)
@OP
@AS_JSON
@click.pass_obj
def cancel(
    settings: Settings,
    order_id: str,
    *,
    lines: tuple[str, ...],
    shipments: tuple[str, ...],
    op: str | None,
    as_json: bool,
) -> None:
    """Cancel units of an order that have not left.

    Unfilled and waiting units go first, then held ones, so that what is left costs least.

    Example: pointsman order cancel W-900001 --line 1=2
    """
    units, names = units_by_name("--line", lines), [_shipment(name) for name in shipments]
    with Pointsman(settings) as service:
        quantities = Quantities.of(service)
        skus = partial(skus_of_order, service, order_id)
        request = CancelRequest(order=order_id, lines=quantities.by_line(units, skus), shipments=names, op=op)
        record = CancellationRecord.of(service.cancellations.cancel(request))
        in_all = quantities.show_by_line(record.cancelled, skus)
    record = structs.replace(record, cancelled=in_all)
    if as_json:
        print_json(record, quantities)
    for line in [] if as_json else _lines(quantities.show(record)):
        click.echo(line)


def _shipment(name: str) -> tuple[str, str]:
    node, _, service = name.rpartition("/")
    if not node:
        raise InputInvalid([Mistake(field="--shipment", message=say("'{name}' is not NODE/SERVICE", name=name))])
    return node, service


def _lines(record: CancellationRecord) -> Iterator[str]:
    in_all = ", ".join(
        say("{count} of line {line}", count=count, line=line) for line, count in record.cancelled.items()
    ) or say("nothing")
    yield say("order {order}: {in_all} cancelled in all", order=record.order, in_all=in_all)
    for item in record.units:
        yield say(
            "  {quantity} x {sku} (line {line}): {where}",
            quantity=item.quantity,
            sku=item.sku,
            line=item.line,
            where=_where(item),
        )


def _where(item: CancelledUnitsRecord) -> str:
    return (
        say(
            "held at {node}/{service} by decision {decision}",
            node=item.node,
            service=item.service,
            decision=item.decision,
        )
        if item.was == "held"
        else say(item.was.replace("_", " "))
    )
