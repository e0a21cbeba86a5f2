"""The buttons of a version: which call each does, what it says first, and what it sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.console.visit import Visit
from api.language.current import text


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
    return {**_with_overrides(visit, form), "at": _instant(visit, form.get("at", ""))}


def _wish(visit: Visit, form: Mapping[str, str]) -> dict[str, str]:
    written = form.get("activate_at", "")
    return {"activate_at": _instant(visit, written)} if written else {}


def _instant(visit: Visit, written: str) -> str:
    try:
        return visit.clock.instant_of(written)
    except ValueError:
        return written  # which HTTP refuses, and says why


ACTIONS: Mapping[str, VersionAction] = {
    "ask": VersionAction(
        operation="policies_ask",
        path=("v1", "policies", "{version}", "ask"),
        title=text("Ask for approval"),
        sentence=text(
            "Another person has to approve this version before it may decide. Whoever may do so sees that you ask."
        ),
        done=text("The approval is asked for."),
        body=lambda visit, form: {**_with_note(visit, form), **_wish(visit, form)},
    ),
    "approve": VersionAction(
        operation="policies_approve",
        path=("v1", "policies", "{version}", "approve"),
        title=text("Approve"),
        sentence=text("You have looked at this version, which somebody else published, and it may decide."),
        done=text("The version is approved."),
        body=lambda visit, form: {**_with_note(visit, form), **_answered_request(form)},
    ),
    "decline": VersionAction(
        operation="policies_decline",
        path=("v1", "policies", "{version}", "decline"),
        title=text("Decline"),
        sentence=text("The version is not approved, and who asked sees why. It can be asked for again."),
        done=text("The approval is declined."),
        body=_with_note,
        tone="danger",
    ),
    "take-back": VersionAction(
        operation="policies_take_back",
        path=("v1", "policies", "{version}", "take-back"),
        title=text("Take the request back"),
        sentence=text("You no longer ask that this version be approved."),
        done=text("The request is taken back."),
        body=_with_note,
        tone="",
    ),
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
        done=text("Version {active} decides again."),
        body=lambda visit, form: {**_with_note(visit, form), **_as_seen(form)},
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


def _answered_request(form: Mapping[str, str]) -> dict[str, str]:
    """Which request the page showed; none if nobody asked."""
    return {name: form[name] for name in ("asked_by", "asked_at") if form.get(name)}


def _as_seen(form: Mapping[str, str]) -> dict[str, str]:
    """From which version to which the page said that one rolls back."""
    return {"from": form["version"], **({"to": form["to"]} if form.get("to") else {})}


def _share(form: Mapping[str, str]) -> dict[str, str]:
    share = form.get("share", "").strip()
    return {"share": share} if share else {}
