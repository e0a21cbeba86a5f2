"""`pointsman whatif --orders`: the orders of a file instead of logged ones, and what does not go with it."""

from pathlib import Path

import click
from click.core import ParameterSource

from api.cli.route_day import check_orders
from api.files.inventory_folder import load_inventory
from api.files.orders import read_orders
from api.language.current import say
from api.shapes.quantities import Quantities, quantities_of
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman
from engine.simulation.rolled.orders_to_try import OrdersToTry

ORDERS = click.option(
    "--orders",
    "orders_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Try it on the orders of this NDJSON or CSV file instead of logged ones: one after another, from the stock of"
    " now on, or from that of the folder --network-file.",
)
_OF_LOGGED_DECISIONS = {
    "start": "--from",
    "end": "--to",
    "checkpoint": "--checkpoint",
    "resume": "--resume",
    "dask": "--dask",
    "workers": "--workers",
    "begins_again": "--begin-again",
}


def verify_options(context: click.Context) -> None:
    """Raise UsageError for options that say nothing beside --orders."""
    given = [name for key, name in _OF_LOGGED_DECISIONS.items() if _is_typed(context, key)]
    if context.params["way"] == "one-step" and _is_typed(context, "way"):
        given.append("--way one-step")
    if given:
        message = say(
            "--orders takes the orders of a file, and decides one after another in one process: leave out {options}",
            options=", ".join(given),
        )
        raise click.UsageError(message)


def orders_to_try(service: Pointsman, path: Path, folder: Path | None) -> OrdersToTry:
    """The orders of the file, on the network and the stock of a folder, or else on those of now. Raises OrderInvalid
    with the mistakes of the file, and InputInvalid with those of the folder, or if there are no orders.
    """
    inventory = None if folder is None else load_inventory(folder)
    quantities = quantities_of(service)
    if inventory is not None:
        of_folder = Quantities(inventory.network.decimals)
        quantities = lambda: of_folder  # noqa: E731  # schemas are copied
    orders = read_orders(path, service.settings.max_lines, quantities)
    if not orders:
        raise InputInvalid([Mistake(field="--orders", message=say("{file} has no orders", file=path))])
    skus = dict.fromkeys(sku for order in orders for sku in order.skus)
    check_orders(orders, service.products(skus) if inventory is None else inventory.products)
    return OrdersToTry(
        file=str(path), orders=tuple(orders), folder="" if folder is None else str(folder), inventory=inventory
    )


def _is_typed(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT
