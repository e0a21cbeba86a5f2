"""What a shipment and its units cost, in micros, and emit, in milligrams of CO2e.

The choice adds up units and opens shipments. What a unit costs must not depend on what else is in the shipment, or the
best choice could not be proven to be the best; so bands of weight go by the weight of one unit. Carbon is ISO 14083's:
transport activity (tonne-km) times the emission intensity of the mode, and the drop of the last mile for each shipment,
so that a second shipment counts as emitting more.
"""

from typing import Final

from engine.model.facts import Service, rounded

MILLIGRAM = 10**9
"""grams x metres x (mg of CO2e / tonne-km) in one milligram: a tonne is 10**6 g, a kilometre 10**3 m."""


NOT_CARRIED: Final = -1
"""Stands for the cost of a unit that is too heavy."""


def carriage(service: Service, weight: int) -> int:
    """What the service charges for one unit of so many grams, in micros; NOT_CARRIED if the unit is too heavy. A
    shipment may have any number of units.
    """
    if service.max_weight is not None and weight > service.max_weight:
        return NOT_CARRIED
    if not service.unit_prices:
        return rounded(service.per_kg * weight, 1_000)
    band = next((band for band in service.unit_prices if weight <= band.up_to), None)
    return NOT_CARRIED if band is None else band.base + rounded(band.per_kg * weight, 1_000)
