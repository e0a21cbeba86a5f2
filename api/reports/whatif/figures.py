"""The figures of a draft beside the baseline: tiles of those that count most, and a table of all."""

from collections.abc import Iterator
from typing import NamedTuple

from api.language.current import say
from api.records.whatif import WhatIfDraftRecord, WhatIfIntervalRecord
from api.reports.charts.bars import sure_range
from api.reports.whatif.numbers import (
    Ratio,
    Shown,
    cents,
    days_to_arrival,
    hundredths,
    kilograms,
    less_is_better,
    shipments_each,
    signed,
    whole,
)
from api.reports.whatif.views import TableView, TileView


def tiles(draft: WhatIfDraftRecord, currency: str) -> list[TileView]:
    baseline, after = draft.total.baseline, draft.total.draft
    return [
        *(_tile(draft, tile) for tile in _summed(draft, currency)),
        _ratio_tile(say("Shipments per order"), shipments_each(baseline, after), "", _shipments_between(draft)),
        _ratio_tile(say("Days until all has arrived"), days_to_arrival(baseline, after), say("days"), ""),
    ]


class _Summed(NamedTuple):
    """A figure of which it is known how sure its difference is."""

    name: str
    unit: str
    field: str
    baseline: int
    draft: int
    shown: Shown


def _summed(draft: WhatIfDraftRecord, currency: str) -> Iterator[_Summed]:
    before, after, orders = draft.total.baseline, draft.total.draft, draft.orders
    yield _Summed(say("Cost"), currency, "cost_micros", before.cost_micros, after.cost_micros, cents)
    yield _Summed(say("CO2e"), "kg", "co2_mg", before.co2_mg, after.co2_mg, kilograms)
    yield _Summed(say("Late orders"), "", "orders_late", orders.late_baseline, orders.late_draft, whole)
    unfilled = before.units_unfilled, after.units_unfilled
    yield _Summed(say("Units unfilled"), "", "units_unfilled", *unfilled, whole)


def figures(draft: WhatIfDraftRecord, currency: str) -> TableView:
    """All of them, those that are nothing on both sides left out."""
    headings = [say("figure"), say("without it"), say("with it"), say("difference"), say("95% between")]
    rows = [row for row in _rows(draft, currency) if row is not None]
    return TableView(
        caption=say("All figures"), headings=headings, rows=rows, numbers=frozenset(range(1, len(headings)))
    )


def _between(interval: WhatIfIntervalRecord | None, shown: Shown) -> str:
    if interval is None or not (interval.low or interval.high):
        return ""
    return say("95% between {low} and {high}", low=signed(interval.low, shown), high=signed(interval.high, shown))


def _bounds(interval: WhatIfIntervalRecord | None, shown: Shown) -> str:
    if interval is None or not (interval.low or interval.high):
        return ""
    return say("{low} to {high}", low=signed(interval.low, shown), high=signed(interval.high, shown))


def _tile(draft: WhatIfDraftRecord, figure: _Summed) -> TileView:
    difference, interval, shown = figure.draft - figure.baseline, draft.interval(figure.field), figure.shown
    span = _between(interval, shown)
    chart = sure_range(interval.low, difference, interval.high, span) if interval is not None and span else None
    return TileView(
        name=figure.name,
        value=signed(difference, shown),
        unit=figure.unit,
        detail=f"{shown(figure.baseline)} → {shown(figure.draft)}",
        tone=less_is_better(difference),
        verdict=_verdict(difference, interval),
        chart=chart,
        between=span,
    )


def _verdict(difference: int, interval: WhatIfIntervalRecord | None) -> str:
    """In words what the colour says, and whether it may be chance."""
    if not difference:
        return say("as before")
    word = say("better") if difference < 0 else say("worse")
    if interval is None:
        return word
    if interval.low <= 0 <= interval.high:
        return say("{word}, may be chance", word=word)
    return say("{word}, hardly chance", word=word)


def _shipments_between(draft: WhatIfDraftRecord) -> str:
    span = _between(draft.interval("shipments"), whole)
    return say("shipments in all: {span}", span=span) if span else ""


def _ratio_tile(name: str, ratio: Ratio, unit: str, span: str) -> TileView:
    sides = ["–" if side is None else hundredths(side) for side in ratio]
    # what is shown as nothing is nothing
    difference = ratio.difference if signed(ratio.difference, hundredths) != hundredths(0) else 0
    return TileView(
        name=name,
        value=signed(difference, hundredths),
        unit=unit,
        detail=" → ".join(sides),
        tone=less_is_better(difference),
        verdict=_verdict(difference, None),
        between=span,
    )


def _rows(draft: WhatIfDraftRecord, currency: str) -> Iterator[list[str] | None]:
    for name, field, shown in _fields(currency):
        yield _row(draft, name, field, shown)
    orders = draft.orders
    if orders.late_baseline or orders.late_draft:
        sides = orders.late_baseline, orders.late_draft
        yield [
            say("orders late"),
            *map(whole, sides),
            signed(sides[1] - sides[0], whole),
            _span(draft, "orders_late", whole),
        ]


def _row(draft: WhatIfDraftRecord, name: str, field: str, shown: Shown) -> list[str] | None:
    before, after = getattr(draft.total.baseline, field), getattr(draft.total.draft, field)
    if not (before or after):
        return None
    return [name, shown(before), shown(after), signed(after - before, shown), _span(draft, field, shown)]


def _span(draft: WhatIfDraftRecord, field: str, shown: Shown) -> str:
    return _bounds(draft.interval(field), shown)


def _fields(currency: str) -> Iterator[tuple[str, str, Shown]]:
    yield say("decisions"), "decisions", whole
    yield say("filled whole"), "filled", whole
    yield say("filled in part"), "partial", whole
    yield say("not filled"), "unfilled", whole
    yield say("scheduled for later"), "scheduled", whole
    yield say("with units that wait"), "waiting", whole
    yield say("to be approved first"), "parked", whole
    yield say("units shipped"), "units_shipped", whole
    yield say("units unfilled"), "units_unfilled", whole
    yield say("units that wait"), "units_waiting", whole
    yield say("shipments"), "shipments", whole
    yield say("shipments late"), "shipments_late", whole
    yield say("cost ({currency})", currency=currency), "cost_micros", cents
    yield say("carriage ({currency})", currency=currency), "carriage_micros", cents
    yield say("handling ({currency})", currency=currency), "handling_micros", cents
    yield say("counted by the rules, not paid ({currency})", currency=currency), "policy_amounts_micros", cents
    yield say("kg CO2e"), "co2_mg", kilograms
