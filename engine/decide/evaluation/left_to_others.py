"""What an order may take of stock, of the room of nodes and of their capacity: without what is left to others."""

from collections.abc import Sequence

import numpy as np

from engine.decide.decision import LeftToOthers
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.columns import NO_LIMIT, Integers, integers
from engine.model.node_loads import grams_field, units_field


def free_units(evaluation: Evaluation, left: LeftToOthers) -> Sequence[Integers]:
    """Units by line and position that are free and not left to others."""
    free = [positions.free for positions in evaluation.positions]
    if evaluation.incoming is not None:
        free = [evaluation.incoming.total(index) for index in range(len(free))]
    if left.units:
        free = [np.maximum(units - units_left(evaluation, index, left), 0) for index, units in enumerate(free)]
    return free


def units_left(evaluation: Evaluation, index: int, left: LeftToOthers) -> Integers:
    """By position of a line, the units that are left to others."""
    sku, nodes = evaluation.order.lines[index].sku, evaluation.positions[index].stock.node.tolist()
    return integers(left.units.get((sku, evaluation.ways.node_ids[node]), 0) for node in nodes)


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
