"""Runs of the backlog, the backlog itself and chains of decisions as JSON."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta, Raw

from api.shapes.cursors import backlog_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import PlacedLineRecord, UnfilledRecord
from engine.orders.waiting.backlog import BacklogPage, BacklogRun
from engine.orders.waiting.waiting_queue import QueuePlace
from engine.store.log.decision_chain import Chain
from engine.store.waiting.offers import OfferNote


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


class LastOfferRecord(Record, frozen=True):
    """The last time that stock was offered and was of no use, and why: what would have stayed unfilled for which
    reasons, or a sentence.
    """

    at: Timestamp
    detail: str | None
    unfilled: list[UnfilledRecord]

    @classmethod
    def of(cls, note: OfferNote) -> "LastOfferRecord":
        unfilled = [UnfilledRecord.of(item) for item in note.unfilled]
        return cls(at=timestamp(note.at), detail=note.detail or None, unfilled=unfilled)


class WaitingOrderRecord(Record, frozen=True):
    decision: Annotated[str, Meta(description="whose unfilled units wait")]
    order: str
    first: Annotated[str, Meta(description="the order's first decision")]
    priority: int
    promise_by: Timestamp | None
    placed_at: Timestamp
    since: Timestamp
    not_before: Annotated[Timestamp | None, Meta(description="no stock is offered before; null: at once")]
    client: str
    lines: list[PlacedLineRecord]
    last_offer: Annotated[LastOfferRecord | None, Meta(description="null: none since these units began to wait")]

    @classmethod
    def of(cls, place: QueuePlace, note: OfferNote | None) -> "WaitingOrderRecord":
        waiting, order = place.entry, place.entry.order
        return cls(
            decision=waiting.decision,
            order=order.id,
            first=waiting.first,
            priority=place.priority,
            promise_by=None if order.promise_by is None else timestamp(order.promise_by),
            placed_at=timestamp(order.placed_at),
            since=timestamp(waiting.since),
            not_before=None if waiting.not_before is None else timestamp(waiting.not_before),
            client=waiting.caller,
            lines=[
                PlacedLineRecord(line=line.id, sku=line.sku, quantity=waiting.units[line.id])
                for line in order.lines
                if line.id in waiting.units
            ],
            last_offer=None if note is None else LastOfferRecord.of(note),
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
            orders=[WaitingOrderRecord.of(place, page.notes.get(place.entry.decision)) for place in page.places],
            next=backlog_cursor(page.after),
        )


def _failed(run: BacklogRun) -> list[FailedEntryRecord]:
    return [FailedEntryRecord(decision=decision, detail=detail) for decision, detail in run.failed]
