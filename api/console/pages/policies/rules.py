"""The rules of the active version as sentences, with what each of them did of late."""

from typing import Any

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.pages.policies.timeline import timeline
from api.console.visit import Visit

WEIGHED = "5"
"""So many of the last decisions in which a rule applied are made again without it, when one asks which mattered."""


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/policies", needs="policies_listed")(rules)


def rules(visit: Visit) -> Response:
    active = visit.get_or_none(path_of("v1", "policies", "active"))
    if active is None:
        return visit.show("policies/rules.html", plain=None, version=None, uses=None)
    plain = plain_rules(visit, active["files"])
    asked = bool(visit.query.get("weigh"))  # on a long log it takes a while
    uses = visit.ask("GET", "/v1/policies/uses", query={"weigh": WEIGHED}) if asked else None
    return visit.show(
        "policies/rules.html",
        plain=plain,
        version=active["version"],
        timeline=timeline(plain, visit.clock.local(visit.caller["now"]).date()) if plain else None,
        uses=RuleUses(uses.json) if uses and uses.ok else None,
    )


def plain_rules(visit: Visit, files: dict[str, str]) -> Any:
    """What POST /v1/policies/explain answers; None if no file has rules."""
    answer = visit.ask("POST", "/v1/policies/explain", body={"files": files})
    return answer.json if answer.ok else None


class RuleUses:
    """What GET /v1/policies/uses answered, by rule."""

    def __init__(self, answered: Any) -> None:
        self.decisions: int = answered["decisions"]
        self._by_rule = {use["rule"]: use for use in answered["rules"]}
        self.weighed = any(use["weighed"] for use in answered["rules"])
        self.never_fired = [use["rule"] for use in answered["rules"] if not use["fired"]]

    def fired(self, rule: str) -> int | None:
        """In how many decisions; None if it isn't counted."""
        use = self._by_rule.get(rule)
        return None if use is None else use["fired"]

    @property
    def never_mattered(self) -> list[str]:
        """Those that applied, and decided none of the decisions that were weighed."""
        return [rule for rule, use in self._by_rule.items() if use["weighed"] and not use["decided"]]
