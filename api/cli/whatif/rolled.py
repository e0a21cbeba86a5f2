"""What is known at the end of a what-if that was rolled forward: stock, how much of it was sold, what ran out."""

from collections.abc import Iterator

import click

from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.numbers import millionths
from api.cli.output.times import Times
from api.language.current import counted, say, say_number
from api.records.whatif_rolled import WhatIfRolledRecord, WhatIfStockKindRecord

_NONE = WhatIfStockKindRecord(shipped=0, available=0, sell_through_basis_points=None, days_of_cover=None)


def print_stretches(rolled: WhatIfRolledRecord, times: Times) -> None:
    """What each stretch comes to that began again."""
    rows = [
        (
            times(its.since),
            [
                say_number(f"{its.decisions:,}"),
                millionths(its.total.baseline.cost_micros, shown=2),
                millionths(its.total.draft.cost_micros, shown=2),
                say_number(f"{its.total.baseline.units_unfilled:,}"),
                say_number(f"{its.total.draft.units_unfilled:,}"),
            ],
        )
        for its in rolled.stretches or ()
    ]
    if not rows:
        return
    headings = [
        say("decisions"),
        say("cost without it"),
        say("with it"),
        say("units unfilled without it"),
        say("with it"),
    ]
    print_columns(
        text_columns([say("from")], [[since] for since, _ in rows]),
        number_columns(headings, [numbers for _, numbers in rows]),
        title=say("Each by itself, from the logged stock on"),
    )


def print_end_stock(rolled: WhatIfRolledRecord) -> None:
    """The lifecycles, then what ran out."""
    before, after = rolled.baseline, rolled.draft
    names = sorted({*before.lifecycles, *after.lifecycles})
    rows = [[*_cells(before.lifecycles.get(name, _NONE), after.lifecycles.get(name, _NONE))] for name in names]
    headings = [
        say("sell-through without it"),
        say("with it"),
        say("days of cover without it"),
        say("with it"),
    ]
    title = stock_title(rolled)
    print_columns(
        text_columns([say("lifecycle")], [[name] for name in names]), number_columns(headings, rows), title=title
    )
    for line in _lines(rolled):
        click.echo(line)


def stock_title(rolled: WhatIfRolledRecord) -> str:
    if rolled.stretches:
        return say("Stock at the end of the last of them, of the articles that were ordered in it")
    return say("Stock at the end, of the articles that were ordered")


def _lines(rolled: WhatIfRolledRecord) -> Iterator[str]:
    yield say(
        "out of stock at the end: {before} without it, {after} with it",
        before=counted(rolled.baseline.stock_outs, "position"),
        after=say_number(f"{rolled.draft.stock_outs:,}"),
    )
    if rolled.draft.shortfall:
        yield say(
            "{units} that the log counted or moved out had been shipped before, with the draft",
            units=counted(rolled.draft.shortfall, "unit"),
        )


def _cells(before: WhatIfStockKindRecord, after: WhatIfStockKindRecord) -> Iterator[str]:
    for kind in (before, after):
        share = kind.sell_through_basis_points
        yield "-" if share is None else say_number(f"{share / 100:.1f}%")
    for kind in (before, after):
        yield "-" if kind.days_of_cover is None else say_number(f"{kind.days_of_cover:,}")
