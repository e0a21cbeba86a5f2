"""The bands of the order's options: what a shipment may weigh, and what it then costs, as columns.

An option of which a shipment of any weight costs the same has one band. So has one whose bounds the whole order keeps
to; then nothing of this is looked at again.
"""

from typing import NamedTuple

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.columns import Flags, Integers, integers
from engine.decide.sourcing.problem import UNBOUNDED, Bounds


class ShipmentBands(NamedTuple):
    """A row a band, by row of the evaluation's `reach`, then by weight: grams and units of a shipment, ends included;
    micros a shipment and a gram, beside what the option costs anyway.
    """

    row: Integers
    number: Integers
    least_weight: Integers
    most_weight: Integers
    least_units: Integers
    most_units: Integers
    costs: Integers
    per_gram: Integers

    @property
    def bind(self) -> bool:
        """Whether some shipment of the order may break bounds, or has a choice of bands."""
        return not self.are_free.all()

    @property
    def are_free(self) -> Flags:
        """The bands that have no bounds and are the only one of their option, so that they take whatever ships."""
        alone = np.bincount(self.row)[self.row] == 1
        free: Flags = (
            alone
            & (self.least_weight == 0)
            & (self.most_weight == UNBOUNDED)
            & (self.least_units == 0)
            & (self.most_units == UNBOUNDED)
        )
        return free

    def allow(self, weight: Integers | int, units: Integers | int) -> Flags:
        """The bands in which a shipment of so many grams and units is."""
        within: Flags = (
            (self.least_weight <= weight)
            & (weight <= self.most_weight)
            & (self.least_units <= units)
            & (units <= self.most_units)
        )
        return within

    def bounds(self, index: int) -> Bounds | None:
        """Those of one band; None if it has none, and is its option's only one."""
        bounds = Bounds(
            least_weight=int(self.least_weight[index]),
            most_weight=int(self.most_weight[index]),
            least_units=int(self.least_units[index]),
            most_units=int(self.most_units[index]),
        )
        alone = (self.row == self.row[index]).sum() == 1
        return None if alone and bounds == Bounds() else bounds

    def at(self, rows: Integers | Flags) -> "ShipmentBands":
        """Some of the rows."""
        return ShipmentBands(*(column[rows] for column in self))


def shipment_bands(evaluation: Evaluation) -> ShipmentBands | None:
    """The bands in which a shipment of the order may be; None: no service has any."""
    ways, services = evaluation.ways, evaluation.reach.service
    products, lines = evaluation.snapshot.products, evaluation.order.lines
    if not ways.is_banded or not lines:
        return None
    weights = [products[line.sku].weight for line in lines]
    everything = sum(weight * line.quantity for weight, line in zip(weights, lines, strict=True))
    by_service = [
        [
            (
                0 if band.least <= min(weights) else band.least,
                UNBOUNDED if band.most >= everything else band.most,
                band.costs,
                band.per_gram,
            )
            for band in bands
            if band.least <= everything
        ]
        if bands is not None
        else [(0, UNBOUNDED, 0, 0)]
        for bands in ways.bands
    ]
    counts = integers(len(bands) for bands in by_service)
    first = counts.cumsum() - counts
    table = np.array([band for bands in by_service for band in bands], dtype=np.int64).reshape(-1, 4).T
    row = np.repeat(np.arange(len(services)), counts[services])
    number = np.arange(len(row)) - np.repeat(counts[services].cumsum() - counts[services], counts[services])
    least, most, costs, per_gram = table[:, first[services[row]] + number]
    none = np.zeros_like(row)
    return ShipmentBands(row, number, least, most, none, np.full_like(row, UNBOUNDED), costs, per_gram)
