"""Which rules hold when: those with a first or a last day, on a line of months around today."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MONTHS_BEFORE, MONTHS = 1, 13
"""Shown before that of today, and in all."""
WIDE = 100
"""Of each month, in the units of the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rule: from `x`, so `width`; `begins` and `ends` are its first and its last day, empty without one."""

    rule: str
    state: str
    begins: str
    ends: str
    ends_at: str
    """The time of day at which it ends, if it does so within its last day."""
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`months` are their numbers, from 1; `today` is where today is."""

    months: Sequence[int]
    today: int
    bars: Sequence[Bar]

    @property
    def width(self) -> int:
        return MONTHS * WIDE


def timeline(plain: Any, today: datetime.date) -> Timeline:
    """Of what POST /v1/policies/explain answered: the rules that begin or end, the first to end first."""
    first = today.year * 12 + today.month - 1 - MONTHS_BEFORE
    rules = [rule for policy in plain["policies"] for rule in policy["rules"]]
    dated = [rule for rule in rules if rule["dates"]["begins"] or rule["dates"]["ends"]]
    dated.sort(key=lambda rule: (rule["dates"]["ends"] or "9999", rule["dates"]["begins"] or "", rule["id"]))
    return Timeline(
        months=[(first + month) % 12 + 1 for month in range(MONTHS)],
        today=_place(datetime.datetime.combine(today, datetime.time(12)), first),
        bars=[_bar(rule, first) for rule in dated],
    )


def _bar(rule: Any, first: int) -> Bar:
    begins, ends = (_instant(rule["dates"][key]) for key in ("begins", "ends"))
    start = 0 if begins is None else _place(begins, first)
    end = MONTHS * WIDE if ends is None else _place(ends, first)
    whole = ends is not None and ends.time() == datetime.time()
    last = ends - datetime.timedelta(days=1) if ends is not None and whole else ends
    return Bar(
        rule=rule["id"],
        state=rule["state"],
        begins="" if begins is None else begins.date().isoformat(),
        ends="" if last is None else last.date().isoformat(),
        ends_at="" if ends is None or whole else f"{ends:%H:%M}",
        x=start,
        width=max(0, end - start),
    )


def _instant(written: str | None) -> datetime.datetime | None:
    return None if written is None else datetime.datetime.fromisoformat(written)


def _place(instant: datetime.datetime, first: int) -> int:
    """Where it is drawn; what is before the first month or after the last one, at the edge."""
    month = instant.year * 12 + instant.month - 1 - first
    of_month = (instant.day - 1 + instant.hour / 24) / 31
    return min(max(0, round((month + of_month) * WIDE)), MONTHS * WIDE)
