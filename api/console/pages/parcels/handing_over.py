"""What is packed and waits for its carrier, and the manifests by which it is handed over."""

from typing import Any

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import filled
from api.console.pages.parcels.packing import STATES
from api.console.visit import Visit
from api.language.current import say

MOST_SHOWN = "50"
"""Packings on one page."""


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    console.page("/parcels/packed", needs="parcels_listed")(packed)
    console.page("/parcels/manifests", needs="manifests_show")(manifests)
    console.action("/parcels/manifests", needs="manifests_close")(close_manifest)
    console.page("/parcels/manifests/<manifest>", needs="manifests_show")(one_manifest)
    console.page("/parcels/manifests/<manifest>/page", needs="manifests_page")(manifest_page)


def packed(visit: Visit) -> Response:
    chosen = visit.chosen("node", "carrier", "state")
    page = visit.get("/v1/shipments", limit=MOST_SHOWN, after=visit.query.get("after"), **chosen)
    return visit.show(
        "parcels/packed.html",
        packings=page["packings"],
        chosen=chosen,
        states=STATES,
        next_page=visit.next_page(page, "parcels", "packed", **chosen),
    )


def manifests(visit: Visit) -> Response:
    number = visit.chosen("number").get("number", "")
    if number and visit.get_or_none(path_of("v1", "manifests", number)) is not None:
        return visit.go(visit.link("parcels", "manifests", number))
    return _form(visit, unknown=number)


def close_manifest(visit: Visit) -> Response:
    form = visit.form
    body: dict[str, Any] = {"node": form.get("node", "").strip(), "carrier": form.get("carrier", "").strip()}
    if "kept" in form:
        body["confirm"] = False
    answer = visit.change("POST", "/v1/manifests", filled(body))
    if answer.problem is not None:
        return _form(visit, problem=answer.problem)
    for refused in answer.json.get("not_confirmed", ()):
        visit.tell(say("{shipment}: {because}", shipment=refused["shipment"], because=refused["because"]), tone="warn")
    return visit.after(answer, visit.link("parcels", "manifests", answer.json["manifest"]), say("It is handed over"))


def _form(visit: Visit, *, unknown: str = "", problem: Problem | None = None) -> Response:
    return visit.show(
        "parcels/manifests.html",
        status=200 if problem is None else problem.status,
        unknown=unknown,
        form=visit.form,
        problem=problem,
    )


def one_manifest(visit: Visit, manifest: str) -> Response:
    found = visit.get(path_of("v1", "manifests", manifest), limit=MOST_SHOWN, after=visit.query.get("after"))
    next_page = visit.next_page(found, "parcels", "manifests", manifest)
    return visit.show("parcels/manifest.html", manifest=found, next_page=next_page)


def manifest_page(visit: Visit, manifest: str) -> Response:
    answer = visit.ask("GET", path_of("v1", "manifests", manifest, "page"))
    return visit.show_problem(answer.problem) if answer.problem is not None else visit.file(answer)
