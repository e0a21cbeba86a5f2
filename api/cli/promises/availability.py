"""`pointsman availability`: how many units a channel may still be promised."""

from typing import Any

import click
from marshmallow import ValidationError
from rich.console import Console

from api.cli.options import AS_JSON, MAX_STALE, ShapeParam, print_age, print_json
from api.cli.output import tables
from api.language.current import say
from api.records.stock.positions import AvailabilityRecord
from api.shapes.fields import Day
from api.shapes.limits import MOST_SKUS
from api.shapes.mistakes import mistakes_of
from api.shapes.order import AnyDestination
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid
from engine.model.facts import Order
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("skus", metavar="SKU...", nargs=-1, required=True)
@click.argument("channel")
@click.option("--country", help="What an order to there can get; such as FR.")
@click.option("--postcode")
@click.option("--region")
@click.option("--lat", "latitude", help="Degrees. Without, it is placed by postcode or country.")
@click.option("--lon", "longitude", help="Degrees.")
@click.option("--collect-at", metavar="NODE", help="What an order collected there can get.")
@click.option("--delivery", help="Such as express; by default standard. It needs a destination.")
@click.option(
    "--by",
    type=ShapeParam(Day(), name="date"),
    help="Count what is to come until the end of this date, too, if rules let it be promised.",
)
@MAX_STALE
@AS_JSON
@click.pass_obj
def availability(  # an argument for each option
    settings: Settings,
    skus: tuple[str, ...],
    channel: str,
    *,
    by: int | None,
    max_stale: int | None,
    as_json: bool,
    **where: Any,
) -> None:
    """Show how many units of each SKU are free to CHANNEL, by node.

    These are the most units that an order on CHANNEL can still get: to where the options say or, without them, to
    anywhere. SKUs that no product goes by are named on stderr or, with --json, in `unknown`.

    Example: pointsman availability TXT-0059 web --country FR --postcode 69003 --by 2026-12-12
    """
    order = _order(channel, where)
    if len(skus) > MOST_SKUS:
        raise click.UsageError(
            say(
                "name at most {most_skus} SKUs; pointsman stock feed {channel} lists all of them",
                most_skus=MOST_SKUS,
                channel=channel,
            )
        )
    with Pointsman(settings) as service:
        if order is not None:
            available = service.stock.availability_at(skus, order, by=by)
        elif by is not None:
            available = service.stock.availability_by(skus, channel, by)
        else:
            available = service.stock.availability(skus, channel, max_stale=max_stale)
        quantities = Quantities.of(service)
    print_age(available.age)
    record = AvailabilityRecord.of(available)
    if as_json:
        print_json(record, quantities)
        return
    Console().print(*(tables.availability_table(item, channel) for item in quantities.show(record.skus)), sep="\n")
    for sku in available.unknown:
        click.echo(say("no product goes by the SKU '{sku}'", sku=sku), err=True)


def _order(channel: str, where: dict[str, Any]) -> Order | None:
    """An order to where the options say, read as the HTTP request is; None if they say nothing."""
    given = {name: value for name, value in where.items() if value is not None}
    try:
        order: Order | None = AnyDestination().load(given | {"channel": channel})["order"]
    except ValidationError as error:
        raise InputInvalid(mistakes_of(error.messages)) from None
    return order
