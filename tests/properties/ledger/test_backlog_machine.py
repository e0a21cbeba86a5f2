"""Batches, the backlog and rejections driven at random, among confirmations, releases, expiry and arriving stock.

Always: nothing is promised that is not there; nothing is given to a node that rests; every unit ordered is, once, on
its way, gone, waiting or given up; each decision ships and leaves unfilled what it was asked for, no more and no less;
and `ledger check` finds all clean.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from engine.decide.record import seconds
from engine.errors import HoldEnded, InputInvalid
from engine.orders.rejection import Refusal
from engine.store.ledger import Key
from engine.store.stock import Movement
from tests.properties.ledger.ledger_driver import drive
from tests.support.facts import LILLE, LYON, MARSEILLE, NOW, inventory, node, order
from tests.support.order_json import shipped_units, unfilled_units

pytestmark = pytest.mark.slow

SKUS = ("A", "B")
NODES = ("lille", "lyon", "marseille")
POLICIES = {
    "nothing": [],
    "segments": ["when: {order.segment: vip}, then: {priority: 80}", "when: {node.id: lyon}, then: {keep: 1}"],
    "few parcels": ["then: {max_shipments: 1, hold: 1 h}"],
    "rests": [
        "when: {rejection.reason: [no_capacity, other]}, then: {rest_after_rejection: 1 h}",
        "when: {rejection.reason: no_capacity, node.id: lille}, then: {rest_after_rejection: 11 h}",
    ],
    "whole": ["then: {ship_complete: true}", "when: {node.id: lille}, then: {daily_orders: 3}"],
}
ORDER = st.tuples(
    st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3),
    st.sampled_from([None, "vip"]),
    st.sampled_from([None, NOW + 7_200, NOW + 90_000]),
)


def warehouse():
    stock = {"A": {"lille": 6, "lyon": 9, "marseille": 4}, "B": {"lille": 3, "lyon": 6}}
    return inventory([node("lille", LILLE), node("lyon", LYON), node("marseille", MARSEILLE)], stock)


class Waiting(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.made = {}
        self.resting = {}
        self.numbers = itertools.count(1)

    @initialize(name=st.sampled_from(sorted(POLICIES)))
    def start(self, name):
        self.activate(name)

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def activate(self, name):
        self.policy = name
        self.pointsman.activate(self.versions[name], who="the machine", note="")

    @rule(said=ORDER, wait=st.booleans())
    def decide(self, said, wait):
        self._made(self.pointsman.decide(self._order(said), wait=wait).record)

    @rule(said=st.lists(ORDER, min_size=1, max_size=4), wait=st.booleans(), again=st.booleans(), dice=st.randoms())
    def decide_together(self, said, wait, again, dice):
        orders = [self._order(item) for item in said]
        wave = next(self.numbers)

        def keys(item):
            return Key(caller="m", name=f"{wave} {item.id}")

        if again:  # as if the first try had been cut short after some of them
            self.pointsman.decide_together(orders[: len(orders) // 2 + 1], keys=keys, wait=wait)
            dice.shuffle(orders)
        found = self.pointsman.decide_together(orders, keys=keys, wait=wait)
        assert len(found.answers) == len(orders)
        for answer in found.answers:
            self._made(answer.record)
            for lacked in answer.record["lacked"]:
                taker = self.made[lacked["decision"]]
                assert lacked["order"] == taker["order"]["id"]
                assert lacked["node"] in {shipment["node"] for shipment in taker["shipments"]}
            lacking = sum(lacked["units"] for lacked in answer.record["lacked"])
            assert lacking <= unfilled_units(answer.record)

    @rule(sku=st.sampled_from(SKUS), name=st.sampled_from(NODES), units=st.integers(1, 6), run=st.booleans())
    def arrive(self, sku, name, units, run):
        self.pointsman.stock.move([Movement(op=f"{next(self.numbers)}", sku=sku, node=name, delta=units)])
        if run:
            self.run(9)

    @rule(limit=st.integers(1, 9))
    def run(self, limit):
        before = {place.waiting.decision: place for place in self.pointsman.backlog.page(limit=100).places}
        found = self.pointsman.backlog.run(limit=limit)
        assert found.failed == ()
        for answer in found.answers:
            record = self._made(answer.record)
            assert shipped_units(record) > 0
            assert record["order"]["lines"]
            waited = before[record["follows"]["decision"]].waiting
            assert {line["id"]: line["quantity"] for line in record["order"]["lines"]} == waited.units

    @precondition(lambda self: self.shipping)
    @rule(data=st.data(), reason=st.sampled_from(["not_in_stock", "no_capacity", "damaged", "other"]))
    def reject(self, data, reason):
        self._reject(data, data.draw(st.sampled_from(self.shipping)), reason)

    @rule(data=st.data(), said=ORDER, reason=st.sampled_from(["not_in_stock", "damaged"]), times=st.integers(1, 3))
    def decide_and_reject(self, data, said, reason, times):
        self.arrive(said[0][0][0], "lyon", 6, run=False)
        self.decide(said, wait=True)
        for _ in range(times):
            if self.shipping:
                self._reject(data, self.shipping[0], reason)

    def _reject(self, data, record, reason):
        shipment = data.draw(st.sampled_from(record["shipments"]))
        name = shipment["node"]
        named = [line[key] for line in shipment["lines"] for key in ("line", "sku")]
        lines = data.draw(st.just({}) | st.dictionaries(st.sampled_from(named), st.integers(1, 3), max_size=2))
        wait, op = data.draw(st.booleans()), data.draw(st.sampled_from([None, f"{next(self.numbers)}"]))
        said = Refusal(decision=record["id"], node=name, reason=reason, lines=lines, waits=wait, op=op)
        try:
            made = self._made(self.pointsman.rerouting.reject(said).record)
        except (HoldEnded, InputInvalid):
            return
        self._rests(name, reason)
        if op is not None:
            again = self.pointsman.rerouting.reject(said)
            assert (again.new, again.record) == (False, made)
        for sku, nodes in made["follows"]["barred"].items():
            for shipment in made["shipments"]:
                assert shipment["node"] not in nodes or all(line["sku"] != sku for line in shipment["lines"])

    def _rests(self, name, reason):
        if self.policy == "rests" and reason in ("no_capacity", "other"):
            hours = 11 if (reason, name) == ("no_capacity", "lille") else 1
            self.resting[name] = max(self.resting.get(name, 0), self.clock.now + 3_600 * hours)

    @precondition(lambda self: self.asleep)
    @rule(data=st.data())
    def wake(self, data):
        name = data.draw(st.sampled_from(sorted(self.asleep)))
        self.pointsman.rests.end(name, who="the machine")
        del self.resting[name]

    @precondition(lambda self: self.shipping)
    @rule(data=st.data(), verb=st.sampled_from(["confirm", "release"]))
    def end(self, data, verb):
        record = data.draw(st.sampled_from(self.shipping))
        way = data.draw(st.sampled_from([(item["node"], item["service"]) for item in record["shipments"]]))
        try:
            getattr(self.pointsman.holds, verb)(record["id"], shipments=[way])
        except HoldEnded:
            return

    @precondition(lambda self: self.pointsman.backlog.page(limit=1).places)
    @rule()
    def withdraw(self):
        self.pointsman.backlog.withdraw(self.pointsman.backlog.page(limit=1).places[0].waiting.decision)

    @rule(minutes=st.sampled_from([5, 61, 600]))
    def wait(self, minutes):
        if self.clock.now + 60 * minutes < NOW + 14 * 3_600:  # before midnight of Paris
            self.clock.now += 60 * minutes

    @invariant()
    def the_check_is_clean_and_nothing_is_oversold(self):
        self.pointsman.ready()  # what has expired ends
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        for sku in SKUS:
            for item in self.pointsman.stock.show(sku).nodes:
                assert item.position.held <= item.position.on_hand

    @invariant()
    def every_unit_ordered_is_somewhere_once(self):
        firsts = [record for record in self.made.values() if "follows" not in record]
        for first in firsts:
            links = self.pointsman.rerouting.chain(first["id"]).links
            records = [link.record for link in links]
            claimed = {
                record["follows"]["decision"]
                for record in records
                if record.get("follows", {}).get("because") == "stock"
            }
            found = Counter()
            for record in records:
                found.update(self._standing(record))
                if record["id"] not in claimed:
                    for item in record["unfilled"]:
                        found[item["sku"]] += item["quantity"]
            ordered = Counter()
            for line in first["order"]["lines"]:
                ordered[line["sku"]] += line["quantity"]
            assert found == ordered

    @invariant()
    def what_waits_is_what_was_left_unfilled(self):
        for place in self.pointsman.backlog.page(limit=1_000).places:
            record = self.made[place.waiting.decision]
            assert record["waiting"]
            assert {item["line"]: item["quantity"] for item in record["unfilled"]} == place.waiting.units

    @invariant()
    def those_rest_that_rejected_under_the_rule(self):
        assert {item["node"]: seconds(item["until"]) for item in self.pointsman.rests.all()} == self.asleep

    @property
    def asleep(self):
        """Until when, by node."""
        return {name: until for name, until in self.resting.items() if until > self.clock.now}

    @property
    def shipping(self):
        """The decisions that ship something, those of the last first."""
        return [record for record in reversed(self.made.values()) if record["shipments"]]

    def _standing(self, record):
        """By SKU, the units of its shipments that no node rejected."""
        found = Counter()
        if record["shipments"]:
            for shipment in self.pointsman.holds.state(record["id"]).shipments:
                if shipment.state != "rejected":
                    found.update(dict(shipment.units))
        return found

    def _order(self, said):
        lines, segment, promise = said
        number = next(self.numbers)
        return order(*lines, id=f"W-{number}", segment=segment, promise_by=promise, placed_at=NOW - number)

    def _made(self, record):
        """Each link ships and leaves unfilled what it was asked for, line by line."""
        found = Counter()
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                found[line["line"]] += line["quantity"]
        for item in record["unfilled"]:
            found[item["line"]] += item["quantity"]
        assert found == {line["id"]: line["quantity"] for line in record["order"]["lines"]}
        assert self.asleep.keys().isdisjoint(shipment["node"] for shipment in record["shipments"])
        self.made[record["id"]] = record
        return record


def test_every_unit_is_promised_once_and_none_is_lost(bare, clock, redis_client, network):
    drive(
        Waiting,
        warehouse(),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=25,
    )
