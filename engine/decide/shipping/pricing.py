"""What a shipment and its units cost, in micros, and emit, in milligrams of CO2e.

The choice adds up units and opens shipments. What a unit costs must not depend on what else is in the shipment, or the
best choice could not be proven to be the best; so bands of weight go by the weight of one unit. Carbon is ISO 14083's:
transport activity (tonne-km) times the emission intensity of the mode, and the drop of the last mile for each shipment,
so that a second shipment counts as emitting more.
"""

from engine.model.facts import Node, Product, Service, rounded

MILLIGRAM = 10**9
"""grams x metres x (mg of CO2e / tonne-km) in one milligram: a tonne is 10**6 g, a kilometre 10**3 m."""


def shipment_cost(node: Node, service: Service, distance: int) -> int:
    """Handling, base and the metres travelled."""
    return node.handling + service.base + rounded(service.per_km * distance, 1_000)


def unit_cost(node: Node, service: Service, product: Product) -> int:
    """Handling and weight of one unit that the service carries."""
    weight = product.weight
    if not service.unit_prices:
        return node.unit_handling + rounded(service.per_kg * weight, 1_000)
    band = next(band for band in service.unit_prices if weight <= band.up_to)
    return node.unit_handling + band.base + rounded(band.per_kg * weight, 1_000)


def unit_carbon(service: Service, distance: int, product: Product) -> int:
    return rounded(product.weight * distance * service.emission, MILLIGRAM)


def carries(service: Service, product: Product) -> bool:
    """Whether one unit is light enough for the service; a shipment may have any number of them."""
    if service.unit_prices and product.weight > service.unit_prices[-1].up_to:
        return False
    return service.max_weight is None or product.weight <= service.max_weight
