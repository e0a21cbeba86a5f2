"""Orders as they stand, and the buttons for what can be done with one: those that `GET /v1/orders/{id}` names."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import whole
from api.console.pages.order_actions import ACTIONS, OrderAction
from api.console.pages.order_shown import held_by, life, shipments_now, taken_out
from api.console.visit import Visit
from api.language.current import say, text

STATES = ("held", "waiting", "unfilled", "awaiting_approval", "shipped", "returned", "cancelled", "not_counted")
REASONS = ("not_in_stock", "no_capacity", "damaged", "other")
_USUAL = ("approve", "confirm")
_FILTERS = ("order", "state", "channel", "node", "sku")


DONE = text("Done.")


def add_to(console: Console) -> None:
    """Their pages and buttons, which belong to the section of decisions."""
    console.page("/decisions/orders", needs="orders_page")(listed)
    console.page("/decisions/orders/<order_id>/amend", needs="orders_amend")(amend_form)
    console.action("/decisions/orders/<order_id>/amend", needs="orders_amend")(amend)
    console.page("/decisions/orders/<order_id>", needs="orders_show")(show)
    console.action("/decisions/orders/<order_id>/<action>", needs=[item.operation for item in ACTIONS.values()])(act)


def listed(visit: Visit) -> Response:
    """Orders, those placed last first."""
    chosen = visit.chosen(*_FILTERS, "after")
    if "order" in chosen:
        found = visit.get_or_none(path_of("v1", "orders", chosen["order"]))
        if found is not None:
            return visit.go(visit.link("decisions", "orders", found["id"]))
    answer = visit.ask("GET", "/v1/orders", query={**chosen, "order": None, "limit": "50"})
    page = {"orders": [], "next": None} if answer.problem or "order" in chosen else answer.json
    return visit.show(
        "decisions/orders.html",
        status=answer.status,
        chosen=chosen,
        states=STATES,
        page=page,
        more=visit.next_page(page, "decisions", "orders", **chosen),
        first=visit.link("decisions", "orders", **{**chosen, "after": None}) if "after" in chosen else "",
        problem=answer.problem,
    )


def show(visit: Visit, order_id: str) -> Response:
    """An order: where its units are, and what can be done with it."""
    order = visit.get(path_of("v1", "orders", order_id))
    actions = _deeds(visit, order)
    shipments = shipments_now(order)
    may_amend = visit.may("orders_amend") and any(item["action"] == "amend" for item in order["actions"])
    return visit.show(
        "decisions/order.html",
        order=order,
        shipments=shipments,
        taken_out=_taken_out(visit, order, shipments),
        life=life(order),
        actions=actions,
        may_amend=may_amend,
        reasons=REASONS,
    )


def _deeds(visit: Visit, order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its buttons. The first that lets it go on is the usual one; the others are put behind."""
    named = [
        item for item in order["actions"] if item["action"] in ACTIONS and visit.may(ACTIONS[item["action"]].operation)
    ]
    usual = next((number for number, item in enumerate(named) if item["action"] in _USUAL), None)
    return [
        {
            "name": item["action"],
            "action": ACTIONS[item["action"]],
            "of": item["id"],
            "nodes": _nodes(order, item["id"]),
            "number": number,
            "is_usual": number == usual,
            "is_main": item["action"] in _USUAL,
            "moves": held_by(order, item["id"]),
        }
        for number, item in enumerate(named)
    ]


def _taken_out(
    visit: Visit, order: Mapping[str, Any], shipments: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """What an amendment took out of it, so far as its first decision may be read."""
    is_amended = any(item["because"] == "amended" for item in order["decisions"])
    if not visit.may("decisions_read") or not (is_amended or any(item["differs"] for item in shipments)):
        return []
    answer = visit.ask("GET", path_of("v1", "decisions", order["decisions"][0]["id"]))
    return taken_out(answer.json["order"], order) if answer.ok else []


def act(visit: Visit, order_id: str, action: str) -> Response:
    """Do what a button says, with the decision that it is for."""
    chosen = ACTIONS.get(action)
    if chosen is None:
        raise NotFound
    if not visit.may(chosen.operation):
        return visit.refuse()
    of = visit.form.get("of", "") or order_id
    answer = visit.change(
        chosen.method, path_of(*(part.format(id=of) for part in chosen.path)), body=_body(chosen, visit.form)
    )
    return visit.after(answer, visit.link("decisions", "orders", order_id), say(DONE))


def amend_form(visit: Visit, order_id: str, problem: Problem | None = None) -> Response:
    """The order's quantities, to be changed."""
    state = visit.get(path_of("v1", "orders", order_id))
    return visit.show(
        "decisions/amend.html",
        status=problem.status if problem else HTTPStatus.OK,
        order=state["order"],
        revision=state["revision"],
        has_changed=problem is not None and problem.kind == "order-changed",
        order_id=order_id,
        problem=problem,
        form=visit.form,
    )


def amend(visit: Visit, order_id: str) -> Response:
    """The whole order is sent with these quantities; a line with none is left out."""
    order = _sendable(visit.get(path_of("v1", "orders", order_id))["order"])
    for line in order["lines"]:
        line["quantity"] = _quantity(visit.form.get(f"quantity-{line['id']}", str(line["quantity"])))
    order["lines"] = [line for line in order["lines"] if line["quantity"] != 0]
    query = {"wait": "true" if visit.form.get("wait") else None, "revision": visit.form.get("revision") or None}
    answer = visit.change("POST", path_of("v1", "orders", order_id, "amend"), order, query=query)
    if answer.problem is not None:
        return amend_form(visit, order_id, answer.problem)
    return visit.after(answer, visit.link("decisions", "orders", order_id), say("The order was amended."))


def _body(action: OrderAction, form: Mapping[str, str]) -> Any:
    return None if action.method == "DELETE" else action.body(form)


def _nodes(order: Mapping[str, Any], decision: str) -> list[str]:
    """Those that still hold something by this decision."""
    return list(
        dict.fromkeys(
            shipment["node"]
            for shipment in order["shipments"]
            if shipment["decision"] == decision and any(line["held"] for line in shipment["lines"])
        )
    )


def _quantity(written: str) -> int | str:
    """A whole number, or what HTTP is to judge."""
    number = whole(written)
    return written.strip() if number is None else number


def _sendable(value: Any) -> Any:
    """An order as it is read, without what it does not have, so that it can be sent."""
    if isinstance(value, dict):
        return {name: _sendable(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_sendable(part) for part in value]
    return value
