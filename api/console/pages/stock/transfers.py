"""Transfers: what Pointsman proposes to move between nodes, and what becomes of what is moved."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from markupsafe import Markup

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import filled, quantity, words
from api.console.visit import Visit
from api.language.current import counted, current_language, say, text
from api.reports.charts.flow_map import MapFlow, MapNode, flow_map

STATUSES = {
    "proposed": text("proposed"),
    "approved": text("approved"),
    "shipped": text("on its way"),
    "received": text("received"),
    "cancelled": text("cancelled"),
}
"""By the words of HTTP."""
MOST_ON_MAP = 40
"""Nodes that are asked for where they lie."""


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    console.page("/stock/transfers", needs="transfers_page")(transfers)
    console.action("/stock/transfers/propose", needs="transfers_propose")(propose)
    console.action("/stock/transfers/create", needs="transfers_create")(create)
    console.page("/stock/transfers/<transfer>", needs="transfers_show")(one_transfer)
    for verb, view in (("approve", approve), ("ship", ship), ("receive", receive), ("cancel", cancel)):
        console.action(f"/stock/transfers/<transfer>/{verb}", needs=f"transfers_{verb}")(view)


def transfers(visit: Visit) -> Response:
    chosen = visit.chosen("status", "from", "to", "sku")
    page = visit.get("/v1/transfers", limit="50", after=visit.query.get("after"), **chosen)
    return visit.show(
        "stock/transfers.html",
        transfers=page["transfers"],
        chosen=chosen,
        statuses=STATUSES,
        next_page=visit.next_page(page, "stock", "transfers", **chosen),
    )


def propose(visit: Visit) -> Response:
    form = visit.form
    body = filled({"days": quantity(form.get("days", ""))})
    body |= {name: names for name in ("skus", "categories", "from", "to") if (names := words(form.get(name, "")))}
    answer = visit.change("POST", "/v1/transfers/propose", body, query={"save": "true" if "save" in form else None})
    if answer.problem is not None:
        return visit.after(answer, visit.link("stock", "transfers"), "")
    proposal = answer.json
    moves = [(one["from"], one["to"], sum(line["units"] for line in one["lines"])) for one in proposal["transfers"]]
    return visit.show(
        "stock/proposal.html",
        proposal=proposal,
        saved="save" in form,
        sentence=_sentence,
        map=_map(visit, moves, name=say("What is proposed to be moved")),
    )


def create(visit: Visit) -> Response:
    """A transfer, its quantities as they stand in the form: none where there is nothing."""
    form = visit.request.form
    units = [quantity(text) for text in form.getlist("quantity")]
    lines = [
        {"sku": sku, "quantity": number} for sku, number in zip(form.getlist("sku"), units, strict=False) if number
    ]
    body = {"from": form.get("from"), "to": form.get("to"), "lines": lines, "note": form.get("note", "")}
    answer = visit.change("POST", "/v1/transfers", filled(body))
    if answer.problem is not None:
        return visit.show("problem.html", status=answer.problem.status, problem=answer.problem)
    visit.tell(say("The transfer is proposed; approve it to let it be shipped"))
    return visit.go(visit.link("stock", "transfers", answer.json["id"]))


def one_transfer(visit: Visit, transfer: str) -> Response:
    return _one(visit, transfer)


def approve(visit: Visit, transfer: str) -> Response:
    return _stepped(visit, transfer, "approve", {}, say("The transfer may be shipped"))


def ship(visit: Visit, transfer: str) -> Response:
    return _stepped(visit, transfer, "ship", {"lines": _lines(visit)}, say("The transfer is on its way"))


def receive(visit: Visit, transfer: str) -> Response:
    flags = {name: True for name in ("last", "over") if name in visit.form}
    return _stepped(visit, transfer, "receive", {"lines": _lines(visit), **flags}, say("What arrived is on hand"))


def cancel(visit: Visit, transfer: str) -> Response:
    return _stepped(visit, transfer, "cancel", {}, say("The transfer is cancelled"))


def _lines(visit: Visit) -> list[dict[str, Any]]:
    form = visit.request.form
    units = [quantity(text) for text in form.getlist("quantity")]
    return [
        {"sku": sku, "quantity": number}
        for sku, number in zip(form.getlist("sku"), units, strict=False)
        if number is not None
    ]


def _stepped(visit: Visit, transfer: str, verb: str, body: Mapping[str, Any], done: str) -> Response:
    answer = visit.change("POST", path_of("v1", "transfers", transfer, verb), filled(body))
    if answer.problem is not None:
        return _one(visit, transfer, problem=answer.problem)
    return visit.after(answer, visit.link("stock", "transfers", transfer), done)


def _one(visit: Visit, transfer: str, problem: Problem | None = None) -> Response:
    found = visit.get(path_of("v1", "transfers", transfer))
    units = sum(line["quantity"] for line in found["lines"])
    return visit.show(
        "stock/transfer.html",
        status=200 if problem is None else problem.status,
        transfer=found,
        problem=problem,
        statuses=STATUSES,
        map=_map(visit, [(found["from"], found["to"], units)], name=say("Where it goes")),
    )


def _sentence(line: Mapping[str, Any]) -> str:
    """Why a line is proposed, in the reader's language."""
    told: str = line[current_language()]
    return told


def _map(visit: Visit, moves: Sequence[tuple[str, str, float]], *, name: str) -> Markup | None:
    """None if it is not known where any of the nodes lies."""
    ends = list(dict.fromkeys(node for origin, goal, _ in moves for node in (origin, goal)))[:MOST_ON_MAP]
    places = {node: place for node in ends if (place := _place(visit, node)) is not None}
    known = [move for move in moves if move[0] in places and move[1] in places]
    if not known:
        return None
    sent = {node: sum(units for origin, _, units in known if origin == node) for node in places}
    return flow_map(
        [
            MapNode(label=node, name=node, place=place, baseline=0, draft=round(sent[node]))
            for node, place in places.items()
        ],
        [
            MapFlow(
                name=f"{origin} → {goal}: {counted(round(units), 'unit')}",
                start=places[origin],
                end=places[goal],
                units=round(units),
                changes=False,
            )
            for origin, goal, units in known
        ],
        name=name,
        labelled=len(places),
    )


def _place(visit: Visit, node: str) -> tuple[float, float] | None:
    """Its latitude and longitude."""
    found = visit.get_or_none(path_of("v1", "nodes", node))
    if found is None or "latitude" not in found["node"]:
        return None
    return float(found["node"]["latitude"]), float(found["node"]["longitude"])
