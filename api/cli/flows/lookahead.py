"""`pointsman lookahead`: learns what units are worth where they will be needed, and shows it."""

from collections.abc import Iterator, Sequence

import click
from msgspec import UNSET

from api.cli.flows.lookahead_comparison import compare
from api.cli.options import AS_JSON, DASK, INSTANT_END, WORKERS, print_json, spread_of
from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.progress import Bars, progress_bar
from api.cli.output.tables import money
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import counted, say, say_number
from api.records.flows.learnt_lookahead import LearntLookaheadRecord, ShownLookaheadRecord
from api.records.flows.lookahead import LookaheadTableRecord
from engine.decide.kept_facts.lookahead_record import LookaheadPriceRecord
from engine.lookahead.learning import HORIZON_DAYS
from engine.lookahead.spread import solved_where
from engine.service import Pointsman
from engine.settings import Settings

_MOST_SHOWN = 20
"""Prices that are printed; --json has a hundred."""
_MOST_IN_JSON = 100
_MOST_DAYS = 365


@click.group()
def lookahead() -> None:
    """Learn what units are worth where they will be needed."""


lookahead.add_command(compare)


@lookahead.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be learnt.")
@click.option(
    "--to",
    "until",
    type=INSTANT_END,
    help="Of the orders before this instant; of a date, up to the end of that day. Default: now.",
)
@click.option(
    "--days",
    type=click.IntRange(1, _MOST_DAYS),
    default=HORIZON_DAYS,
    show_default=True,
    help="Demand of so many days to come has to be met with what is there, unless more comes in before.",
)
@WORKERS
@DASK
@AS_JSON
@click.pass_obj
def learn(
    settings: Settings,
    *,
    dry_run: bool,
    until: int | None,
    days: int,
    workers: int | None,
    dask: str | None,
    as_json: bool,
) -> None:
    """Learn look-ahead prices from the log, and publish them.

    A unit that ships from here is not here when it is needed more. What that costs follows from the orders of the last
    days, by region, the stock there is and what shipping costs. Decisions count it where a rule says lookahead: on,
    until the table is too old.

    Example: pointsman lookahead learn --dry-run
    """
    spread = spread_of(workers, dask)
    with Pointsman(settings) as service:
        with progress_bar() as progress:
            learnt = service.flows.lookahead.learn(
                dry_run=dry_run,
                until=until,
                horizon=days,
                elsewhere=solved_where(spread, service),
                advanced=Bars(progress, _names()).advance,
            )
        record_read(service, count=learnt.prices.history.orders)
        times = Times.of(service)
    record = LearntLookaheadRecord.of(learnt, _MOST_IN_JSON)
    if as_json:
        print_json(record)
        return
    for line in _learnt_lines(record, times):
        click.echo(line)
    if record.dearest:
        dearest = [(price.sku, price.node, price) for price in record.dearest[:_MOST_SHOWN]]
        _print_prices(dearest, record.head, times, title=say("The dearest"))
    if dry_run:
        click.echo(say("nothing was published: this is a dry run"))
    else:
        click.echo(
            say(
                "published: table {table}, used until {until}",
                table=record.head.table[:12],
                until=times(record.head.use_until),
            )
        )


@lookahead.command()
@click.argument("sku", required=False)
@click.option("--table", metavar="TABLE", help="The table, or its beginning. Default: the one in force.")
@AS_JSON
@click.pass_obj
def show(settings: Settings, sku: str | None, *, table: str | None, as_json: bool) -> None:
    """Show the prices of SKU, or which tables there are.

    Example: pointsman lookahead show TXT-0059
    """
    skus = [sku] if sku else []
    with Pointsman(settings) as service:
        record = ShownLookaheadRecord.of(service.flows.lookahead.show(skus, table=table), sku)
        times = Times.of(service)
    if as_json:
        print_json(record)
        return
    for line in _head_lines(record, times):
        click.echo(line)
    if record.nodes is not UNSET and sku:
        if record.nodes:
            _print_prices([(sku, node, price) for node, price in record.nodes.items()], record.head, times, title=sku)
        else:
            click.echo(
                say("{sku} has no price anywhere: there is enough of it, or nobody is expected to need it", sku=sku)
            )
    if record.tables is not UNSET:
        rows = [
            (item.head.table[:12], times(item.head.learnt_at), item.head.learnt_by, times(item.head.use_until))
            for item in record.tables
        ]
        headings = say("table"), say("learnt"), say("by"), say("used until")
        counts = number_columns(
            (say("SKUs"), say("prices")),
            [tuple(say_number(f"{number:,}") for number in (i.head.skus, i.head.prices)) for i in record.tables],
        )
        print_columns(text_columns(headings, rows), counts)


def _names() -> dict[str, str]:
    """Of the parts of learning."""
    return {"orders": say("reading the log"), "stock": say("reading the stock"), "prices": say("learning")}


def _learnt_lines(record: LearntLookaheadRecord, times: Times) -> Iterator[str]:
    head = record.head
    yield say(
        "learnt from {orders}, {since} to {until}",
        orders=counted(record.orders, "order"),
        since=times(head.demand_since),
        until=times(head.demand_until),
    )
    yield say("{number:>12,}  regions that orders went to", number=record.regions)
    yield say("{number:>12,}  SKUs that several nodes have", number=record.solved)
    yield say("{number:>12,}  of them are worth more at one node than at another", number=head.skus)
    if record.unplaced:
        yield say("{number:>12,}  orders were left out: nobody knows any more where they went", number=record.unplaced)
    if record.damaged:
        yield say("{damaged:>12,}  entries of the log could not be read", damaged=record.damaged)


def _head_lines(record: ShownLookaheadRecord, times: Times) -> Iterator[str]:
    head = record.head
    yield say(
        "table {table}: {prices} of {skus}",
        table=head.table[:12],
        prices=counted(head.prices, "price"),
        skus=counted(head.skus, "SKU"),
    )
    yield say("learnt {at} by {who}, {age} ago", at=times(head.learnt_at), who=head.learnt_by, age=_age(record))
    yield say("from the orders of {since} to {until}", since=times(head.demand_since), until=times(head.demand_until))
    if record.head.too_old:
        yield say("too old since {until}: decisions don't use it; learn prices again", until=times(head.use_until))
    elif record.in_force:
        yield say("in force: used until {until}", until=times(head.use_until))
    else:
        yield say("another table is in force")


def _age(record: ShownLookaheadRecord) -> str:
    hours, minutes = divmod(record.age_minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return say("{days} d {hours} h", days=days, hours=hours)
    return say("{hours} h {minutes} min", hours=hours, minutes=minutes)


def _print_prices(
    prices: Sequence[tuple[str, str, LookaheadPriceRecord]], head: LookaheadTableRecord, times: Times, *, title: str
) -> None:
    """Each with its SKU and node."""
    keys = text_columns((say("SKU"), say("node")), [(sku, node) for sku, node, _ in prices])
    figures = [
        (money(item.price_micros, head.currency), item.region, times(item.needed_by) if item.needed_by else "")
        for _, _, item in prices
    ]
    headings = say("a unit"), say("needed by region"), say("until")
    print_columns(keys, number_columns(headings, figures), title=title)
