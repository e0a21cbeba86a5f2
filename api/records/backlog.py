"""Runs of the backlog, the backlog itself and chains of decisions as JSON."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Raw, UnsetType

from api.shapes.cursors import backlog_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.record import DecisionRecord, PlacedLineRecord
from engine.orders.backlog import BacklogPage, BacklogRun, QueuePlace
from engine.store.decision_chain import Chain


def _as_logged(bodies: Iterable[bytes]) -> list[DecisionRecord]:
    """Decisions that are written as the bytes that were logged, not encoded a second time."""
    return [Raw(body) for body in bodies]  # type: ignore[misc]  # Raw is encoded as what it holds, and read as a record


class ChainRecord(Record, frozen=True):
    """All decisions of an order, in the order in which they were made."""

    first: str
    decisions: list[DecisionRecord]

    @classmethod
    def of(cls, chain: Chain) -> "ChainRecord":
        return cls(first=chain.first, decisions=_as_logged(link.body for link in chain.links))


class FailedEntryRecord(Record, frozen=True):
    """An entry of the backlog that could not be decided, and why."""

    decision: str
    detail: str


class RunRecord(Record, frozen=True):
    """One call's part of a run over the backlog. With a `next`, there are more entries to offer stock to."""

    offered: Annotated[int, Meta(description="entries looked at")]
    failed: list[FailedEntryRecord]
    next: str | None
    decisions: list[DecisionRecord]

    @classmethod
    def of(cls, run: BacklogRun) -> "RunRecord":
        return cls(
            offered=run.offered,
            failed=_failed(run),
            next=backlog_cursor(run.after),
            decisions=_as_logged(answer.body for answer in run.answers),
        )


class RunTotalRecord(Record, frozen=True):
    """A whole run over the backlog in figures: `decided` of the entries looked at, `filled` of those; `waiting` is how
    many entries still wait.
    """

    offered: int
    decided: int
    filled: int
    units: int
    failed: list[FailedEntryRecord]
    waiting: int

    @classmethod
    def of(cls, runs: Sequence[BacklogRun], *, waiting: int) -> "RunTotalRecord":
        records = [answer.record for run in runs for answer in run.answers]
        return cls(
            offered=sum(run.offered for run in runs),
            decided=len(records),
            filled=sum(record.status == "filled" for record in records),
            units=sum(record.units_shipped for record in records),
            failed=[failed for run in runs for failed in _failed(run)],
            waiting=waiting,
        )


class WaitingOrderRecord(Record, frozen=True):
    decision: Annotated[str, Meta(description="whose unfilled units wait")]
    order: str
    first: Annotated[str, Meta(description="the order's first decision")]
    priority: int
    promise_by: Timestamp | None
    placed_at: Timestamp
    since: Timestamp
    client: str
    lines: list[PlacedLineRecord]
    not_before: Annotated[
        Timestamp | UnsetType, Meta(description="of an order for a nominated day: no stock is offered to it before")
    ] = UNSET

    @classmethod
    def of(cls, place: QueuePlace) -> "WaitingOrderRecord":
        waiting, order = place.entry, place.entry.order
        return cls(
            decision=waiting.decision,
            order=order.id,
            first=waiting.first,
            priority=place.priority,
            promise_by=None if order.promise_by is None else timestamp(order.promise_by),
            placed_at=timestamp(order.placed_at),
            since=timestamp(waiting.since),
            client=waiting.caller,
            lines=[
                PlacedLineRecord(line=line.id, sku=line.sku, quantity=waiting.units[line.id])
                for line in order.lines
                if line.id in waiting.units
            ],
            not_before=UNSET if waiting.not_before is None else timestamp(waiting.not_before),
        )


class BacklogRecord(Record, frozen=True):
    """In the order in which stock would be offered; `waiting` is how many there are in all."""

    waiting: int
    orders: list[WaitingOrderRecord]
    next: str | None

    @classmethod
    def of(cls, page: BacklogPage) -> "BacklogRecord":
        return cls(
            waiting=page.waiting,
            orders=[WaitingOrderRecord.of(place) for place in page.places],
            next=backlog_cursor(page.after),
        )


def _failed(run: BacklogRun) -> list[FailedEntryRecord]:
    return [FailedEntryRecord(decision=decision, detail=detail) for decision, detail in run.failed]
