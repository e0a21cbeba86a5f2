"""Carries an evaluation over to later facts, where some units are held that were free then.

Most of an evaluation stays as it is while no rule tells the later stock and loads from the earlier ones. So an order of
a batch need not be evaluated again because orders before it took units of the same SKUs.
"""

import copy
from collections import Counter
from collections.abc import Sequence
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
    rules judge anything else there, options are missing, or the `choice`, which was proven to be the best, is not
    possible any more; otherwise it is the best there, too. `volatile` are the facts that rules of any stage depend on.
    """
    carried = copy.copy(evaluation)
    carried.snapshot, carried.stock_of = snapshot, partial(stock_in, snapshot)
    _forget(carried, "loads", "rooms")
    positions = _unjudged(evaluation, snapshot, volatile)
    if positions is not None:
        carried.positions = positions
    else:
        _forget(carried, "positions", "node_numbers", "options")
    same = _has_the_same_options(carried, evaluation) and _is_possible(choice, carried)
    return carried if same and (positions is not None or _is_judged_alike(carried, evaluation)) else None


def _forget(evaluation: Evaluation, *parts: str) -> None:
    """Let parts be worked out again when they are asked for."""
    for part in parts:
        evaluation.__dict__.pop(part, None)


def _unjudged(evaluation: Evaluation, snapshot: Snapshot, volatile: VolatileFacts) -> Sequence[Positions] | None:
    """The positions of `snapshot`, by line, if it takes no judging to know that rules tell no difference."""
    before = evaluation.snapshot.loads
    for node, load in snapshot.loads.items():
        earlier = before.get(node, 0)
        if load != earlier and volatile.load_range(load) != volatile.load_range(earlier):
            return None
    positions: list[Positions] = []
    for line, its in zip(evaluation.order.lines, evaluation.positions, strict=True):
        if snapshot.positions[line.sku] is evaluation.snapshot.positions[line.sku]:
            positions.append(its)
            continue
        stock, earlier_stock = stock_in(snapshot, line.sku), its.stock
        for row in (stock.held != earlier_stock.held).nonzero()[0].tolist():
            if volatile.stock_ranges(stock.positions[row]) != volatile.stock_ranges(earlier_stock.positions[row]):
                return None
        positions.append(its._replace(stock=stock, free=np.maximum(stock.available - its.floor, 0)))
    return positions


def _has_the_same_options(carried: Evaluation, evaluation: Evaluation) -> bool:
    """Whether the same positions have units free."""
    both = zip(carried.positions, evaluation.positions, strict=True)
    return all(((its.free > 0) == (before.free > 0)).all() for its, before in both)


def _is_judged_alike(carried: Evaluation, evaluation: Evaluation) -> bool:
    """Whether rules say the same of positions, nodes and options."""
    pairs = [(carried.node_numbers, evaluation.node_numbers)]
    pairs += ((its.judgement, was.judgement) for its, was in zip(carried.positions, evaluation.positions, strict=True))
    pairs += ((its.judgement, was.judgement) for its, was in zip(carried.options, evaluation.options, strict=True))
    return all(np.array_equal(its, was) for its, was in pairs)


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
