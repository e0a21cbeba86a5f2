"""A model of the ledger in plain dictionaries: units on hand, shipments of holds, how holds ended, which nodes rest.

It uses neither Redis nor the optimiser, and computes the effect of POLICIES by itself.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.conftest import Clock
from tests.properties.ledger.stock_model import MICROS, StockModel
from tests.support.facts import HOUR, LILLE, LYON, inventory, node, product, service

SKUS = ("A", "B")
NODES = ("lille", "lyon")
SERVICES = ("light", "parcel")
CHANNELS = ("app", "web")
START = {("A", "lille"): 3, ("A", "lyon"): 5, ("B", "lyon"): 4}
RESTS = (
    "when: {rejection.reason: [no_capacity, other]}, then: {rest_after_rejection: 1 h}",
    "when: {rejection.reason: no_capacity, node.id: lille}, then: {rest_after_rejection: 5 h}",
)
POLICIES = {
    "nothing": (),
    "keep two": ("then: {keep: 2}", *RESTS),
    "keep half": ("then: {keep: 50%}", *RESTS),
    "protect": ("then: {protect: [{channel: app, units: 2}, {channel: app, share: 30%}], hold: 30 m}", *RESTS),
    "when low": ("when: {stock.available: {at_most: 3}}, then: {keep: 2}", *RESTS),
    "a full day": ("when: {node.id: lyon}, then: {daily_orders: 2}", *RESTS),
    "two parcels": ("when: {product.sku: B, service.id: light}, then: {prefer: 1.00}", *RESTS),
}


def warehouse():
    stock = {sku: {name: START[sku, name] for name in NODES if (sku, name) in START} for sku in SKUS}
    nodes = [node("lille", LILLE, services=SERVICES), node("lyon", LYON, services=SERVICES)]
    services = [service("parcel"), service("light", base=1, max_weight=500)]
    return inventory(nodes, stock, services=services, products=[product("B", weight=400)])


@dataclass
class Shipment:
    """A shipment's units by SKU, and how and when its hold ended."""

    units: Counter
    ended: str | None = None
    at: int = 0


@dataclass
class Hold:
    """A hold and its shipments by (node, service). `first` is the first decision of its chain."""

    until: int
    shipments: dict[tuple[str, str], Shipment]
    first: str

    @property
    def last(self):
        """How the last shipment ended; several words if several ended in the same second."""
        at = max(shipment.at for shipment in self.shipments.values())
        return {shipment.ended for shipment in self.shipments.values() if shipment.at == at}

    @property
    def open_ways(self):
        return {way for way, shipment in self.shipments.items() if shipment.ended is None}

    @property
    def expired_ways(self):
        return {way for way, shipment in self.shipments.items() if shipment.ended == "expired"}


@dataclass
class ChainOrder:
    """The order of a chain of decisions: its channel, all its SKUs, and by SKU the nodes that rejected it."""

    channel: str
    skus: frozenset
    barred: defaultdict = field(default_factory=lambda: defaultdict(set))


@dataclass
class Model:
    """`stamps` are (kind, number, units) by position; `orders` by the first decision of a chain."""

    clock: Clock
    policy: str = "nothing"
    stamps: dict = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    loads: Counter = field(default_factory=Counter)
    rests: dict[str, int] = field(default_factory=dict)
    orders: dict[str, ChainOrder] = field(default_factory=dict)
    set_aside: Counter = field(default_factory=Counter)
    """Units by (SKU, node) that are set aside for an order that is being decided."""

    def __post_init__(self):
        self.stock = StockModel(clock=self.clock, units=Counter(START), loaded=self.clock.now * MICROS)

    @property
    def on_hand(self):
        return self.stock

    @property
    def held(self):
        """Units by (SKU, node)."""
        units_held = self.set_aside.copy()
        for hold in self.holds.values():
            for way in hold.open_ways:
                units_held.update({(sku, way[0]): count for sku, count in hold.shipments[way].units.items()})
        return units_held

    @property
    def resting(self):
        """Until when each node rests."""
        return {name: until for name, until in self.rests.items() if until > self.clock.now}

    def free(self, position, channel):
        on_hand, held = self.on_hand[position], self.held[position]
        return max(0, on_hand - held - self._floor(on_hand, held, channel))

    def _floor(self, on_hand, held, channel):
        match self.policy:
            case "keep two":
                return 2
            case "keep half":
                return -(-on_hand // 2)
            case "protect":
                return 0 if channel == "app" else max(2, -(-3 * on_hand // 10))
            case "when low":
                return 2 if max(0, on_hand - held) <= 3 else 0
        return 0

    def put(self, position, stamp, units):
        """Apply a count; returns set, same, older, or contradicts if it contradicts an earlier one."""
        kind, number, counted = self.stamps.get(position, (stamp[0], -1, None))
        if kind != stamp[0] or (number == stamp[1] and units != counted):
            return "contradicts"
        if number == stamp[1]:
            return "same"
        if number > stamp[1] or self.stock.count(position, units, stamp[1] if kind == "t" else None) is None:
            return "older"
        self.stamps[position] = (*stamp, units)
        return "set"

    def take(self, record, first):
        """Take the hold of a decision."""
        shipments = {}
        for shipment in record["shipments"]:
            units = Counter()
            for line in shipment["lines"]:
                units[line["sku"]] += line["quantity"]
            shipments[shipment["node"], shipment["service"]] = Shipment(units)
            self.loads[shipment["node"]] += 1
        if shipments:
            minutes = 30 if self.policy == "protect" else 48 * 60
            self.holds[record["id"]] = Hold(until=self.clock.now + 60 * minutes, shipments=shipments, first=first)

    def end(self, hold, verb, ending, left_at=None):
        left = Counter()
        for name, way in ((way[0], way) for way in ending):
            hold.shipments[way].ended = verb
            hold.shipments[way].at = hold.until if verb == "expired" else self.clock.now
            if verb != "confirmed":
                self.loads[name] -= 1
                continue
            for sku, units in hold.shipments[way].units.items():
                left[sku, name] -= units
        if left:
            self.stock.move(left, at=left_at)

    def are_free(self, hold, ways, left_at=None):
        """Whether all units of these shipments are on hand and held for nobody, or counted as gone."""
        needed = Counter()
        for way in ways:
            needed.update({(sku, way[0]): count for sku, count in hold.shipments[way].units.items()})
        latest = self.stock.instant(needed)
        at = latest if left_at is None else min(left_at, latest)
        return all(
            self.stock.has(position, at) or self.stock.total(position) - self.held[position] >= count
            for position, count in needed.items()
        )

    def confirm_late(self, hold, ways, left_at=None):
        for way in ways:
            self.loads[way[0]] += 1
        self.end(hold, "confirmed", ways, left_at)

    def expire(self):
        for hold in self.holds.values():
            if hold.until <= self.clock.now:
                self.end(hold, "expired", hold.open_ways)

    def rejected(self, hold, ways, lines):
        """The units, by shipment and SKU, that a rejection of `lines` (units by SKU; empty for all) takes; None if
        there are fewer.
        """
        taken = {way: hold.shipments[way].units.copy() for way in ways}
        if not lines:
            return taken
        left = Counter(lines)
        for way, units in taken.items():
            taken[way] = units & left
            left -= taken[way]
        return None if left else {way: units for way, units in taken.items() if units}

    def reject(self, hold, taken, reason, counts):
        """`taken` are units as `rejected` returns them, `counts` what the node says it has, by SKU. The units are
        already decided again.
        """
        (name,) = {way[0] for way in taken}
        for way, units in taken.items():
            shipment = hold.shipments[way]
            shipment.units -= units
            if not shipment.units:
                shipment.ended, shipment.at = "rejected", self.clock.now
                # a node without capacity does not get its load lowered
                self.loads[name] -= reason != "no_capacity"
        skus = {sku for units in taken.values() for sku in units}
        rejected = sum(taken.values(), Counter())
        damaged = {(sku, name): -rejected[sku] for sku in skus} if reason == "damaged" else {}
        instant = self.stock.move(damaged, positions=[(sku, name) for sku in skus])
        self.stock.blocked.subtract(damaged)
        for sku in skus if reason == "not_in_stock" else counts:
            self._count((sku, name), counts.get(sku), instant)
        self._rest(name, reason)

    def _count(self, position, counted, instant):
        """Set what the node counted or, without a count, at most what is still held there; a newer count of the source
        is kept.
        """
        kind, number, _ = self.stamps.get(position, (None, 0, None))
        now = self.clock.now
        if kind == "t" and number >= (now + 1) * MICROS:
            return
        units = min(self.stock[position], self.held[position]) if counted is None else counted
        self.stock.latest = max(self.stock.latest, instant)
        at = self.stock.count(position, units)
        if kind != "s":
            self.stamps[position] = ("t", max(at, number), units)

    def _rest(self, name, reason):
        if RESTS[0] in POLICIES[self.policy] and reason in ("no_capacity", "other"):
            hours = 5 if (reason, name) == ("no_capacity", "lille") else 1
            self.rests[name] = max(self.rests.get(name, 0), self.clock.now + HOUR * hours)
