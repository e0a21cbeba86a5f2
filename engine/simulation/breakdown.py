"""What a draft changes, taken apart: from where to where, on which days, of which products, and by which cause.

Pure; adds up decision by decision, as `Comparison` does, which has one of these.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.model.facts import MICRODEGREES
from engine.simulation.cause import Cause
from engine.simulation.destination import Destination
from engine.simulation.outcome import NOTHING, Amounts, Outcome, added, subtracted
from engine.simulation.outcome_parts import ProductUnits
from engine.simulation.tried_decision import TriedDecision, TriedDraft

_ROUND_THE_EARTH: Final = 360 * MICRODEGREES


class Shipped(NamedTuple):
    """What leaves a node."""

    shipments: int = 0
    units: int = 0


class OfProducts(NamedTuple):
    """Units of some kind of product: those that ship, now or later, and those that stay unfilled."""

    shipped: int = 0
    unfilled: int = 0


NONE_SHIPPED: Final = Shipped()
NO_UNITS: Final = OfProducts()


@dataclass(slots=True)
class CauseAmounts:
    """How many decisions differ by a cause, and how much more these come to."""

    decisions: int = 0
    more: Amounts = NOTHING


@dataclass(slots=True)
class Area:
    """Where many orders go. The sums are of microdegrees, of those of the orders of which the place is known."""

    decisions: int = 0
    placed: int = 0
    latitude: int = 0
    longitude: int = 0
    first_longitude: int = 0

    def add(self, destination: Destination) -> None:
        self.decisions += 1
        place = destination.place
        if place is None:
            return
        if not self.placed:
            self.first_longitude = place.longitude
        # on the side of the first one, so that the middle of two places on either side of the date line is between them
        turns = round((self.first_longitude - place.longitude) / _ROUND_THE_EARTH)
        self.placed += 1
        self.latitude += place.latitude
        self.longitude += place.longitude + turns * _ROUND_THE_EARTH

    @property
    def middle(self) -> tuple[int, int] | None:
        """Microdegrees of latitude and longitude; None if no place is known."""
        if not self.placed:
            return None
        longitude = self.longitude // self.placed
        half = _ROUND_THE_EARTH // 2
        return self.latitude // self.placed, (longitude + half) % _ROUND_THE_EARTH - half


@dataclass(slots=True)
class BreakdownSide:
    """The decisions of one side. `flows` are by node and area, `days` by node and date of its clock."""

    flows: dict[tuple[str, str], Shipped] = field(default_factory=dict)
    days: dict[tuple[str, str], Shipped] = field(default_factory=dict)
    lifecycles: dict[str, OfProducts] = field(default_factory=dict)
    categories: dict[str, OfProducts] = field(default_factory=dict)

    def add(self, outcome: Outcome, area: str) -> None:
        for node, amounts in outcome.nodes:
            _add_shipped(self.flows, (node, area), amounts.shipments, amounts.units)
        for day in outcome.days:
            _add_shipped(self.days, (day.node, day.date), day.shipments, day.units)
        for item in outcome.products:
            _add_units(self.lifecycles, item.lifecycle, item)
            _add_units(self.categories, item.category, item)


class Breakdown:
    """One draft beside the baseline."""

    def __init__(self) -> None:
        self.baseline = BreakdownSide()
        self.draft = BreakdownSide()
        self.areas: dict[str, Area] = {}
        self.causes: dict[Cause, CauseAmounts] = {}

    def add(self, tried: TriedDecision, draft: TriedDraft) -> None:
        area = tried.destination.area
        self.areas.setdefault(area, Area()).add(tried.destination)
        self.baseline.add(tried.baseline, area)
        self.draft.add(draft.outcome, area)
        if draft.cause is not None:
            of_cause = self.causes.setdefault(draft.cause, CauseAmounts())
            of_cause.decisions += 1
            of_cause.more = added(of_cause.more, subtracted(draft.outcome.amounts, tried.baseline.amounts))


def _add_shipped(rows: dict[tuple[str, str], Shipped], key: tuple[str, str], shipments: int, units: int) -> None:
    row = rows.get(key, NONE_SHIPPED)
    rows[key] = Shipped(row.shipments + shipments, row.units + units)


def _add_units(rows: dict[str, OfProducts], name: str, more: ProductUnits) -> None:
    row = rows.get(name, NO_UNITS)
    rows[name] = OfProducts(row.shipped + more.shipped, row.unfilled + more.unfilled)
