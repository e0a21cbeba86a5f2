"""API keys: who may call, and until when; each is made, rotated and revoked by a button."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.console.calls import Problem, path_of
from api.console.console import Console
from api.console.form_values import filled, words
from api.console.visit import Visit
from api.language.current import say

ROLES = ("oms", "merchandiser", "auditor", "admin")


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    one = "/operations/keys/<key>"
    console.page("/operations/keys", needs="keys_listed")(keys)
    console.action("/operations/keys", needs="keys_make")(make_key)
    console.action(f"{one}/rotate", needs="keys_rotate")(rotate_key)
    console.action(f"{one}/revoke", needs="keys_revoke")(revoke_key)


def keys(visit: Visit) -> Response:
    return _listed(visit)


def make_key(visit: Visit) -> Response:
    form = visit.form
    networks = words(form.get("networks", ""))
    body = {
        "client": form.get("client", "").strip(),
        "role": form.get("role", ""),
        "networks": networks or None,
        "expires_at": _end_of_day(visit, form.get("expires_at", "")),
    }
    answer = visit.change("POST", "/v1/keys", filled(body))
    if answer.problem is not None:
        return _listed(visit, problem=answer.problem)
    return _shown_once(visit, answer.json)


def rotate_key(visit: Visit, key: str) -> Response:
    answer = visit.change("POST", path_of("v1", "keys", key, "rotate"), {})
    if answer.problem is not None:
        return visit.after(answer, visit.link("operations", "keys"), "")
    return _shown_once(visit, answer.json)


def revoke_key(visit: Visit, key: str) -> Response:
    answer = visit.change("POST", path_of("v1", "keys", key, "revoke"))
    return visit.after(answer, visit.link("operations", "keys"), say("The key is refused from now on"))


def _listed(visit: Visit, problem: Problem | None = None) -> Response:
    page = visit.get("/v1/keys", limit="50", after=visit.query.get("after"))
    return visit.show(
        "operations/keys.html",
        status=HTTPStatus.OK if problem is None else problem.status,
        keys=page["keys"],
        next_page=visit.next_page(page, "operations", "keys"),
        roles=[(role, role) for role in ROLES],
        form=visit.form,
        problem=problem,
    )


def _shown_once(visit: Visit, made: dict[str, Any]) -> Response:
    return visit.show("operations/new_key.html", made=made)


def _end_of_day(visit: Visit, written: str) -> str:
    """When the day that somebody wrote ends; what was written if it is no day: the call says what is wrong with it."""
    try:
        return visit.clock.midnight_of(written, later=True) if written else ""
    except ValueError:
        return written
