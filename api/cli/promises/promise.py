"""`pointsman promise show`: by when products could arrive, as their pages show it."""

from typing import Any

import click
from marshmallow import ValidationError
from rich.console import Console

from api.cli.options import AS_JSON, print_json
from api.cli.output.promise_lines import lines_of_reasons, promises_table
from api.language.current import say
from api.records.promises import PromiseListRecord
from api.shapes.mistakes import mistakes_of
from api.shapes.quote import PromisesRequest
from engine.errors import InputInvalid
from engine.orders.quotes.quotes import PageRequest
from engine.service import Pointsman
from engine.settings import Settings

_DESTINATION = ("country", "postcode", "region", "latitude", "longitude")


@click.command("show")
@click.argument("skus", metavar="SKU...", nargs=-1, required=True)
@click.option("--channel", default="web", show_default=True)
@click.option("--country", help="Such as FR.")
@click.option("--postcode")
@click.option("--region")
@click.option("--lat", "latitude", help="Degrees. Without, it is placed by postcode or country.")
@click.option("--lon", "longitude", help="Degrees.")
@click.option("--collect-at", metavar="NODE", help="Collected there, instead of delivered.")
@click.option("--quantity", type=int, default=1, show_default=True, help="Units of each SKU.")
@click.option("--delivery", "deliveries", multiple=True, help="Only this kind; may be repeated. Default: all.")
@AS_JSON
@click.pass_obj
def show_promise(settings: Settings, *, as_json: bool, **request: Any) -> None:
    """Show when one unit of each SKU could arrive at the earliest.

    By kind of delivery, each SKU ordered alone; where there is none, why. SKUs that no product goes by are named on
    stderr or, with --json, in `unknown`. The word show may be left out.

    Example: pointsman promise show TXT-0059 --country FR --postcode 69003 --lat 45.75 --lon 4.85
    """
    asked = _read(request)
    with Pointsman(settings) as service:
        page = PromiseListRecord.of(service.quotes.promises(asked))
        network = service.network()
    if as_json:
        print_json(page)
        return
    Console().print(promises_table(page, network, asked.order.collect_at))
    for line in lines_of_reasons(page):
        click.echo(line)
    for sku in page.unknown:
        click.echo(say("no product goes by the SKU '{sku}'", sku=sku), err=True)


def _read(request: dict[str, Any]) -> PageRequest:
    """The options as the shape of the HTTP request reads them; those that were not given are left out."""
    given = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in request.items()
        if value not in (None, ())
    }
    destination = {name: given.pop(name) for name in _DESTINATION if name in given}
    try:
        asked: PageRequest = PromisesRequest().load(given | ({"destination": destination} if destination else {}))
    except ValidationError as error:
        raise InputInvalid(mistakes_of(error.messages)) from None
    return asked
