"""Several numbers in the place of one of a rule, each tried as a draft: what each gives up for what it gains."""

from collections.abc import Mapping, Sequence

import click

from api.cli.language.current import say, say_number
from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.numbers import millionths
from api.records.whatif import WhatIfDraftRecord, WhatIfRecord
from engine.errors import InputInvalid, Mistake
from rules.editor.swept_number import Sweep, SweepMistake, written_number

_FIGURES = ("cost_micros", "co2_mg", "orders_late", "units_unfilled")
"""What a number is better or worse by: the less, the better."""


def swept(text: str, files: Mapping[str, bytes]) -> dict[str, Mapping[str, bytes]]:
    """By name, the draft with each number. Raises InputInvalid, and PolicyInvalid if a file is none of policies."""
    try:
        sweep = Sweep.of(text)
        written = written_number(files, sweep)
    except SweepMistake as mistake:
        raise InputInvalid([Mistake(field="--sweep", message=f"'{text}' {mistake}")]) from None
    return {sweep.name(number): written.replaced_by(number) for number in sweep.numbers}


def print_trade_off(record: WhatIfRecord) -> None:
    """A row for each number, with a star for those that no other is better than in everything."""
    effect = record.drafts[0].name.rpartition("=")[0]
    starred = [
        ["*" if is_unbeaten(draft, record.drafts) else "", draft.name.rpartition("=")[2]] for draft in record.drafts
    ]
    headings = [record.currency, "kg CO2e", say("late"), say("unfilled"), say("orders changed")]
    rows = [[*_differences(draft), say_number(f"{draft.orders.changed:,}")] for draft in record.drafts]
    title = say("What each number of {effect} adds", effect=effect)
    print_columns(text_columns(["", say("number")], starred), number_columns(headings, rows), title=title)
    click.echo(
        say("* no other of these numbers is better in one of cost, CO2e, late and unfilled, and as good in the rest")
    )


def _differences(draft: WhatIfDraftRecord) -> list[str]:
    cost, co2, late, unfilled = _figures(draft)
    shown = [millionths(cost, shown=2), millionths(co2, shown=3), say_number(f"{late:,}"), say_number(f"{unfilled:,}")]
    return [f"+{text}" if number > 0 else text for text, number in zip(shown, (cost, co2, late, unfilled), strict=True)]


def _figures(draft: WhatIfDraftRecord) -> tuple[int, ...]:
    return tuple(draft.sure[name].difference for name in _FIGURES)


def is_unbeaten(draft: WhatIfDraftRecord, drafts: Sequence[WhatIfDraftRecord]) -> bool:
    """Whether no other is better in one of cost, CO2e, late orders and unfilled units, and as good in the rest."""
    own = _figures(draft)
    return not any(_is_better(_figures(other), own) for other in drafts)


def _is_better(one: Sequence[int], than: Sequence[int]) -> bool:
    return one != than and all(its <= other for its, other in zip(one, than, strict=True))
