"""`pointsman order addressee`: whom the parcels of an order go to."""

from pathlib import Path

import click

from api.cli.options import AS_JSON, ORDER, print_json
from api.cli.reads import record_read
from api.files.addressee import read_addressee
from api.language.current import say
from api.records.fulfilment.parcels import AddresseeRecord
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@ORDER
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with whom they go to from now on.",
)
@click.option("--remove", is_flag=True, help="Forget whom they go to.")
@AS_JSON
@click.pass_obj
def addressee(settings: Settings, order_id: str, *, path: Path | None, remove: bool, as_json: bool) -> None:
    """Say or show whom the parcels of an order go to.

    The order may be still to come. What is said is stored encrypted, and erased with the order.

    Example: pointsman order addressee W-900001 --file addressee.json
    """
    if path is not None and remove:
        raise click.UsageError(say("--file does not go with --remove"))
    with Pointsman(settings) as service:
        parcels = service.fulfilment.parcels
        if remove:
            parcels.remove_addressee(order_id)
            click.echo(say("nobody is known to whom parcels of order {order} go", order=order_id))
            return
        if path is not None:
            parcels.put_addressee(order_id, read_addressee(path))
        record = AddresseeRecord.of(order_id, parcels.addressee(order_id))
        record_read(service, subject=order_id, order=order_id)
    if as_json:
        print_json(record)
        return
    place = " ".join(part for part in (record.postcode, record.town) if part)
    for line in (record.name, record.company, *record.lines, place, record.region, record.country):
        if line:
            click.echo(line)
