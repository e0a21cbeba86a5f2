"""Several numbers in the place of one of a rule, each tried as a draft: what each gives up for what it gains."""

from collections.abc import Sequence

import click

from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.numbers import millionths
from api.language.current import say, say_number
from api.records.whatif import WhatIfDraftRecord, WhatIfRecord

_FIGURES = ("cost_micros", "co2_mg", "orders_late", "units_unfilled")
"""What a number is better or worse by: the less, the better."""


def print_trade_off(record: WhatIfRecord) -> None:
    """A row for each number, with a star for those that no other is better than in everything."""
    effect = record.drafts[0].name.rpartition("=")[0]
    starred = [
        ["*" if is_unbeaten(draft, record.drafts) else "", draft.name.rpartition("=")[2], _stands(draft)]
        for draft in record.drafts
    ]
    headings = [record.currency, say("95% from"), say("95% to"), "kg CO2e", say("late"), say("units unfilled")]
    headings.append(say("orders changed"))
    rows = [[*_differences(draft), say_number(f"{draft.orders.changed:,}")] for draft in record.drafts]
    title = say("What each number of {effect} adds", effect=effect)
    print_columns(text_columns(["", say("number"), ""], starred), number_columns(headings, rows), title=title)
    click.echo(
        say("* no other of these numbers is better in one of cost, CO2e, late and unfilled, and as good in the rest")
    )


def _stands(draft: WhatIfDraftRecord) -> str:
    return say("in the file") if draft.stands is True else ""


def _differences(draft: WhatIfDraftRecord) -> list[str]:
    """The cost with what bounds it in 95 of 100 cases, and the other figures."""
    cost, co2, late, unfilled = _figures(draft)
    bounds = draft.interval("cost_micros")
    shown = [(cost, millionths(cost, shown=2))]
    shown += [(0, "")] * 2 if bounds is None else [(it, millionths(it, shown=2)) for it in (bounds.low, bounds.high)]
    shown.append((co2, millionths(co2, shown=3)))
    shown += [(number, say_number(f"{number:,}")) for number in (late, unfilled)]
    return [f"+{text}" if number > 0 else text for number, text in shown]


def _figures(draft: WhatIfDraftRecord) -> tuple[int, ...]:
    return tuple(draft.sure[name].difference for name in _FIGURES)


def is_unbeaten(draft: WhatIfDraftRecord, drafts: Sequence[WhatIfDraftRecord]) -> bool:
    """Whether no other is better in one of cost, CO2e, late orders and unfilled units, and as good in the rest."""
    own = _figures(draft)
    return not any(_is_better(_figures(other), own) for other in drafts)


def _is_better(one: Sequence[int], than: Sequence[int]) -> bool:
    return one != than and all(its <= other for its, other in zip(one, than, strict=True))
