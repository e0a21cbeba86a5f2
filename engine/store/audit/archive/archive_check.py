"""Compares what is archived of the log with what was sealed of it: each entry with its leaf, and the columns by which
it is searched with what the entry says.
"""

import itertools
from collections.abc import Iterator

from engine.audit.sealing.comparison import Finding, compare_entries, entry_unreadable
from engine.audit.sealing.leaf import EntryId, Leaf, leaf_of
from engine.errors import ArchiveUnavailable
from engine.store.audit.archive.archived_log import ArchivedDay, ArchivedLog, date_of
from engine.store.audit.archive.day_reader import Row, read_rows
from engine.store.audit.archive.day_writer import search_columns
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client
from engine.store.keys import Keys


def missing_files(client: Client, keys: Keys, state: SealedState) -> Iterator[Finding]:
    """The files of the archive that are not here; they are not read."""
    archive = ArchivedLog(client, keys)
    for day in archive.days() if state.trimmed else ():
        try:
            archive.file(day)
        except ArchiveUnavailable as error:
            yield Finding("archive_unreadable", str(error))


def kept_findings(client: Client, keys: Keys, state: SealedState) -> Iterator[Finding]:
    """What differs between the leaves of archived entries and the copies of them that the server keeps."""
    copies = dict(ArchivedLog(client, keys).kept())
    for leaf in SealedLog(client, keys).leaves(0, state.trimmed) if copies else ():
        fields = copies.pop(leaf.id, None)
        if fields is not None and leaf_of(leaf.entry_id.encode(), fields) != leaf:
            message = f"entry {leaf.entry_id} was altered where the server keeps a copy of what is archived of it"
            yield Finding("altered", message, leaf.entry_id)


def archive_findings(client: Client, keys: Keys, state: SealedState) -> Iterator[Finding]:
    """What differs between the first `trimmed` leaves and the files. All of these are read, but those that are missing
    (see `missing_files`).
    """
    archive = ArchivedLog(client, keys)
    days = {day.date: day for day in archive.days()}
    leaves, first = SealedLog(client, keys).leaves(0, state.trimmed), 0
    for date, group in itertools.groupby(leaves, key=lambda leaf: date_of(leaf.id)):
        of_day = list(group)
        if day := days.get(date):
            yield from _day_findings(archive, day, of_day, first)
        else:
            yield from compare_entries((), of_day, first=first)
        first += len(of_day)


def _day_findings(archive: ArchivedLog, day: ArchivedDay, leaves: list[Leaf], first: int) -> Iterator[Finding]:
    try:
        path = archive.file(day)
    except ArchiveUnavailable:
        return
    others: list[Finding] = []
    try:
        found = list(compare_entries(_leaves(read_rows(path), leaves[-1].id, others), leaves, first=first))
    except (OSError, ValueError, KeyError, TypeError) as error:  # pyarrow's are among them
        message = f"the archive is damaged: {path}: {error}; bring a copy of it back"
        found = [Finding("archive_unreadable", message)]
    # of one that is missing, nobody can tell whether it was of a kind that was forgotten
    yield from (finding for finding in found if not (day.forgotten and finding.kind == "deleted"))
    yield from others


def _leaves(rows: Iterator[Row], last: EntryId, others: list[Finding]) -> Iterator[Leaf]:
    """The leaves of rows up to the entry `last`: after it, a file may have entries that are on the server still."""
    for (entry_id, fields), columns in rows:
        try:
            leaf = leaf_of(entry_id, fields)
        except (ValueError, TypeError, AttributeError) as error:
            others.append(entry_unreadable(entry_id, error))
            continue
        if leaf.id > last:
            continue
        yield leaf
        expected = search_columns((entry_id, fields))
        differing = ", ".join(name for name, value in columns.items() if expected.get(name) != value)
        if differing:
            message = f"the archive's search columns of entry {leaf.entry_id} were altered: {differing}"
            others.append(Finding("columns_altered", message, leaf.entry_id))
