"""What an order costs if one of its lines ships from a given node, and the others as is best then."""

from typing import Final

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.lookahead.expected_orders import NOT_REACHED, BasketCosts

_NEVER: Final = NOT_REACHED


def costs_from_each_node(costs: BasketCosts, quantities: Integers, line: int, prices: Integers) -> Integers:
    """By node, in micros, what the basket costs if the line ships from there. `prices` are what units of the other
    lines cost beside, by line and node; NOT_REACHED where a node has none of a line. Lines that no node has are left
    out.

    The others ship from that node, from one more, or each alone: of plans with more shipments shared by several lines
    none is looked at, so it may be a little too much.
    """
    own = np.where(costs.unit[line] < _NEVER, costs.fixed + quantities[line] * costs.unit[line], _NEVER)
    others = [other for other in range(len(costs.unit)) if other != line]
    unit = costs.unit[others] + prices[others]
    dear = np.where(unit < _NEVER, quantities[others, None] * unit, _NEVER)
    dear = dear[(dear < _NEVER).any(axis=1)]
    if len(dear):
        alone = (costs.fixed + dear).min(axis=1)[:, None]
        here = np.minimum(dear, alone)
        two = np.minimum(here[:, :, None], here[:, None, :]).sum(axis=0) + costs.fixed[None, :]
        own = own + np.minimum(here.sum(axis=0), two.min(axis=1))
    return np.where((costs.fixed < _NEVER) & (costs.unit[line] < _NEVER), own, _NEVER)
