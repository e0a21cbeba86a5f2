"""What came of the orders that a version decided, beside those of the version that decided before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.console.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`its` and `before` are what GET /v1/days has of the two versions; None where it decided nothing of late."""

    its: Mapping[str, Any]
    before: Mapping[str, Any] | None
    complete: bool


def effect_of(visit: Visit, version: str, turns: Sequence[Mapping[str, Any]]) -> Effect | None:
    """None if it decided no order of the days that are known, or the person may not read them."""
    answer = visit.ask("GET", "/v1/days") if visit.may("days_show") else None
    if answer is None or not answer.ok:
        return None
    figures = {its["version"]: its for its in answer.json["versions"]}
    if version not in figures:
        return None
    return Effect(
        its=figures[version],
        before=figures.get(_before(version, turns) or ""),
        complete=answer.json["complete"],
    )


def _before(version: str, turns: Sequence[Mapping[str, Any]]) -> str | None:
    """The version that it took over from the last time; the newest turn is the first."""
    return next((turn["before"] for turn in turns if turn["version"] == version), None)
