"""The bands of the order's options: what a shipment may weigh, and what it then costs, as columns.

An option of which a shipment of any weight costs the same has one band. So has one whose bounds the whole order keeps
to; then nothing of this is looked at again.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from engine.decide.matching.shipment_steps import ShipmentSteps
from engine.decide.shipping.columns import Flags, Integers, integers
from engine.decide.shipping.pricing import Band
from engine.decide.shipping.ways import Ways
from engine.decide.sourcing.problem import UNBOUNDED, Bounds

NOT_JUDGED: Final = -1
"""Where no rule acts on shipments."""


class ShipmentBands(NamedTuple):
    """A row a band, by row of the ways, such as those of the evaluation's `reach`, then by weight: grams and units of a
    shipment, ends included; micros a shipment and a gram, beside what the option costs anyway; the number of what rules
    say of such a shipment, or NOT_JUDGED.
    """

    row: Integers
    number: Integers
    least_weight: Integers
    most_weight: Integers
    least_units: Integers
    most_units: Integers
    costs: Integers
    per_gram: Integers
    judgement: Integers

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


class OrderedUnits(NamedTuple):
    """The weight of a unit by line, and how many are ordered. Where a product is counted in parts of a unit, a gram has
    `parts`, and weights are in these; a shipment weighs its whole grams.
    """

    weights: Sequence[int]
    quantities: Sequence[int]
    parts: int = 1

    @property
    def weight(self) -> int:
        """That of all."""
        return sum(grams * units for grams, units in zip(self.weights, self.quantities, strict=True))


def bands_of_order(
    ways: Ways, services: Integers, ordered: OrderedUnits, steps: ShipmentSteps | None
) -> ShipmentBands | None:
    """The bands in which a shipment of the order may be by each of the services, cut at the steps of the rules that act
    on shipments; None: there is nothing to tell apart.
    """
    if (steps is None and not ways.is_banded) or not ordered.weights:
        return None
    known: dict[int, list[tuple[int, int, int, int, int, int]]] = {}  # services that share their bands are many
    for bands in ways.bands:
        if id(bands) not in known:
            known[id(bands)] = list(_bands_of(bands, ordered, steps or ShipmentSteps([], [])))
    by_service = [known[id(bands)] for bands in ways.bands]
    counts = integers(len(bands) for bands in by_service)
    first = counts.cumsum() - counts
    table = np.array([band for bands in by_service for band in bands], dtype=np.int64).reshape(-1, 6).T
    row = np.repeat(np.arange(len(services)), counts[services])
    number = _numbers(row, len(services))
    columns = [row, number, *table[:, first[services[row]] + number], np.full_like(row, NOT_JUDGED)]
    return ShipmentBands(*columns)


def _bands_of(
    bands: Sequence[Band] | None, ordered: OrderedUnits, steps: ShipmentSteps
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Of a service, as far as a shipment of the order may be in them: grams, units, micros a shipment and a gram."""
    everything, units, parts = ordered.weight, sum(ordered.quantities), ordered.parts
    for band in (Band(0, everything, 0, 0),) if bands is None else bands:
        for least_units, most_units in _cut(1, units, steps.units):
            top = min(band.most * parts + parts - 1, everything)
            for least, most in _cut(band.least * parts, top, [step * parts for step in steps.weight]):
                yield least, most, least_units, most_units, band.costs, band.per_gram


def _cut(least: int, most: int, steps: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A range, both ends included, in ranges that begin at the steps in it."""
    if least <= most:
        begins = [least, *(step for step in steps if least < step <= most)]
        yield from zip(begins, [*(step - 1 for step in begins[1:]), most], strict=True)


def _numbers(row: Integers, rows: int) -> Integers:
    """The number of each band among those of its row; rows stand together."""
    counts = np.bincount(row, minlength=rows)
    return np.arange(len(row)) - (counts.cumsum() - counts)[row]


def joined(bands: ShipmentBands) -> ShipmentBands:
    """The bands, those in one that follow each other in weight and say the same."""
    if not len(bands.row):
        return bands
    same = np.zeros(len(bands.row), dtype=bool)
    same[1:] = (bands.least_weight[1:] == bands.most_weight[:-1] + 1) & (bands.row[1:] == bands.row[:-1])
    for column in (bands.least_units, bands.most_units, bands.costs, bands.per_gram, bands.judgement):
        same[1:] &= column[1:] == column[:-1]
    begins = np.flatnonzero(~same)
    ends = np.append(begins[1:], len(same)) - 1
    each = bands.at(begins)
    rows = int(bands.row.max(initial=-1)) + 1
    return each._replace(most_weight=bands.most_weight[ends], number=_numbers(each.row, rows))


def binding(bands: ShipmentBands, ordered: OrderedUnits) -> ShipmentBands:
    """The bands without the bounds that any shipment of the order keeps to."""
    everything, units = ordered.weight, sum(ordered.quantities)
    return bands._replace(
        least_weight=np.where(bands.least_weight <= min(ordered.weights), 0, bands.least_weight),
        most_weight=np.where(bands.most_weight >= everything, UNBOUNDED, bands.most_weight),
        least_units=np.where(bands.least_units <= 1, 0, bands.least_units),
        most_units=np.where(bands.most_units >= units, UNBOUNDED, bands.most_units),
    )
