"""Orders as they stand, and the buttons for what can be done with one: those that `GET /v1/orders/{id}` names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import Method, Problem, path_of
from api.console.console import Console
from api.console.form_values import whole
from api.console.visit import Visit
from api.language.current import say, text

STATES = ("held", "waiting", "unfilled", "awaiting_approval", "shipped", "returned", "cancelled", "not_counted")
REASONS = ("not_in_stock", "no_capacity", "damaged", "other")
_FILTERS = ("state", "channel", "node", "sku")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAction:
    """A button: which call it does, what it says, and what is sent along of its form's fields."""

    operation: str
    method: Method
    path: tuple[str, ...]
    """In which {id} stands for the order or decision."""
    title: str
    sentence: str
    body: Callable[[Mapping[str, str]], Any] = lambda _: {}


def _rejection(form: Mapping[str, str]) -> dict[str, Any]:
    return {"node": form.get("node", ""), "reason": form.get("reason", ""), "wait": bool(form.get("wait"))}


def _hours(form: Mapping[str, str]) -> dict[str, Any]:
    written = form.get("hours", "")
    hours = whole(written)
    return {"minutes": written if hours is None else 60 * hours}


_DECISION, _ORDER = ("v1", "decisions", "{id}"), ("v1", "orders", "{id}")
ACTIONS: Mapping[str, OrderAction] = {
    "approve": OrderAction(
        operation="orders_approve",
        method="POST",
        path=(*_ORDER, "approve"),
        title=text("Approve"),
        sentence=text("The order may go on: what is held for it is shipped."),
        body=lambda form: {"note": form.get("note", "")},
    ),
    "confirm": OrderAction(
        operation="holds_confirm",
        method="POST",
        path=(*_DECISION, "confirm"),
        title=text("Confirm as shipped"),
        sentence=text("All units that are still held by this decision have left."),
    ),
    "reject": OrderAction(
        operation="rerouting_reject",
        method="POST",
        path=(*_DECISION, "reject"),
        title=text("A place can't ship"),
        sentence=text("What the place holds of this decision is decided again, elsewhere."),
        body=_rejection,
    ),
    "release": OrderAction(
        operation="holds_release",
        method="POST",
        path=(*_DECISION, "release"),
        title=text("Release"),
        sentence=text("The units stay where they are, free for other orders. This order does not get them."),
    ),
    "extend": OrderAction(
        operation="holds_extend",
        method="POST",
        path=(*_DECISION, "extend"),
        title=text("Hold longer"),
        sentence=text("The units stay held for so many hours from now on, or as long as they were if that is longer."),
        body=_hours,
    ),
    "undo": OrderAction(
        operation="holds_undo",
        method="POST",
        path=(*_DECISION, "confirm", "undo"),
        title=text("They did not leave"),
        sentence=text("The units are on hand and held again."),
    ),
    "wait": OrderAction(
        operation="orders_wait",
        method="POST",
        path=(*_ORDER, "wait"),
        title=text("Wait for stock"),
        sentence=text("The units that could not be filled wait until there are some."),
    ),
    "withdraw": OrderAction(
        operation="backlog_withdraw",
        method="DELETE",
        path=("v1", "backlog", "{id}"),
        title=text("Stop waiting"),
        sentence=text("The units that wait get nothing any more."),
    ),
    "cancel": OrderAction(
        operation="orders_cancel",
        method="POST",
        path=(*_ORDER, "cancel"),
        title=text("Cancel the order"),
        sentence=text("All units that have not left are free again. This can't be undone."),
    ),
}
"""By the name that an order's `actions` have; to amend an order has a page of its own."""
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
    answer = visit.ask("GET", "/v1/orders", query={**chosen, "limit": "50"})
    page = {"orders": [], "next": None} if answer.problem else answer.json
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
    actions = [
        (item["action"], ACTIONS[item["action"]], item["id"], _nodes(order, item["id"]))
        for item in order["actions"]
        if item["action"] in ACTIONS and visit.may(ACTIONS[item["action"]].operation)
    ]
    several = len({item[2] for item in actions if item[1].path[1] == "decisions"}) > 1
    may_amend = visit.may("orders_amend") and any(item["action"] == "amend" for item in order["actions"])
    return visit.show(
        "decisions/order.html",
        order=order,
        actions=actions,
        several=several,
        may_amend=may_amend,
        reasons=REASONS,
    )


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
    order = visit.get(path_of("v1", "orders", order_id))["order"]
    return visit.show(
        "decisions/amend.html",
        status=problem.status if problem else HTTPStatus.OK,
        order=order,
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
    query = {"wait": "true" if visit.form.get("wait") else None}
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
