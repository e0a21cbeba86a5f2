"""The orders that a draft changes most, each with what ships either way and why."""

from collections.abc import Callable, Iterator, Sequence

from api.cli.output.shipment_texts import shipment_text
from api.cli.output.times import time_text
from api.cli.whatif.closed_places import closed_places
from api.language.current import counted, say
from api.records.whatif import ChangedDecisionRecord, DecidedSideRecord, WhatIfDraftRecord
from api.reports.whatif.numbers import Shown, cents, kilograms, less_is_better, signed, whole
from api.reports.whatif.views import OrderView, SideView

_MOST_SENTENCES = 3
"""Of the reasons of a side, so many are read at once; the rest can be opened."""


def orders(draft: WhatIfDraftRecord, currency: str, time_zone: str) -> list[tuple[str, Sequence[OrderView]]]:
    titled = ((say("The worst first"), draft.worst), (say("The best first"), draft.best))
    return [(title, [_order(draft, item, currency, time_zone) for item in items]) for title, items in titled if items]


def _order(draft: WhatIfDraftRecord, item: ChangedDecisionRecord, currency: str, time_zone: str) -> OrderView:
    sides = (
        (say("without it"), item.baseline, []),
        (say("with it"), item.draft, list(closed_places(draft, item))),
    )
    return OrderView(
        order=item.order,
        at=time_text(item.decided_at, time_zone),
        badges=list(_badges(item, currency)),
        sides=[_side(name, side, currency, closed) for name, side, closed in sides],
    )


def _badges(item: ChangedDecisionRecord, currency: str) -> Iterator[tuple[str, str]]:
    written: tuple[tuple[int, Shown, Callable[[str], str]], ...] = (
        (item.units_unfilled, whole, lambda number: say("{number} units unfilled", number=number)),
        (item.cost_micros, cents, lambda number: f"{number} {currency}"),
        (item.co2_mg, kilograms, lambda number: f"{number} kg CO2e"),
        (item.shipments_late, whole, lambda number: say("{number} shipments late", number=number)),
    )
    for difference, shown, say_it in written:
        if difference:
            yield say_it(signed(difference, shown)), less_is_better(difference)


def _side(name: str, side: DecidedSideRecord, currency: str, closed: Sequence[str]) -> SideView:
    made, sentences = side.decided, [*closed, *(statement.sentence for statement in side.why)]
    return SideView(
        name=name,
        ships=[*map(shipment_text, made.shipments)] or [say("nothing ships")],
        sums=f"{cents(made.cost_micros)} {currency}, {counted(made.unfilled_units, 'unfilled unit')}",
        rules=say("decided by {rules}", rules=", ".join(side.rules)) if side.rules else "",
        why=sentences[:_MOST_SENTENCES],
        more=sentences[_MOST_SENTENCES:],
        more_title=say("{reasons} more", reasons=counted(max(len(sentences) - _MOST_SENTENCES, 0), "reason")),
    )
