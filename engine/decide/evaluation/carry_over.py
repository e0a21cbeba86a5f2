"""Carries an evaluation over to later facts, where some units are held that were free then.

Most of an evaluation stays as it is while no rule tells the later stock and loads from the earlier ones. So an order of
a batch need not be evaluated again because orders before it took units of the same SKUs.
"""

import copy
from collections import Counter
from functools import partial

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation, stock_in
from engine.decide.evaluation.positions import Positions
from engine.decide.matching.volatile_facts import VolatileFacts
from engine.decide.sourcing.problem import Choice
from engine.model.facts import Snapshot


def carried_over(
    evaluation: Evaluation, choice: Choice, snapshot: Snapshot, volatile: VolatileFacts
) -> Evaluation | None:
    """The evaluation on `snapshot`, which differs from its own in no less being held and loads being no lower. None if
    rules could judge something else there, options could be missing, or the `choice`, which was proven to be the best,
    is not possible any more; otherwise it is the best there, too. `volatile` are the facts that rules of any stage
    depend on.
    """
    before = evaluation.snapshot.loads
    if any(
        volatile.load_range(load) != volatile.load_range(before.get(node, 0)) for node, load in snapshot.loads.items()
    ):
        return None
    positions: list[Positions] = []
    for line, its in zip(evaluation.order.lines, evaluation.positions, strict=True):
        later = _later(its, evaluation, line.sku, snapshot, volatile)
        if later is None:
            return None
        positions.append(later)
    carried = copy.copy(evaluation)
    for outdated in ("loads", "rooms"):
        carried.__dict__.pop(outdated, None)
    carried.snapshot, carried.stock_of, carried.positions = snapshot, partial(stock_in, snapshot), positions
    return carried if _is_possible(choice, carried) else None


def _later(
    positions: Positions, evaluation: Evaluation, sku: str, snapshot: Snapshot, volatile: VolatileFacts
) -> Positions | None:
    """The positions of the SKU with the stock of `snapshot`; None if more than numbers may have changed."""
    if snapshot.positions[sku] is evaluation.snapshot.positions[sku]:
        return positions
    stock, before = stock_in(snapshot, sku), positions.stock
    for row in (stock.held != before.held).nonzero()[0].tolist():
        if volatile.stock_ranges(stock.positions[row]) != volatile.stock_ranges(before.positions[row]):
            return None
    free = np.maximum(stock.available - positions.floor, 0)
    if ((free > 0) != (positions.free > 0)).any():
        return None
    return positions._replace(stock=stock, free=free)


def _is_possible(choice: Choice, evaluation: Evaluation) -> bool:
    """Whether there is as much as the choice takes."""
    lines, index = evaluation.order.lines, evaluation.ways.node_index
    units: Counter[tuple[str, int]] = Counter()
    for (key, line), count in choice.units.items():
        units[lines[line].sku, index[key.node]] += count
    shipments = Counter(index[key.node] for key in {key for key, _ in choice.units})
    return all(evaluation.rooms[node] >= count for node, count in shipments.items()) and all(
        positions.free[positions.stock.node.searchsorted(node)] >= count
        for (sku, node), count in units.items()
        for line, positions in zip(lines, evaluation.positions, strict=True)
        if line.sku == sku
    )
