"""The rules of the active version as sentences, with what each of them did of late."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.pages.policies.approvals import waiting_for_approval
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
        return visit.show(
            "policies/rules.html", plain=None, version=None, uses=None, waiting=waiting_for_approval(visit)
        )
    plain = plain_rules(visit, active["files"])
    asked = bool(visit.query.get("weigh"))  # on a long log it takes a while
    uses = visit.ask("GET", "/v1/policies/uses", query={"weigh": WEIGHED}) if asked else None
    search = visit.chosen("search").get("search", "")
    return visit.show(
        "policies/rules.html",
        plain=plain,
        search=search,
        found=found_rules(plain["policies"], search) if plain else [],
        version=active["version"],
        timeline=timeline(plain, visit.clock.local(visit.caller["now"]).date()) if plain else None,
        waiting=waiting_for_approval(visit),
        uses=RuleUses(uses.json) if uses and uses.ok else None,
    )


def found_rules(policies: Sequence[Any], search: str) -> list[Any]:
    """The policies with the rules that have each word of the search, and their `count`; all, if there is no word."""
    words = _folded(search).split()
    found = []
    for policy in policies:
        about = f"{policy['policy']} {policy['owner']}"
        rules = [rule for rule in policy["rules"] if _has(f"{about} {_text_of(rule)}", words)]
        if rules or not words:
            found.append({**policy, "rules": rules, "count": len(rules)})
    return found


def _text_of(rule: Any) -> str:
    return " ".join((rule["id"], rule["says"], *rule["because"].values()))


def _has(text: str, words: Sequence[str]) -> bool:
    folded = _folded(text)
    return all(word in folded for word in words)


def _folded(text: str) -> str:
    """Without capitals and accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).casefold()


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
