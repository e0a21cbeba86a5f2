"""Connectors as JSON: how each is, what became of messages, and of their tests."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import UNSET, Meta, UnsetType

from api.connectors.language.connector import Connector
from api.connectors.language.places import Folder, HttpCall, Kafka, Push, Sftp, Stream
from api.connectors.running.kept_files import KeptFiles, KeptUnknown
from api.connectors.running.problems import Problem
from api.connectors.running.report import MessageReport, TurnReport
from engine.decide.order_record import Record, timestamp
from engine.store.connectors.status import ConnectorStatus

if TYPE_CHECKING:
    from api.connectors.testing.comparison import TestResult


class ProblemOfRowRecord(Record, frozen=True):
    """A mistake in a row of a message."""

    row: int
    place: str
    path: Annotated[str, Meta(description="the column or path, or the field of ours; empty: the row as such")]
    message: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemOfRowRecord":
        return cls(row=problem.row, place=problem.place, path=problem.path, message=problem.message)


class MessageRecord(Record, frozen=True):
    """What became of the rows of a message."""

    message: str
    rows: int
    applied: int
    unchanged: Annotated[int, Meta(description="what it says was there already, or it came before")]
    older: Annotated[int, Meta(description="something newer was known already")]
    repeated: Annotated[int, Meta(description="its `once` was known")]
    skipped: Annotated[int, Meta(description="left out by `when`, or an echo")]
    bad: int
    problems: list[ProblemOfRowRecord]
    quarantined: Annotated[bool, Meta(description="it is kept beside what is wrong with it")]

    @classmethod
    def of(cls, report: MessageReport) -> "MessageRecord":
        return cls(
            message=report.name,
            rows=report.rows,
            **report.endings,
            problems=[ProblemOfRowRecord.of(problem) for problem in report.problems],
            quarantined=report.kept is not None,
        )


class TurnRecord(Record, frozen=True):
    """What a connector took over in a turn."""

    connector: str
    messages: list[MessageRecord]
    busy: Annotated[bool, Meta(description="another process has its turn with it")]
    error: Annotated[str | UnsetType, Meta(description="why its source, or the server, could not be used")] = UNSET
    sent: int = 0
    settling: Annotated[int, Meta(description="messages that are there, but may still be written")] = 0
    begun: Annotated[bool, Meta(description="it sends what happens from now on")] = False
    began_again: Annotated[
        str | UnsetType, Meta(description="what is read was made anew, and is read from its start")
    ] = UNSET

    @classmethod
    def of(cls, report: TurnReport) -> "TurnRecord":
        return cls(
            connector=report.connector,
            messages=[MessageRecord.of(message) for message in report.messages],
            busy=report.busy,
            error=report.error or UNSET,
            sent=report.sent,
            settling=report.settling,
            begun=report.begun,
            began_again=report.began_again or UNSET,
        )


class ConnectorRecord(Record, frozen=True):
    """A connector and how it is. Instants are left out if there were none yet."""

    name: str
    kind: str
    direction: str
    place: str
    owner: str
    because: Annotated[dict[str, str], Meta(description="what it is for, by language")]
    looked_at: str | UnsetType
    read_at: Annotated[str | UnsetType, Meta(description="when a message was taken over last")]
    sent_at: Annotated[str | UnsetType, Meta(description="when a record went out last")]
    message: str
    waiting: Annotated[int, Meta(description="messages to be read, or records to be sent (200 at most are counted)")]
    lag_seconds: int
    messages: int
    rows: int
    applied: int
    unchanged: int
    older: int
    repeated: int
    skipped: int
    bad: int
    quarantined: Annotated[int, Meta(description="messages with a bad row, since it first ran")]
    to_mend: Annotated[int | UnsetType, Meta(description="files that wait for a person in its folder `bad` by now")]
    put_aside: Annotated[int | UnsetType, Meta(description="records in these files, of a connector that sends")]
    early: Annotated[int | UnsetType, Meta(description="files there that are taken over again by themselves")]
    bad_error: Annotated[
        str | UnsetType, Meta(description="why that folder can't be read; then these three are not known")
    ]
    early_next: Annotated[str | UnsetType, Meta(description="when the first of these is")]
    sent: int
    error: str | UnsetType
    failed_at: str | UnsetType
    began_again: Annotated[
        str | UnsetType, Meta(description="what it reads was made anew, and was read from its start")
    ]
    began_again_at: str | UnsetType

    @classmethod
    def of(
        cls,
        connector: Connector,
        status: ConnectorStatus,
        kept: KeptFiles | KeptUnknown,
        *,
        now: int,
    ) -> "ConnectorRecord":
        known = kept if isinstance(kept, KeptFiles) else None
        due = [mark.next_at for mark in known.early if mark.next_at is not None] if known else []
        return cls(
            name=connector.name,
            kind=connector.kind,
            direction="in" if connector.reads else "out",
            place=place_text(connector),
            owner=connector.owner,
            because=dict(connector.because),
            looked_at=_instant(status.looked_at),
            read_at=_instant(status.read_at),
            sent_at=_instant(status.sent_at),
            message=status.message,
            waiting=status.waiting,
            lag_seconds=status.lag(now),
            messages=status.messages,
            rows=status.rows,
            applied=status.applied,
            unchanged=status.unchanged,
            older=status.older,
            repeated=status.repeated,
            skipped=status.skipped,
            bad=status.bad,
            quarantined=status.quarantined,
            to_mend=known.to_mend if known else UNSET,
            put_aside=known.records if known else UNSET,
            early=len(known.early) if known else UNSET,
            bad_error=kept.error if isinstance(kept, KeptUnknown) else UNSET,
            early_next=_instant(min(due, default=0)),
            sent=status.sent,
            error=status.error or UNSET,
            failed_at=_instant(status.failed_at) if status.error else UNSET,
            began_again=status.began_again or UNSET,
            began_again_at=_instant(status.began_again_at),
        )


class ConnectorListRecord(Record, frozen=True):
    connectors: list[ConnectorRecord]


class ConnectorTestRecord(Record, frozen=True):
    """A test, and how what was made differs from what is expected."""

    connector: str
    test: str
    passed: bool
    differences: list[str]

    @classmethod
    def of(cls, connector: str, result: "TestResult") -> "ConnectorTestRecord":
        return cls(
            connector=connector,
            test=result.test.name,
            passed=result.passed,
            differences=list(result.differences),
        )


class ConnectorTestsRecord(Record, frozen=True):
    tests: list[ConnectorTestRecord]


def place_text(connector: Connector) -> str:
    """Where a connector reads or sends, without anything secret."""
    part = connector.reads.source if connector.reads else connector.sends.target if connector.sends else None
    match part:
        case Folder():
            return str(Path(part.path))
        case Sftp():
            return f"{part.user}@{part.host}:{part.path}"
        case HttpCall():
            return part.url.partition("?")[0] if isinstance(part.url, str) else "HTTP"
        case Push():
            return f"POST /v1/connectors/{connector.name}"
        case Stream():
            return f"stream {part.name}"
        case Kafka():
            return f"kafka {part.topic}"
    return ""


def _instant(seconds: int) -> str | UnsetType:
    return timestamp(seconds) if seconds else UNSET
