"""Print jobs and printers as JSON."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.fulfilment.printing.node_printers import NodePrinter
from engine.fulfilment.printing.print_job import JobState, Paper, PrintJob
from engine.fulfilment.printing.printer import PrintFormat
from engine.fulfilment.printing.printing import PrinterTest


class PrintJobRecord(Record, frozen=True, kw_only=True):
    """A paper that is to be printed, was, or was given up (`dead`)."""

    id: str
    node: str
    paper: Paper
    of: Annotated[str, Meta(description="DECISION/NUMBER/PARCEL, or the id of a manifest or a return")]
    state: JobState
    tries: int
    queued_at: Timestamp
    printed_at: Timestamp | UnsetType = UNSET
    error: Annotated[str | UnsetType, Meta(description="why the last try failed")] = UNSET

    @classmethod
    def of_job(cls, job: PrintJob) -> "PrintJobRecord":
        return cls(
            id=job.id,
            node=job.node,
            paper=job.paper,
            of=job.of,
            state=job.state,
            tries=job.tries,
            queued_at=timestamp(job.queued_at),
            printed_at=UNSET if job.printed_at is None else timestamp(job.printed_at),
            error=job.error or UNSET,
        )


class PrintJobsRecord(Record, frozen=True):
    """Those that wait as they were asked for; the others the latest first."""

    jobs: list[PrintJobRecord]
    next: str | None

    @classmethod
    def of(cls, jobs: Sequence[tuple[int, PrintJob]], *, limit: int) -> "PrintJobsRecord":
        """`jobs` are a page of at most `limit`, each with its instant in UTC microseconds."""
        return cls(
            jobs=[PrintJobRecord.of_job(job) for _, job in jobs],
            next=str(jobs[-1][0]) if len(jobs) == limit else None,
        )


class PrinterRecord(Record, frozen=True, kw_only=True):
    """The printer of a node for a paper."""

    node: str
    paper: Paper
    printer: Annotated[str, Meta(description="its address", examples=["socket://10.0.0.5:9100"])]
    format: PrintFormat
    failures: Annotated[int | UnsetType, Meta(description="so often in a row it could not print")] = UNSET
    error: Annotated[str | UnsetType, Meta(description="the last time because of this")] = UNSET
    next_try_at: Timestamp | UnsetType = UNSET

    @classmethod
    def of(cls, item: NodePrinter) -> "PrinterRecord":
        rest = item.rest
        return cls(
            node=item.node,
            paper=item.paper,
            printer=item.printer.address,
            format=item.printer.format,
            failures=UNSET if rest is None else rest.failures,
            error=UNSET if rest is None else rest.error,
            next_try_at=UNSET if rest is None else timestamp(rest.until),
        )


class PrinterListRecord(Record, frozen=True):
    """By node and paper."""

    printers: list[PrinterRecord]
    next: str | None


class PrinterTestRecord(Record, frozen=True, kw_only=True):
    """What became of a test page."""

    printer: str
    sent: bool
    state: Annotated[str | UnsetType, Meta(description="what the printer says of itself", examples=["idle"])] = UNSET
    error: Annotated[str | UnsetType, Meta(description="why it was not sent")] = UNSET

    @classmethod
    def of(cls, test: PrinterTest) -> "PrinterTestRecord":
        return cls(
            printer=test.printer.address,
            sent=not test.problem,
            state=test.state or UNSET,
            error=test.problem or UNSET,
        )
