"""`pointsman order amend`: an order becomes another one."""

from collections.abc import Iterator
from pathlib import Path

import click

from api.cli.options import AS_JSON, OP, print_json
from api.cli.output import tables
from api.files.orders import read_order
from api.language.current import say
from api.records.orders.amendment import AmendmentRecord, UnitsAtNodeRecord
from api.shapes.quantities import Quantities, quantities_of
from engine.model.facts import Network
from engine.orders.amendment.amend_order import Amended
from engine.orders.amendment.plan import AmendRequest
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("order", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--wait", is_flag=True, help="Put units that stay unfilled into the backlog.")
@click.option("--dry-run", is_flag=True, help="Say what would change, but change nothing.")
@OP
@AS_JSON
@click.pass_obj
def amend(settings: Settings, order: Path, *, wait: bool, dry_run: bool, op: str | None, as_json: bool) -> None:
    """Change an order: its address, delivery, lines or quantities.

    ORDER is a JSON file with the whole order as it is to be, under the id that it has. What has left stays. What is
    held stays held where it is still right, and the rest is decided again.

    Example: pointsman order amend order.json --dry-run
    """
    with Pointsman(settings) as service:
        placed = read_order(order, settings.max_lines, quantities_of(service))
        request = AmendRequest(order=placed, waits=wait, op=op)
        amended = service.amendments.amend(request, dry_run=dry_run)
        network = service.network()
    print_amended(amended, network, as_json=as_json)


def print_amended(amended: Amended, network: Network, *, as_json: bool) -> None:
    record = AmendmentRecord.of(amended)
    if as_json:
        print_json(record, Quantities(network.decimals))
        return
    decision = tables.decision_lines(amended.decision.record, network) if amended.decision else ()
    for line in (*_lines(record, Quantities(network.decimals)), *decision):
        click.echo(line)


def _lines(record: AmendmentRecord, quantities: Quantities) -> Iterator[str]:
    yield say("order {order}: changed {fields}", order=record.order, fields=", ".join(record.fields) or say("nothing"))
    for change in quantities.show(record.changed):
        yield say(
            "  line {line}: {after} x {sku}, not {before}",
            line=change.line,
            after=change.after,
            sku=change.sku,
            before=change.before,
        )
    for verb, units in ((say("still held"), record.kept), (say("held no longer"), record.released)):
        yield from (f"  {verb}: {_phrase(item)}" for item in quantities.show(units))


def _phrase(units: UnitsAtNodeRecord) -> str:
    return say(
        "{quantity} x {sku} (line {line}) at {node}/{service}",
        quantity=units.quantity,
        sku=units.sku,
        line=units.line,
        node=units.node,
        service=units.service,
    )
