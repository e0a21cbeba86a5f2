"""The check of the ledger and the entries of the log, as JSON."""

import contextlib
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.audit.sealing.comparison import Finding, FindingKind
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.record import with_facts
from engine.errors import DecisionUnreadable
from engine.store.audit.seal_check import SealCheck
from engine.store.log.entry import Entry
from engine.store.reconcile.check import Audit
from engine.store.reconcile.drift import Drift


class DriftRecord(Record, frozen=True):
    """Something that is not as the log says; `mendable` by `ledger check --repair`."""

    what: str
    sku: str
    node: str
    expected: int
    found: int
    cause: str
    mendable: bool

    @classmethod
    def of(cls, drift: Drift) -> "DriftRecord":
        return cls(
            what=drift.what,
            sku=drift.sku,
            node=drift.node,
            expected=drift.expected,
            found=drift.found,
            cause=drift.cause,
            mendable=bool(drift.writes),
        )


class SealFindingRecord(Record, frozen=True):
    """Something that is not as it was sealed: what was done, in a word and in a sentence, and to which entry."""

    kind: FindingKind
    message: str
    entry: Annotated[str | None, Meta(description="its id in the log; null if it is about the log as a whole")]

    @classmethod
    def of(cls, finding: Finding) -> "SealFindingRecord":
        return cls(kind=finding.kind, message=finding.message, entry=finding.entry or None)


class SealCheckRecord(Record, frozen=True):
    """How the log compares with what was sealed of it."""

    sealed: int
    archived: Annotated[int, Meta(description="those of the sealed that are in an archive")]
    archive_read: Annotated[bool, Meta(description="whether these were compared, too (--whole)")]
    unsealed: Annotated[
        int, Meta(description="entries that are not sealed yet: whether these were altered, nobody knows")
    ]
    findings: list[SealFindingRecord]

    @classmethod
    def of(cls, check: SealCheck) -> "SealCheckRecord":
        return cls(
            sealed=check.sealed,
            archived=check.archived,
            archive_read=check.archive_read,
            unsealed=check.unsealed,
            findings=[SealFindingRecord.of(finding) for finding in check.findings],
        )


class AuditRecord(Record, frozen=True):
    """The check's figures, in units but for `decisions`, `orders` and `positions`, and every drift."""

    decisions: int
    orders: int
    positions: int
    on_hand: int
    shipped: int
    ended: int
    confirmed: int
    held: int
    set_aside: Annotated[int, Meta(description="those of held that are held for orders that are being decided")]
    short: int
    blocked: Annotated[int, Meta(description="units that are there and may not be sold, beside those on hand")]
    promised: Annotated[int, Meta(description="units of holds that stand on what is to come, beside those held")]
    drifts: list[DriftRecord]
    torn: Annotated[bool, Meta(description="whether entries of the log are missing or can't be read")]
    clean: bool
    quarantine: Annotated[
        int | UnsetType, Meta(description="units that came back and wait to be disposed of; left out if there are none")
    ] = UNSET
    ended_early: Annotated[
        int | UnsetType,
        Meta(description="holds that were ended before their time by the server's clock; left out if there are none"),
    ] = UNSET
    since: Annotated[str | UnsetType, Meta(description="the entry after which the log was read")] = UNSET
    seal: Annotated[SealCheckRecord | UnsetType, Meta(description="left out where nothing was ever sealed")] = UNSET
    mended: Annotated[list[DriftRecord] | UnsetType, Meta(description="if a repair was asked for")] = UNSET

    @classmethod
    def of(cls, audit: Audit, *, mended: list[DriftRecord] | UnsetType = UNSET) -> "AuditRecord":
        return cls(
            decisions=audit.decisions,
            orders=audit.orders,
            positions=audit.positions,
            on_hand=audit.on_hand,
            shipped=audit.shipped,
            ended=audit.ended,
            confirmed=audit.confirmed,
            held=audit.held,
            set_aside=audit.set_aside,
            short=audit.short,
            blocked=audit.blocked,
            promised=audit.promised,
            drifts=[DriftRecord.of(drift) for drift in audit.drifts],
            torn=audit.log_damaged,
            clean=audit.clean,
            quarantine=audit.quarantine or UNSET,
            ended_early=audit.ended_early or UNSET,
            since=audit.since or UNSET,
            seal=SealCheckRecord.of(audit.seal) if audit.seal and audit.seal.ever_sealed else UNSET,
            mended=mended,
        )


class LogEntryRecord(Record, frozen=True):
    """An entry of the log, whole; what does not go with its kind is null."""

    entry: str
    at: Annotated[Timestamp, Meta(description="when, by the clock of the process that wrote it")]
    recorded_at: Annotated[Timestamp, Meta(description="when, by the server's own clock")]
    kind: str
    id: str
    caller: Annotated[str | None, Meta(description="whose open holds its hold counts among")]
    shipments: list[int] | None
    until: Timestamp | None
    applied: list[bool] | None
    body: Any
    by: Annotated[str | UnsetType, Meta(description="who did it; left out where Pointsman did by itself")] = UNSET
    request: Annotated[
        str | UnsetType, Meta(description="the id of the HTTP request by which it was done; left out if there was none")
    ] = UNSET
    through: Annotated[
        str | UnsetType, Meta(description="how it came: http, console or cli; left out where Pointsman did by itself")
    ] = UNSET
    origin: Annotated[
        str | UnsetType,
        Meta(description="from where: the address of the HTTP caller, or LOGIN@HOST of the command line's user"),
    ] = msgspec.field(default=UNSET, name="from")
    operation: Annotated[
        str | UnsetType, Meta(description="the idempotency key or operation id that the caller gave its request")
    ] = msgspec.field(default=UNSET, name="op")
    counted: Annotated[
        list[bool] | UnsetType,
        Meta(
            description="of movements: whether the count that stood already had it, so that it changed nothing on hand;"
            " left out if none did"
        ),
    ] = UNSET
    moved_at: Annotated[
        int | UnsetType,
        Meta(description="when units came or left by it, at the latest: UTC microseconds since 1970"),
    ] = UNSET
    levels: Annotated[
        list[list[int] | None] | UnsetType,
        Meta(description="by movement or position: on hand before and after, and held; null where it did not change"),
    ] = UNSET

    @classmethod
    def of(cls, entry: Entry) -> "LogEntryRecord":
        body = entry.body
        if entry.kind == "decided":
            with contextlib.suppress(DecisionUnreadable):  # then it is shown as it is logged
                body = with_facts(body, entry.logged_facts)
        return cls(
            entry="{}-{}".format(*entry.id),
            at=timestamp(entry.at),
            recorded_at=timestamp(entry.recorded_at),
            kind=entry.kind,
            id=entry.decision,
            caller=entry.caller or None,
            shipments=None if entry.shipments is None else list(entry.shipments),
            until=None if entry.until is None else timestamp(entry.until),
            applied=[bit == "1" for bit in entry.taken] or None,
            counted=[bit == "1" for bit in entry.in_counts] or UNSET,
            body=msgspec.json.decode(body) if body else None,
            by=entry.by or UNSET,
            request=entry.request or UNSET,
            through=entry.through or UNSET,
            origin=entry.origin or UNSET,
            operation=entry.operation or UNSET,
            moved_at=UNSET if entry.moved_at is None else entry.moved_at,
            levels=[level and list(level) for level in entry.levels] or UNSET,
        )
