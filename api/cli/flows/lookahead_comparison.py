"""`pointsman lookahead compare`: what a table of prices would have brought on the orders of the past."""

from collections.abc import Iterator

import click
from msgspec import UNSET

from api.cli.options import AS_JSON, DASK, INSTANT, TO_OR_NOW, WORKERS, print_json, spread_of
from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.numbers import millionths
from api.cli.output.progress import Bars, progress_bar
from api.cli.output.tables import money
from api.cli.reads import record_read
from api.language.current import counted, say, say_number
from api.records.flows.lookahead_comparison import (
    LookaheadComparisonRecord,
    LookaheadHindsightRecord,
    LookaheadTotalsRecord,
)
from engine.lookahead.comparison import ComparisonRequest, compare_tables
from engine.model.lookahead import LookaheadTable
from engine.service import Pointsman
from engine.settings import Settings

_USUAL_PERIOD = 28 * 86_400
"""Seconds."""
_NONE = "none"


@click.command()
@click.argument("table", required=False)
@click.option(
    "--against",
    metavar="TABLE",
    default=_NONE,
    show_default=True,
    help="The table it is compared with, or its beginning.",
)
@click.option(
    "--from", "start", type=INSTANT, help="Orders decided from this instant on. Default: 28 days before the end."
)
@TO_OR_NOW
@click.option("--no-bound", is_flag=True, help="Leave out what was possible at most, which takes longest.")
@WORKERS
@DASK
@AS_JSON
@click.pass_obj
def compare(
    settings: Settings,
    table: str | None,
    *,
    against: str,
    start: int | None,
    end: int | None,
    no_bound: bool,
    workers: int | None,
    dask: str | None,
    as_json: bool,
) -> None:
    """Say what TABLE would have brought on the orders of the past.

    Each order of the period is decided again after the one before, on the stock that is left, without prices and with
    those of the table, by default the one in force. Beside it stands the least that the orders could have cost, had all
    been known before. Nothing is changed.

    Example: pointsman lookahead compare --from 2026-11-27 --to 2026-11-27
    """
    spread = spread_of(workers, dask)
    with Pointsman(settings) as service:
        until = service.now + 1 if end is None else end
        prices = service.flows.lookahead
        compared = prices.table(table)
        baseline: LookaheadTable | None = None if against == _NONE else prices.table(against)
        request = ComparisonRequest(
            since=until - _USUAL_PERIOD if start is None else start,
            until=until,
            table=compared,
            baseline=baseline,
            bounded=not no_bound,
        )
        with progress_bar() as progress:
            bars = Bars(progress, {"deciding": say("deciding again"), "bound": say("what was possible")})
            made = compare_tables(service, request, spread=spread, advanced=bars.advance)
        record_read(service, count=made.orders)
    record = LookaheadComparisonRecord.of(
        made, table=compared.digest, baseline=None if baseline is None else baseline.digest
    )
    if as_json:
        print_json(record)
        return
    print_sides(record)
    for line in comparison_lines(record):
        click.echo(line)


def print_sides(record: LookaheadComparisonRecord) -> None:
    sides = [
        (say("without prices") if record.baseline_table is None else record.baseline_table[:12], record.baseline),
        (record.table[:12], record.achieved),
    ]
    figures = [
        (
            *(say_number(f"{units:,}") for units in (side.units_shipped, side.units_unfilled, side.shipments)),
            money(side.cost_micros, record.currency),
        )
        for _, side in sides
    ]
    headings = say("units shipped"), say("units unfilled"), say("shipments"), say("cost")
    print_columns(text_columns((say("table"),), [(name,) for name, _ in sides]), number_columns(headings, figures))


def comparison_lines(record: LookaheadComparisonRecord) -> Iterator[str]:
    yield say(
        "{changed} of {orders} ship otherwise with the prices",
        changed=say_number(f"{record.changed:,}"),
        orders=counted(record.orders, "order"),
    )
    yield _saving(record.baseline, record.achieved, record.currency)
    if record.hindsight is not UNSET:
        yield from _possible(record.hindsight, record.currency)
    if record.left_out:
        yield say("{orders} could not be decided again", orders=counted(record.left_out, "decision"))


def _possible(hindsight: LookaheadHindsightRecord, currency: str) -> Iterator[str]:
    orders = counted(hindsight.orders, "order")
    yield say(
        "had all orders been known before, {orders} with the same units either way would have cost {bound} at least",
        orders=orders,
        bound=money(hindsight.bound_micros, currency),
    )
    if hindsight.networks > 1:
        number = say_number(f"{hindsight.networks:,}")
        yield say("they were decided on {number} networks, and the bound is the sum of each one's", number=number)
    saved, percent = hindsight.baseline_micros - hindsight.achieved_micros, hindsight.captured_percent
    possible = money(hindsight.baseline_micros - hindsight.bound_micros, currency)
    if percent is None:
        yield say("no plan costs less than without the prices")
    elif saved <= 0:
        yield say(
            "the prices bring nothing here: of the {possible} that were possible, they save none", possible=possible
        )
    elif percent == 0:
        yield say("you capture less than 1 % of what was possible")
    else:
        yield say(
            "you capture {percent} % of what was possible: {saved} of {possible}",
            percent=percent,
            saved=millionths(saved, shown=2),
            possible=possible,
        )


def _saving(before: LookaheadTotalsRecord, after: LookaheadTotalsRecord, currency: str) -> str:
    more = after.cost_micros - before.cost_micros
    percent = say_number(f"{100 * abs(more) / before.cost_micros:.1f}" if before.cost_micros else "0.0")
    amount = money(abs(more), currency)
    if more > 0:
        return say("the prices would have cost {amount} more ({percent} %)", amount=amount, percent=percent)
    return say("the prices would have saved {amount} ({percent} %)", amount=amount, percent=percent)
