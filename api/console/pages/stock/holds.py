"""Open holds: what is kept for which decision, until when."""

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.form_values import quantity
from api.console.visit import Visit
from api.language.current import say


def add_to(console: Console) -> None:
    """Its page and buttons."""
    console.page("/stock/holds", needs="holds_living")(open_holds)
    console.action("/stock/holds/<decision>/release", needs="holds_release")(release)
    console.action("/stock/holds/<decision>/extend", needs="holds_extend")(extend)


def open_holds(visit: Visit) -> Response:
    chosen = visit.chosen("node", "sku", "service")
    page = visit.get("/v1/holds", limit="50", after=visit.query.get("after"), **chosen)
    return visit.show(
        "stock/holds.html",
        holds=page["holds"],
        chosen=chosen,
        next_page=visit.next_page(page, "stock", "holds", **chosen),
    )


def release(visit: Visit, decision: str) -> Response:
    answer = visit.change("POST", path_of("v1", "decisions", decision, "release"), {})
    return visit.after(
        answer, visit.link("stock", "holds"), say("Units of {decision} are free again", decision=decision)
    )


def extend(visit: Visit, decision: str) -> Response:
    body = {"minutes": quantity(visit.form.get("minutes", ""))}
    answer = visit.change("POST", path_of("v1", "decisions", decision, "extend"), body)
    return visit.after(
        answer, visit.link("stock", "holds"), say("Units of {decision} are held longer", decision=decision)
    )
