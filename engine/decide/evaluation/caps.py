"""What a channel is offered of a SKU where rules cap that."""

from collections.abc import Sequence

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.options import Options
from engine.decide.shipping.columns import NO_LIMIT, Flags, Integers, rounded
from rules.vocabulary import Stage


def offered(free: Integers, caps: Integers, ranking: Integers, ordered: int = NO_LIMIT) -> Integers:
    """By position, the units that an order of so many units is offered, of those that are `free` to it.

    For each number n, the positions with a cap of n or less offer at most n together: first those that come first in
    `ranking`, the rows in the order in which they are asked. A cap that is no less than what is ordered is not in the
    way.
    """
    units = free.copy()
    for most in np.unique(caps[caps < ordered]).tolist():
        rows = ranking[caps[ranking] <= most]
        before = units[rows].cumsum() - units[rows]
        units[rows] = np.clip(most - before, 0, units[rows])
    return units


def offered_by_line(
    evaluation: Evaluation, free: Sequence[Integers], options: Options, line: Integers, usable: Flags
) -> Sequence[Integers]:
    """The units that are `free` by line and position, as far as they are offered. `options` are those of all lines, one
    after another, with the number of its `line` and whether it is `usable`.

    Where an order asks for more than a cap, the places that are asked first are those that may ship it, by the parts of
    the comparison: unless needed, tier; then those with most units; then by money.
    """
    lines = evaluation.order.lines
    by_sku: dict[str, Integers] = {}
    for sku, caps in evaluation.caps.items():
        numbers = [number for number, item in enumerate(lines) if item.sku == sku]
        rows = (usable & np.isin(line, numbers)).nonzero()[0]
        units = free[numbers[0]]
        exclusion, tier, adjustment = evaluation.matcher.stages[Stage.OPTION].table.options()[
            :, options.judgement[rows]
        ]
        position = options.position[rows]
        scale = evaluation.snapshot.products[sku].scale
        money = options.unit_cost[rows] + (adjustment if scale == 1 else rounded(adjustment, scale))
        first = position[np.lexsort((position, money, -units[position], tier, exclusion))]
        places, at = np.unique(first, return_index=True)
        others = np.setdiff1d(np.arange(len(units)), places)
        ranking = np.concatenate((places[at.argsort()], others))
        by_sku[sku] = offered(units, caps, ranking, sum(lines[number].quantity for number in numbers))
    return [by_sku[item.sku] for item in lines]
