"""The ledger as plain dictionaries: what is on hand, what each shipment of each hold has, how holds ended, who rests.

It knows no Redis and no optimiser, and says what POLICIES mean a second time.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.conftest import Clock
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
MICROS = 1_000_000


def warehouse():
    stock = {sku: {name: START[sku, name] for name in NODES if (sku, name) in START} for sku in SKUS}
    nodes = [node("lille", LILLE, services=SERVICES), node("lyon", LYON, services=SERVICES)]
    services = [service("parcel"), service("light", base=1, max_weight=500)]
    return inventory(nodes, stock, services=services, products=[product("B", weight=400)])


@dataclass
class Part:
    """A shipment's units by SKU, and how and when its hold ended."""

    units: Counter
    ended: str | None = None
    at: int = 0


@dataclass
class Hold:
    """By (node, service) its shipments. `first` is the decision that its chain began with."""

    until: int
    parts: dict[tuple[str, str], Part]
    first: str

    @property
    def last(self):
        """How the last of them to end did; several, where that was in one second."""
        at = max(part.at for part in self.parts.values())
        return {part.ended for part in self.parts.values() if part.at == at}

    @property
    def living(self):
        return {way for way, part in self.parts.items() if part.ended is None}


@dataclass
class Wanted:
    """What a chain of decisions is about: the channel, all its SKUs, and by SKU the nodes that rejected it."""

    channel: str
    skus: frozenset
    barred: defaultdict = field(default_factory=lambda: defaultdict(set))


@dataclass
class Model:
    """`stamps` are (kind, number, units) by position; `wanted` by the first decision of a chain."""

    clock: Clock
    policy: str = "nothing"
    on_hand: Counter = field(default_factory=lambda: Counter(START))
    stamps: dict = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    loads: Counter = field(default_factory=Counter)
    rests: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, Wanted] = field(default_factory=dict)

    @property
    def held(self):
        """Units by (SKU, node)."""
        found = Counter()
        for hold in self.holds.values():
            for way in hold.living:
                found.update({(sku, way[0]): count for sku, count in hold.parts[way].units.items()})
        return found

    @property
    def asleep(self):
        """Until when, by node."""
        return {name: until for name, until in self.rests.items() if until > self.clock.now}

    def free(self, place, channel):
        on_hand, held = self.on_hand[place], self.held[place]
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

    def put(self, place, stamp, units):
        """What becomes of a count: set, same, older, or one that contradicts what came before."""
        kind, number, known = self.stamps.get(place, (stamp[0], -1, None))
        if kind != stamp[0] or (number == stamp[1] and units != known):
            return "contradicts"
        if number < stamp[1]:
            self.stamps[place] = (*stamp, units)
            self.on_hand[place] = units
            return "set"
        return "same" if number == stamp[1] else "older"

    def take(self, record, first):
        """A decision's hold."""
        parts = {}
        for shipment in record["shipments"]:
            units = Counter()
            for line in shipment["lines"]:
                units[line["sku"]] += line["quantity"]
            parts[shipment["node"], shipment["service"]] = Part(units)
            self.loads[shipment["node"]] += 1
        if parts:
            minutes = 30 if self.policy == "protect" else 48 * 60
            self.holds[record["id"]] = Hold(until=self.clock.now + 60 * minutes, parts=parts, first=first)

    def end(self, hold, verb, ending):
        for name, way in ((way[0], way) for way in ending):
            hold.parts[way].ended = verb
            hold.parts[way].at = hold.until if verb == "expired" else self.clock.now
            if verb != "confirmed":
                self.loads[name] -= 1
                continue
            for sku, units in hold.parts[way].units.items():
                self.on_hand[sku, name] = max(0, self.on_hand[sku, name] - units)

    def expire(self):
        for hold in self.holds.values():
            if hold.until <= self.clock.now:
                self.end(hold, "expired", hold.living)

    def rejected(self, hold, ways, lines):
        """Units by way and SKU that a refusal of `lines` (units by SKU; none: all) means; None if there are fewer."""
        found = {way: hold.parts[way].units.copy() for way in ways}
        if not lines:
            return found
        left = Counter(lines)
        for way, units in found.items():
            found[way] = units & left
            left -= found[way]
        return None if left else {way: units for way, units in found.items() if units}

    def reject(self, hold, taken, reason, said):
        """`taken` is as `rejected` says, `said` what the node has, by SKU. The units are decided again already."""
        (name,) = {way[0] for way in taken}
        for way, units in taken.items():
            part = hold.parts[way]
            part.units -= units
            if not part.units:
                part.ended, part.at = "rejected", self.clock.now
                # a node that says it is full has no room to give back
                self.loads[name] -= reason != "no_capacity"
        skus = {sku for units in taken.values() for sku in units}
        for sku in skus if reason == "not_in_stock" else said:
            self._count((sku, name), said.get(sku))
        self._rest(name, reason)

    def _count(self, place, said):
        """What the node has, or what is promised from it still; a source may have said something newer before."""
        kind, number, _ = self.stamps.get(place, (None, 0, None))
        now = self.clock.now
        if kind == "t" and number >= (now + 1) * MICROS:
            return
        self.on_hand[place] = min(self.on_hand[place], self.held[place]) if said is None else said
        if kind != "s":
            self.stamps[place] = ("t", max(now * MICROS, number), self.on_hand[place])

    def _rest(self, name, reason):
        if RESTS[0] in POLICIES[self.policy] and reason in ("no_capacity", "other"):
            hours = 5 if (reason, name) == ("no_capacity", "lille") else 1
            self.rests[name] = max(self.rests.get(name, 0), self.clock.now + HOUR * hours)
