"""How large the amounts of a decision can become: columns hold 64 bits, so what could be more is refused before.

A network is refused if the distance of one shipment could cost more than is counted, an order if its units could cost
or emit more. So the columns of what is decided are exact.
"""

from engine.decide.shipping.pricing import MILLIGRAM, carriage
from engine.model.facts import Network, ParcelPrice, Service

_FARTHEST = 20_015_200
"""Metres between two places on the earth: half of its circumference, pi times EARTH_RADIUS, rounded up."""
_MOST_KEPT = 10_000
_MOST_UNIT_CARBON = 1 << 42
"""Milligrams of CO2e of one unit: some 4,000 tonnes. Times the highest carbon price that a rule may give, it is counted
exactly.
"""


def farthest(network: Network, service: Service) -> int:
    """Metres that no shipment by the service exceeds."""
    lanes = max((lane.distance or 0 for lane in network.lanes), default=0)
    most = max(lanes, _FARTHEST * service.detour // 1_000)
    return most if service.max_distance is None else min(most, service.max_distance)


def costs_by_the_metre(network: Network, service: Service) -> int:
    """Thousandths of a micro, at most, that a shipment by the service costs for its distance."""
    return service.per_km * farthest(network, service)


def _most_of(price: ParcelPrice) -> int:
    """Micros that the band costs at most, but for its grams."""
    return max(price.base, price.at_least)


class LargestAmounts:
    """The most that shipments of a network can come to. `network_caches` keeps one object for each network."""

    def __init__(self, network: Network) -> None:
        services, nodes = network.services.values(), network.nodes.values()
        by_service = [
            service.base
            + costs_by_the_metre(network, service) // 1_000
            + 1
            + max(map(_most_of, service.parcel_prices), default=0)
            for service in services
        ]
        self._services = services
        self._fixed = max(by_service, default=0) + max((node.handling for node in nodes), default=0)
        self._unit_handling = max((node.unit_handling for node in nodes), default=0)
        self._drop = max((service.drop for service in services), default=0)
        self._carbon_per_gram = max((service.emission * farthest(network, service) for service in services), default=0)
        self._per_gram = max((band.per_gram for service in services for band in service.parcel_prices), default=0)
        self._carriages: dict[int, int] = {}
        """By the grams of a unit."""

    def cost(self, quantity: int, weight: int) -> int:
        """Micros that a shipment of so many units, of so many grams each, comes to at most."""
        return self._fixed + quantity * (self._unit_handling + self._carriage(weight))

    def carbon(self, quantity: int, weight: int) -> int:
        """Milligrams of CO2e, likewise."""
        return self._drop + quantity * self._unit_carbon(weight)

    def is_unit_counted(self, weight: int) -> bool:
        """Whether the CO2e of one unit is counted exactly, times any price of carbon."""
        return self._unit_carbon(weight) < _MOST_UNIT_CARBON

    def _unit_carbon(self, weight: int) -> int:
        return self._carbon_per_gram * weight // MILLIGRAM + 1

    def _carriage(self, weight: int) -> int:
        dearest = self._carriages.get(weight)
        if dearest is None:
            if len(self._carriages) >= _MOST_KEPT:
                self._carriages.clear()
            dearest = max((carriage(service, weight) for service in self._services), default=0)
            dearest += self._per_gram * weight
            self._carriages[weight] = dearest
        return dearest
