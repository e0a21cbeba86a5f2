"""The bands of the order's options: what a shipment may weigh, and what it then costs, as columns.

An option of which a shipment of any weight costs the same has one band. So has one whose bounds the whole order keeps
to; then nothing of this is looked at again.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.shipment_steps import ShipmentSteps
from engine.decide.shipping.columns import Flags, Integers, all_of, any_of
from engine.decide.shipping.pricing import Band
from engine.decide.shipping.ways import Ways
from engine.decide.sourcing.problem import UNBOUNDED, Bounds
from engine.model.facts import Network

NOT_JUDGED: Final = -1
"""Where no rule acts on shipments."""
_NO_STEPS: Final = ShipmentSteps([], [])
_ANYTHING: Final = 1 << 60
"""More grams or units, also in parts, than any order has."""
_ANY_WEIGHT: Final = Band(0, _ANYTHING, 0, 0)
_MOST_KEPT = 100
_MOST_BOUND = 1_000
"""Some kilobytes each."""


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
        return not all_of(self.are_free)

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

    @property
    def bounds(self) -> list[Bounds | None]:
        """Those of each band; None if it has none, and is its option's only one."""
        columns = (self.least_weight, self.most_weight, self.least_units, self.most_units)
        rows = zip(self.are_free.tolist(), *(column.tolist() for column in columns), strict=True)
        return [None if free else Bounds(*bounds) for free, *bounds in rows]

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


class BandsOfServices(NamedTuple):
    """The bands of all services, cut at the steps of some rules: a column a band, those of a service together, then by
    weight, and a row for each of grams and units, ends included, micros a shipment and a gram. How many services there
    are, and that of each band; and the grams and the units, ascending, at which some band begins.
    """

    table: Integers
    services: int
    service: Integers
    weights: Integers
    units: Integers
    begun: dict[tuple[int, int], "BegunBands"]
    """By how many of the weights and of the units a shipment reaches."""

    @classmethod
    def of(cls, ways: Ways, steps: ShipmentSteps, parts: int) -> "BandsOfServices":
        """Weights are in so many `parts` of a gram."""
        known: dict[int, list[tuple[int, ...]]] = {}  # services that share their bands are many
        for bands in ways.bands:
            if id(bands) not in known:
                known[id(bands)] = list(_bands_of(bands, steps, parts))
        by_service = [known[id(bands)] for bands in ways.bands]
        table = np.array([band for bands in by_service for band in bands], dtype=np.int64).reshape(-1, 6).T.copy()
        service = np.arange(len(by_service)).repeat([len(bands) for bands in by_service])
        return cls(table, len(by_service), service, np.unique(table[0]), np.unique(table[2]), {})

    def up_to(self, weight: int, units: int) -> "BegunBands":
        """Those that a shipment may be in of so much weight and so many units at most, as if it could have more."""
        reached = int(self.weights.searchsorted(weight, "right")), int(self.units.searchsorted(units, "right"))
        begun = self.begun.get(reached)
        if begun is None:
            some = (self.table[0] <= weight) & (self.table[2] <= units)
            counts = np.bincount(self.service[some], minlength=self.services)
            begun = self.begun[reached] = BegunBands(self.table[:, some], counts, counts.cumsum() - counts)
        return begun


class BegunBands(NamedTuple):
    """Some of the bands; by service, how many, and the number of the first."""

    table: Integers
    counts: Integers
    first: Integers


class Charges(NamedTuple):
    """By service, in the only band in which a shipment may be: micros a shipment and a gram."""

    costs: Integers
    per_gram: Integers
    some_per_gram: bool


class BoundBands(NamedTuple):
    """The bands of all services in which a shipment of an order may be, without the bounds that any shipment of it
    keeps to: their `row` is the service. By service, how many, and the number of the first. And what the services
    charge if each has one, and anything may be in it.
    """

    bands: ShipmentBands
    counts: Integers
    first: Integers
    charges: Charges | None

    @classmethod
    def of(cls, bands: ShipmentBands, services: int) -> "BoundBands":
        counts = np.bincount(bands.row, minlength=services)
        free = not bands.bind and len(bands.row) == services
        charges = Charges(bands.costs, bands.per_gram, any_of(bands.per_gram)) if free else None
        return cls(bands, counts, counts.cumsum() - counts, charges)

    def of_rows(self, services: Integers) -> ShipmentBands:
        """Those of rows with these services."""
        counts = self.counts[services]
        row = np.arange(len(services)).repeat(counts)
        at = self.first[services[row]] + np.arange(len(row)) - (counts.cumsum() - counts)[row]
        return self.bands.at(at)._replace(row=row)


class KnownBands:
    """The bands of a network's services, by the steps at which they are cut; and where no rule cuts them, by the
    orders whose shipments are in them.
    """

    def __init__(self, _: Network) -> None:
        self._known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], BandsOfServices] = {}
        self._bound: dict[tuple[int, int, int, int], BoundBands] = {}

    def bound(self, columns: SnapshotColumns, ordered: OrderedUnits) -> BoundBands | None:
        """None: there is nothing to tell apart."""
        if not columns.ways.is_banded or not ordered.weights:
            return None
        # all that binding looks at
        key = ordered.weight, sum(ordered.quantities), min(ordered.weights), ordered.parts
        bound = self._bound.get(key)
        if bound is None:
            if len(self._bound) >= _MOST_BOUND:
                self._bound.clear()
            services = np.arange(len(columns.ways.services))
            bands = bands_of_order(columns, services, ordered, None)
            if bands is None:
                return None
            bound = self._bound[key] = BoundBands.of(binding(bands, ordered), len(services))
        return bound

    def of(self, ways: Ways, steps: ShipmentSteps, parts: int) -> BandsOfServices:
        key = parts, tuple(steps.weight), tuple(steps.units)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            known = self._known[key] = BandsOfServices.of(ways, steps, parts)
        return known


def bands_of_order(
    columns: SnapshotColumns, services: Integers, ordered: OrderedUnits, steps: ShipmentSteps | None
) -> ShipmentBands | None:
    """The bands in which a shipment of the order may be by each of the services, cut at the steps of the rules that act
    on shipments; None: there is nothing to tell apart.
    """
    if (steps is None and not columns.ways.is_banded) or not ordered.weights:
        return None
    known = columns.snapshot.caches.get(KnownBands)
    weight, units = ordered.weight, sum(ordered.quantities)
    begun = known.of(columns.ways, steps or _NO_STEPS, ordered.parts).up_to(weight, units)
    counts = begun.counts[services]
    row = np.arange(len(services)).repeat(counts)
    number = _numbers(row, len(services))
    table = begun.table[:, begun.first[services[row]] + number]
    np.minimum(table[1], weight, out=table[1])
    np.minimum(table[3], units, out=table[3])
    every = [row, number, *table, np.full_like(row, NOT_JUDGED)]
    return ShipmentBands(*every)


def _bands_of(bands: Sequence[Band] | None, steps: ShipmentSteps, parts: int) -> Iterator[tuple[int, ...]]:
    """Of a service: grams, units, micros a shipment and a gram."""
    for band in (_ANY_WEIGHT,) if bands is None else bands:
        for least_units, most_units in _cut(1, _ANYTHING, steps.units):
            top = min(band.most * parts + parts - 1, _ANYTHING)
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
    """The bands in which a shipment of the order may be, without the bounds that any shipment of it keeps to."""
    everything, units, lightest = ordered.weight, sum(ordered.quantities), min(ordered.weights)
    if len(bands.row) and int(bands.most_weight.min()) < lightest:
        bands = bands.at(bands.most_weight >= lightest)
    return bands._replace(
        least_weight=np.where(bands.least_weight <= lightest, 0, bands.least_weight),
        most_weight=np.where(bands.most_weight >= everything, UNBOUNDED, bands.most_weight),
        least_units=np.where(bands.least_units <= 1, 0, bands.least_units),
        most_units=np.where(bands.most_units >= units, UNBOUNDED, bands.most_units),
    )
