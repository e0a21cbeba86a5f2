"""Versions of which somebody asks that they be approved: which of them wait for the person who looks."""

from typing import Any

from api.console.visit import Visit

_MOST_READ = "1000"
"""Changes of all versions: as many as HTTP answers at once."""


def waiting_for_approval(visit: Visit) -> list[Any]:
    """Those of the network that wait for the person, the longest first; none for who may not approve, or not see
    versions.
    """
    if not (visit.may("policies_approve") and visit.may("policies_listed")):
        return []
    asked = visit.get("/v1/policies", asked="true")["versions"]
    waiting = [version for version in asked if may_answer(visit, version)]
    return sorted(waiting, key=lambda version: str(version["approval_request"]["at"]))


def may_approve(visit: Visit, version: Any) -> bool:
    """Whether somebody else published the version, and the person has not approved it yet."""
    name = visit.session.name
    publishers = {version["published_by"], *version.get("also_published_by", ())}
    return not publishers <= {name} and name not in version.get("approved_by", ())


def may_answer(visit: Visit, version: Any) -> bool:
    """Whether what is asked of a version may be answered by the person, who is not who asked."""
    return may_approve(visit, version) and version["approval_request"]["by"] != visit.session.name


def recent_history(visit: Visit) -> Any:
    """The last changes of all versions, of which those of one are shown."""
    return visit.get("/v1/policies/history", limit=_MOST_READ)


def wished_instant(visit: Visit, version: str) -> str:
    """From when on whoever asked last for the approval of a version would have it decide, as a field for instants has
    it; empty if that was not said, was taken back or is over.
    """
    changes = recent_history(visit)["changes"]
    own = (item for item in changes if item["version"] == version and item["act"] in ("asked", "taken_back"))
    last: Any = next(own, {})
    instant = last.get("activate_at", "")
    is_ahead = instant and visit.clock.local(instant) > visit.clock.local(visit.caller["now"])
    return f"{visit.clock.local(instant):%Y-%m-%dT%H:%M}" if is_ahead else ""
