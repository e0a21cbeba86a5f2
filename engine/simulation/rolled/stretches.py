"""The days, weeks or months of a time, each of which a what-if may roll forward by itself, from the stock that the log
had at its beginning. None of them hangs on another, so they run side by side.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from engine.model.facts import Network
from engine.store.log.stored_entry import RawEntry

BeginsAgain: TypeAlias = Literal["day", "week", "month"]
"""By the clock of the installation; weeks begin on Mondays."""


class Stretch(NamedTuple):
    """The instants from `since` on and before `until`, and the ids of the first and the last entry of then."""

    since: int
    until: int
    first: str
    last: str


def stretches(
    batches: Iterable[Sequence[RawEntry]], network: Network, every: BeginsAgain, since: int | None, until: int | None
) -> list[Stretch]:
    """Those that have entries, the earliest first; the first and the last end where the time does. An entry that can't
    be read is of the stretch of the one before it.
    """
    found: dict[datetime.date, tuple[str, str]] = {}
    date: datetime.date | None = None
    unread: str | None = None
    """The first entry, if it can't be read."""
    for entry, at in _instants(batches):
        if at is not None:
            date = _first_date(network.local(at).date(), every)
        if date is None:
            unread = unread or entry
            continue
        first, _ = found.get(date, (unread or entry, entry))
        found[date], unread = (first, entry), None
    made = [
        Stretch(_midnight(date, network), _midnight(_next(date, every), network), *ids)
        for date, ids in sorted(found.items())
    ]
    return [_within(its, since, until) for its in made]


def _instants(batches: Iterable[Sequence[RawEntry]]) -> Iterator[tuple[str, int | None]]:
    for batch in batches:
        for entry, fields in batch:
            at = fields.get(b"at", b"")
            yield entry.decode(), int(at) if at.isdigit() else None


def _first_date(date: datetime.date, every: BeginsAgain) -> datetime.date:
    if every == "week":
        return date - datetime.timedelta(days=date.weekday())
    return date.replace(day=1) if every == "month" else date


def _next(date: datetime.date, every: BeginsAgain) -> datetime.date:
    if every == "month":
        return (date + datetime.timedelta(days=31)).replace(day=1)
    return date + datetime.timedelta(days=7 if every == "week" else 1)


def _within(stretch: Stretch, since: int | None, until: int | None) -> Stretch:
    return stretch._replace(
        since=stretch.since if since is None else max(stretch.since, since),
        until=stretch.until if until is None else min(stretch.until, until),
    )


def _midnight(date: datetime.date, network: Network) -> int:
    return int(datetime.datetime.combine(date, datetime.time(), tzinfo=network.zone).timestamp())
