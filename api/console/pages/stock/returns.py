"""Returns at the counter: find one by its number, take it in, grade it, see where it goes, and print its label."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from api.console.calls import Answer, Problem, path_of
from api.console.console import Console
from api.console.form_values import filled, quantity
from api.console.visit import Visit
from api.language.current import current_language, say, text

STATES = {
    "authorised": text("authorised"),
    "received": text("to be graded"),
    "inspected": text("to be disposed of"),
    "partly_received": text("in part received"),
    "closed": text("closed"),
    "cancelled": text("cancelled"),
    "expired": text("never came"),
}
DISPOSITIONS = {
    "restock": text("put back into stock"),
    "refurbish": text("refurbish"),
    "liquidate": text("liquidate"),
    "donate": text("donate"),
    "destroy": text("destroy"),
    "return_to_supplier": text("send back to the supplier"),
    "return_to_customer": text("send back to the customer"),
    "keep": text("the customer keeps it"),
}
"""By the words of HTTP."""


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    console.page("/stock/returns", needs="returns_page")(returns)
    console.action("/stock/returns", needs="returns_open_return")(authorise)
    console.page("/stock/returns/<return_id>", needs="returns_show")(one_return)
    console.action("/stock/returns/<return_id>/receive", needs="returns_receive")(take_in)
    console.action("/stock/returns/<return_id>/inspect", needs="returns_inspect")(grade)
    console.action("/stock/returns/<return_id>/where", needs="returns_dispose")(ask_where)
    console.action("/stock/returns/<return_id>/dispose", needs="returns_dispose")(dispose_of)
    console.action("/stock/returns/<return_id>/cancel", needs="returns_cancel")(cancel_return)
    console.page("/stock/returns/<return_id>/label", needs="return_labels_show")(label_file)
    console.action("/stock/returns/<return_id>/label", needs="return_labels_make")(make_label)
    console.action("/stock/returns/<return_id>/label/give-back", needs="return_labels_give_back")(give_label_back)


def returns(visit: Visit) -> Response:
    wanted = visit.chosen("number").get("number", "")
    if wanted and visit.get_or_none(path_of("v1", "returns", wanted)) is not None:
        return visit.go(visit.link("stock", "returns", wanted))
    return _listed(visit, unknown=wanted)


def authorise(visit: Visit) -> Response:
    form = visit.form
    line = {"line": form.get("line", "").strip(), "quantity": quantity(form.get("quantity", ""))}
    body = {"order": form.get("order", "").strip(), "lines": [filled(line)], "reason": form.get("reason", "").strip()}
    body["because"] = form.get("because", "").strip()
    answer = visit.change("POST", "/v1/returns", filled(body))
    if answer.problem is not None:
        return _listed(visit, problem=answer.problem)
    visit.tell(say("The return {number} is authorised", number=answer.json["id"]))
    return visit.go(visit.link("stock", "returns", answer.json["id"]))


def _listed(visit: Visit, *, unknown: str = "", problem: Problem | None = None) -> Response:
    chosen = visit.chosen("state", "order", "node", "sku")
    if unknown:  # an order's number is what most have at hand
        chosen["order"] = unknown
    page = visit.get("/v1/returns", limit="50", after=visit.query.get("after"), **chosen)
    return visit.show(
        "stock/returns.html",
        status=200 if problem is None else problem.status,
        returns=page["returns"],
        chosen=chosen,
        form=visit.form,
        problem=problem,
        states=STATES,
        next_page=visit.next_page(page, "stock", "returns", **chosen),
    )


def one_return(visit: Visit, return_id: str) -> Response:
    return _one(visit, return_id)


def take_in(visit: Visit, return_id: str) -> Response:
    form = visit.request.form
    units = [quantity(text) for text in form.getlist("quantity")]
    lines = {line: number for line, number in zip(form.getlist("line"), units, strict=False) if number}
    other = form.get("other_sku", "").strip()
    others = {other: quantity(form.get("other_quantity", "")) or 1} if other else None
    complete = True if "complete" in form else None
    body = {"node": form.get("node", "").strip(), "lines": lines or None, "others": others, "complete": complete}
    return _stepped(visit, return_id, "receive", body, say("What came is in quarantine; give it a grade"))


def grade(visit: Visit, return_id: str) -> Response:
    form = visit.form
    group = {
        "group": quantity(form.get("group", "")),
        "quantity": quantity(form.get("quantity", "")),
        "grade": form.get("grade", "").strip(),
        "restock": False if "unsellable" in form else None,
    }
    return _stepped(visit, return_id, "inspect", {"groups": [filled(group)]}, say("The grade is noted"))


def ask_where(visit: Visit, return_id: str) -> Response:
    answer = _dispose(visit, return_id, dry_run=True)
    if answer.problem is not None:
        return _one(visit, return_id, problem=answer.problem)
    return _one(visit, return_id, asked=answer.json)


def dispose_of(visit: Visit, return_id: str) -> Response:
    answer = _dispose(visit, return_id, dry_run=False)
    if answer.problem is not None:
        return _one(visit, return_id, problem=answer.problem)
    for item in answer.json.get("placed", ()):
        for sentence in item["why"]:
            visit.tell(sentence)
    return visit.go(visit.link("stock", "returns", return_id))


def _dispose(visit: Visit, return_id: str, *, dry_run: bool) -> Answer:
    form = visit.form
    group = {
        "group": quantity(form.get("group", "")),
        "disposition": form.get("disposition"),
        "place": form.get("place", "").strip(),
    }
    body = filled({"groups": [filled(group)], "because": form.get("because", "").strip()})
    query = {"lang": current_language(), "dry_run": "true" if dry_run else None}
    return visit.change("POST", path_of("v1", "returns", return_id, "dispose"), body, query=query)


def cancel_return(visit: Visit, return_id: str) -> Response:
    return _stepped(visit, return_id, "cancel", {}, say("Nothing more of it is waited for"))


def label_file(visit: Visit, return_id: str) -> Response:
    answer = visit.ask("GET", path_of("v1", "returns", return_id, "label"), query=visit.chosen("format", "lang"))
    if answer.problem is not None:
        return visit.show_problem(answer.problem)
    return visit.file(answer)


def make_label(visit: Visit, return_id: str) -> Response:
    body = {
        "node": visit.form.get("node", "").strip(),
        "weight_g": quantity(visit.form.get("weight_g", "")),
        "print_at": visit.form.get("print_at", "").strip(),
    }
    return _stepped(visit, return_id, "label", body, say("The label is made"))


def give_label_back(visit: Visit, return_id: str) -> Response:
    answer = visit.change("DELETE", path_of("v1", "returns", return_id, "label"))
    return visit.after(answer, visit.link("stock", "returns", return_id), say("The label is void"))


def _stepped(visit: Visit, return_id: str, verb: str, body: Mapping[str, Any], done: str) -> Response:
    answer = visit.change("POST", path_of("v1", "returns", return_id, verb), filled(body))
    if answer.problem is not None:
        return _one(visit, return_id, problem=answer.problem)
    return visit.after(answer, visit.link("stock", "returns", return_id), done)


def _one(visit: Visit, return_id: str, *, problem: Problem | None = None, asked: Any = None) -> Response:
    """`asked` is what would become of its units."""
    return visit.show(
        "stock/return.html",
        status=200 if problem is None else problem.status,
        found=visit.get(path_of("v1", "returns", return_id)),
        asked=asked,
        problem=problem,
        states=STATES,
        dispositions=DISPOSITIONS,
    )
