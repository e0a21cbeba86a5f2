"""Today: what came of the orders of the day, what ships from where, and what needs somebody's attention."""

import datetime
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response
from markupsafe import Markup

from api.console.calls import CallRefused
from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages.policies.approvals import waiting_for_approval
from api.console.visit import Visit
from api.language.current import counted, say, text
from api.reports.charts.flow_map import MapNode, flow_map

SECTION = Section(
    name="today",
    title=text("Today"),
    operations=("days_show",),
    parts=(
        Part(name="", title=text("Today"), operations=("days_show",)),
        Part(name="at-risk", title=text("Promises at risk"), operations=("promises_at_risk",)),
    ),
)
MOST_SHOWN = 8
"""Of each list on the page; each says where the whole of it is."""
_LABELLED = 12


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/today", needs="days_show")(today)
    console.page("/today/at-risk", needs="promises_at_risk")(at_risk)


def today(visit: Visit) -> Response:
    """The day that is asked for; otherwise today, or the last day with decisions, if there are none today."""
    answer = visit.ask("GET", "/v1/days", query=visit.chosen("day"))
    if answer.problem is not None and answer.problem.kind == "not-ready":
        return visit.show("today/no_network.html", status=HTTPStatus.OK)
    if answer.problem is not None:
        raise CallRefused(answer.problem)
    days = answer.json
    is_today = not visit.chosen("day")
    if is_today and not days["day"]["orders"] and days["newest"] not in (None, days["day"]["day"]):
        days = visit.get("/v1/days", day=days["newest"])
    day = datetime.date.fromisoformat(days["day"]["day"])
    return visit.show(
        "today/today.html",
        days=days,
        day=day,
        is_today=day == visit.clock.local(visit.caller["now"]).date(),
        next_day=(day + datetime.timedelta(days=1)).isoformat(),
        previous_day=(day - datetime.timedelta(days=1)).isoformat(),
        map=_map(days["nodes"]),
        full=[node for node in days["nodes"] if node["most_shipments"] and node["shipments"] >= node["most_shipments"]],
        resting=visit.get("/v1/resting")["nodes"] if visit.may("resting_listed") else None,
        waiting=visit.get("/v1/backlog", limit="1")["waiting"] if visit.may("backlog_page") else None,
        to_approve=waiting_for_approval(visit),
        most=MOST_SHOWN,
    )


def at_risk(visit: Visit) -> Response:
    """The promises at risk: a page of its own, and a part of today's that is asked for after it."""
    page = visit.get("/v1/promises/at-risk", limit="50", after=visit.query.get("after"))
    return visit.show("today/at_risk.html", page=page, next_page=visit.next_page(page, "today", "at-risk"))


def _map(nodes: Sequence[Mapping[str, Any]]) -> Markup | None:
    """The places that ship, as large as what they ship; None if nothing can be placed."""
    placed = [node for node in nodes if node["latitude"] is not None]
    if not placed:
        return None
    drawn = [
        MapNode(
            label=node["node"],
            name=say(
                "{node}: {shipments} with {units}",
                node=node["node"],
                shipments=counted(node["shipments"], "shipment"),
                units=counted(node["units"], "unit"),
            ),
            place=(node["latitude"], node["longitude"]),
            baseline=0,
            draft=node["shipments"],
        )
        for node in placed
    ]
    return flow_map(drawn, [], name=say("Map of what ships from where"), labelled=_LABELLED)
