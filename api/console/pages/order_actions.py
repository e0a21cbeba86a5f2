"""What can be done with an order: its buttons, by the names that `GET /v1/orders/{id}` has for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.console.calls import Method
from api.console.form_values import whole
from api.language.current import text


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
        sentence=text("All units that are still held by this decision have left, from each of its places."),
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
        sentence=text(
            "The units that this decision holds are free for other orders. The order goes on without them, and they can"
            " be let wait for stock; to end all of it, cancel the order."
        ),
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
        sentence=text(
            "The customer does not want it: all units that have not left are free again. This can't be undone."
        ),
    ),
}
"""By the name that an order's `actions` have; to amend an order has a page of its own."""
