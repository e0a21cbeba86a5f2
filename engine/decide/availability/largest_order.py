"""How many units of a product an order to a known destination could have: n fills, and n + 1 does not.

The order is decided for some quantities, as any order is, so whatever rules ask of it or of its routes counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.decide.availability.free_units import SkuAvailability
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.problem import Choice
from engine.model.facts import Line, Order, Snapshot

MOST_UNITS = 1_000_000
"""Of one line; a larger order is not tried."""


@dataclass(frozen=True, slots=True)
class _Tried:
    quantity: int
    candidates: Candidates
    choice: Choice

    @property
    def filled(self) -> int:
        return self.quantity - self.choice.score.unfilled


def most_units(
    order: Order, sku: str, snapshot: Snapshot, columns: SnapshotColumns, matcher: Matcher
) -> SkuAvailability:
    """What an order like `order`, which has no lines, could have of the SKU. `columns` are the snapshot's, which orders
    of other SKUs share.
    """

    def attempt(quantity: int) -> _Tried:
        one = replace(order, lines=(Line(id="1", sku=sku, quantity=quantity),))
        evaluation = Evaluation(order=one, snapshot=snapshot, matcher=matcher, now=order.placed_at, columns=columns)
        candidates = Candidates(evaluation)
        return _Tried(quantity, candidates, candidates.choose())

    counted = snapshot.products[sku].counted
    best = _largest(attempt) if counted else attempt(1)
    nodes = columns.ways.node_ids
    stock, free = columns.stock_of(sku), _free_by_node(best.candidates, len(nodes))
    return SkuAvailability(
        sku=sku,
        free=best.filled if counted else None,
        unless_needed=best.choice.score.unless_needed if best.filled else 0,
        nodes=[nodes[node] for node in stock.node.tolist()],
        on_hand=stock.on_hand.tolist(),
        held=stock.held.tolist(),
        available=stock.available.tolist(),
        free_by_node=free[stock.node].tolist(),
    )


def _largest(attempt: Callable[[int], _Tried]) -> _Tried:
    """The order that fills, though one more unit does not: the first try takes all that is free, which most often
    settles it. If not even one unit fills, that order; the largest there may be, if that fills.
    """
    one = attempt(1)
    if not one.filled:
        return one
    free = int(_free_by_node(one.candidates, len(one.candidates.rooms)).sum())
    best, failed, next_try = one, MOST_UNITS + 1, min(max(free, 2), MOST_UNITS)
    while failed - best.quantity > 1:
        tried = attempt(next_try)
        if tried.filled == tried.quantity:
            best, next_try = tried, tried.quantity + 1 if tried.quantity <= free else 2 * tried.quantity
        else:
            failed, next_try = tried.quantity, tried.filled
        if not best.quantity < next_try < failed:
            next_try = (best.quantity + failed) // 2
    return best


def _free_by_node(candidates: Candidates, nodes: int) -> Integers:
    """Units by node that some candidate can ship."""
    evaluation = candidates.evaluation
    units = np.zeros(nodes, dtype=np.int64)
    if len(candidates.candidate):
        positions, free = evaluation.positions[0].stock.node, candidates.free[0]
        leaving = evaluation.reach.node[candidates.rows[candidates.candidate]]
        there = np.isin(positions, leaving)
        units[positions[there]] = free[there]
    return units
