"""What a shipment and its units cost, in micros, and emit, in milligrams of CO2e.

The choice adds up units and opens shipments. A price by the weight of the shipment is one by bands: within a band, the
shipment costs so much, and each gram so much; so the choice is the best of all bands, too. Carbon is ISO 14083's:
transport activity (tonne-km) times the emission intensity of the mode, and the drop of the last mile for each shipment,
so that a second shipment counts as emitting more.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from engine.model.facts import ParcelPrice, Service, rounded
from rules.syntax.literals import CARBON_UNITS

MILLIGRAM = 10**9
"""grams x metres x (mg of CO2e / tonne-km) in one milligram: a tonne is 10**6 g, a kilometre 10**3 m."""


KILOGRAM: Final = CARBON_UNITS["kg"]
"""Milligrams; carbon is priced by the kilogram."""
NOT_CARRIED: Final = -1
"""Stands for the cost of a unit that is too heavy."""


class Band(NamedTuple):
    """Shipments of `least` to `most` grams, both included, and what their weight costs: `costs` micros, and `per_gram`
    for each gram.
    """

    least: int
    most: int
    costs: int
    per_gram: int

    def price(self, weight: int) -> int:
        """Micros that a shipment of so many grams costs for its weight."""
        return self.costs + self.per_gram * weight


def carriage(service: Service, weight: int) -> int:
    """What the service charges for one unit of so many grams, in micros, beside what it charges for the weight of the
    shipment; NOT_CARRIED if the unit is too heavy, or weighs nothing where the price goes by its weight.
    """
    bands = bands_of(service)
    heaviest = service.max_unit_weight
    if heaviest is not None and weight > heaviest:
        return NOT_CARRIED
    if bands is not None and (not bands or weight > bands[-1].most):
        return NOT_CARRIED
    if not service.unit_prices:
        return rounded(service.per_kg * weight, 1_000)
    band = next((band for band in service.unit_prices if 0 < weight <= band.up_to), None)
    return NOT_CARRIED if band is None else band.base + rounded(band.per_kg * weight, 1_000)


def bands_of(service: Service) -> Sequence[Band] | None:
    """The bands of what a shipment may weigh, the lightest first, with gaps between them in which the service is not
    offered; None: it may weigh anything.
    """
    if service.parcel_prices:
        most = service.max_weight
        bands = (band for price in service.parcel_prices for band in _bands_of_price(price))
        within = (band if most is None else band._replace(most=min(band.most, most)) for band in bands)
        return tuple(band for band in within if band.least <= band.most)
    return None if service.max_weight is None else (Band(0, service.max_weight, 0, 0),)


def band_at(service: Service, weight: int) -> Band | None:
    """The band of a shipment of so many grams; None: the service is not offered."""
    bands = bands_of(service)
    if bands is None:
        return Band(0, weight, 0, 0)
    return next((band for band in bands if band.least <= weight <= band.most), None)


def _bands_of_price(price: ParcelPrice) -> Iterator[Band]:
    """One, or two where the first grams cost the minimum charge. A shipment that weighs nothing is in none."""
    least, most = price.over + 1, price.up_to
    if price.at_least > price.base:
        to_minimum = (price.at_least - price.base) // price.per_gram if price.per_gram else most
        yield Band(least, min(most, to_minimum), price.at_least, 0)
        least = max(least, to_minimum + 1)
    yield Band(least, most, price.base, price.per_gram)
