"""The address of an order, with what it leaves out filled in from the network."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from engine.decide.address import countries
from engine.decide.address.postcodes import beginnings, canonical
from engine.model.facts import GeoPoint, Network, Node, Order

PlacedBy: TypeAlias = Literal["postcode", "country"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something of an order goes. `placed_by` says what its place was found by, if it was sent without
    coordinates; a place that was not found is None.
    """

    country: str | None
    postcode: str | None
    region: str | None
    place: GeoPoint | None
    placed_by: PlacedBy | None = None


def address_of(order: Order, network: Network) -> Address:
    """The order's country, or else the network's only one. Without coordinates it is placed by the longest beginning
    of its postcode that the network knows, or else in the midst of its country.
    """
    country = order.country or network.only_country
    postcode = canonical(order.postcode, country) if order.postcode else None
    address = Address(country=country, postcode=postcode, region=order.region, place=order.place)
    if order.place or country is None:
        return address
    if by_postcode := _place_of_postcode(country, postcode, network):
        return replace(address, place=by_postcode, placed_by="postcode")
    centre = countries.centre_of(country)
    return replace(address, place=centre, placed_by="country") if centre else address


def goal_address(order: Order, collect_at: str | None, network: Network) -> Address:
    """Where what is collected at the node goes or, None, what is sent to the order's own address."""
    return node_address(network.nodes[collect_at]) if collect_at else address_of(order, network)


def placed_address(order: Order, network: Network) -> Address | None:
    """The address of an order that was placed by its postcode or country; None of any other."""
    if order.place is not None or None not in map(order.collected_at, order.lines):
        return None
    address = address_of(order, network)
    return address if address.placed_by else None


def node_address(node: Node) -> Address:
    """Of what is collected at the node."""
    return Address(country=node.country, postcode=None, region=node.region, place=node.place)


def _place_of_postcode(country: str, postcode: str | None, network: Network) -> GeoPoint | None:
    places = network.postcodes.get(country)
    if not places or postcode is None:
        return None
    return next((places[part] for part in beginnings(postcode, country) if part in places), None)
