"""The orders of a batch judged as a whole, for their priority, before any stock is read."""

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.model.facts import Order, Snapshot


class Ranking:
    """Judges orders as a whole, for their priority, on a snapshot without stock."""

    def __init__(self, snapshot: Snapshot, matcher: Matcher, now: int) -> None:
        self._snapshot, self._matcher, self._now = snapshot, matcher, now
        self._columns = SnapshotColumns(snapshot, matcher, now)
        self.evaluations: dict[str, Evaluation] = {}
        """Of orders that were judged, by id."""

    def priority(self, order: Order) -> int:
        """Of an order without mistakes."""
        its = Evaluation(
            order=order, snapshot=self._snapshot, matcher=self._matcher, now=self._now, columns=self._columns
        )
        self.evaluations[order.id] = its
        return its.order_outcome.priority

    def is_of(self, snapshot: Snapshot, matcher: Matcher) -> bool:
        """Whether the orders of a snapshot's SKUs would be judged the same on it."""
        before = self._snapshot
        return (
            matcher is self._matcher
            and snapshot.network is before.network
            and all(its == before.products.get(sku) for sku, its in snapshot.products.items())
        )
