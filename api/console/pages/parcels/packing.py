"""What is to be packed: shipments whose units are held; and one shipment, with its parcels, labels and notes."""

from typing import Any

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import filled, quantity
from api.console.visit import Visit
from api.language.current import say, text

STATES = {
    "booking": text("its carrier is being asked for labels"),
    "packed": text("packed"),
    "cancelling": text("its labels are being given back"),
    "cancelled": text("cancelled"),
}
"""By the words of HTTP."""


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    shipment = "/parcels/shipments/<decision>/<number>"
    console.page("/parcels", needs="holds_living")(to_pack)
    console.page("/parcels/shipments/<decision>", needs="parcels_show")(shipments_of_decision)
    console.page(shipment, needs="parcels_show")(one_shipment)
    console.action(f"{shipment}/pack", needs="parcels_pack")(pack)
    console.action(f"{shipment}/cancel", needs="parcels_cancel")(give_labels_back)
    console.page(f"{shipment}/label", needs="parcels_label")(label)
    console.page(f"{shipment}/note", needs="parcels_note")(note)


def to_pack(visit: Visit) -> Response:
    chosen = visit.chosen("node", "service")
    page = visit.get("/v1/holds", limit="50", after=visit.query.get("after"), **chosen)
    return visit.show(
        "parcels/to_pack.html",
        holds=page["holds"],
        chosen=chosen,
        next_page=visit.next_page(page, "parcels", **chosen),
    )


def shipments_of_decision(visit: Visit, decision: str) -> Response:
    """Its only shipment at once; a choice, if it has several."""
    shipments = visit.get(path_of("v1", "decisions", decision))["shipments"]
    if len(shipments) == 1:
        return visit.go(visit.link("parcels", "shipments", decision, "0"))
    return visit.show("parcels/shipments.html", decision=decision, shipments=shipments)


def one_shipment(visit: Visit, decision: str, number: str) -> Response:
    return _shown(visit, decision, number)


def pack(visit: Visit, decision: str, number: str) -> Response:
    form = visit.request.form
    units = [quantity(text) for text in form.getlist("quantity")]
    size = {name: quantity(form.get(name, "")) for name in ("length", "width", "height")}
    parcel = {
        "lines": {line: count for line, count in zip(form.getlist("line"), units, strict=False) if count},
        "weight_g": quantity(form.get("weight_g", "")),
        "size_mm": filled(size) or None,
        "tracking_number": form.get("tracking_number", "").strip(),
    }
    body = {"parcels": [filled(parcel)], "partial": True if "partial" in form else None}
    answer = visit.change("POST", path_of("v1", "shipments", decision, number, "packed"), filled(body))
    if answer.problem is not None:
        return _shown(visit, decision, number, problem=answer.problem)
    return visit.after(answer, visit.link("parcels", "shipments", decision, number), say("The parcel is packed"))


def give_labels_back(visit: Visit, decision: str, number: str) -> Response:
    body = {"packing": quantity(visit.form.get("packing", "")), "because": visit.form.get("because", "").strip()}
    answer = visit.change("POST", path_of("v1", "shipments", decision, number, "cancel"), filled(body))
    done = say("The units are in no parcel any more, and can be packed again")
    return visit.after(answer, visit.link("parcels", "shipments", decision, number), done)


def label(visit: Visit, decision: str, number: str) -> Response:
    return _paper(visit, decision, number, "label")


def note(visit: Visit, decision: str, number: str) -> Response:
    return _paper(visit, decision, number, "note")


def _paper(visit: Visit, decision: str, number: str, paper: str) -> Response:
    query = visit.chosen("parcel", "format")
    answer = visit.ask("GET", path_of("v1", "shipments", decision, number, paper), query=query)
    return visit.show_problem(answer.problem) if answer.problem is not None else visit.file(answer)


def _shown(visit: Visit, decision: str, number: str, problem: Problem | None = None) -> Response:
    shipment: Any = visit.get(path_of("v1", "shipments", decision, number))
    return visit.show(
        "parcels/shipment.html",
        status=200 if problem is None else problem.status,
        shipment=shipment,
        here=visit.link("parcels", "shipments", decision, number),
        form=visit.form,
        problem=problem,
        states=STATES,
    )
