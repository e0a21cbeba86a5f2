"""`pointsman audit erase`: erases the personal values of orders."""

import contextlib

import click

from api.cli.connector.choice import connector_settings
from api.cli.options import AS_JSON, print_json
from api.cli.output.times import Times
from api.connectors.language.connector import Connector
from api.connectors.running.files_naming import files_naming, folders_of
from api.connectors.running.folder_of_connectors import read_connectors
from api.language.current import say
from api.records.orders.erasure import ErasureRecord
from engine.audit.sealing.leaf import id_text
from engine.errors import InputInvalid
from engine.orders.erasure import Erasure
from engine.service import Pointsman
from engine.settings import Settings
from rules.errors import PolicyInvalid


@click.command()
@click.argument("orders", metavar="ORDER...", nargs=-1, required=True)
@click.option("--note", default="", help="Why, for the log; without personal data.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@AS_JSON
@click.pass_obj
def erase(settings: Settings, *, orders: tuple[str, ...], note: str, yes: bool, as_json: bool) -> None:
    """Erase the personal values of orders that are over.

    Postcode, coordinates and customer can be read no more; units, costs and CO2e stand, and proofs hold. This can't be
    undone. Files of connectors on this machine that name the orders are listed, and stay.

    Example: pointsman audit erase W-900001 --note "asked for by the customer"
    """
    if not yes:
        named = ", ".join(orders)
        click.confirm(say("Erase the personal values of {orders}? This can't be undone", orders=named), abort=True)
    with Pointsman(settings) as service:
        erased = [service.erasures.erase(order, note=note) for order in orders]
        times = Times.of(service)
    if as_json:
        print_json([ErasureRecord.of(erasure) for erasure in erased])
    else:
        for erasure in erased:
            _print(erasure, times)
    _print_files_naming(orders, settings)


def _print_files_naming(orders: tuple[str, ...], settings: Settings) -> None:
    """What erasing does not reach: messages of other systems, which connectors keep as they came."""
    of_connectors = connector_settings(settings)
    connectors: list[Connector] = []
    if of_connectors.folder is not None:
        with contextlib.suppress(PolicyInvalid, InputInvalid):  # then the usual folder is looked into alone
            connectors = read_connectors(of_connectors.folder)
    found = files_naming(orders, folders_of(connectors, of_connectors.files))
    for order, files in found.files.items():
        for file in files:
            line = say(
                "{order}: {file}, kept for a connector, names it, and has in clear what another system wrote; delete it"
                " once it is over",
                order=order,
                file=file,
            )
            click.echo(line, err=True)
    for path in found.unread:
        click.echo(say("{path} can't be read here; look there for the orders, too", path=path), err=True)


def _print(erasure: Erasure, times: Times) -> None:
    order, instant = erasure.order, times(erasure.at)
    if erasure.now:
        click.echo(say("{order}: erased at {instant}", order=order, instant=instant))
    else:
        click.echo(say("{order}: erased before, at {instant}", order=order, instant=instant))
    for decision in erasure.in_clear:
        click.echo(say("  the log entry of decision {decision} has them in clear", decision=decision), err=True)
    for entry in erasure.amendments_in_clear:
        click.echo(say("  the log entry {entry} of an amendment has them in clear", entry=id_text(entry)), err=True)
