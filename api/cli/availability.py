"""`pointsman availability`: how many units a channel may still be promised."""

import click
from rich.console import Console

from api.cli.options import AS_JSON, MAX_STALE, print_age, print_json
from api.cli.output import tables
from api.records.stock import OneAvailabilityRecord
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("sku")
@click.argument("channel")
@MAX_STALE
@AS_JSON
@click.pass_obj
def availability(settings: Settings, sku: str, channel: str, *, max_stale: int | None, as_json: bool) -> None:
    """Show how many units of SKU are free to CHANNEL, by node.

    These are the units that an order on CHANNEL can still get.

    Example: pointsman availability TXT-0059 web
    """
    with Pointsman(settings) as service:
        available = service.availability(sku, channel, max_stale=max_stale)
    print_age(available.age)
    if as_json:
        print_json(OneAvailabilityRecord.of(available))
    else:
        Console().print(tables.availability_table(available))
