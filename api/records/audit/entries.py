"""Entries of the log as JSON: who did what."""

from typing import Annotated

import msgspec
from msgspec import Meta

from api.shapes.cursors import decisions_cursor
from engine.audit.sealing.leaf import id_text
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.store.audit.entry_pages import EntryPage
from engine.store.log.entry import Entry, EntryId


class LoggedEntryRecord(Record, frozen=True):
    """An entry of the log without what is in it, which `GET /v1/audit/proof/{entry}` answers with its proof."""

    entry: Annotated[str, Meta(description="its id in the log")]
    at: Annotated[Timestamp, Meta(description="when, by the clock of the process that wrote it")]
    recorded_at: Annotated[Timestamp, Meta(description="when, by the server's own clock")]
    kind: str
    about: Annotated[str | None, Meta(description="the decision, version, node or whatever else it is about")]
    by: Annotated[str | None, Meta(description="who did it; null where Pointsman did by itself")]
    through: Annotated[str | None, Meta(description="http, console or cli")]
    origin: Annotated[str | None, Meta(description="the address of the HTTP caller, or LOGIN@HOST")] = msgspec.field(
        name="from"
    )
    request: Annotated[str | None, Meta(description="the id of the HTTP request")]
    operation: Annotated[str | None, Meta(description="the idempotency key or operation id")] = msgspec.field(name="op")
    sealed: Annotated[bool, Meta(description="whether there is a proof of it yet")]

    @classmethod
    def of(cls, entry: Entry, *, sealed: bool) -> "LoggedEntryRecord":
        return cls(
            entry=id_text(entry.id),
            at=timestamp(entry.at),
            recorded_at=timestamp(entry.recorded_at),
            kind=entry.kind,
            about=entry.decision or None,
            by=entry.by or None,
            through=entry.through or None,
            origin=entry.origin or None,
            request=entry.request or None,
            operation=entry.operation or None,
            sealed=sealed,
        )


class LoggedEntriesRecord(Record, frozen=True):
    """Those logged last first. A page with a `next` may have fewer than asked for, or none."""

    entries: list[LoggedEntryRecord]
    next: str | None
    damaged: Annotated[list[str], Meta(description="entries that can't be read: `pointsman ledger check` says more")]

    @classmethod
    def of(cls, page: EntryPage, *, sealed_to: EntryId) -> "LoggedEntriesRecord":
        """The log is sealed up to and with the entry `sealed_to`."""
        return cls(
            entries=[LoggedEntryRecord.of(entry, sealed=entry.id <= sealed_to) for entry in page.entries],
            next=decisions_cursor(page.after),
            damaged=list(page.damaged),
        )
