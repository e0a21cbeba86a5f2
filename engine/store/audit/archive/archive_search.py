"""Searches archived decisions, newest first: DuckDB over the Parquet files, the newest ones first."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.search.decision_summary import DecisionSummary
from engine.errors import ArchiveUnavailable
from engine.store.audit.archive.archived_log import START, ArchivedDay, date_of
from engine.store.audit.archive.day_reader import LISTS, NUMBERS, TEXTS
from engine.store.audit.parquet import duckdb
from engine.store.log.entry import EntryId

_FIRST_DAYS, _GROWTH = 1, 8
"""How many days are searched at first, and by how much that grows: what is frequent is found in few."""
_COLUMNS = ("millis", "number", *TEXTS, *LISTS, *NUMBERS)
_EQUAL = {"order": "order", "channel": "channel", "status": "status"}
_IN_LIST = {"node": "nodes", "sku": "skus"}


Ask: TypeAlias = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]


class ArchivedDays(Protocol):
    """What a search asks of an archive: see ArchivedLog."""

    def through(self) -> EntryId: ...

    def days(self) -> list[ArchivedDay]: ...

    def file(self, day: ArchivedDay) -> Path: ...


class ArchiveSearch:
    """Searches the archived decisions of one network."""

    def __init__(self, archive: ArchivedDays) -> None:
        self._archive = archive

    def find(
        self, filtered: DecisionFilter, *, after: EntryId | None = None, limit: int
    ) -> tuple[list[DecisionSummary], bool]:
        """At most `limit` decisions that were logged before the entry `after`, newest first; and whether there may be
        more. Raises ArchiveUnavailable.
        """
        through = self._archive.through()
        if through == START or (filtered.start or 0) * 1_000 > through[0]:
            return [], False
        found: list[DecisionSummary] = []
        for days in _pieces(self._days(filtered, after)):
            found += self._search(days, filtered, through, after, limit - len(found) + 1)
            if len(found) > limit:
                return found[:limit], True
        return found, False

    def fired(self, filtered: DecisionFilter, *, before: EntryId | None = None) -> tuple[int, Counter[str]]:
        """How many such decisions there are before the entry `before`, and by rule in how many of them it fired."""
        through = self._archive.through()
        days = self._days(filtered, None) if through > START else []
        if not days:
            return 0, Counter()
        conditions, values = where(filtered)
        conditions.append("(millis, number) <= (?, ?)")
        values += through
        if before is not None:
            conditions.append("(millis, number) < (?, ?)")
            values += before
        matching = f"FROM entries WHERE {' AND '.join(conditions)}"
        with self._entries(days) as ask:
            ((count,),) = ask(f"SELECT count(*) {matching}", values)
            rules = ask(f"SELECT rule, count(*) FROM (SELECT unnest(fired) AS rule {matching}) GROUP BY rule", values)  # noqa: S608
        return count, Counter(dict(rules))

    def _days(self, filtered: DecisionFilter, after: EntryId | None) -> list[ArchivedDay]:
        """Those that may have some, the newest first."""
        first = date_of(((filtered.start or 0) * 1_000, 0))
        last = "9999" if filtered.end is None else date_of((max(0, filtered.end * 1_000 - 1), 0))
        if after is not None:
            last = min(last, date_of(after))
        return [day for day in reversed(self._archive.days()) if first <= day.date <= last]

    def _search(
        self,
        days: Sequence[ArchivedDay],
        filtered: DecisionFilter,
        through: EntryId,
        after: EntryId | None,
        limit: int,
    ) -> list[DecisionSummary]:
        conditions, values = where(filtered)
        conditions.append("(millis, number) <= (?, ?)")
        values += through
        if after is not None:
            conditions.append("(millis, number) < (?, ?)")
            values += after
        with self._entries(days) as ask:
            # first which they are: to put whole rows in order, all of them would be read
            places = ask(_newest(("millis",), conditions), [*values, limit])
            if not places:
                return []
            conditions.append("millis BETWEEN ? AND ?")
            values += (places[-1][0], places[0][0])
            rows = ask(_newest(_COLUMNS, conditions), [*values, limit])
        return [_summary(row) for row in rows]

    @contextlib.contextmanager
    def _entries(self, days: Sequence[ArchivedDay]) -> Iterator[Ask]:
        """What asks DuckDB in SQL about `entries`, all rows of these days. Raises ArchiveUnavailable."""
        files = [str(self._archive.file(day)) for day in days]
        library = duckdb()
        try:
            with library.connect() as database:
                database.read_parquet(files).create_view("entries")
                yield lambda sql, values: database.execute(sql, values).fetchall()
        except library.Error as error:
            raise ArchiveUnavailable(f"the archive can't be searched: {error}") from error


def where(filtered: DecisionFilter) -> tuple[list[str], list[Any]]:
    """The filter as conditions of SQL on the columns of a day's file, and their values: what `matches` says."""
    # of a decision that can't be read there is no more than the entry
    conditions, values = ["kind = 'decided'", "decision IS NOT NULL"], []
    for name, column in _EQUAL.items():
        if (value := getattr(filtered, name)) is not None:
            conditions.append(f'"{column}" = ?')
            values.append(value)
    for name, column in _IN_LIST.items():
        if (value := getattr(filtered, name)) is not None:
            conditions.append(f"list_contains({column}, ?)")
            values.append(value)
    for rule in filtered.rules:
        conditions.append("list_contains(fired, ?)")
        values.append(rule)
    bounds = (
        ("millis >= ?", None if filtered.start is None else filtered.start * 1_000),
        ("millis < ?", None if filtered.end is None else filtered.end * 1_000),
        ("decided_at >= ?", filtered.decided_from),
        ("decided_at < ?", filtered.decided_until),
        ("starts_with(policy_version, ?)", filtered.policy_version),
    )
    for condition, value in bounds:
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if filtered.caller is not None:
        conditions.append('(caller = ? OR "by" = ?)')
        values += [filtered.caller] * 2
    return conditions, values


def _newest(columns: Sequence[str], conditions: Sequence[str]) -> str:
    """The SQL that asks for these columns of the entries that meet the conditions, the last ones first. All that comes
    from callers is among the values.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    return f"SELECT {names} FROM entries WHERE {' AND '.join(conditions)} ORDER BY millis DESC, number DESC LIMIT ?"  # noqa: S608


def _pieces(days: Sequence[ArchivedDay]) -> Iterator[Sequence[ArchivedDay]]:
    start, size = 0, _FIRST_DAYS
    while start < len(days):
        yield days[start : start + size]
        start, size = start + size, size * _GROWTH


def _summary(row: Sequence[Any]) -> DecisionSummary:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    values["entry"] = values.pop("millis"), values.pop("number")
    return DecisionSummary(**values | {name: tuple(values[name]) for name in LISTS})
