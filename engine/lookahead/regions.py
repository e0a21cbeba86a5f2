"""The regions that orders go to, which demand is learnt by, and the place that stands for each of them.

A region is the beginning of a postcode (`FR 69`), as long as two characters: of most countries that is a department, a
province or a sorting district, small beside what a shipment's price depends on and large enough that demand can be
learnt. Of an order without a postcode it is the order's own region (`FR Auvergne-Rhône-Alpes`), or else the area of the
node that is nearest to it, by the name of that (`st-lyon`). What is collected at a node is a region of its own
(`@st-lyon`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.decide.address.address import Address, address_of, goal_address
from engine.decide.shipping.distance import direction, great_circle
from engine.model.facts import GeoPoint, Network, Order, rounded
from engine.model.lookahead import COLLECTED_AT

POSTCODE_BEGINNING: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """`address` stands for all addresses in it; what is collected at a node has `collect_at`."""

    name: str
    address: Address
    collect_at: str | None = None

    @property
    def order(self) -> Order:
        """An order without lines that goes there."""
        address = self.address
        return Order(
            id="",
            channel="",
            delivery="",
            placed_at=0,
            lines=(),
            place=None if self.collect_at else address.place,
            collect_at=self.collect_at,
            country=address.country,
            postcode=address.postcode,
            region=address.region,
        )


def region_name(order: Order, collect_at: str | None, network: Network) -> str | None:
    """None: nobody knows where it goes, as of an order whose personal values were erased."""
    if collect_at is not None:
        return f"{COLLECTED_AT}{collect_at}" if collect_at in network.nodes else None
    address = address_of(order, network)
    if address.place is None:
        return None
    if address.postcode:
        return f"{address.country} {address.postcode[:POSTCODE_BEGINNING]}"
    if address.region:
        return f"{address.country} {address.region}" if address.country else address.region
    nearest = None if address.placed_by == "country" else _nearest(address.place, network)
    return nearest or address.country


def _nearest(place: GeoPoint, network: Network) -> str | None:
    here = direction(place)
    placed = [(great_circle(here, direction(node.place)), node.id) for node in network.nodes.values() if node.place]
    return min(placed)[1] if placed else None


@dataclass(slots=True)
class _Addresses:
    """What was seen of a region: addresses, and the sums of their coordinates."""

    kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    latitude: int = 0
    longitude: int = 0
    count: int = 0
    collect_at: str | None = None


class Regions:
    """Learns the regions of a network's orders, and what stands for each: the middle of the addresses seen, with the
    country, region and postcode that were seen most often.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._seen: defaultdict[str, _Addresses] = defaultdict(_Addresses)

    def note(self, order: Order, collect_at: str | None) -> str | None:
        """The name of the region that the lines collected at the node, or the delivered ones, go to; None: nobody
        knows.
        """
        name = region_name(order, collect_at, self._network)
        if name is None:
            return None
        seen = self._seen[name]
        seen.collect_at = collect_at
        address = goal_address(order, collect_at, self._network)
        seen.kinds[address.country or "", address.region or "", address.postcode or ""] += 1
        if address.place:
            seen.latitude += address.place.latitude
            seen.longitude += address.place.longitude
            seen.count += 1
        return name

    def all(self) -> Mapping[str, Region]:
        """By name."""
        return {name: _region(name, seen) for name, seen in sorted(self._seen.items())}


def regions_of(orders: Iterable[tuple[str, Order, str | None]], network: Network) -> Mapping[str, Region]:
    """A region of its own for each of these orders, under the name given: where it goes exactly."""
    return {
        name: Region(
            name=name,
            address=goal_address(order, collect_at, network),
            collect_at=collect_at,
        )
        for name, order, collect_at in orders
    }


def _region(name: str, seen: _Addresses) -> Region:
    country, region, postcode = min(seen.kinds, key=lambda kind: (-seen.kinds[kind], kind))
    place = None
    if seen.count:
        place = GeoPoint(latitude=rounded(seen.latitude, seen.count), longitude=rounded(seen.longitude, seen.count))
    address = Address(country=country or None, region=region or None, postcode=postcode or None, place=place)
    return Region(name=name, address=address, collect_at=seen.collect_at)
