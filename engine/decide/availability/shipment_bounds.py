"""What a shipment of each way out may weigh and how many units it may have, by its service and by the rules."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.decide.evaluation.judged_bands import judge_bands
from engine.decide.evaluation.positions import Shared
from engine.decide.evaluation.shipment_bands import OrderedUnits, ShipmentBands, bands_of_order, joined
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import NO_LIMIT, Integers, integers
from engine.decide.sourcing.problem import Bounds
from rules.vocabulary import Stage

_ANY_SHIPMENT = OrderedUnits(weights=[1], quantities=[NO_LIMIT])


class ShipmentBounds(NamedTuple):
    """Of each way out, the `number` of what holds for it; by number, the bounds of which a shipment must keep to one.
    None: it may be anything; none of them: there may be no shipment.
    """

    number: Integers
    bounds: Sequence[tuple[Bounds, ...] | None]


def shipment_bounds(
    matcher: Matcher, shared: Shared, node: Integers, service: Integers, columns: SnapshotColumns
) -> ShipmentBounds:
    """Those of the ways from these nodes by these services, as far as the facts in `shared` tell."""
    ways, steps = columns.ways, matcher.shipment_steps
    count = len(ways.services)
    each, number = np.unique(node * count + service, return_inverse=True)
    node, service = each // count, each % count
    bands = bands_of_order(ways, service, _ANY_SHIPMENT, steps)
    if bands is None:
        return ShipmentBounds(np.zeros_like(number), [None])
    if steps is not None:
        every = [(np.arange(len(bands.row)), shared)]
        judged = judge_bands(matcher, bands, every, node=node[bands.row], service=service[bands.row], columns=columns)
        exclude, _ = matcher.stages[Stage.SHIPMENT].table.shipments()
        bands = bands.at(exclude[judged.judgement] == 0)
    free = np.zeros_like(bands.row)
    bands = joined(bands._replace(costs=free, per_gram=free, judgement=free))
    begins = bands.row.searchsorted(np.arange(len(each) + 1)).tolist()
    by_way = [_bounds(bands, rows) for rows in map(range, begins, begins[1:])]
    distinct = list(dict.fromkeys(by_way))
    numbers = {bounds: at for at, bounds in enumerate(distinct)}
    return ShipmentBounds(integers(numbers[bounds] for bounds in by_way)[number], distinct)


def _bounds(bands: ShipmentBands, rows: range) -> tuple[Bounds, ...] | None:
    bounds = tuple(
        Bounds(
            least_weight=int(bands.least_weight[row]),
            most_weight=int(bands.most_weight[row]),
            least_units=int(bands.least_units[row]) if bands.least_units[row] > 1 else 0,
            most_units=int(bands.most_units[row]),
        )
        for row in rows
    )
    return None if bounds == (Bounds(),) else bounds
