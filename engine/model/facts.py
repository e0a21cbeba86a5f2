"""The facts that a decision is based on: frozen values in integer units.

Money in micros, weight in grams, distance in metres, carbon in milligrams of CO2e, durations in minutes,
instants in UTC seconds, coordinates in microdegrees.
"""

import datetime
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, TypeVar, cast

from engine.model.carriers import CarrierAccount
from engine.model.demand import DemandTerms, LearntPace
from engine.model.feed_steps import FeedStep
from engine.model.lookahead import PricesInForce
from engine.model.lots import Lot, LotUnits
from engine.model.parcels import LabelFormat, ParcelTerms
from engine.model.postal_address import PostalAddress
from engine.model.receipts import Receipt
from engine.model.returns import ReturnTerms
from engine.model.timetable import DAY, Timetable
from engine.model.transfer_lanes import TransferLane
from engine.model.wall_clock import WallClock, wall_clock
from rules.reserves import Tally
from rules.vocabulary import COLLECTED, Kind, Value

MICRODEGREES = 1_000_000
"""In one degree."""
UNIT_MILLIS = 1_000
"""Thousandths in one unit: the pace of sale is counted in thousandths of a unit a day."""
MAX_PACE = 10**11
"""Thousandths of a (smallest) unit a day; over a year, with the largest uplift in basis points, it fits 64 bits."""
RATE = 1_000_000_000
"""A rate of 1 between two currencies."""
MAX_COVER = 9_999
"""Days of cover of stock that does not sell at all, and the most there can be."""

RESERVE_BEFORE = 2 * DAY
CUT_OFF_GRACE = 120
"""Minutes after a cut-off in which an order that came before it may still be decided to make it, unless the network
says otherwise.
"""
CutOffBy: TypeAlias = Literal["placed", "decided"]
"""What must come before a cut-off: that the order was placed, or that it is decided."""
CutOff: TypeAlias = int | tuple[int, ...]
"""Minutes of the day, on every day or on each from Monday to Sunday; DAY: there is none that day."""

TakenUnits: TypeAlias = Mapping[Tally, Mapping[str, int]]
"""Units of one SKU that a channel took in the period of its allotment, by node."""
NO_UNITS_TAKEN: TakenUnits = MappingProxyType({})

_T = TypeVar("_T")


def rounded(numerator: int, denominator: int) -> int:
    """The quotient rounded half to even. A product of units is rounded once, here."""
    if denominator == 1:
        return numerator
    whole, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoPoint:
    """A point on the WGS-84 sphere, in microdegrees."""

    latitude: int
    longitude: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line with a `delivery` or a node to `collect_at` of its own goes another way than its order. Lines of one
    `set_name` travel together.
    """

    id: str
    sku: str
    quantity: int
    unit_price: int | None = None
    delivery: str | None = None
    collect_at: str | None = None
    set_name: str | None = None
    min_shelf_life: int | None = None
    """For how many days its units must be usable after they arrive, if they are of lots; None: as rules ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the OMS sends it. `place` is where it goes; or `collect_at` is the node where it is collected. It has
    both if some lines are delivered although the order is collected. An order without a `place` that is delivered is
    placed by its postcode or country (`engine.decide.address`). `deliver_on` is a nominated day: the order is to
    arrive on that date of the installation, neither before nor after. The `id` of a cart that is only quoted is empty.
    """

    id: str
    channel: str
    delivery: str
    placed_at: int
    lines: tuple[Line, ...]
    promise_by: int | None = None
    place: GeoPoint | None = None
    collect_at: str | None = None
    country: str | None = None
    postcode: str | None = None
    region: str | None = None
    customer: str | None = None
    """Who orders, by the pseudonym that the OMS gives."""
    segment: str | None = None
    tags: frozenset[str] = frozenset()
    deliver_on: int | None = None
    """A date as an ordinal, 0001-01-01 being 1."""
    currency: str | None = None
    """Of its prices. None: the network's."""

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def skus(self) -> list[str]:
        """Each SKU once, in the order of lines."""
        return list(dict.fromkeys(line.sku for line in self.lines))

    @property
    def sets(self) -> dict[str, list[int]]:
        """By name, the indexes of the lines of each set."""
        sets: dict[str, list[int]] = {}
        for index, line in enumerate(self.lines):
            if line.set_name is not None:
                sets.setdefault(line.set_name, []).append(index)
        return sets

    def delivery_of(self, line: Line) -> str:
        return line.delivery or (COLLECTED if line.collect_at else self.delivery)

    def collected_at(self, line: Line) -> str | None:
        """The node at which the line is collected; None: it goes to `place`."""
        return (line.collect_at or self.collect_at) if line.delivery in (None, COLLECTED) else None

    @property
    def destinations(self) -> tuple[str | None, ...]:
        """Where its lines go, each place once, as `collected_at` says; first where the order itself goes."""
        goals = {self.collect_at: None}
        for line in self.lines:
            if line.delivery is not None or line.collect_at is not None:
                goals[self.collected_at(line)] = None
        return tuple(goals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product that is not `counted`, a gift card or a service, needs no stock and no parcel. `weight` is in grams, of
    a whole `unit` such as a metre. Quantities have so many `decimals` of it: they are integers of its smallest part.
    `margin` is micros of the network's currency that the sale of a whole unit earns, None where unknown.
    """

    sku: str
    category: str
    lifecycle: str
    weight: int
    counted: bool = True
    unit: str | None = None
    decimals: int = 0
    brand: str | None = None
    season: str | None = None
    tags: frozenset[str] = frozenset()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    margin: int | None = None
    name: str = ""
    """What people call it, as on a dispatch note; no rule asks for it."""

    @property
    def scale(self) -> int:
        """How many of the smallest unit are in a whole one."""
        return int(10**self.decimals) if self.decimals else 1

    @property
    def counted_weight(self) -> int:
        """Grams of the smallest unit, rounded up: what counts in the kilograms that a node may ship a day."""
        return -(-self.weight // self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A place that ships. `handling` is micros a shipment, `unit_handling` micros a unit, `preparation` minutes of its
    opening hours from decision to departure. `cut_offs`, by service, are minutes of the node's day: an order must come
    in before, to leave the same day (see `Network.came_in`). `daily_orders` is the most shipments it may be given on
    one of its dates, `hourly_orders` in one of its hours; `daily_units` the most units over all SKUs, and
    `daily_weight` the most grams.
    """

    id: str
    type: str
    place: GeoPoint | None
    """None: how far it is, the lanes say."""
    country: str
    services: tuple[str, ...]
    region: str | None = None
    group: str | None = None
    tags: frozenset[str] = frozenset()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    handling: int = 0
    unit_handling: int = 0
    preparation: int = 0
    time_zone: str | None = None
    """None: the installation's."""
    hours: Timetable | None = None
    """None: always open."""
    cut_offs: Mapping[str, CutOff] = field(default_factory=dict)
    daily_orders: int | None = None
    hourly_orders: int | None = None
    daily_units: int | None = None
    daily_weight: int | None = None
    milestones: Mapping[str, int] | None = None
    """The milestones of its shipments that the node reports, before it hands them over, and what share of the
    preparation is over by then, in basis points. None: the network does not say.
    """
    address: PostalAddress | None = None
    """Where parcels from here come from, and where those that are collected here go."""
    label_format: LabelFormat | None = None
    """Which labels its printer takes; None: what the carrier's account says."""
    printers: Mapping[str, str] = field(default_factory=dict)
    """The URL of the printer for each paper (see `engine.fulfilment.printing.print_job`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """What one unit costs that weighs up to `up_to` grams: micros, and micros a kilogram."""

    up_to: int
    base: int
    per_kg: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelPrice:
    """What the weight of a shipment costs that weighs more than `over` grams and up to `up_to`: `base` micros and
    `per_gram` micros for each gram, but `at_least` so many.
    """

    over: int
    up_to: int
    base: int
    per_gram: int = 0
    at_least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A way to travel. Costs are micros a shipment, a kilometre, a kilogram; `detour` is thousandths of the
    great circle; `emission` is milligrams of CO2e a tonne-kilometre, `drop` milligrams a shipment;
    `transit` is (up to metres, minutes), nearest first, or else `daily_distance` the metres it makes a day, of which
    every one begun counts whole; `max_weight` is grams of a shipment, `max_unit_weight` of one unit. In place of
    `per_kg` stand `unit_prices` or `parcel_prices`, the lightest first.
    """

    id: str
    mode: str
    base: int
    emission: int
    transit: tuple[tuple[int, int], ...] = ()
    daily_distance: int | None = None
    per_km: int = 0
    per_kg: int = 0
    unit_prices: tuple[UnitPrice, ...] = ()
    parcel_prices: tuple[ParcelPrice, ...] = ()
    detour: int = 1_000
    drop: int = 0
    max_distance: int | None = None
    max_weight: int | None = None
    max_unit_weight: int | None = None
    countries: frozenset[str] = frozenset()
    runs: Timetable | None = None
    """The days on which it leaves and travels, in the time zone of the node it leaves. None: every day."""
    carrier: str | None = None
    """Who carries, so that rules can name it, as in a strike; one of the network's carriers, or another word."""
    carrier_product: str | None = None
    """The carrier's own name of it."""
    name: str | None = None
    """What people call it, as papers show it; None: as its id."""
    emission_source: str | None = None
    """Where `emission` is from, for whoever checks it. A remark: it is no part of the network's version."""
    on_time: Mapping[str, Mapping[str, int]] = field(default_factory=dict, hash=False)
    """By node from which it leaves, then country, the share of its parcels that came on time of late, in basis points,
    where enough of them were tracked to say so.
    """


class OptionKey(NamedTuple):
    """Identifies a way to ship: a node, one of its services, and the number of the destination (`Order.destinations`).
    Options are sorted by node id, then service id, then destination. Inside the optimiser, an option whose price goes
    by what is in the shipment is one candidate for each `band`, the lightest first. A shipment that waits for goods
    that are to come, or for a date, has the instant `ready_at` (UTC seconds) at which they are there; 0: now.
    """

    node: str
    service: str
    destination: int = 0
    band: int = 0
    ready_at: int = 0

    @property
    def option(self) -> "OptionKey":
        """The option itself, whatever the band."""
        return self._replace(band=0) if self.band else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A correction of distance or transit from some nodes to some destinations, by some services.

    It applies to the nodes named, to those of a group named, and to those with a tag named. `country`, `region` and
    `postcode` are globs, all of which the destination must match; what is not known of a destination matches none. No
    `services`: all that travel. `distance` (metres) and `takes` (minutes) replace what would be computed; not
    `served`: nothing goes there.
    """

    nodes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    services: frozenset[str] = frozenset()
    distance: int | None = None
    takes: int | None = None
    served: bool = True

    def leaves(self, node: Node) -> bool:
        """Whether the lane begins at the node."""
        return node.id in self.nodes or node.group in self.groups or not self.tags.isdisjoint(node.tags)


class StockPosition(NamedTuple):
    """One SKU at one node. `pace` is thousandths of a unit sold a day, None where unknown.

    A tuple, because every decision makes some hundreds of them.
    """

    on_hand: int
    held: int = 0
    pace: int | None = None

    @property
    def available(self) -> int:
        """Never below 0, even if more units are held than are on hand."""
        return max(0, self.on_hand - self.held)

    @property
    def days_of_cover(self) -> int | None:
        """For how many whole days the available units last at this pace; None if the pace is unknown."""
        if self.pace is None:
            return None
        if self.pace == 0:
            return MAX_COVER
        return min(MAX_COVER, self.available * UNIT_MILLIS // self.pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The facts that change seldom. `version` is the hash of what was loaded."""

    version: str
    currency: str
    time_zone: str
    nodes: Mapping[str, Node]
    services: Mapping[str, Service]
    lanes: tuple[Lane, ...] = ()
    """The first that applies counts."""
    transfer_lanes: tuple[TransferLane, ...] = ()
    """On which stock is moved between nodes. The first that applies counts."""
    attributes: Mapping[str, Kind] = field(default_factory=dict)
    """The kinds of the extra attributes, by path: `product.attributes.hazmat`."""
    channels: frozenset[str] = frozenset()
    """The channels that orders come by; empty if the network file does not list them."""
    feed_steps: Mapping[str, FeedStep] = field(default_factory=dict)
    """By channel whose feed says that there are more units only from so many more on."""
    order_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By fact (`order.segment`, `order.tags`, `order.region`), the words that orders have, where the network file lists
    them. They are for the check of policies alone: orders with other words are decided.
    """
    postcodes: Mapping[str, Mapping[str, GeoPoint]] = field(default_factory=dict)
    """By country, where the area of a postcode, or of the beginning of one, has its middle."""
    rates: Mapping[str, int] = field(default_factory=dict)
    """By currency, what one unit of it is worth in the network's, in billionths (`RATE`)."""
    reserve_before: int = RESERVE_BEFORE
    """Minutes before a shipment for a nominated day leaves, from which on its units are reserved."""
    decimals: Mapping[str, int] = field(default_factory=dict)
    """How many decimals quantities have, by SKU that has or had any."""

    cut_off_by: CutOffBy = "placed"
    cut_off_grace: int = CUT_OFF_GRACE
    """Minutes."""
    parcels: ParcelTerms | None = None
    """None: nothing is packed here."""
    carriers: Mapping[str, CarrierAccount] = field(default_factory=dict)
    returns: ReturnTerms = field(default_factory=ReturnTerms)
    demand: DemandTerms = field(default_factory=DemandTerms)

    def __hash__(self) -> int:
        return hash(self.version)

    def came_in(self, placed_at: int, now: int) -> int:
        """The instant that is compared with cut-offs, of an order placed at `placed_at` and decided `now`. Decided
        later than the grace after a cut-off, it never makes that, however long ago it was placed.
        """
        if self.cut_off_by == "decided":
            return now
        return min(now, max(placed_at, now - self.cut_off_grace * 60))

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def local(self, instant: int) -> datetime.datetime:
        """The wall clock of the installation at `instant`."""
        return datetime.datetime.fromtimestamp(instant, tz=self.zone)

    @property
    def clock(self) -> WallClock:
        """The wall clock of the installation."""
        return wall_clock(self.time_zone)

    def zone_of(self, node: Node) -> str:
        return node.time_zone or self.time_zone

    def clock_of(self, node: Node) -> WallClock:
        return wall_clock(self.zone_of(node))

    @property
    def countries(self) -> frozenset[str]:
        """Those of its nodes, and those its services go to."""
        served = (service.countries for service in self.services.values())
        return frozenset(node.country for node in self.nodes.values()).union(*served)

    @property
    def only_country(self) -> str | None:
        """None: it has several."""
        only, *others = self.countries or (None,)
        return None if others else only

    def quantity_text(self, sku: str, units: int) -> str:
        """So many of the smallest units of a SKU as they are written, with its decimals."""
        return f"{Decimal(units).scaleb(-self.decimals.get(sku, 0)):f}"

    def in_own_currency(self, price: int, currency: str | None) -> int | None:
        """Micros of the network's currency, of micros of another; None if it has no rate for that."""
        if currency is None or currency == self.currency:
            return price
        rate = self.rates.get(currency)
        return None if rate is None else rounded(price * rate, RATE)


class NetworkCaches:
    """Objects derived from one network, each made when it is first asked for and kept beside the network. None depends
    on its version or on the decimals of its SKUs, which are other ones once products have changed.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._derived: dict[Callable[[Network], object], object] = {}

    def of_newer(self, network: Network) -> "NetworkCaches":
        """The caches of a network that was read since: with the same objects, if only products have changed."""
        newer = NetworkCaches(network)
        if replace(self.network, version=network.version, decimals=network.decimals) == network:
            newer._derived = self._derived
        return newer

    def get(self, derive: Callable[[Network], _T]) -> _T:
        """What `derive` makes of the network: the same object each time."""
        derived = self._derived.get(derive)
        if derived is None:
            # of several threads that make it at the same time, all get the first one's
            derived = self._derived.setdefault(derive, derive(self.network))
        return cast("_T", derived)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRest:
    """A node's rest: nothing is given to the node until the instant `until`, because at `since` it rejected units of
    `decision`, for `reason`. `because` has the rules that gave the rest, each with its author's reason by language:
    rules of `policy_version`, because a rest outlasts the version that gave it.
    """

    until: int
    since: int
    reason: str
    decision: str
    policy_version: str
    because: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The facts one decision is made on, read at one moment."""

    network: Network
    caches: NetworkCaches = field(repr=False, compare=False)
    """The network's."""
    products: Mapping[str, Product]
    positions: Mapping[str, Mapping[str, StockPosition]]
    """By SKU, then node."""
    loads: Mapping[str, int]
    """Shipments given to each node on its date."""
    hourly_loads: Mapping[str, int] = field(default_factory=dict)
    """Shipments given to each node in its hour, under policies that limit these."""
    resting: Mapping[str, NodeRest] = field(default_factory=dict)
    """By node that rests at that moment, its rest."""
    taken: Mapping[str, TakenUnits] = field(default_factory=dict)
    """By SKU, the units that channels have taken in the periods of their allotments."""
    stamp: int = 0
    """Of the newest change of the stock in it, if that was asked for (see `Keys.changed`)."""
    has_lots: bool = False
    """Whether some stock of the network has or had lots."""
    lots: Mapping[str, Mapping[str, Sequence[Lot]]] = field(default_factory=dict)
    """By SKU that has some, by node, the lots of its positions. Units that have expired and that nobody holds are not
    on hand in `positions`.
    """
    receipts: Mapping[str, Mapping[str, Sequence[Receipt]]] = field(default_factory=dict)
    """By SKU of which units are to come, by node, its open receipts, the next to arrive first."""
    lookahead: PricesInForce | None = None
    """The look-ahead prices of its SKUs, under policies that let them count; None: no table was ever published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What `pointsman load` brings in: the network, its products, and the stock by SKU and node.

    `paces` are thousandths of a unit sold a day, where known.
    """

    network: Network
    products: Mapping[str, Product]
    stock: Mapping[str, Mapping[str, int]]
    paces: Mapping[str, Mapping[str, int]]
    lots: Mapping[str, Mapping[str, LotUnits]] = field(default_factory=dict)
    """By SKU and node, which of the units are of lots."""
    learnt: Mapping[str, Mapping[str, LearntPace]] = field(default_factory=dict)
    """By SKU and node, what those of the `paces` were made of that were learnt."""
