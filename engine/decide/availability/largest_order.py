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

    def __init__(self, order: Order, sku: str, snapshot: Snapshot, columns: SnapshotColumns, matcher: Matcher) -> None:
        self._order, self.sku, self._snapshot, self._columns, self._matcher = order, sku, snapshot, columns, matcher

    def evaluate(self, quantity: int, kind: type[Evaluation] = Evaluation) -> Evaluation:
        return kind(
            order=of_quantity(self._order, self.sku, quantity),
            snapshot=self._snapshot,
            matcher=self._matcher,
            now=self._order.placed_at,
            columns=self._columns,
        )

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
            free = min(last, int(self.evaluate(last).positions[0].free.sum()))
            if free >= first:
                yield from alike_in_costs(self.evaluate, product, self._matcher, (first, free))

    def _there(self) -> int:
        """No order gets more, whatever it leaves: all that nobody holds, and what places may oversell."""
        stock = self._columns.stock_of(self.sku)
        oversold = self._matcher.policies.most_oversold * stock.scale * len(stock.node)
        return min(MOST_UNITS, int(stock.available.sum()) + oversold)

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
    order: Order, sku: str, snapshot: Snapshot, columns: SnapshotColumns, matcher: Matcher
) -> SkuAvailability:
    """What an order like `order`, which has no lines, could have of the SKU. `columns` are the snapshot's, which orders
    of other SKUs share.
    """
    sizes, counted = _Sizes(order, sku, snapshot, columns, matcher), snapshot.products[sku].counted
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
        problem = candidates.problem(evaluation.max_shipments)
        for number in units.nonzero()[0].tolist():
            units[number] = _from_node(problem, evaluation.ways.node_ids[number], int(units[number]))
    return units


def _from_node(problem: Problem, node: str, most: int) -> int:
    """Of so many units, those that shipments from the node may have."""
    demands = [replace(problem.demands[0], quantity=most)]
    here = replace(problem, demands=demands, candidates=[each for each in problem.candidates if each.key.node == node])
    return most - choose(here).score.unfilled
