"""What became of the orders of a batch, order by order in the order sent, as JSON."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated, Self

from msgspec import UNSET, Meta, Raw, UnsetType

from api.records.problems import ProblemRecord
from api.shapes.sent_orders import SentOrder
from engine.decide.order_record import Record
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ScoreRecord
from engine.errors import OrderInvalid, PointsmanError, public_message
from engine.model.facts import Order
from engine.orders.batch.batch import Batch, JointSummary
from engine.orders.batch.batch_results import OrderDecided, OrderResult

_CREATED, _DECIDED_BEFORE = 201, 200


class JointRecord(Record, frozen=True):
    """What was planned for the orders of a batch that were not decided before. `contending` orders wanted the same
    units or shipments as others of their priority; the score is that of all orders.
    """

    orders: int
    contending: int
    classes: Annotated[int, Meta(description="of equal priority")]
    score: ScoreRecord

    @classmethod
    def of(cls, joint: JointSummary) -> "JointRecord | None":
        """None: all of them were decided before."""
        if not joint.classes:
            return None
        plan = joint.plan
        score = ScoreRecord.of(plan.score, plan.gap, plan.unproven)
        return cls(orders=plan.orders, contending=plan.contending, classes=joint.classes, score=score)


class BatchOrderRecord(Record, frozen=True):
    """What became of one order of a batch: a `decision`, or the `problem` that kept it from being decided."""

    number: Annotated[int, Meta(description="of the order's line, or its place in `orders`, from 1")]
    order: Annotated[str | None, Meta(description="its id; null if that can't be read")]
    decided: Annotated[
        int | None, Meta(description="as which of the batch's orders it was decided, from 1; null if it was not")
    ]
    status: Annotated[
        int, Meta(description="that of the same order sent alone: 201 decided, 200 decided before, or the problem's")
    ]
    decision: DecisionRecord | UnsetType = UNSET
    problem: ProblemRecord | UnsetType = UNSET

    @classmethod
    def of(cls, sent: SentOrder, result: OrderResult) -> Self:
        if not isinstance(result, OrderDecided):
            return cls.refused(sent, result.error)
        return cls(
            number=sent.number,
            order=sent.id,
            decided=result.rank,
            status=_CREATED if result.answer.new else _DECIDED_BEFORE,
            decision=Raw(result.answer.body),  # type: ignore[arg-type]  # written as the bytes that were logged
        )

    @classmethod
    def refused(cls, sent: SentOrder, error: PointsmanError) -> Self:
        problem = ProblemRecord.of(error)
        return cls(number=sent.number, order=sent.id, decided=None, status=problem.status, problem=problem)

    @property
    def is_new(self) -> bool:
        """Whether it was decided, and not before."""
        return self.status == _CREATED


class BatchEndRecord(Record, frozen=True):
    """The last line of a batch that was answered line by line. An answer without it broke off: send the batch again
    with the same Idempotency-Key.
    """

    orders: Annotated[int, Meta(description="answered, one a line")]
    joint: JointRecord | None
    stopped: Annotated[
        str | None, Meta(description="why the batch stopped, if it did; orders after that are undecided")
    ]

    @classmethod
    def of(cls, orders: int, batch: Batch) -> Self:
        return cls(orders=orders, joint=JointRecord.of(batch.joint), stopped=_why_stopped(batch))


class BatchRecord(Record, frozen=True):
    """The orders of a batch in the order in which they were sent."""

    orders: list[BatchOrderRecord]
    joint: Annotated[JointRecord | None, Meta(description="null: none was decided that was not decided before")]
    stopped: Annotated[
        str | None, Meta(description="why the batch stopped, if it did; orders after that are undecided")
    ]

    @classmethod
    def of(cls, orders: list[BatchOrderRecord], batch: Batch) -> Self:
        return cls(orders=orders, joint=JointRecord.of(batch.joint), stopped=_why_stopped(batch))


def readable(sent: Sequence[SentOrder]) -> list[Order]:
    """Those that can be read, of which the batch is made."""
    return [item.order for item in sent if isinstance(item.order, Order)]


def order_records(sent: Sequence[SentOrder], batch: Batch) -> Iterator[BatchOrderRecord]:
    """What became of each order of `sent`, as soon as it and those before it are known. `batch` is of those that are
    readable. Raises as `Batch.results`, before the first record.
    """
    results = batch.results_in_order_sent()
    first = next(results, None)
    results = results if first is None else chain([first], results)
    for item in sent:
        if isinstance(item.order, OrderInvalid):
            yield BatchOrderRecord.refused(item, item.order)
        else:
            yield BatchOrderRecord.of(item, next(results))


def _why_stopped(batch: Batch) -> str | None:
    return None if batch.failure is None else public_message(batch.failure)
