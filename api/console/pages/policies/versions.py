"""Published versions, who did what with them, and the buttons by which one begins or ceases to decide."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import path_of
from api.console.console import Console
from api.console.pages.policies.figures import figure, figure_value
from api.console.pages.policies.rules import plain_rules
from api.console.pages.policies.version_effect import effect_of
from api.console.visit import Visit
from api.language.current import say, text

_MOST_SHOWN = "100"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionAction:
    """A button: which call it does, what it says, and what is sent along of its form's fields."""

    operation: str
    path: tuple[str, ...]
    """In which {version} stands for that of the page."""
    title: str
    sentence: str
    done: str
    body: Callable[[Visit, Mapping[str, str]], Any]
    tone: str = "main"


def _with_note(_: Visit, form: Mapping[str, str]) -> dict[str, Any]:
    return {"note": form.get("note", "")}


def _with_overrides(visit: Visit, form: Mapping[str, str]) -> dict[str, Any]:
    overrides = {name: True for name in ("override", "override_gate") if form.get(name)}
    return {**_with_note(visit, form), **overrides}


def _from_an_instant(visit: Visit, form: Mapping[str, str]) -> dict[str, Any]:
    written = form.get("at", "")
    try:
        instant = visit.clock.instant_of(written)
    except ValueError:
        instant = written  # which HTTP refuses, and says why
    return {**_with_overrides(visit, form), "at": instant}


ACTIONS: Mapping[str, VersionAction] = {
    "activate": VersionAction(
        operation="policies_activate",
        path=("v1", "policies", "{version}", "activate"),
        title=text("Activate now"),
        sentence=text("From the next order on, this version decides in place of the one that is active."),
        done=text("The version decides from now on."),
        body=_with_overrides,
    ),
    "schedule": VersionAction(
        operation="policies_activate",
        path=("v1", "policies", "{version}", "activate"),
        title=text("Schedule"),
        sentence=text("From an instant on, this version decides. Until then, nothing changes."),
        done=text("The version is scheduled."),
        body=_from_an_instant,
        tone="",
    ),
    "unschedule": VersionAction(
        operation="policies_unschedule",
        path=("v1", "policies", "{version}", "unschedule"),
        title=text("Take off the schedule"),
        sentence=text("The version does not take over; the one that decides by then goes on."),
        done=text("The version is off the schedule."),
        body=_with_note,
        tone="danger",
    ),
    "approve": VersionAction(
        operation="policies_approve",
        path=("v1", "policies", "{version}", "approve"),
        title=text("Approve"),
        sentence=text("You have looked at this version, which somebody else published, and it may decide."),
        done=text("The version is approved."),
        body=_with_note,
    ),
    "gate": VersionAction(
        operation="policies_run_gate",
        path=("v1", "policies", "{version}", "gate"),
        title=text("Run the gate"),
        sentence=text(
            "The version is tried on orders of the past, and held against the bounds of the gate. Nothing changes."
        ),
        done=text("The gate is run; look again in a moment."),
        body=lambda _visit, _form: None,
        tone="",
    ),
    "rollback": VersionAction(
        operation="policies_rollback",
        path=("v1", "policies", "rollback"),
        title=text("Roll back"),
        sentence=text("From the next order on, the version decides again that was active before this one."),
        done=text("The version before decides again."),
        body=_with_note,
        tone="danger",
    ),
    "shadow": VersionAction(
        operation="policies_start_shadow",
        path=("v1", "policies", "shadow"),
        title=text("Run as shadow"),
        sentence=text("Each order is also decided by this version, to compare. It holds nothing and decides nothing."),
        done=text("The shadow runs."),
        body=lambda visit, form: {**_with_note(visit, form), "version": form["version"], **_share(form)},
        tone="",
    ),
    "canary": VersionAction(
        operation="policies_start_canary",
        path=("v1", "policies", "canary"),
        title=text("Begin a canary"),
        sentence=text(
            "This version really decides a share of the orders. The canary ends by itself if it breaks a bound."
        ),
        done=text("The canary decides its share of the orders."),
        body=lambda visit, form: {
            **_with_overrides(visit, form),
            "version": form["version"],
            **_share(form),
            **(
                {"stop_if": [line for line in form["stop_if"].split("\n") if line.strip()]}
                if form.get("stop_if")
                else {}
            ),
        },
        tone="",
    ),
}


def _share(form: Mapping[str, str]) -> dict[str, str]:
    share = form.get("share", "").strip()
    return {"share": share} if share else {}


def add_to(console: Console) -> None:
    """Their pages and buttons."""
    console.page("/policies/versions", needs="policies_listed")(listed)
    console.page("/policies/versions/<version>", needs="policies_read")(show)
    console.page("/policies/versions/<version>/<action>", needs=[its.operation for its in ACTIONS.values()])(ask)
    console.action("/policies/versions/<version>/<action>", needs=[its.operation for its in ACTIONS.values()])(do)


def listed(visit: Visit) -> Response:
    listing = visit.get("/v1/policies")
    history = visit.get("/v1/policies/history", limit=_MOST_SHOWN)["changes"]
    return visit.show("policies/versions.html", listing=listing, versions=listing["versions"][::-1], history=history)


def show(visit: Visit, version: str) -> Response:
    found, listing = _find(visit, version)
    full = found["version"]
    its = next(item for item in listing["versions"] if item["version"] == full)
    before = listing["active"]
    changes = visit.ask("GET", path_of("v1", "policies", full, "changes"), query={"against": _against(listing, full)})
    past = visit.get("/v1/policies/history", limit=_MOST_SHOWN)
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
    """Those that make sense for a version as it stands, of those that the person may do."""
    active = version["active"]
    sensible = {
        "activate": not active,
        "schedule": not active,
        "unschedule": bool(version["scheduled"]),
        "approve": visit.session.name not in (version["published_by"], *version.get("approved_by", ())),
        "gate": not active,
        "rollback": active and listing["before"] is not None,
        "shadow": not active,
        "canary": not active and listing["active"] is not None,
    }
    return [name for name, makes_sense in sensible.items() if makes_sense and visit.may(ACTIONS[name].operation)]


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
    return visit.after(answer, visit.link(*place), say(its.done))


def _action(name: str) -> VersionAction:
    if name not in ACTIONS:
        raise NotFound
    return ACTIONS[name]


def _show_question(visit: Visit, version: str, action: str, listing: Any, problem: Any) -> Response:
    return visit.show(
        "policies/version_question.html",
        status=problem.status if problem else 200,
        version=version,
        name=action,
        action=ACTIONS[action],
        listing=listing,
        problem=problem,
        may_override=visit.may("policies_approve") and action in ("activate", "schedule", "canary"),
    )
