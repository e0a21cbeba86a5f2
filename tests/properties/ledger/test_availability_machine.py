"""Tags and cursors of availability and of channels' feeds, and low stock, over random histories: whatever happens, none
hides a change.

The other machine has holds of every kind; this one has loads of the network, schedules, and rules on the time and on
the nodes' loads.
"""

import contextlib
from collections import deque

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import HoldEnded
from engine.inventory import availability_feed
from engine.model.feed_steps import FeedStep
from engine.store.stock import Movement
from tests.properties.ledger.catalogue import Catalogue
from tests.properties.ledger.channel_follower import ChannelFollower, LowWatcher
from tests.properties.ledger.ledger_driver import drive
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order, product

pytestmark = pytest.mark.slow

SKUS = ("A", "B", "C")
NODES = ("lille", "lyon")
POLICIES = {
    "nothing": (),
    "by time": (
        "hours: ['08:00', '12:00'], then: {keep: 2}",
        "weekdays: [saturday], then: {protect: {channel: app, units: 1}}",
    ),
    "by load": ("when: {node.load: {at_least: 2}}, then: {keep: 3}",),
    "by peak": (
        "then: {protect: {channel: app, cover: 2 days}, alert_below: {cover: 4 days}}",
        "when: {node.id: lille}, then: {keep: {cover: 1 day}, alert_below: 2}",
        "from: 2026-11-30, until: 2026-12-01, then: {uplift: 300%}",
        "when: {stock.available: {at_most: 4}}, then: {uplift: 150%}",
    ),
    "by cover": ("when: {stock.days_of_cover: {at_most: 3}}, then: {keep: 1}, from: 2026-11-28",),
}
STOCK = {"A": {"lille": 5, "lyon": 3}, "B": {"lyon": 4}, "C": {"lille": 9}}
STEP = 3
PACES = {"A": {"lille": 1_000}, "C": {"lille": 500}}


def warehouse(stock=STOCK, paces=PACES, **more):
    nodes = [node("lille", LILLE), node("lyon", LYON)]
    steps = {"app": FeedStep(units=STEP)}
    return inventory(nodes, stock, products=[product("B", **more)], paces=paces, feed_steps=steps)


LOADS = {
    "as before": warehouse(),
    "other stock": warehouse({**STOCK, "B": {"lille": 1}}),
    "without C": warehouse({sku: STOCK[sku] for sku in "AB"}),
    "another pace": warehouse(paces={"A": {"lille": 100}}),
}


class Shelf(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.catalogue, self.number, self.holds = Catalogue(pointsman, [*SKUS, "NONE"]), 0, []
        self.followers = deque([ChannelFollower(pointsman, "web"), ChannelFollower(pointsman, "app", step=STEP)])
        self.low = LowWatcher(pointsman, SKUS)

    @initialize(name=st.sampled_from(sorted(POLICIES)))
    def start(self, name):
        self.activate(name)

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def activate(self, name):
        self.pointsman.activate(self.versions[name], who="the machine", note="")

    @rule(name=st.sampled_from(sorted(POLICIES)), minutes=st.sampled_from([1, 60]))
    def schedule(self, name, minutes):
        since = self.clock.now + 60 * minutes
        self.pointsman.versions.activate(self.versions[name], who="the machine", note="", since=since)

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 4), channel=st.sampled_from(["app", "web"]))
    def decide(self, sku, units, channel):
        if sku in self.pointsman.products(SKUS):
            record = json_of(self.pointsman.decide(order((sku, units), id=str(self._next()), channel=channel)))
            self.holds += [record["id"]] if record["shipments"] else []

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), confirmed=st.booleans())
    def end(self, data, confirmed):
        name = data.draw(st.sampled_from(self.holds))
        with contextlib.suppress(HoldEnded):
            (self.pointsman.holds.confirm if confirmed else self.pointsman.holds.release)(name)

    @rule(sku=st.sampled_from(SKUS), place=st.sampled_from(NODES), delta=st.sampled_from([-1, 2]))
    def move(self, sku, place, delta):
        self.pointsman.stock.move([Movement(op=str(self._next()), node=place, sku=sku, delta=delta)])

    @rule(blocks=st.integers(0, 3), sku=st.sampled_from("AB"))
    def a_feed_breaks_off(self, blocks, sku):
        self.catalogue.break_off(blocks, lambda: self.move(sku, "lyon", 2))

    @rule(name=st.sampled_from(sorted(LOADS)))
    def load(self, name):
        self.pointsman.load(LOADS[name])

    @rule(seconds=st.sampled_from([1, 59, 60, 3_600, 2 * 86_400, 6 * 86_400]))
    def wait(self, seconds):
        self.clock.now += seconds

    @invariant()
    def nothing_is_hidden(self):
        self.catalogue.check()
        self.followers.rotate()  # one at a time, as each asks for many orders
        self.followers[0].check()
        self.low.check()

    def _next(self):
        self.number += 1
        return self.number


def test_no_tag_and_no_cursor_hides_a_change(bare, clock, redis_client, network, monkeypatch):
    monkeypatch.setattr(availability_feed, "MOST_SKUS_AT_ONCE", 1)
    parts = {"pointsman": bare, "clock": clock, "client": redis_client, "network": network}
    drive(Shelf, warehouse(), POLICIES, **parts, steps=40, runs=6)
