"""Where a draft ships from otherwise: the map of flows, and the load of places over the days."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from markupsafe import Markup

from api.language.current import counted, say
from api.records.whatif import WhatIfDraftRecord
from api.records.whatif_amounts import WhatIfNodeRecord
from api.records.whatif_breakdown import WhatIfDayRecord, WhatIfFlowRecord, WhatIfPlacesRecord
from api.reports.charts.bars import bar, bar_scale
from api.reports.charts.days import DayLoad, day_bars
from api.reports.charts.flow_map import MapFlow, MapNode, flow_map
from api.reports.charts.projection import Place
from api.reports.charts.scale import Scale
from api.reports.charts.swatches import AREA, BASELINE_LINE, BASELINE_RING, DRAFT_BAR, DRAFT_DISC, FEWER_LINE, MORE_LINE
from api.reports.whatif.numbers import cents, short_day, signed, whole
from api.reports.whatif.views import Cell, ChartView, TableView

_MOST_FLOWS: Final = 40
"""Lines of a map; more would hide one another."""
_MOST_LABELS: Final = 12
_MOST_NODES: Final = 40
"""Rows of the table."""
_MOST_DAY_CHARTS: Final = 12
_MOST_DAY_ROWS: Final = 200
_MOST_DAYS: Final = 366


def flows(draft: WhatIfDraftRecord, places: WhatIfPlacesRecord, currency: str) -> ChartView | None:
    """None if nothing ships."""
    if not draft.nodes:
        return None
    shown = _map_flows(draft, places)
    nodes = list(_map_nodes(draft, places))
    changing = sum(flow.changes for flow in shown)
    lead = (
        say("The {flows} that change most, in units.", flows=counted(changing, "flow"))
        if changing
        else say("Nothing ships from elsewhere; these are the greatest flows.")
    )
    legend = [
        (MORE_LINE, say("more with the draft")),
        (FEWER_LINE, say("fewer with the draft")),
        (AREA, say("where orders go")),
        (DRAFT_DISC, say("units with the draft")),
        (BASELINE_RING, say("units without it")),
    ]
    charts = (
        [("", flow_map(nodes, shown, name=say("Map of who ships whereto"), labelled=_MOST_LABELS))] if nodes else []
    )
    return ChartView(
        title=say("Who ships whereto"),
        lead=lead if charts else say("Nobody knows where these places lie, so there is no map."),
        charts=charts,
        legend=legend if charts else (),
        table=_node_table(draft, currency),
        kind="map",
        credit=say("Map: made with Natural Earth.") if charts else "",
    )


def days(draft: WhatIfDraftRecord) -> ChartView | None:
    """None if nothing ships."""
    by_node: dict[str, list[WhatIfDayRecord]] = {}
    for row in draft.days:
        by_node.setdefault(row.node, []).append(row)
    if not by_node:
        return None
    changing = [node for node, its in by_node.items() if any(map(_more, its))]
    ranked = sorted(changing or by_node, key=lambda node: (*_weight(by_node[node]), node))[:_MOST_DAY_CHARTS]
    rows = [row for node in ranked for row in by_node[node]]
    dates = _all_dates(sorted({row.date for row in rows}))
    return ChartView(
        title=say("Load by day"),
        lead=say(
            "Units that leave each place by day; the {places} whose load changes most, or is the greatest.",
            places=counted(len(ranked), "node"),
        ),
        charts=[(node, _day_chart(node, by_node[node], dates)) for node in ranked],
        legend=[(DRAFT_BAR, say("with the draft")), (BASELINE_LINE, say("without it"))],
        table=_day_table(rows),
        kind="days",
    )


def _map_flows(draft: WhatIfDraftRecord, places: WhatIfPlacesRecord) -> list[MapFlow]:
    drawn = [(flow, *ends) for flow in draft.flows if (ends := _ends(flow, places)) is not None]
    changing = [item for item in drawn if _more(item[0])]
    if changing:
        changing.sort(key=lambda item: (-abs(_more(item[0])), item[0].node, item[0].area))
        return [_map_flow(*item, units=_more(item[0]), changes=True) for item in changing[:_MOST_FLOWS]]
    drawn.sort(key=lambda item: (-item[0].baseline.units, item[0].node, item[0].area))
    return [_map_flow(*item, units=item[0].baseline.units, changes=False) for item in drawn[:_MOST_FLOWS]]


def _map_flow(flow: WhatIfFlowRecord, start: Place, end: Place, *, units: int, changes: bool) -> MapFlow:
    name = say(
        "{node} to {area}: {before} -> {after} units",
        node=flow.node,
        area=flow.area or "?",
        before=whole(flow.baseline.units),
        after=whole(flow.draft.units),
    )
    return MapFlow(name=name, start=start, end=end, units=units, changes=changes)


def _ends(flow: WhatIfFlowRecord, places: WhatIfPlacesRecord) -> tuple[Place, Place] | None:
    node, area = places.nodes.get(flow.node), places.areas.get(flow.area)
    if node is None or area is None or node.latitude is None or node.longitude is None:
        return None
    if area.latitude is None or area.longitude is None:
        return None
    # what is collected where it ships from stays where it is
    end = (node.latitude, node.longitude) if flow.node == flow.area else (area.latitude, area.longitude)
    return (node.latitude, node.longitude), end


def _map_nodes(draft: WhatIfDraftRecord, places: WhatIfPlacesRecord) -> Iterator[MapNode]:
    """Those that change most come first."""
    for name in sorted(draft.nodes, key=lambda node: (*_node_weight(draft.nodes[node]), node)):
        its, place = draft.nodes[name], places.nodes.get(name)
        if place is not None and place.latitude is not None and place.longitude is not None:
            units = say(
                "{node}: {before} -> {after} units",
                node=name,
                before=whole(its.baseline.units),
                after=whole(its.draft.units),
            )
            yield MapNode(
                label=name,
                name=units,
                place=(place.latitude, place.longitude),
                baseline=its.baseline.units,
                draft=its.draft.units,
            )


def _node_table(draft: WhatIfDraftRecord, currency: str) -> TableView:
    ranked = sorted(draft.nodes, key=lambda node: (*_node_weight(draft.nodes[node]), node))
    shown = ranked[:_MOST_NODES]
    scale = bar_scale([_more_units(draft.nodes[name]) for name in shown])
    rows = [_node_row(name, draft.nodes[name], scale) for name in shown]
    headings = [
        say("node"),
        say("units without it"),
        say("with it"),
        say("more or fewer units"),
        say("difference"),
        say("shipments"),
        say("shipments late"),
        say("cost ({currency})", currency=currency),
    ]
    return TableView(
        caption=say("By place"),
        headings=headings,
        rows=rows,
        numbers=frozenset({1, 2, 4, 5, 6, 7}),
        note=_left_out(len(ranked) - len(shown)),
    )


def _node_row(name: str, its: WhatIfNodeRecord, scale: Scale) -> list[Cell]:
    before, after, more = its.baseline, its.draft, _more_units(its)
    return [
        name,
        whole(before.units),
        whole(after.units),
        bar(scale, 0, more, "even" if not more else "neutral", signed(more, whole)),
        signed(more, whole),
        signed(after.shipments - before.shipments, whole),
        signed(after.shipments_late - before.shipments_late, whole),
        signed(after.cost_micros - before.cost_micros, cents),
    ]


def _day_chart(node: str, rows: Sequence[WhatIfDayRecord], dates: Sequence[str]) -> Markup:
    by_date: Mapping[str, WhatIfDayRecord] = {row.date: row for row in rows}
    loads = [_day_load(date, by_date.get(date)) for date in dates]
    before, after = sum(load.baseline for load in loads), sum(load.draft for load in loads)
    return day_bars(
        loads,
        first=short_day(dates[0]),
        last=short_day(dates[-1]),
        name=say("{node}: {before} -> {after} units", node=node, before=whole(before), after=whole(after)),
        shown=lambda number: whole(round(number)),
    )


def _day_load(date: str, row: WhatIfDayRecord | None) -> DayLoad:
    before, after = (0, 0) if row is None else (row.baseline.units, row.draft.units)
    return DayLoad(label=f"{short_day(date)}: {whole(before)} → {whole(after)}", baseline=before, draft=after)


def _day_table(rows: Sequence[WhatIfDayRecord]) -> TableView:
    shown = rows[:_MOST_DAY_ROWS]
    cells = [
        [
            row.node,
            short_day(row.date),
            whole(row.baseline.units),
            whole(row.draft.units),
            signed(_more(row), whole),
            signed(row.draft.shipments - row.baseline.shipments, whole),
        ]
        for row in shown
    ]
    headings = [say("node"), say("day"), say("units without it"), say("with it"), say("difference"), say("shipments")]
    return TableView(
        caption=say("Load by day"),
        headings=headings,
        rows=cells,
        numbers=frozenset({2, 3, 4, 5}),
        note=_left_out(len(rows) - len(shown)),
    )


def _all_dates(dates: Sequence[str]) -> list[str]:
    """Without gaps, as long as there are not too many."""
    first, last = (datetime.date.fromisoformat(date) for date in (dates[0], dates[-1]))
    if (last - first).days >= _MOST_DAYS:
        return list(dates)
    return [(first + datetime.timedelta(days=day)).isoformat() for day in range((last - first).days + 1)]


def _left_out(rows: int) -> str:
    return say("{rows} more are in the CSV and JSON.", rows=counted(rows, "row")) if rows > 0 else ""


def _more(row: WhatIfFlowRecord | WhatIfDayRecord) -> int:
    return row.draft.units - row.baseline.units


def _more_units(its: WhatIfNodeRecord) -> int:
    return its.draft.units - its.baseline.units


def _node_weight(its: WhatIfNodeRecord) -> tuple[int, int, int]:
    """What changes most comes first, then what is the most."""
    more_cost = abs(its.draft.cost_micros - its.baseline.cost_micros)
    return -abs(_more_units(its)), -more_cost, -(its.baseline.units + its.draft.units)


def _weight(rows: Sequence[WhatIfDayRecord]) -> tuple[int, int]:
    return -sum(abs(_more(row)) for row in rows), -sum(row.baseline.units + row.draft.units for row in rows)
