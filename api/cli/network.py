"""`pointsman load` and `reset`: put a network in place, and delete one."""

import os
from pathlib import Path

import click

from api.cli.network_only import load_without_stock
from api.cli.options import AS_JSON
from api.cli.output.mistakes import fail
from api.files.inventory_folder import load_inventory
from api.files.receipts import import_folder, receipts_of_folder
from api.language.current import counted, say
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--counts", is_flag=True, help="Also where stock was counted since the load before.")
@click.option("--network-only", is_flag=True, help="Only network.yaml and postcodes.csv; products and stock stay.")
@AS_JSON
@click.pass_obj
def load(settings: Settings, directory: Path, *, counts: bool, network_only: bool, as_json: bool) -> None:
    """Load the network, products and stock in DIRECTORY.

    They are its files network.yaml, products.csv, stock.csv and, if there are such, postcodes.csv and receipts.csv. If
    there is a mistake in them, nothing is loaded. Stock that was counted since the load before stays as it is, unless
    you say --counts. Then what is to come is announced: the receipts of receipts.csv, and `incoming` of stock.csv. One
    that contradicts what is known of it is refused and named, and the command fails.

    With --network-only, the places, services, carriers, addresses, printers and all else of network.yaml and
    postcodes.csv are put in place, and products, stock and receipts stay as they are; the folder needs no files of
    these. What can't change without them, such as a place that is taken out, is refused. It says what was added,
    changed and taken out; --json says that for programs.

    Example: pointsman load examples/hexagone
    """
    if network_only:
        if counts:
            raise click.UsageError(say("--counts is about stock, and --network-only leaves stock as it is"))
        load_without_stock(settings, directory, as_json=as_json)
        return
    if as_json:
        raise click.UsageError(say("--json says what --network-only changed; add that"))
    inventory = load_inventory(directory)
    receipts = receipts_of_folder(directory, inventory)
    with Pointsman(settings) as service:
        changed = service.load(inventory, counts=counts)
        version = service.network().version
        to_come = import_folder(receipts, service)
    positions = sum(len(stock) for stock in inventory.stock.values())
    units = sum(sum(stock.values()) for stock in inventory.stock.values())
    click.echo(
        say(
            "{nodes}, {products}, {positions} with {units}: network {version}{more}",
            nodes=counted(len(inventory.network.nodes), "node"),
            products=counted(len(inventory.products), "product"),
            positions=counted(positions, "position"),
            units=counted(units, "unit"),
            version=version[:12],
            more="" if changed else say(", as before"),
        )
    )
    if to_come.late:
        late = counted(to_come.late, "receipt")
        click.echo(say("{receipts} late; 'pointsman inbound late' lists what was to come by now", receipts=late))
    if to_come.refusals:
        fail(to_come.refusals)


@click.command()
@click.argument("network")
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(network: str, *, yes: bool) -> None:
    """Delete everything of NETWORK, its decision log included.

    Everything is facts, stock, holds, policies and the decision log.

    Example: pointsman reset demo
    """
    if not yes:
        click.confirm(
            say("Delete everything of network '{network}', its decision log included?", network=network), abort=True
        )
    # read again, so that an invalid network name is refused
    settings = Settings.from_environment({**os.environ, "POINTSMAN_NETWORK": network})
    with Pointsman(settings) as service:
        click.echo(say("{keys} of network '{network}' deleted", keys=counted(service.forget(), "key"), network=network))
