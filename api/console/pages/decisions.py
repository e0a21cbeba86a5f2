"""Decisions: searched as in the audit, and one of them as a person reads it: what ships from where, why, why not
otherwise, what it costs, and whether it can be proved.
"""

from typing import Any

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.navigation import Part, Section
from api.console.pages import orders
from api.console.pages.decision_map import decision_map
from api.console.visit import Visit
from api.language.current import say, text

SECTION = Section(
    name="decisions",
    title=text("Decisions"),
    operations=("decisions_page",),
    parts=(
        Part(name="", title=text("Decisions"), operations=("decisions_page",)),
        Part(name="orders", title=text("Orders"), operations=("orders_page",)),
    ),
)
FILTERS = (
    *("order", "sku", "node", "channel", "status", "fired", "policy", "caller"),
    *("decided_from", "decided_until"),
)
"""Of the search, as `GET /v1/decisions` has them; the last two are days here."""
STATUSES = ("filled", "partial", "unfilled", "scheduled")
_PAGE = "50"
_MOST_ON_THE_MAP = 12
"""Places whose coordinates are asked for, each by a call."""
_MOST_TO_PICK = 200
"""Places that are offered to ask about."""
_PARTS = (
    ("carriage_micros", text("Carriage")),
    ("handling_micros", text("Handling")),
    ("carbon_micros", text("Price of CO2e")),
    ("rules_micros", text("What rules prefer or avoid")),
    ("splits_micros", text("Further parcels")),
    ("lookahead_micros", text("What units are worth later")),
)


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    console.page("/decisions", needs="decisions_page")(search)
    orders.add_to(console)
    console.page("/decisions/<decision_id>", needs="decisions_read")(decision)


def search(visit: Visit) -> Response:
    """Decisions, those logged last first."""
    chosen = visit.chosen(*FILTERS, "after")
    asked: dict[str, str] = dict(chosen)
    problem = None
    for name in ("decided_from", "decided_until"):
        if name in asked:
            try:
                asked[name] = visit.clock.midnight_of(asked[name], later=name == "decided_until")
            except ValueError:
                wrong = say("a day is written as 2026-11-27")
                problem = Problem(status=422, kind="", detail=wrong, fields={name: wrong}, findings=())
    page: dict[str, Any] = {"decisions": [], "next": None}
    if problem is None:
        answer = visit.ask("GET", "/v1/decisions", query={**asked, "limit": _PAGE})
        problem = answer.problem
        page = page if problem else answer.json
    more = visit.next_page(page, "decisions", **chosen)
    return visit.show(
        "decisions/search.html",
        status=200 if problem is None else problem.status,
        chosen=chosen,
        statuses=STATUSES,
        page=page,
        more=more,
        first=visit.link("decisions", **{**chosen, "after": None}) if "after" in chosen else "",
        problem=problem,
    )


def decision(visit: Visit, decision_id: str) -> Response:
    """One decision."""
    at = path_of("v1", "decisions", decision_id)
    record = visit.get(at)
    asked = [name for name in visit.request.args.getlist("why_not") if name.strip()]
    what_if = visit.query.get("what_if", "")
    explanation = visit.ask("GET", f"{at}/explanation", query={"why_not": asked, "what_if": what_if})
    shipping = [shipment["node"] for shipment in record["shipments"]]
    others = [] if explanation.problem else _places(explanation.json)
    places = _placed(visit, [*shipping, *others])
    costs = None if explanation.problem else explanation.json["costs"]
    return visit.show(
        "decisions/decision.html",
        record=record,
        explanation=None if explanation.problem else explanation.json,
        unexplained=explanation.problem,
        costs=[(say(title), costs[name]) for name, title in _PARTS if costs.get(name)] if costs else [],
        compared=costs and costs["compared_micros"],
        chain=visit.get(f"{at}/chain")["decisions"],
        map=decision_map(record, places, others),
        why_not=asked[-1] if asked else "",
        places=_to_pick(visit, at, record, others),
        what_if=what_if,
        checks=_checks(visit, at, decision_id) if visit.query.get("check") else None,
    )


def _places(explanation: dict[str, Any]) -> list[str]:
    """The nodes that its sentences compare with what was chosen, each once."""
    statements = [*explanation["places"], *(item for each in explanation["questions"] for item in each["answers"])]
    names = (statement["figures"].get("node") for statement in statements)
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _to_pick(visit: Visit, at: str, record: dict[str, Any], others: list[str]) -> list[str]:
    """The places that one may want to ask about: the `others` that were compared, and those whose stock was looked at
    when it was decided.
    """
    names = set(others)
    if visit.may("decisions_read_facts"):
        answer = visit.ask("GET", f"{at}/facts")
        for positions in answer.json["stock"].values() if answer.ok else ():
            # of many positions in columns, the names are one of these
            names |= set(positions["nodes"] if isinstance(positions.get("nodes"), list) else positions)
    return sorted(names - {shipment["node"] for shipment in record["shipments"]})[:_MOST_TO_PICK]


def _placed(visit: Visit, nodes: list[str]) -> dict[str, tuple[float, float]]:
    """Where nodes are, of those that still are and whose place is known."""
    if not visit.may("master_data_get_node"):
        return {}
    places = {}
    for name in list(dict.fromkeys(nodes))[:_MOST_ON_THE_MAP]:
        answer = visit.ask("GET", path_of("v1", "nodes", name))
        node = answer.json["node"] if answer.ok else {}
        if "latitude" in node:
            places[name] = (float(node["latitude"]), float(node["longitude"]))
    return places


def _checks(visit: Visit, at: str, decision_id: str) -> dict[str, Any]:
    """Whether the decision comes out the same when it is made again, and whether it is in the sealed log."""
    checks: dict[str, Any] = {}
    if visit.may("replays_replay"):
        checks["replay"] = visit.ask("GET", f"{at}/replay")
    if visit.may("audit_proof"):
        checks["proof"] = visit.ask("GET", path_of("v1", "audit", "proof", decision_id))
    return checks
