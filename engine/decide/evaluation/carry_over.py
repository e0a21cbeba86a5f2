"""Carries an evaluation over to later facts, where some units are held that were free then.

Most of an evaluation stays as it is while no rule tells the later stock and loads from the earlier ones. So an order of
a batch need not be evaluated again because orders before it took units of the same SKUs.
"""

import copy
from collections import Counter
from collections.abc import Sequence

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.positions import Positions, with_shared_floors
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.problem import Choice
from rules.vocabulary import Stage


def carried_over(
    evaluation: Evaluation, choice: Choice, columns: SnapshotColumns, *, judged_alike: bool
) -> Evaluation | None:
    """The evaluation on the snapshot of `columns`, which differs from its own in no less being held and loads being no
    lower. None if rules judge anything else there, options are missing, or the `choice`, which was proven to be the
    best, is not possible any more; otherwise it is the best there, too. `judged_alike`: it is known that rules of no
    stage tell stock or loads from the earlier ones.
    """
    carried = copy.copy(evaluation)
    carried.snapshot, carried.columns = columns.snapshot, columns
    _forget(carried, "rooms")
    if judged_alike:
        carried.positions = _with_later_stock(evaluation, columns)
    else:
        _forget(carried, "positions", "multiples", "node_numbers", "options", "every_option")
        _forget(carried, "judged_bands", "shipment_bands")
    same = _has_the_same_options(carried, evaluation) and _is_possible(choice, carried)
    return carried if same and (judged_alike or _is_judged_alike(carried, evaluation)) else None


def _forget(evaluation: Evaluation, *parts: str) -> None:
    """Let parts be worked out again when they are asked for."""
    for part in parts:
        evaluation.__dict__.pop(part, None)


def _with_later_stock(evaluation: Evaluation, columns: SnapshotColumns) -> Sequence[Positions]:
    """By line, the positions with their later stock, judged as they were. Of all that rules say only allotments hang on
    what was taken and is held: floors are worked out again if there are any.
    """
    skus = [line.sku for line in evaluation.order.lines]
    later = [
        its if (stock := columns.stock_of(sku)) is its.stock else its._replace(stock=stock)
        for sku, its in zip(skus, evaluation.positions, strict=True)
    ]
    both = zip(skus, evaluation.positions, later, strict=True)
    if not evaluation.matcher.policies.allotments:
        return [its if its is was else its.with_floor(its.floor) for _, was, its in both]
    moved = {sku for sku, was, its in both if its is not was}
    if not moved:
        return later
    floored = [
        its.with_floor(_floor(evaluation, columns, sku, its)) if sku in moved else its
        for sku, its in zip(skus, later, strict=True)
    ]
    return with_shared_floors(skus, floored)


def _floor(evaluation: Evaluation, columns: SnapshotColumns, sku: str, positions: Positions) -> Integers:
    """The floors of a line's positions on the stock that they have."""
    stock, table = positions.stock, evaluation.matcher.stages[Stage.POSITION].table
    return table.floors(
        evaluation.order.channel,
        positions.judgement,
        stock.on_hand,
        stock.held,
        stock.taken,
        expected=columns.expected_sales_of(sku).units,
        scale=stock.scale,
    )


def _has_the_same_options(carried: Evaluation, evaluation: Evaluation) -> bool:
    """Whether the same positions have units free."""
    both = zip(carried.positions, evaluation.positions, strict=True)
    return all(its is before or ((its.free > 0) == (before.free > 0)).all() for its, before in both)


def _is_judged_alike(carried: Evaluation, evaluation: Evaluation) -> bool:
    """Whether rules say the same of positions, nodes and options."""
    pairs = [(carried.node_numbers, evaluation.node_numbers)]
    if carried.judged_bands is not None and evaluation.judged_bands is not None:
        pairs.append((carried.judged_bands.judgement, evaluation.judged_bands.judgement))
    pairs += ((its.judgement, was.judgement) for its, was in zip(carried.positions, evaluation.positions, strict=True))
    pairs += ((its.judgement, was.judgement) for its, was in zip(carried.options, evaluation.options, strict=True))
    return all(np.array_equal(its, was) for its, was in pairs)


def _is_possible(choice: Choice, evaluation: Evaluation) -> bool:
    """Whether there is as much as the choice takes. Of nodes that it takes something of, the evaluation's `rooms` are
    those of its columns.
    """
    lines, index, rooms = evaluation.order.lines, evaluation.ways.node_index, evaluation.columns.rooms
    units: Counter[tuple[str, int]] = Counter()
    output: dict[int, tuple[int, int]] = {}
    for (key, number), count in choice.units.items():
        line, node = lines[number], index[key.node]
        units[line.sku, node] += count
        carried, grams = output.get(node, (0, 0))
        weight = evaluation.snapshot.products[line.sku].counted_weight
        output[node] = carried + count, grams + count * weight
    shipments = Counter(index[key.node] for key in {key for key, _ in choice.units})
    if any(rooms.item(node) < count for node, count in shipments.items()):
        return False
    capacities = evaluation.capacities
    if capacities is not None and any((capacities[:, node] < most).any() for node, most in output.items()):
        return False
    return all(
        positions.free.item(positions.stock.node.searchsorted(node)) >= count
        for line, positions in zip(lines, evaluation.positions, strict=True)
        for (sku, node), count in units.items()
        if line.sku == sku
    )
