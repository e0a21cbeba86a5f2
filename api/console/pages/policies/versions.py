"""Published versions, who did what with them, and the buttons by which one begins or ceases to decide."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import path_of
from api.console.console import Console
from api.console.pages.policies.approvals import (
    may_answer,
    may_approve,
    recent_history,
    waiting_for_approval,
    wished_instant,
)
from api.console.pages.policies.figures import figure, figure_value
from api.console.pages.policies.rules import plain_rules
from api.console.pages.policies.version_actions import ACTIONS, VersionAction
from api.console.pages.policies.version_effect import effect_of
from api.console.visit import Visit
from api.language.current import say

_MOST_SHOWN = "100"


def add_to(console: Console) -> None:
    """Their pages and buttons."""
    console.page("/policies/versions", needs="policies_listed")(listed)
    console.page("/policies/versions/<version>", needs="policies_read")(show)
    console.page("/policies/versions/<version>/<action>", needs=[its.operation for its in ACTIONS.values()])(ask)
    console.action("/policies/versions/<version>/<action>", needs=[its.operation for its in ACTIONS.values()])(do)


def listed(visit: Visit) -> Response:
    chosen = visit.chosen("after", "history_after")
    listing = visit.get("/v1/policies", limit=_MOST_SHOWN, after=chosen.get("after"), last_first="true")
    history = visit.get("/v1/policies/history", limit=_MOST_SHOWN, after=chosen.get("history_after"))
    return visit.show(
        "policies/versions.html",
        listing=listing,
        versions=listing["versions"],
        waiting=waiting_for_approval(visit),
        history=history["changes"],
        next_page=visit.next_page(listing, "policies", "versions", **chosen),
        next_history=visit.next_page(history, "policies", "versions", going_on="history_after", **chosen),
        first_page=visit.link("policies", "versions") if chosen else "",
    )


def show(visit: Visit, version: str) -> Response:
    found, listing = _find(visit, version)
    full = found["version"]
    its = next(item for item in listing["versions"] if item["version"] == full)
    before = listing["active"]
    changes = visit.ask("GET", path_of("v1", "policies", full, "changes"), query={"against": _against(listing, full)})
    past = recent_history(visit)
    return visit.show(
        "policies/version.html",
        version=its,
        files=found["files"],
        unreadable=found["unreadable"],
        plain=plain_rules(visit, found["files"]) if found["unreadable"] is None else None,
        changes=changes.json if changes.ok else None,
        active=before,
        against=_against(listing, full),
        gate=visit.get(path_of("v1", "policies", full, "gate")),
        history=[change for change in past["changes"] if change["version"] == full],
        turns=_turns(full, past["turns"]),
        effect=effect_of(visit, full, past["turns"]),
        actions=_actions(visit, its, listing),
        titles=ACTIONS,
        figure=figure,
        figure_value=figure_value,
    )


def _turns(version: str, turns: Sequence[Any]) -> list[tuple[str, str | None]]:
    """From when until when it decided, the last time first; None: it still does. The newest turn is the first."""
    ends = [None, *(turn["from"] for turn in turns)]
    return [(turn["from"], end) for turn, end in zip(turns, ends, strict=False) if turn["version"] == version]


def _against(listing: Any, version: str) -> str:
    """With which version it is compared: the active one or, of that itself, the one before."""
    if listing["active"] is None:
        return "none"
    return str((listing["before"] or "none") if listing["active"] == version else listing["active"])


def _actions(visit: Visit, version: Any, listing: Any) -> list[str]:
    """Those that make sense for a version as it stands, of those that the person may do; about its approval first,
    if it needs one.
    """
    active = version["active"]
    request = version.get("approval_request")
    is_open = request is not None and "declined" not in request
    sensible = {
        "ask": version["needs_approval"] and not is_open,
        "approve": may_approve(visit, version),
        "decline": is_open and may_answer(visit, version),
        "take-back": is_open and request["by"] == visit.session.name,
        "activate": not active,
        "schedule": not active,
        "unschedule": bool(version["scheduled"]),
        "gate": not active,
        "rollback": active and listing["before"] is not None,
        "shadow": not active,
        "canary": not active and listing["active"] is not None,
    }
    names = [name for name, makes_sense in sensible.items() if makes_sense and visit.may(ACTIONS[name].operation)]
    return names if version["needs_approval"] else sorted(names, key=lambda name: name == "approve")


def _find(visit: Visit, version: str) -> tuple[Any, Any]:
    found = visit.get(path_of("v1", "policies", version))
    return found, visit.get("/v1/policies")


def ask(visit: Visit, version: str, action: str) -> Response:
    """The page that says what will happen, and asks."""
    its = _action(action)
    if not visit.may(its.operation):
        return visit.refuse()
    found, listing = _find(visit, version)
    return _show_question(visit, found["version"], action, listing, None)


def do(visit: Visit, version: str, action: str) -> Response:
    its = _action(action)
    if not visit.may(its.operation):
        return visit.refuse()
    path = path_of(*(part.replace("{version}", version) for part in its.path))
    form = {**visit.form, "version": version}
    answer = visit.change("POST", path, its.body(visit, form))
    if answer.problem is not None:
        found, listing = _find(visit, version)
        return _show_question(visit, found["version"], action, listing, answer.problem)
    place = ("policies", "trials") if action in ("shadow", "canary") else ("policies", "versions", version)
    done = say(its.done, active=_short(answer.json))
    if action == "activate" and answer.json.get("decided_already"):
        done = say("The version decided already: nothing was changed.")
    return visit.after(answer, visit.link(*place), done)


def _short(answer: Any) -> str:
    """The version that decides after a call, of one that answers it."""
    return str(answer.get("active") or "")[:12] if isinstance(answer, dict) else ""


def _action(name: str) -> VersionAction:
    if name not in ACTIONS:
        raise NotFound
    return ACTIONS[name]


def _show_question(visit: Visit, version: str, action: str, listing: Any, problem: Any) -> Response:
    its = next(item for item in listing["versions"] if item["version"] == version)
    return visit.show(
        "policies/version_question.html",
        status=problem.status if problem else 200,
        version=version,
        name=action,
        action=ACTIONS[action],
        listing=listing,
        approvers=its.get("approved_by", ()),
        request=its.get("approval_request", {}),
        needs_another=action == "approve" and not may_approve(visit, its),
        is_over=problem is not None and problem.kind == "approval-request-conflict",
        can_be_done=action != "rollback" or (listing["active"] == version and listing["before"] is not None),
        wished=wished_instant(visit, version) if action == "schedule" else "",
        problem=problem,
        may_override=visit.may("policies_approve") and action in ("activate", "schedule", "canary"),
    )
