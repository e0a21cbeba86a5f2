"""`pointsman route`: decides a day of orders, one by one or as one batch, and counts the results."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console

from api.cli.options import AS_JSON, print_json
from api.cli.output import tables
from api.cli.output.progress import progress_bar
from api.files.orders import read_orders
from api.language.current import say
from api.records.day import DayFigures, DayRecord
from api.shapes.quantities import quantities_of
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order, Product
from engine.orders.batch.batch_results import OrderDecided
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from rules.vocabulary import OUTSIDE_DECISIONS

CALLER = "route"
"""The caller of the idempotency keys: an order routed before is only answered, so an interrupted day can go on."""


@click.command("route")
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
@click.pass_context
def route_day(context: click.Context, orders: Path, weigh: int, *, together: bool, wait: bool, as_json: bool) -> None:
    """Decide the orders of a day, and sum it up.

    ORDERS is an NDJSON file. Each order is decided at the instant it was placed.

    With --together, all of them are decided at the instant the last one was placed, by priority, and those of one
    priority by a joint plan that fills most units; it is not measured then which rules changed the choice.

    An order that `route` decided in the last 24 hours is not decided again: run an interrupted command again, and it
    continues.

    Example: pointsman route examples/hexagone/orders.ndjson
    """
    if wait and not together:
        raise click.UsageError(say("--wait goes with --together"))
    if together and context.get_parameter_source("weigh") is ParameterSource.COMMANDLINE:
        raise click.UsageError(say("--weigh is for orders that are decided one by one, without --together"))
    settings: Settings = context.obj
    with Pointsman(settings) as service, progress_bar() as progress:
        requests = read_orders(orders, settings.max_lines, quantities_of(service))
        plan = progress.add_task(say("planning"), total=len(requests), visible=together)
        task = progress.add_task(say("routing"), total=len(requests))
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


def check_products(orders: Sequence[Order], pointsman: Pointsman) -> frozenset[str]:
    """The orders' SKUs that are end of line; raises OrderInvalid for each unknown SKU and each order id given twice."""
    skus = dict.fromkeys(sku for order in orders for sku in order.skus)
    products = pointsman.products(skus)
    check_orders(orders, products)
    return frozenset(sku for sku, product in products.items() if product.lifecycle == "end_of_line")


def check_orders(orders: Sequence[Order], products: Mapping[str, Product]) -> None:
    """Raise OrderInvalid for each SKU that is none of the products, and each order id given twice."""
    repeated = [name for name, count in Counter(order.id for order in orders).items() if count > 1]
    mistakes = [
        Mistake(where=say("order {name}", name=name), field="id", message=say("is in the file more than once"))
        for name in repeated
    ]
    mistakes += [
        Mistake(
            where=say("order {id}", id=order.id),
            field="sku",
            message=say("no product goes by the SKU '{sku}'", sku=sku),
        )
        for order in orders
        for sku in order.skus
        if sku not in products
    ]
    if mistakes:
        raise OrderInvalid(mistakes)


def _active_rules(pointsman: Pointsman) -> frozenset[str]:
    """The rules that may act on an order; others act once a node rejects one."""
    active = pointsman.versions.timeline().active
    rules = pointsman.versions.read(active).rules.values() if active else ()
    return frozenset(rule.id for rule in rules if any(effect.stage not in OUTSIDE_DECISIONS for effect in rule.effects))


def route(
    orders: Sequence[Order], pointsman: Pointsman, *, weigh: int, progress: Callable[[], None] = lambda: None
) -> DayFigures:
    """Decide `orders` one by one, each at its `placed_at`. On `weigh` of them, evenly spread, measure which rules
    changed the choice.
    """
    clearance = check_products(orders, pointsman)
    day = DayFigures(currency=pointsman.network().currency, rules=_active_rules(pointsman))
    stride = max(1, -(-len(orders) // weigh)) if weigh else 0
    for index, order in enumerate(orders):
        weighed = pointsman.deciding_rules(order, now=order.placed_at) if stride and index % stride == 0 else None
        answer = pointsman.decide(order, now=order.placed_at, key=RequestKey(caller=CALLER, name=order.id))
        day.add(answer.record, clearance)
        if not answer.new:
            day.before += 1
        elif weighed is not None:
            day.weighed += 1
            day.decided.update(weighed)
        progress()
    return day


def route_together(
    orders: Sequence[Order],
    pointsman: Pointsman,
    *,
    wait: bool,
    progress: Callable[[], None] = lambda: None,
    planning: Callable[[], None] = lambda: None,
) -> DayFigures:
    """Decide `orders` as one batch, those of one priority by a joint plan, as of the instant the last was placed.

    Raises the error that kept an order from being decided; those before it stay decided, and calling this again
    continues after them.
    """
    clearance = check_products(orders, pointsman)
    day = DayFigures(currency=pointsman.network().currency, rules=_active_rules(pointsman))
    if not orders:
        return day
    batch = pointsman.batch(
        orders,
        now=max(order.placed_at for order in orders),
        # the same keys as in `route`: an order routed before is only answered
        keys=lambda order: RequestKey(caller=CALLER, name=order.id),
        caller=CALLER,
        wait=wait,
        progress=progress,
        planning=planning,
    )
    for result in batch.results():
        if not isinstance(result, OrderDecided):
            raise result.error if batch.failure is None else batch.failure
        record = result.answer.record
        day.add(record, clearance)
        day.before += not result.answer.new
        day.lacking += bool(record.lacked)
    day.joint = batch.joint
    return day
