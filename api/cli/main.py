"""The `pointsman` command: its options, the commands that belong to no group, and how errors end it."""

import os
import sys
from pathlib import Path

import click
from rich.console import Console

from api.cli.backlog import backlog
from api.cli.hold import hold
from api.cli.init import init
from api.cli.ledger import ledger
from api.cli.node_rests import resting
from api.cli.options import AS_JSON, INSTANT, MAX_STALE, print_age, print_json
from api.cli.output import tables
from api.cli.output.mistakes import fail, fail_with_mistakes
from api.cli.output.plural import counted
from api.cli.output.progress import progress_bar
from api.cli.policy import policy
from api.cli.rerouting import chain, reject
from api.cli.route_day import route, route_together
from api.cli.stock import stock
from api.files.inventory_folder import load_inventory
from api.files.orders import read_order, read_orders
from api.records.day import DayRecord
from api.records.stock import OneAvailabilityRecord
from engine.errors import InputInvalid, PointsmanError
from engine.model.facts import Network
from engine.orders.decide_and_commit import Answer
from engine.service import Pointsman
from engine.settings import Settings
from engine.version import VERSION
from rules.errors import PolicyInvalid, RulesError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--network", envvar="POINTSMAN_NETWORK", show_envvar=True, help="The network to work on. Default: main.")
@click.version_option(VERSION, prog_name="pointsman")
@click.pass_context
def pointsman(context: click.Context, network: str | None) -> None:
    """Decide where each order ships from, by rules that merchandisers write.

    A first look: pointsman init shop writes a small network, policies and orders into the new directory shop, and
    names the commands to try there.
    """
    option = {"POINTSMAN_NETWORK": network} if network else {}
    context.obj = Settings.from_environment({**os.environ, **option})


@pointsman.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def load(settings: Settings, directory: Path) -> None:
    """Load the network, products and stock in DIRECTORY.

    They are its files network.yaml, products.csv and stock.csv. If there is a mistake in them, nothing is loaded.

    Example: pointsman load examples/hexagone
    """
    inventory = load_inventory(directory)
    with Pointsman(settings) as service:
        changed = service.load(inventory)
    positions = sum(len(stock) for stock in inventory.stock.values())
    units = sum(sum(stock.values()) for stock in inventory.stock.values())
    click.echo(
        f"{counted(len(inventory.network.nodes), 'node')}, {counted(len(inventory.products), 'product')}, "
        f"{counted(positions, 'position')} with {counted(units, 'unit')}: network {inventory.network.version[:12]}"
        f"{'' if changed else ', as before'}"
    )


pointsman.add_command(init)
pointsman.add_command(policy)
pointsman.add_command(stock)
pointsman.add_command(hold)
pointsman.add_command(backlog)
pointsman.add_command(reject)
pointsman.add_command(chain)
pointsman.add_command(resting)
pointsman.add_command(ledger)


@pointsman.command()
@click.argument("order", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Decide, but hold nothing and log nothing.")
@click.option(
    "--at", "instant", type=INSTANT, help="Decide as of this instant, such as 2026-11-27T08:15:00Z. Default: now."
)
@click.option("--wait", is_flag=True, help="Put units that stay unfilled into the backlog.")
@AS_JSON
@click.pass_obj
def decide(settings: Settings, order: Path, *, dry_run: bool, instant: int | None, wait: bool, as_json: bool) -> None:
    """Decide where an order ships from, and hold its stock.

    ORDER is a JSON file.

    Example: pointsman decide examples/hexagone/order.json --dry-run
    """
    request = read_order(order, settings.max_lines)
    with Pointsman(settings) as service:
        answer = service.decide(request, now=instant, dry_run=dry_run, caller="cli", wait=wait)
        network = service.network()
    _show_decision(answer, network, as_json=as_json)


@pointsman.command()
@click.argument("decision_id")
@AS_JSON
@click.pass_obj
def show(settings: Settings, decision_id: str, *, as_json: bool) -> None:
    """Show a logged decision.

    Example: pointsman show 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        answer = service.decision(decision_id)
        network = service.network()
    _show_decision(answer, network, as_json=as_json)


@pointsman.command("route")
@click.argument("orders", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--weigh",
    default=250,
    show_default=True,
    type=click.IntRange(0),
    help="Measure on so many orders which rules changed the choice.",
)
@click.option(
    "--together", is_flag=True, help="Decide them as one batch: by priority, and those of one priority jointly."
)
@click.option("--wait", is_flag=True, help="With --together: put units that stay unfilled into the backlog.")
@AS_JSON
@click.pass_obj
def route_day(settings: Settings, orders: Path, weigh: int, *, together: bool, wait: bool, as_json: bool) -> None:
    """Decide the orders of a day, and sum it up.

    ORDERS is an NDJSON file. Each order is decided at the instant it was placed.

    With --together, all of them are decided at the instant the last one was placed, by priority, and those of one
    priority by a joint plan that fills most units; it is not measured then which rules changed the choice.

    An order that `route` decided in the last 24 hours is not decided again: run an interrupted command again, and it
    continues.

    Example: pointsman route examples/hexagone/orders.ndjson
    """
    if wait and not together:
        raise click.UsageError("--wait goes with --together")
    requests = read_orders(orders, settings.max_lines)
    with Pointsman(settings) as service, progress_bar() as progress:
        plan = progress.add_task("planning", total=len(requests), visible=together)
        task = progress.add_task("routing", total=len(requests))
        day = (
            route_together(
                requests,
                service,
                wait=wait,
                progress=lambda: progress.advance(task),
                planning=lambda: progress.advance(plan),
            )
            if together
            else route(requests, service, weigh=weigh, progress=lambda: progress.advance(task))
        )
    if as_json:
        print_json(DayRecord.of(day))
    for table in [] if as_json else tables.day_tables(day):
        Console().print(table)


@pointsman.command()
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


@pointsman.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.pass_obj
def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answer over HTTP, until interrupted.

    Example: pointsman serve --port 8000
    """
    os.environ["POINTSMAN_NETWORK"] = settings.network
    options = ["--bind", f"{host}:{port}", "--workers", str(workers), "--worker-class", "gthread", "--threads", "4"]
    hardening = ["--no-control-socket", "--umask", "63", "--keep-alive", "75"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, *hardening, "api.http.app:served_app()"])  # noqa: S606  # the words are constants and checked numbers; no shell is involved


@pointsman.command()
@click.argument("network")
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(network: str, *, yes: bool) -> None:
    """Delete everything of NETWORK, its decision log included.

    Everything is facts, stock, holds, policies and the decision log.

    Example: pointsman reset demo
    """
    if not yes:
        click.confirm(f"Delete everything of network '{network}', its decision log included?", abort=True)
    # read again, so that an invalid network name is refused
    settings = Settings.from_environment({**os.environ, "POINTSMAN_NETWORK": network})
    with Pointsman(settings) as service:
        click.echo(f"{counted(service.forget(), 'key')} of network '{network}' deleted")


def main() -> None:
    """The console script. Errors of Pointsman's own end it with a message and exit status 1, never with a traceback."""
    try:
        pointsman()
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, "nothing was changed")
    except (PointsmanError, RulesError) as error:
        fail([str(error)])


def _show_decision(answer: Answer, network: Network, *, as_json: bool) -> None:
    if as_json:
        print_json(answer.body)
    for line in [] if as_json else tables.decision_lines(answer.record, network):
        click.echo(line)
