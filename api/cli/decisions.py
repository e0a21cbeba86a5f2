"""`pointsman decide` and `show`: decide one order, and show what was decided."""

from pathlib import Path

import click

from api.cli.options import AS_JSON, DURATION, INSTANT, print_json
from api.cli.order.group import print_order
from api.cli.output import tables
from api.files.orders import read_order
from api.records.orders import OrderStateRecord
from engine.decide.facts_record import facts_from_json
from engine.errors import NotFound
from engine.model.facts import Network
from engine.orders.decide_and_commit import Answer
from engine.service import Pointsman
from engine.settings import Settings

_FACTS = click.option(
    "--facts", is_flag=True, help="Also show the stock it was decided on, and the options that rules took away."
)


@click.command()
@click.argument("order", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Decide, but hold nothing and log nothing.")
@click.option(
    "--at", "instant", type=INSTANT, help="Decide as of this instant, such as 2026-11-27T08:15:00Z. Default: now."
)
@click.option("--wait", is_flag=True, help="Put units that stay unfilled into the backlog.")
@click.option("--hold", type=DURATION, help="Hold the units so long, such as 4h. Default: as the policies say.")
@_FACTS
@AS_JSON
@click.pass_obj
def decide(
    settings: Settings,
    order: Path,
    *,
    dry_run: bool,
    instant: int | None,
    wait: bool,
    hold: int | None,
    facts: bool,
    as_json: bool,
) -> None:
    """Decide where an order ships from, and hold its stock.

    ORDER is a JSON file.

    Example: pointsman decide examples/hexagone/order.json --dry-run
    """
    request = read_order(order, settings.max_lines)
    with Pointsman(settings) as service:
        answer = service.decide(request, now=instant, dry_run=dry_run, caller="cli", wait=wait, hold_minutes=hold)
        network = service.network()
    _show_decision(answer, network, facts=facts, as_json=as_json)


@click.command()
@click.argument("decision_id")
@_FACTS
@AS_JSON
@click.pass_obj
def show(settings: Settings, decision_id: str, *, facts: bool, as_json: bool) -> None:
    """Show a logged decision; by the id of an order, the order.

    Example: pointsman show 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        try:
            answer = service.decision(decision_id)
        except NotFound as missing:
            _show_order(service, decision_id, missing, as_json=as_json)
            return
        network = service.network()
    _show_decision(answer, network, facts=facts, as_json=as_json)


def _show_order(service: Pointsman, order_id: str, missing: NotFound, *, as_json: bool) -> None:
    try:
        state = service.orders.show(order_id)
    except NotFound:
        raise missing from None
    print_order(OrderStateRecord.of(state), as_json=as_json)


def _show_decision(answer: Answer, network: Network, *, facts: bool, as_json: bool) -> None:
    if as_json:
        print_json(answer.whole if facts else answer.body)
        return
    for line in tables.decision_lines(answer.record, network):
        click.echo(line)
    for line in tables.facts_lines(facts_from_json(answer.facts)) if facts else ():
        click.echo(line)
