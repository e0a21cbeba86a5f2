"""`pointsman availability`: how many units a channel may still be promised."""

import click
from rich.console import Console

from api.cli.options import AS_JSON, MAX_STALE, print_age, print_json
from api.cli.output import tables
from api.records.stock.positions import AvailabilityRecord
from api.shapes.limits import MOST_SKUS
from api.shapes.quantities import Quantities
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("skus", metavar="SKU...", nargs=-1, required=True)
@click.argument("channel")
@MAX_STALE
@AS_JSON
@click.pass_obj
def availability(
    settings: Settings, skus: tuple[str, ...], channel: str, *, max_stale: int | None, as_json: bool
) -> None:
    """Show how many units of each SKU are free to CHANNEL, by node.

    These are the units that an order on CHANNEL can still get. SKUs that no product goes by are named on
    stderr or, with --json, in `unknown`.

    Example: pointsman availability TXT-0059 web
    """
    if len(skus) > MOST_SKUS:
        raise click.UsageError(f"name at most {MOST_SKUS} SKUs; pointsman stock feed {channel} lists all of them")
    with Pointsman(settings) as service:
        available = service.stock.availability(skus, channel, max_stale=max_stale)
        quantities = Quantities.of(service)
    print_age(available.age)
    record = AvailabilityRecord.of(available)
    if as_json:
        print_json(record, quantities)
        return
    Console().print(*(tables.availability_table(item, channel) for item in quantities.show(record.skus)), sep="\n")
    for sku in available.unknown:
        click.echo(f"no product goes by the SKU '{sku}'", err=True)
