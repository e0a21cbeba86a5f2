"""Batches decided at once, whose results are looked at afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import PointsmanError
from engine.model.facts import Order
from engine.orders.batch.batch import JointSummary
from engine.orders.batch.batch_results import OrderDecided, OrderNotDecided
from engine.orders.decision_request import Answer
from engine.service import Pointsman


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """`answers` are in the order in which the orders were decided; `errors` are by the place of the order."""

    answers: Sequence[Answer]
    errors: dict[int, PointsmanError]
    joint: JointSummary
    failure: PointsmanError | None


def decide_batch(pointsman: Pointsman, orders: Sequence[Order], **more: Any) -> BatchResult:
    batch = pointsman.batch(orders, **more)
    results = list(batch.results())
    return BatchResult(
        answers=[result.answer for result in results if isinstance(result, OrderDecided)],
        errors={result.index: result.error for result in results if isinstance(result, OrderNotDecided)},
        joint=batch.joint,
        failure=batch.failure,
    )
