"""Receipts: goods that are to come in, and what arrived of them."""

from typing import Any

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import filled, quantity
from api.console.visit import Visit
from api.language.current import say, text

STATUSES = {
    "planned": text("planned, not confirmed yet"),
    "confirmed": text("confirmed by the supplier"),
    "in_transit": text("on its way"),
    "received": text("received"),
    "cancelled": text("cancelled"),
}
SOURCES = {
    "purchase_order": text("purchase order"),
    "asn": text("despatch advice (ASN)"),
    "transfer": text("transfer"),
    "return": text("return"),
}
"""By the words of HTTP."""


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    console.page("/stock/inbound", needs="inbound_listed")(receipts)
    console.action("/stock/inbound", needs="inbound_put")(announce)
    console.page("/stock/inbound/<receipt>", needs="inbound_show")(receipt_page)
    console.action("/stock/inbound/<receipt>/receive", needs="inbound_receive")(receive_goods)


def receipts(visit: Visit) -> Response:
    return _listed(visit)


def announce(visit: Visit) -> Response:
    form = visit.form
    receipt = form.get("id", "").strip()
    day = form.get("expected_on", "").strip()
    body: dict[str, Any] = {
        "source": form.get("source"),
        "node": form.get("node", "").strip(),
        "sku": form.get("sku", "").strip(),
        "quantity": quantity(form.get("quantity", "")),
        "expected_at": _noon_of(visit, day),
        "status": form.get("status"),
        "sequence": quantity(form.get("sequence", "")),
    }
    answer = visit.change("PUT", path_of("v1", "inbound", receipt or "-"), filled(body))
    if answer.problem is not None:
        return _listed(visit, problem=answer.problem)
    words = {
        "created": text("{receipt} is expected now"),
        "changed": text("{receipt} was changed"),
        "same": text("{receipt} is expected so already"),
        "older": text("A later message about {receipt} came before; it stays"),
    }
    visit.tell(say(words[answer.json["result"]], receipt=receipt))
    return visit.go(visit.link("stock", "inbound", receipt))


def _noon_of(visit: Visit, day: str) -> str:
    """On the clock of the network; what is no day is left as it is, for the call to judge."""
    try:
        return visit.clock.instant_of(f"{day}T12:00")
    except ValueError:
        return day


def _listed(visit: Visit, problem: Problem | None = None) -> Response:
    chosen = visit.chosen("node", "sku", "status", "late")
    page = visit.get("/v1/inbound", limit="50", after=visit.query.get("after"), **chosen)
    return visit.show(
        "stock/inbound.html",
        status=200 if problem is None else problem.status,
        receipts=page["receipts"],
        chosen=chosen,
        form=visit.form,
        problem=problem,
        statuses=STATUSES,
        sources=SOURCES,
        next_page=visit.next_page(page, "stock", "inbound", **chosen),
    )


def receipt_page(visit: Visit, receipt: str) -> Response:
    return _one(visit, receipt)


def receive_goods(visit: Visit, receipt: str) -> Response:
    form = visit.form
    body = filled(
        {
            "quantity": quantity(form.get("quantity", "")),
            "last": "last" in form or None,
            "over": "over" in form or None,
            "lot": form.get("lot", "").strip(),
            "expires": form.get("expires", "").strip(),
        }
    )
    answer = visit.change("POST", path_of("v1", "inbound", receipt, "receive"), body)
    if answer.problem is not None:
        return _one(visit, receipt, problem=answer.problem)
    return visit.after(answer, visit.link("stock", "inbound", receipt), say("What arrived is on hand"))


def _one(visit: Visit, receipt: str, problem: Problem | None = None) -> Response:
    return visit.show(
        "stock/receipt.html",
        status=200 if problem is None else problem.status,
        receipt=visit.get(path_of("v1", "inbound", receipt)),
        form=visit.form,
        problem=problem,
        statuses=STATUSES,
        sources=SOURCES,
    )
