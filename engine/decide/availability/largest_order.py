"""How many units of a product an order to a known destination could have: the largest number that fills.

The order is decided for some quantities, as any order is, so whatever rules ask of it or of its routes counts. A larger
order may fill where a smaller one does not, and the other way round: what ships in multiples, or in parcels of some
weight at least, or what rules say of larger orders. So each range of quantities that rules judge alike is looked at by
itself, the highest first. In it, the same can ship whatever is ordered: an order for all that is free gets the largest
number that fills, if it may be filled in part.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.decide.availability.alike_quantities import alike_in_costs, alike_in_facts, of_quantity
from engine.decide.availability.free_units import SkuAvailability
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.incoming.incoming import Incoming
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Choice, Problem
from engine.model.facts import Order, Snapshot
from rules.effects import OrderOutcome

MOST_UNITS = 1_000_000
"""Of one line; a larger order is not tried."""


class _InPart(Evaluation):
    """The order as if it could be filled in part: what must ship from one place still does so."""

    @property
    def order_outcome(self) -> OrderOutcome:
        return replace(super().order_outcome, ship_complete=False)

    @property
    def max_shipments(self) -> int | None:
        return 1 if self.keeps_together(0) else super().max_shipments

    def ships_whole(self, index: int) -> bool:  # noqa: ARG002 - no line does
        return False


@dataclass(frozen=True, slots=True)
class _Tried:
    quantity: int
    candidates: Candidates
    choice: Choice

    @property
    def filled(self) -> int:
        return self.quantity - self.choice.score.unfilled


class _Sizes:
    """Orders of one product, by their quantity."""

    def __init__(
        self,
        order: Order,
        sku: str,
        snapshot: Snapshot,
        columns: SnapshotColumns,
        matcher: Matcher,
        *,
        until: int | None,
    ) -> None:
        self._order, self.sku, self._snapshot, self._columns, self._matcher = order, sku, snapshot, columns, matcher
        self._until = until

    def evaluate(self, quantity: int, kind: type[Evaluation] = Evaluation) -> Evaluation:
        evaluation = kind(
            order=of_quantity(self._order, self.sku, quantity),
            snapshot=self._snapshot,
            matcher=self._matcher,
            now=self._order.placed_at,
            columns=self._columns,
        )
        evaluation.incoming = incoming = None if self._until is None else Incoming(evaluation, until=self._until)
        if incoming is not None and incoming.is_empty:
            evaluation.incoming = None
        return evaluation

    def attempt(self, quantity: int, kind: type[Evaluation] = Evaluation) -> _Tried:
        candidates = Candidates(self.evaluate(quantity, kind))
        return _Tried(quantity, candidates, candidates.choose())

    def largest(self) -> _Tried | None:
        """The largest order that fills."""
        return next(filter(None, (self._largest_of(first, last) for first, last in self._alike())), None)

    def _alike(self) -> Iterator[tuple[int, int]]:
        """Ranges of quantities that are judged alike, the highest first, up to what is free of them."""
        product = self._snapshot.products[self.sku]
        for first, last in alike_in_facts(self._order, self.sku, self._snapshot, self._matcher, self._there()):
            evaluation = self.evaluate(last)
            there = evaluation.positions[0].free if evaluation.incoming is None else evaluation.incoming.total(0)
            free = min(last, int(there.sum()))
            if free >= first:
                yield from alike_in_costs(self.evaluate, product, self._matcher, (first, free))

    def _there(self) -> int:
        """No order gets more, whatever it leaves: all that nobody holds, what places may oversell, and what comes."""
        stock = self._columns.stock_of(self.sku)
        oversold = self._matcher.policies.most_oversold * stock.scale * len(stock.node)
        to_come = sum(receipt.to_come for its in stock.receipts.values() for receipt in its)
        return min(MOST_UNITS, int(stock.available.sum()) + oversold + (0 if self._until is None else to_come))

    def _largest_of(self, first: int, last: int) -> _Tried | None:
        """Of these orders, which are judged alike."""
        while last >= first:
            tried = self.attempt(last)
            if tried.filled == last:
                return tried
            if _is_whole(tried.candidates.evaluation):
                tried = self.attempt(last, _InPart)
            # what a choice that is not proven the best fills may fill no order of that size: a smaller one is tried
            last = min(last - 1, tried.filled)
        return None

    def in_part(self, order: _Tried) -> Candidates:
        """The candidates of such an order, where it may be filled in part."""
        candidates = order.candidates
        return Candidates(self.evaluate(order.quantity, _InPart)) if _is_whole(candidates.evaluation) else candidates


def _is_whole(evaluation: Evaluation) -> bool:
    """Whether an order of one line is filled or gets nothing."""
    return evaluation.order_outcome.ship_complete or evaluation.ships_whole(0)


def most_units(
    order: Order,
    sku: str,
    snapshot: Snapshot,
    columns: SnapshotColumns,
    matcher: Matcher,
    *,
    until: int | None = None,
) -> SkuAvailability:
    """What an order like `order`, which has no lines, could have of the SKU: of what is there or, with `until`, also of
    what may be promised and is there by that instant. `columns` are the snapshot's, which orders of other SKUs share.
    """
    sizes = _Sizes(order, sku, snapshot, columns, matcher, until=until)
    counted = snapshot.products[sku].counted
    best = sizes.largest() if counted else None
    nodes, stock = columns.ways.node_ids, columns.stock_of(sku)
    free = np.zeros(len(nodes), dtype=np.int64)
    if best is not None:
        free = _free_by_node(sizes.in_part(best), best.quantity, len(nodes))
    return SkuAvailability(
        sku=sku,
        free=(0 if best is None else best.quantity) if counted else None,
        unless_needed=0 if best is None else best.choice.score.unless_needed,
        nodes=[nodes[node] for node in stock.node.tolist()],
        on_hand=stock.on_hand.tolist(),
        held=stock.held.tolist(),
        available=stock.available.tolist(),
        free_by_node=free[stock.node].tolist(),
    )


def _free_by_node(candidates: Candidates, most: int, nodes: int) -> Integers:
    """By node, how many units such orders, for `most` or fewer, could get from there alone."""
    evaluation, units = candidates.evaluation, np.zeros(nodes, dtype=np.int64)
    node = evaluation.reach.node[candidates.rows[candidates.candidate]]
    np.maximum.at(units, node, np.minimum(candidates.units, most))
    if candidates.multiple is not None:
        units[node] -= units[node] % candidates.multiple
    if candidates.bands is not None:
        problem, names = candidates.problem(evaluation.max_shipments), evaluation.ways.node_ids
        for number in units.nonzero()[0].tolist():
            here = [item for item in problem.candidates if candidates.own_node(item.key) == names[number]]
            units[number] = _from_node(replace(problem, candidates=here), int(units[number]))
    return units


def _from_node(problem: Problem, most: int) -> int:
    """Of so many units, those that shipments of the problem, which are of one node, may have."""
    demands = [replace(problem.demands[0], quantity=most)]
    return most - choose(replace(problem, demands=demands)).score.unfilled
