"""Several drafts beside the same baseline: a table of all, and what each gives up for what it gains."""

from collections.abc import Sequence

from markupsafe import Markup

from api.cli.whatif.sweep import is_unbeaten
from api.language.current import counted, say
from api.records.whatif import WhatIfDraftRecord, WhatIfRecord
from api.reports.charts.bars import bar, bar_scale
from api.reports.charts.swatches import BEATEN, CROSS, UNBEATEN
from api.reports.charts.trade_off import Axis, Point, trade_off
from api.reports.whatif.numbers import cents, days_to_arrival, hundredths, kilograms, less_is_better, signed, whole
from api.reports.whatif.views import Cell, ChartView, TableView

_MILLION = 1_000_000
_THOUSAND = 1_000


def overview(record: WhatIfRecord) -> TableView | None:
    """None of one draft alone."""
    if len(record.drafts) < 2:  # noqa: PLR2004  # several
        return None
    costs = [draft.sure["cost_micros"].difference for draft in record.drafts]
    scale = bar_scale(costs)
    rows = [
        _row(label, draft, bar(scale, 0, cost, less_is_better(cost), signed(cost, cents)), record.drafts)
        for label, draft, cost in zip(labels(record.drafts), record.drafts, costs, strict=True)
    ]
    headings = [
        say("draft"),
        say("more or less cost"),
        record.currency,
        "kg CO2e",
        say("late orders"),
        say("units unfilled"),
        say("days to arrival"),
        say("orders changed"),
    ]
    return TableView(
        caption=say("What each draft adds"),
        headings=headings,
        rows=rows,
        numbers=frozenset(range(2, 8)),
        note=say("★ no other of these is better in one of cost, CO2e, late and unfilled, and as good in the rest"),
    )


def trade_offs(record: WhatIfRecord) -> ChartView | None:
    """Cost against CO2e, against how long orders take and, if it differs, against what is late. None of one draft."""
    drafts = record.drafts
    if len(drafts) < 2:  # noqa: PLR2004  # several
        return None
    days, late = say("days to arrival"), say("late orders")
    titled: list[tuple[str, Axis, Sequence[float]]] = [
        (say("Cost and CO2e"), Axis(title="kg CO2e", shown=_axis_number), [_co2(draft) for draft in drafts]),
        (say("Cost and days"), Axis(title=days, shown=_axis_number), [_days(draft) for draft in drafts]),
        (say("Cost and late orders"), Axis(title=late, shown=_axis_number, step=1), [_late(draft) for draft in drafts]),
    ]
    cost = Axis(title=record.currency, shown=_axis_number)
    charts = [
        (title, _chart(record, values, cost, axis, title))
        for title, axis, values in titled
        if any(values) or axis.title != late
    ]
    return ChartView(
        title=say("What is given up for what is gained"),
        lead=say("How much more or less each draft comes to. Further left and further down is better."),
        charts=charts,
        legend=[
            (UNBEATEN, say("no other is better in one of cost, CO2e, late and unfilled, and as good in the rest")),
            (BEATEN, say("another is")),
            (CROSS, say("the baseline")),
        ],
        table=overview(record),
        kind="trade-off",
    )


def summary(record: WhatIfRecord) -> str:
    """Which of several drafts costs least, and which emits least."""
    named = list(zip(_in_a_sentence(record.drafts), record.drafts, strict=True))
    cheapest, cost = min(((label, _cost(draft)) for label, draft in named), key=lambda item: item[1])
    cleanest, co2 = min(((label, draft.sure["co2_mg"].difference) for label, draft in named), key=lambda item: item[1])
    sums = {"cost": f"{signed(cost, cents)} {record.currency}", "co2": f"{signed(co2, kilograms)} kg CO2e"}
    if cheapest == cleanest:
        return say(
            "Of {number} drafts, {draft} costs least ({cost}) and emits least ({co2})",
            number=len(named),
            draft=cheapest,
            **sums,
        )
    return say(
        "Of {number} drafts, {cheapest} costs least ({cost}) and {cleanest} emits least ({co2})",
        number=len(named),
        cheapest=cheapest,
        cleanest=cleanest,
        **sums,
    )


def _in_a_sentence(drafts: Sequence[WhatIfDraftRecord]) -> list[str]:
    """Numbers of a sweep with the effect whose they are: `carbon_price 0.5`."""
    effects = {draft.name.rpartition("=")[0].rpartition(".")[2] for draft in drafts}
    (effect,) = effects if len(effects) == 1 else ("",)
    return [
        f"{effect} {label}" if effect and label != draft.name else label
        for label, draft in zip(labels(drafts), drafts, strict=True)
    ]


def labels(drafts: Sequence[WhatIfDraftRecord]) -> list[str]:
    """Their names without what all begin with, up to a sign where a name may be cut."""
    names = [draft.name for draft in drafts]
    shortest = min(names, key=len)
    common = next(shortest[:end] for end in range(len(shortest), -1, -1) if _all_begin(names, shortest[:end]))
    cut = max(common.rfind(sign) for sign in "=/") + 1
    shortened = [name[cut:] for name in names]
    return shortened if all(shortened) else names


def _all_begin(names: Sequence[str], beginning: str) -> bool:
    return all(name.startswith(beginning) for name in names)


def _row(label: str, draft: WhatIfDraftRecord, chart: Markup, drafts: Sequence[WhatIfDraftRecord]) -> list[Cell]:
    sure, orders = draft.sure, draft.orders
    ratio = days_to_arrival(draft.total.baseline, draft.total.draft)
    return [
        f"{label} ★" if is_unbeaten(draft, drafts) else label,
        chart,
        signed(sure["cost_micros"].difference, cents),
        signed(sure["co2_mg"].difference, kilograms),
        signed(sure["orders_late"].difference, whole),
        signed(sure["units_unfilled"].difference, whole),
        signed(ratio.difference, hundredths),
        say("{changed:,} of {orders}", changed=orders.changed, orders=counted(orders.orders, "order")),
    ]


def _chart(record: WhatIfRecord, values: Sequence[float], x: Axis, y: Axis, name: str) -> Markup:
    points = [
        Point(
            label=_point_label(label),
            name=f"{label}: {signed(_cost(draft), cents)} {x.title}, {y.shown(value)} {y.title}",
            x=_cost(draft) / _MILLION,
            y=value,
            unbeaten=is_unbeaten(draft, record.drafts),
        )
        for label, draft, value in zip(labels(record.drafts), record.drafts, values, strict=True)
    ]
    return trade_off(points, x, y, name=name, baseline=say("the baseline"))


def _point_label(label: str) -> str:
    most = 14
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _cost(draft: WhatIfDraftRecord) -> int:
    return draft.sure["cost_micros"].difference


def _co2(draft: WhatIfDraftRecord) -> float:
    return draft.sure["co2_mg"].difference / _MILLION


def _days(draft: WhatIfDraftRecord) -> float:
    return days_to_arrival(draft.total.baseline, draft.total.draft).difference / _THOUSAND


def _late(draft: WhatIfDraftRecord) -> float:
    return float(draft.sure["orders_late"].difference)


def _axis_number(value: float) -> str:
    """As few decimals as tell round numbers of an axis apart."""
    thousandths = round(value * _THOUSAND)
    shown = signed(thousandths, hundredths)
    return shown if thousandths % _THOUSAND else signed(round(value), whole)
