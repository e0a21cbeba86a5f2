"""What a shipment of each way out may weigh and how many units it may have, by its service and by the rules."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from engine.decide.evaluation.judged_bands import judge_bands
from engine.decide.evaluation.positions import Shared
from engine.decide.evaluation.shipment_bands import OrderedUnits, ShipmentBands, bands_of_order, joined
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import NO_LIMIT, Integers, integers
from engine.decide.sourcing.problem import Bounds
from rules.vocabulary import Stage

_Row: TypeAlias = tuple[int, int, int, int]
"""The least and the most weight, the least and the most units."""
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
    bands = bands_of_order(columns, service, _ANY_SHIPMENT, steps)
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
    rows = _rows(bands)
    by_way = [tuple(rows[begin:end]) for begin, end in itertools.pairwise(begins)]
    distinct = {its: at for at, its in enumerate(dict.fromkeys(by_way))}  # a few, of thousands of ways
    return ShipmentBounds(integers(distinct[its] for its in by_way)[number], list(map(_bounds, distinct)))


def _rows(bands: ShipmentBands) -> list[_Row]:
    least_units = np.where(bands.least_units > 1, bands.least_units, 0)
    columns = bands.least_weight, bands.most_weight, least_units, bands.most_units
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _bounds(rows: Sequence[_Row]) -> tuple[Bounds, ...] | None:
    bounds = tuple(
        Bounds(least_weight=least_weight, most_weight=most_weight, least_units=least_units, most_units=most_units)
        for least_weight, most_weight, least_units, most_units in rows
    )
    return None if bounds == (Bounds(),) else bounds
