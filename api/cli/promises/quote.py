"""`pointsman quote`: what a cart may be promised."""

from pathlib import Path

import click

from api.cli.options import AS_JSON, print_json
from api.cli.output.promise_lines import quote_lines
from api.files.orders import read_cart
from api.shapes.quantities import Quantities, quantities_of
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("cart", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.pass_obj
def quote(settings: Settings, cart: Path, *, as_json: bool) -> None:
    """Show what may be promised of a cart; nothing is held.

    CART is a JSON file: an order without id, placed_at, promise_by and delivery. Of the promises shown, no other
    arrives as early, costs as little and emits as little. An order takes one up over HTTP, by the quote's id.

    Example: pointsman quote examples/hexagone/cart.json
    """
    with Pointsman(settings) as service:
        request = read_cart(cart, settings.max_lines, quantities_of(service))
        made = service.quotes.make(request)
        network = service.network()
    if as_json:
        print_json(made, Quantities(network.decimals))
        return
    for line in quote_lines(made, network, request.cart.collect_at):
        click.echo(line)
