"""What a channel is offered of a SKU where rules cap that."""

from collections.abc import Iterator, Sequence

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.problem import SkuCap


def most_offered(evaluation: Evaluation, free: Sequence[Integers]) -> Sequence[Integers]:
    """By line and position, the units that are `free` to it, and no more than the position's cap."""
    caps = evaluation.caps
    if not caps:
        return free
    return [
        np.minimum(units, caps[line.sku]) if line.sku in caps else units
        for line, units in zip(evaluation.order.lines, free, strict=True)
    ]


def binding_caps(evaluation: Evaluation, free: Sequence[Integers]) -> Iterator[SkuCap]:
    """The caps that the order could exceed. For each number n, the positions with a cap of n or less ship at most n
    together. `free` units are by line and position.
    """
    lines, names = evaluation.order.lines, evaluation.ways.node_ids
    for sku, caps in evaluation.caps.items():
        numbers = [number for number, line in enumerate(lines) if line.sku == sku]
        ordered, units = sum(lines[number].quantity for number in numbers), free[numbers[0]]
        nodes = evaluation.positions[numbers[0]].stock.node
        for most in np.unique(caps[caps < ordered]).tolist():
            rows = (caps <= most) & (units > 0)
            if units[rows].sum() > most:
                yield SkuCap(sku=sku, nodes=frozenset(names[node] for node in nodes[rows].tolist()), most=most)
