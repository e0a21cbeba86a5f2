"""What makes the difference: a waterfall of cost by cause, and what channels, segments and products add."""

from collections.abc import Iterator, Mapping
from typing import Final

from api.language.current import say, text
from api.records.whatif import WhatIfDraftRecord
from api.records.whatif_amounts import WhatIfSidesRecord
from api.records.whatif_breakdown import WhatIfProductsRecord
from api.reports.charts.bars import bar, bar_scale
from api.reports.whatif.numbers import cents, kilograms, less_is_better, more_is_better, signed, whole
from api.reports.whatif.views import Cell, TableView
from engine.simulation.cause import Cause

_CAUSES: Final[Mapping[Cause, str]] = {
    "units": text("Other units ship or wait"),
    "shipments": text("More or fewer shipments"),
    "nodes": text("From other places"),
    "services": text("By other services"),
    "times": text("At other times"),
    "rates": text("At other rates"),
    "approval": text("To be approved, or no longer"),
}


def cause_name(cause: Cause) -> str:
    return say(_CAUSES[cause])


def causes(draft: WhatIfDraftRecord, currency: str) -> TableView | None:
    """Each begins where the one before it ends; the last line is what all come to. None if nothing differs."""
    if not draft.causes:
        return None
    running, steps = 0, list[tuple[int, int]]()
    for its in draft.causes.values():
        steps.append((running, running + its.cost_micros))
        running += its.cost_micros
    scale = bar_scale([end for _, end in steps])
    rows = [
        [
            cause_name(cause),
            whole(its.decisions),
            bar(scale, start, end, less_is_better(its.cost_micros), signed(its.cost_micros, cents)),
            signed(its.cost_micros, cents),
            signed(its.carriage_micros, cents),
            signed(its.handling_micros, cents),
            signed(its.policy_amounts_micros, cents),
            signed(its.co2_mg, kilograms),
        ]
        for (cause, its), (start, end) in zip(draft.causes.items(), steps, strict=True)
    ]
    of_all = list(draft.causes.values())
    total: list[Cell] = [
        say("in all"),
        whole(sum(its.decisions for its in of_all)),
        bar(scale, 0, running, less_is_better(running), signed(running, cents)),
        signed(running, cents),
        signed(sum(its.carriage_micros for its in of_all), cents),
        signed(sum(its.handling_micros for its in of_all), cents),
        signed(sum(its.policy_amounts_micros for its in of_all), cents),
        signed(sum(its.co2_mg for its in of_all), kilograms),
    ]
    return TableView(
        caption=say("What made the difference in cost"),
        headings=[
            say("what the draft does otherwise"),
            say("decisions"),
            say("from the baseline on"),
            say("cost ({currency})", currency=currency),
            say("of it carriage"),
            say("handling"),
            say("counted, not paid"),
            say("kg CO2e"),
        ],
        rows=rows,
        numbers=frozenset({1, 3, 4, 5, 6, 7}),
        total=total,
        note=say("Each decision is put down to the first of these that applies to it."),
    )


def groups(draft: WhatIfDraftRecord, currency: str) -> Iterator[TableView]:
    """Of products, only the kinds of which other units ship or stay unfilled."""
    yield _group(say("By channel"), say("channel"), draft.channels, currency)
    if draft.segments:
        yield _group(say("By segment"), say("segment"), draft.segments, currency)
    for caption, heading, products in _kinds(draft):
        if differing := {name: its for name, its in products.items() if its.baseline != its.draft}:
            yield _products(caption, heading, differing)


def alike(draft: WhatIfDraftRecord) -> str:
    """Empty if something of the products differs."""
    if any(its.baseline != its.draft for _, _, products in _kinds(draft) for its in products.values()):
        return ""
    return say("Of each lifecycle and category of products as many units ship as without the draft.")


def _kinds(draft: WhatIfDraftRecord) -> Iterator[tuple[str, str, Mapping[str, WhatIfProductsRecord]]]:
    yield say("By lifecycle of the products"), say("lifecycle"), draft.lifecycles
    yield say("By category of the products"), say("category"), draft.categories


def _group(caption: str, heading: str, sides: Mapping[str, WhatIfSidesRecord], currency: str) -> TableView:
    added = {name: its.draft.cost_micros - its.baseline.cost_micros for name, its in sides.items()}
    scale = bar_scale(added.values())
    rows: list[list[Cell]] = [
        [
            name or say("(none)"),
            whole(its.baseline.decisions),
            bar(scale, 0, added[name], less_is_better(added[name]), signed(added[name], cents)),
            signed(added[name], cents),
            signed(its.draft.co2_mg - its.baseline.co2_mg, kilograms),
            signed(its.draft.shipments - its.baseline.shipments, whole),
            signed(its.draft.late - its.baseline.late, whole),
            signed(its.draft.units_unfilled - its.baseline.units_unfilled, whole),
        ]
        for name, its in sides.items()
    ]
    headings = [
        heading,
        say("decisions"),
        say("more or less cost"),
        say("cost ({currency})", currency=currency),
        say("kg CO2e"),
        say("shipments"),
        say("decisions late"),
        say("units unfilled"),
    ]
    return TableView(caption=caption, headings=headings, rows=rows, numbers=frozenset({1, 3, 4, 5, 6, 7}))


def _products(caption: str, heading: str, products: Mapping[str, WhatIfProductsRecord]) -> TableView:
    added = {name: its.draft.shipped - its.baseline.shipped for name, its in products.items()}
    scale = bar_scale(added.values())
    rows: list[list[Cell]] = [
        [
            name or say("(none)"),
            whole(its.baseline.shipped),
            bar(scale, 0, added[name], more_is_better(added[name]), signed(added[name], whole)),
            signed(added[name], whole),
            whole(its.baseline.unfilled),
            signed(its.draft.unfilled - its.baseline.unfilled, whole),
        ]
        for name, its in products.items()
    ]
    headings = [
        heading,
        say("units that ship"),
        say("more or fewer units"),
        say("difference"),
        say("units unfilled"),
        say("difference"),
    ]
    return TableView(caption=caption, headings=headings, rows=rows, numbers=frozenset({1, 3, 4, 5}))
