"""A model in plain dictionaries of where each unit of each order is, by decision, shipment and state."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.properties.ledger.stock_model import StockModel

DAY = 86_400
HALF_AN_HOUR = 1_800


@dataclass
class Confirm:
    """Units by (shipment, SKU) that left `at` an instant, and can be undone."""

    at: int
    left_at: int
    units: Counter


@dataclass
class Decision:
    """A decision's hold. `shipments` are Counters of SKU by state, in order; `order` is what it is of, `place` where it
    goes.
    """

    order: str
    place: object
    until: int
    shipments: dict
    confirms: list = field(default_factory=list)

    def total(self, state):
        return sum((units[state] for units in self.shipments.values()), Counter())

    def choose(self, lines, state):
        """So many units of each SKU, of the first shipments that have them; None if there are fewer."""
        if not lines:
            return Counter({(way, sku): n for way, units in self.shipments.items() for sku, n in units[state].items()})
        chosen, missing = Counter(), Counter(lines)
        for way, units in self.shipments.items():
            for sku in list(missing):
                taken = min(missing[sku], units[state][sku])
                chosen[way, sku] += taken
                missing[sku] -= taken
        return None if +missing else +chosen


@dataclass
class Order:
    """Units by SKU; `decision` is its latest."""

    ordered: Counter
    place: object
    segment: str | None
    cancelled: Counter = field(default_factory=Counter)
    decision: str = ""
    parked: bool = False
    promise_by: int | None = None
    """What the quote that it took up promised."""


@dataclass
class UnitsModel:
    """`waiting` are units by decision."""

    clock: object
    on_hand: StockModel
    decisions: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    waiting: dict = field(default_factory=dict)
    chains: dict = field(default_factory=dict)

    @property
    def held(self):
        held = Counter()
        for decision in self.decisions.values():
            for way, units in decision.shipments.items():
                held.update({(sku, way[0]): count for sku, count in units["held"].items() if count})
        return held

    def of(self, name, state):
        """Units of an order in that state, by SKU."""
        return sum((item.total(state) for item in self.decisions.values() if item.order == name), Counter())

    def waits(self, name):
        return sum((self.waiting.get(decision, Counter()) for decision in self.chains[name]), Counter())

    def unfilled(self, name):
        order = self.orders[name]
        return order.ordered - order.cancelled - self.of(name, "held") - self.of(name, "confirmed") - self.waits(name)

    def take(self, record, name):
        """A decision was made of the order."""
        shipments = {}
        for item in record["shipments"]:
            units = {"held": Counter()} | {
                state: Counter() for state in ("confirmed", "released", "expired", "rejected", "cancelled", "amended")
            }
            for line in item["lines"]:
                units["held"][line["sku"]] += line["quantity"]
            shipments[item["node"], item["service"]] = units
        order = self.orders[name]
        order.decision = record["id"]
        self.chains.setdefault(name, []).append(record["id"])
        if record.get("waiting"):
            self.waiting[record["id"]] = Counter({item["sku"]: item["quantity"] for item in record["unfilled"]})
        if shipments:
            until = self.clock.now + 2 * DAY
            self.decisions[record["id"]] = Decision(order=name, place=order.place, until=until, shipments=shipments)

    def stop_waiting(self, decision, units):
        self.waiting[decision] -= units
        if not self.waiting[decision]:
            del self.waiting[decision]

    def amend(self, name, units, place):
        """Of an order that becomes another one: units by SKU that stay held, and those that are decided again."""
        order = self.orders[name]
        held = Counter()
        for decision in self.decisions.values():
            if (decision.order, decision.place) == (name, place):
                held += decision.total("held")
        order.cancelled = Counter(
            {
                sku: max(0, order.cancelled[sku] - max(0, order.ordered[sku] - count))
                for sku, count in units.items()
                if order.ordered[sku]
            }
        )
        order.ordered, order.place = Counter(units), place
        wanted = order.ordered - order.cancelled - self.of(name, "confirmed")
        for decision in self.chains[name]:
            self.waiting.pop(decision, None)
        return wanted & held, wanted - held

    def expire(self):
        for decision in self.decisions.values():
            if decision.until <= self.clock.now:
                self.move(decision, decision.choose({}, "held"), "held", "expired")

    def move(self, decision, chosen, source, target):
        for (way, sku), count in chosen.items():
            decision.shipments[way][source][sku] -= count
            decision.shipments[way][target][sku] += count
        if target == "confirmed" and chosen:
            left = self._by_position(chosen)
            left_at = self.on_hand.move({position: -count for position, count in left.items()})
            decision.confirms.append(Confirm(at=self.clock.now, left_at=left_at, units=Counter(chosen)))

    @staticmethod
    def _by_position(chosen):
        units = Counter()
        for (way, sku), count in chosen.items():
            units[sku, way[0]] += count
        return units

    def free(self, position):
        return self.on_hand.total(position) - self.held[position]

    def are_free(self, chosen):
        return all(self.free(position) >= count for position, count in self._by_position(chosen).items())

    def undoable(self, decision):
        """Confirms that can be undone, the latest first."""
        return [item for item in reversed(decision.confirms) if item.at > self.clock.now - DAY and +item.units]

    def undo(self, decision, lines):
        """Undo so many units of each SKU, or all; returns what would happen: done, fewer, late or counted."""
        recent = self.undoable(decision)
        if not recent:
            return "late"
        there = sum((item.units for item in recent), Counter())
        chosen, missing = Counter(), Counter(lines)
        for way in decision.shipments:
            for sku in {sku for of, sku in there if of == way}:
                taken = there[way, sku] if not lines else min(missing[sku], there[way, sku])
                chosen[way, sku] += taken
                missing[sku] -= taken
        if lines and +missing:
            return "fewer"
        back, again = self._returned(recent, +chosen)
        if any(self.free(position) < count for position, count in again.items()):
            return "counted"
        self._take_back(decision, recent, +chosen)
        for at, units in back.items():
            self.on_hand.move(units, at=at)
        return "done"

    def _returned(self, recent, chosen):
        """By when they left, units by position that are on hand again; and units that a count has already."""
        back, again, missing = defaultdict(Counter), Counter(), chosen.copy()
        for item in recent:
            for (way, sku), count in (item.units & missing).items():
                position = sku, way[0]
                (again if self.on_hand.has(position, item.left_at) else back[item.left_at])[position] += count
            missing -= item.units
        return back, again

    def _take_back(self, decision, recent, chosen):
        missing = chosen.copy()
        for item in recent:
            taken = item.units & missing
            item.units -= taken
            missing -= taken
        for (way, sku), count in chosen.items():
            decision.shipments[way]["confirmed"][sku] -= count
            decision.shipments[way]["held"][sku] += count
        decision.until = max(decision.until, self.clock.now + HALF_AN_HOUR)
