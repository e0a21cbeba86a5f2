"""Random decisions, arrivals, ended holds and loads while orders wait, against plain dictionaries.

Always, without anybody running the backlog: each order has the units that the dictionaries say, what waits is what they
say, in their order, and `ledger check` is clean. So no unit is free while somebody who could use it waits.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.model.facts import StockPosition
from engine.store.stock import Count, Movement, Stamp
from tests.properties.ledger.ledger_driver import drive
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LYON, NOW, inventory, node, order

pytestmark = pytest.mark.slow

SKUS = ("A", "B")
POLICIES = {
    "vip first": ["when: {order.segment: vip}, then: {priority: 80}", "then: {hold: 1 h}"],
    "app first": ["when: {order.channel: app}, then: {priority: 70}", "then: {hold: 1 h}"],
}
PRIORITIES = {
    "vip first": lambda placed: 80 if placed.segment == "vip" else 50,
    "app first": lambda placed: 70 if placed.channel == "app" else 50,
}
LOADED = {"A": 3, "B": 2}


def warehouse():
    return inventory([node("lyon", LYON)], {sku: {"lyon": units} for sku, units in LOADED.items()})


class Waiting(RuleBasedStateMachine):
    """`waits` and `has` are the units by SKU of each order that wait and that are held."""

    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.on_hand = dict(LOADED)
        self.orders, self.firsts, self.waits, self.has = {}, {}, {}, {}
        self.numbers = itertools.count(1)

    @initialize(name=st.sampled_from(sorted(PRIORITIES)))
    def start(self, name):
        self.activate(name)

    @rule(name=st.sampled_from(sorted(PRIORITIES)))
    def activate(self, name):
        self.priority = PRIORITIES[name]
        self.pointsman.activate(self.versions[name], who="the machine", note="")
        self._take_turn()

    @rule(
        lines=st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1),
        segment=st.sampled_from([None, "vip"]),
        channel=st.sampled_from(["web", "app"]),
        wait=st.booleans(),
    )
    def decide(self, lines, segment, channel, wait):
        name = f"W-{next(self.numbers):03}"
        self.orders[name] = order(*sorted(lines.items()), id=name, segment=segment, channel=channel)
        self.firsts[name] = json_of(self.pointsman.decide(self.orders[name], wait=wait))["id"]
        self.has[name], self.waits[name] = Counter(), Counter(lines)
        self._serve()
        if not wait:
            self.waits[name].clear()

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 5))
    def move(self, sku, units):
        self.pointsman.stock.move([Movement(op=f"{next(self.numbers)}", node="lyon", sku=sku, delta=units)])
        self.on_hand[sku] += units
        self._serve()

    @rule(sku=st.sampled_from(SKUS), units=st.integers(0, 9))
    def count(self, sku, units):
        stamp = Stamp(kind="s", number=next(self.numbers))
        self.pointsman.stock.set_count(Count(node="lyon", sku=sku, on_hand=units, stamp=stamp))
        self.on_hand[sku] = units
        self._serve()

    @precondition(lambda self: self.held)
    @rule(data=st.data(), verb=st.sampled_from(["release", "confirm"]))
    def end(self, data, verb):
        """All that an order holds, by whichever decisions."""
        name = data.draw(st.sampled_from(sorted(name for name, units in self.has.items() if units)))
        for link in self.pointsman.rerouting.chain(self.firsts[name]).links:
            decision = json_of(link)
            if decision["shipments"] and self.pointsman.holds.state(decision["id"]).until is not None:
                (quantities,) = (shipment["lines"] for shipment in decision["shipments"])
                units = Counter()
                for line in quantities:
                    units[line["sku"]] += line["quantity"]
                getattr(self.pointsman.holds, verb)(decision["id"])
                self.has[name] -= units
                for sku, count in units.items() if verb == "confirm" else ():
                    self.on_hand[sku] = max(0, self.on_hand[sku] - count)
                self._serve()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data):
        place = data.draw(st.sampled_from(self.pointsman.backlog.page(limit=100).places))
        self.pointsman.backlog.withdraw(place.entry.decision)
        self.waits[place.entry.order.id].clear()

    @precondition(lambda self: self.clock.now < NOW + 12 * HOUR)
    @rule()
    def expire(self):
        """Everything that is held was taken less than an hour ago."""
        self.clock.now += HOUR
        self._take_turn()
        for units in self.has.values():
            units.clear()
        self._serve()

    @rule()
    def load(self):
        self.pointsman.load(warehouse(), counts=True)
        self.on_hand = dict(LOADED)
        self._serve()

    @invariant()
    def what_waits_and_what_is_held_is_what_the_dictionaries_say(self):
        places = self.pointsman.backlog.page(limit=1_000).places
        assert [(place.entry.order.id, self._units_by_sku(place.entry)) for place in places] == [
            (name, self.waits[name]) for name in self.waiting
        ]
        for sku in SKUS:
            (position,) = [item.position for item in self.pointsman.stock.show(sku).nodes] or [StockPosition(on_hand=0)]
            assert (position.on_hand, position.held) == (self.on_hand[sku], self.held[sku])

    @invariant()
    def no_unit_is_free_while_somebody_waits_for_it(self):
        for sku in SKUS:
            assert self.on_hand[sku] <= self.held[sku] or not any(units[sku] for units in self.waits.values())

    @invariant()
    def the_check_is_clean(self):
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]

    @property
    def waiting(self):
        """The orders that wait, the first to be served first."""
        names = [name for name, units in self.waits.items() if units]
        return sorted(names, key=lambda name: (-self.priority(self.orders[name]), name))

    @property
    def held(self):
        """Units by SKU."""
        return sum(self.has.values(), Counter())

    def _serve(self):
        for sku in SKUS:
            for name in self.waiting:
                units = min(self.waits[name][sku], max(0, self.on_hand[sku] - self.held[sku]))
                self.has[name] += Counter({sku: units})
                self.waits[name] -= Counter({sku: units})

    def _units_by_sku(self, entry):
        units = Counter()
        for line in entry.order.lines:
            units[line.sku] += entry.units.get(line.id, 0)
        return +units

    def _take_turn(self):
        """As if the turn of another process were over."""
        self.pointsman._client.redis.delete(self.pointsman._keys.offering)
        assert self.pointsman.take_turn()


def test_whoever_waits_is_served_first_whatever_frees_units(bare, clock, redis_client, network):
    drive(Waiting, warehouse(), POLICIES, pointsman=bare, clock=clock, client=redis_client, network=network, steps=25)
