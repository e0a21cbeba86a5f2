"""What an order may take of stock, of the room of nodes and of their capacity: without what is left to others."""

from collections.abc import Sequence

import numpy as np

from engine.decide.decision import LeftToOthers
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.columns import NO_LIMIT, Integers, integers
from engine.model.node_loads import grams_field, units_field


def free_units(evaluation: Evaluation, left: LeftToOthers) -> Sequence[Integers]:
    """Units by line and position that are free and not left to others."""
    free, node_ids = [positions.free for positions in evaluation.positions], evaluation.ways.node_ids
    if evaluation.incoming is not None:
        free = [evaluation.incoming.total(index) for index in range(len(free))]
    if left.units:
        for index, (line, positions) in enumerate(zip(evaluation.order.lines, evaluation.positions, strict=True)):
            nodes = [node_ids[node] for node in positions.stock.node.tolist()]
            kept = integers(left.units.get((line.sku, node), 0) for node in nodes)
            free[index] = np.maximum(free[index] - kept, 0)
    return free


def rooms_left(evaluation: Evaluation, left: LeftToOthers) -> Integers:
    """By node, how many more shipments it may take that are not left to others; NO_LIMIT: any number."""
    if not left.loads:
        return evaluation.rooms
    loads = integers([left.loads.get(node, 0) for node in evaluation.ways.node_ids])
    rooms: Integers = np.maximum(evaluation.rooms - loads, 0)
    return rooms


def capacities_left(evaluation: Evaluation, left: LeftToOthers) -> Integers | None:
    """By node, units and grams that it may still ship and that are not left to others."""
    capacities, names = evaluation.capacities, evaluation.ways.node_ids
    if capacities is None or not left.loads:
        return capacities
    kept = np.array([[left.loads.get(field(name), 0) for name in names] for field in (units_field, grams_field)])
    return np.where(capacities < NO_LIMIT, np.maximum(capacities - kept, 0), NO_LIMIT)
