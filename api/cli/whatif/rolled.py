"""What is known at the end of a what-if that was rolled forward: stock, how much of it was sold, what ran out."""

from collections.abc import Iterator

import click

from api.cli.language.current import counted, say, say_number
from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.records.whatif_rolled import WhatIfRolledRecord, WhatIfStockKindRecord

_NONE = WhatIfStockKindRecord(shipped=0, available=0, sell_through_basis_points=None, days_of_cover=None)


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
    title = say("Stock at the end, of the articles that were ordered")
    print_columns(
        text_columns([say("lifecycle")], [[name] for name in names]), number_columns(headings, rows), title=title
    )
    for line in _lines(rolled):
        click.echo(line)


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
