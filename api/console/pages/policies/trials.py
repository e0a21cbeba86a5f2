"""The shadow and the canary: what came of them, and the buttons by which they grow and end."""

from typing import Any

from flask import Response

from api.console.console import Console
from api.console.pages.policies.figures import figure, figure_value
from api.console.visit import Visit
from api.language.current import say

_KINDS = ("shadow", "canary")
_MOST_SHOWN = "50"


def add_to(console: Console) -> None:
    """Their page and buttons."""
    console.page("/policies/trials", needs="policies_read_shadow")(trials)
    console.action("/policies/trials/shadow/end", needs="policies_end_shadow")(end_shadow)
    console.action("/policies/trials/canary/end", needs="policies_end_canary")(end_canary)
    console.action("/policies/trials/canary/share", needs="policies_grow_canary")(grow_canary)


def trials(visit: Visit) -> Response:
    found = {kind: _trial(visit, kind) for kind in _KINDS}
    return visit.show("policies/trials.html", trials=found, figure=figure, figure_value=figure_value)


def _trial(visit: Visit, kind: str) -> dict[str, Any] | None:
    found = visit.get_or_none(f"/v1/policies/{kind}")
    if found is None:
        return None
    going_on = f"{kind}_after"
    page = visit.get(f"/v1/policies/{kind}/orders", limit=_MOST_SHOWN, after=visit.query.get(going_on))
    more = visit.next_page(page, "policies", "trials", going_on=going_on)
    return {**found, "listed": page["orders"], "more": more}


def end_shadow(visit: Visit) -> Response:
    answer = visit.change("POST", "/v1/policies/shadow/end", {"note": visit.form.get("note", "")})
    return visit.after(answer, visit.link("policies", "trials"), say("The shadow is over."))


def end_canary(visit: Visit) -> Response:
    answer = visit.change("POST", "/v1/policies/canary/end", {"note": visit.form.get("note", "")})
    return visit.after(
        answer,
        visit.link("policies", "trials"),
        say("The canary is over: the active version decides all orders again."),
    )


def grow_canary(visit: Visit) -> Response:
    body = {"share": visit.form.get("share", ""), "note": visit.form.get("note", "")}
    answer = visit.change("POST", "/v1/policies/canary/share", body)
    return visit.after(answer, visit.link("policies", "trials"), say("The canary decides a larger share now."))
