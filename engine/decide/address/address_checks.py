"""Checks that it is known where an order goes, and that what is said of it fits together."""

from collections.abc import Iterator

from engine.decide.address import countries
from engine.decide.address.address import address_of
from engine.errors import Mistake
from engine.model.facts import MICRODEGREES, GeoPoint, Network, Order


def address_mistakes(order: Order, network: Network) -> Iterator[Mistake]:
    """Of an order of which something is delivered: no country, no place, or a place far outside of the country."""
    if None not in map(order.collected_at, order.lines):
        return
    address = address_of(order, network)
    if address.country is None:
        shipped_to = ", ".join(sorted(network.countries))
        message = f"say the country: the network ships from or to {shipped_to}, so it could be any of them"
        yield Mistake(field="destination.country", message=message)
    elif order.place is not None and not countries.lies_in(address.country, order.place):
        yield Mistake(field="destination", message=_contradiction(address.country, order.place))


def _contradiction(country: str, place: GeoPoint) -> str:
    kilometres = countries.metres_outside(country, place) // 1_000
    message = (
        f"latitude {_degrees(place.latitude)}, longitude {_degrees(place.longitude)} lies {kilometres:,} km outside"
        f" {country}, by the outlines of Natural Earth"
    )
    if abs(place.longitude) <= 90 * MICRODEGREES:
        swapped = GeoPoint(latitude=place.longitude, longitude=place.latitude)
        if countries.metres_outside(country, swapped) == 0:
            return f"{message}; are latitude and longitude swapped?"
    return f"{message}; correct the coordinates or the country, or leave the coordinates out"


def _degrees(micro: int) -> str:
    return f"{micro / MICRODEGREES:g}"
