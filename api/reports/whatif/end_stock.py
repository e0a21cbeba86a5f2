"""The stock at the end of a what-if that was rolled forward: how much of it sold, how long it lasts, what ran out; and
what a draft changes of the network.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET

from api.cli.output.times import time_text
from api.cli.whatif.rolled import stock_title
from api.language.current import counted, say, say_number
from api.records.whatif import WhatIfDraftRecord
from api.records.whatif_rolled import (
    WhatIfRolledRecord,
    WhatIfStockKindRecord,
    WhatIfStockOutRecord,
    WhatIfStretchRecord,
)
from api.reports.whatif.numbers import cents, signed, whole
from api.reports.whatif.views import NamesView, TableView

_MOST_STOCK_OUTS = 100
_NONE = WhatIfStockKindRecord(shipped=0, available=0, sell_through_basis_points=None, days_of_cover=None)


def end_stock(draft: WhatIfDraftRecord, time_zone: str) -> list[TableView]:
    """None of a draft that was tried in one step. If stretches began again, these come first."""
    rolled = draft.rolled
    if rolled is UNSET:
        return []
    kinds = (
        (say("lifecycle"), rolled.baseline.lifecycles, rolled.draft.lifecycles),
        (say("category"), rolled.baseline.categories, rolled.draft.categories),
    )
    stretches = [_stretches(rolled.stretches, time_zone)] if rolled.stretches else []
    return [*stretches, _sums(rolled), *(_kinds(*kind) for kind in kinds if kind[1] or kind[2])]


def stock_outs(draft: WhatIfDraftRecord, time_zone: str) -> list[NamesView]:
    """What runs out by one side alone."""
    rolled = draft.rolled
    if rolled is UNSET:
        return []
    before, after = rolled.baseline.first_stock_outs, rolled.draft.first_stock_outs
    new, spared = _only(after, before), _only(before, after)
    named = (
        (say("{positions} run out with the draft alone", positions=counted(len(new), "position")), new),
        (say("{positions} run out without it alone", positions=counted(len(spared), "position")), spared),
    )
    return [NamesView(title=title, names=_names(outs, time_zone)) for title, outs in named if outs]


def _only(outs: Sequence[WhatIfStockOutRecord], others: Sequence[WhatIfStockOutRecord]) -> list[WhatIfStockOutRecord]:
    """Those of which the article runs out at that place by one side alone."""
    known = {(out.sku, out.node) for out in others}
    return [out for out in outs if (out.sku, out.node) not in known]


def network_changes(draft: WhatIfDraftRecord) -> Iterator[str]:
    change = draft.change
    if change is UNSET:
        return
    if change.network is not UNSET:
        yield say("network of {folder}", folder=change.network)
    for closure in change.closed or ():
        yield say("{node} closed", node=closure.node)
    for node, minutes in (change.cut_offs or {}).items():
        yield say("cut-off of {node} at {time}", node=node, time=f"{minutes // 60:02}:{minutes % 60:02}")
    for name in change.strikes or ():
        yield say("{name} on strike", name=name)
    if change.volume_percent is not UNSET:
        yield say("{percent}% of the orders", percent=change.volume_percent)


def _names(outs: Sequence[WhatIfStockOutRecord], time_zone: str) -> list[str]:
    first = sorted(outs, key=lambda out: (out.since, out.sku, out.node))[:_MOST_STOCK_OUTS]
    return [
        say("{sku} at {node} since {time}", sku=out.sku, node=out.node, time=time_text(out.since, time_zone))
        for out in first
    ]


def _stretches(stretches: Sequence[WhatIfStretchRecord], time_zone: str) -> TableView:
    rows = []
    for its in stretches:
        before, after = its.total.baseline, its.total.draft
        numbers = (before.cost_micros, after.cost_micros), (before.units_unfilled, after.units_unfilled)
        cells = [shown(number) for shown, sides in zip((cents, whole), numbers, strict=True) for number in sides]
        outs = whole(its.stock_outs_baseline), whole(its.stock_outs_draft)
        rows.append([time_text(its.since, time_zone), whole(its.decisions), *cells, *outs])
    headings = [
        say("from"),
        say("decisions"),
        say("cost without it"),
        say("with it"),
        say("units unfilled without it"),
        say("with it"),
        say("positions that ran out without it"),
        say("with it"),
    ]
    caption = say("Each by itself, from the logged stock on")
    return TableView(caption=caption, headings=headings, rows=rows, numbers=frozenset(range(1, 8)))


def _sums(rolled: WhatIfRolledRecord) -> TableView:
    before, after = rolled.baseline, rolled.draft
    named = (
        (say("units on hand"), before.on_hand, after.on_hand),
        (say("positions that ran out"), before.stock_outs, after.stock_outs),
        (say("units cancelled"), before.units_cancelled, after.units_cancelled),
        (say("units that had been shipped before the log counted or moved them"), before.shortfall, after.shortfall),
    )
    return TableView(
        caption=stock_title(rolled),
        headings=[say("figure"), say("without it"), say("with it"), say("difference")],
        rows=[[name, whole(one), whole(other), signed(other - one, whole)] for name, one, other in named],
        numbers=frozenset({1, 2, 3}),
    )


def _kinds(
    heading: str, before: Mapping[str, WhatIfStockKindRecord], after: Mapping[str, WhatIfStockKindRecord]
) -> TableView:
    names = sorted({*before, *after})
    rows = []
    for name in names:
        sides = before.get(name, _NONE), after.get(name, _NONE)
        cover = ["–" if side.days_of_cover is None else whole(side.days_of_cover) for side in sides]
        rows.append([name or say("(none)"), *map(_share, sides), *cover, *(whole(side.available) for side in sides)])
    headings = [
        heading,
        say("sell-through without it"),
        say("with it"),
        say("days of cover without it"),
        say("with it"),
        say("units free without it"),
        say("with it"),
    ]
    caption = say("Sold and left at the end, by {kind}", kind=heading)
    return TableView(caption=caption, headings=headings, rows=rows, numbers=frozenset(range(1, 7)))


def _share(kind: WhatIfStockKindRecord) -> str:
    share = kind.sell_through_basis_points
    return "–" if share is None else say_number(f"{share / 100:.1f}%")
