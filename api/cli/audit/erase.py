"""`pointsman audit erase`: erases the personal values of orders."""

import click

from api.cli.language.current import say
from api.cli.options import AS_JSON, print_json
from api.cli.output.times import Times
from api.records.orders.erasure import ErasureRecord
from engine.audit.sealing.leaf import id_text
from engine.orders.erasure import Erasure
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("orders", metavar="ORDER...", nargs=-1, required=True)
@click.option("--note", default="", help="Why, for the log; without personal data.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@AS_JSON
@click.pass_obj
def erase(settings: Settings, *, orders: tuple[str, ...], note: str, yes: bool, as_json: bool) -> None:
    """Erase the personal values of orders that are over.

    Postcode, coordinates and customer can be read no more; units, costs and CO2e stand, and proofs hold. This can't be
    undone.

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
        return
    for erasure in erased:
        _print(erasure, times)


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
