"""Random batches, backlog runs and rejections, among confirmations, releases, expiries and arriving stock.

Always: nothing is promised that is not on hand; nothing is given to a node that rests; every unit that was ordered is
in exactly one state (held, confirmed, released, waiting or unfilled); each decision ships and leaves unfilled exactly
what it was asked for; and `ledger check` is clean.
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

from engine.decide.order_record import seconds
from engine.errors import HoldEnded, InputInvalid
from engine.orders.rejection import RejectionRequest
from engine.store.ledger import RequestKey
from engine.store.stock import Movement
from tests.properties.ledger.ledger_driver import drive
from tests.support.batches import decide_batch
from tests.support.decision_json import json_of
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

    @rule(drawn=ORDER, wait=st.booleans())
    def decide(self, drawn, wait):
        self._made(json_of(self.pointsman.decide(self._order(drawn), wait=wait)))

    @rule(drawn=st.lists(ORDER, min_size=1, max_size=4), wait=st.booleans(), again=st.booleans(), dice=st.randoms())
    def decide_batch(self, drawn, wait, again, dice):
        orders = [self._order(item) for item in drawn]
        wave = next(self.numbers)

        def keys(item):
            return RequestKey(caller="m", name=f"{wave} {item.id}")

        if again:  # as if a first try had been interrupted after some of them
            decide_batch(self.pointsman, orders[: len(orders) // 2 + 1], keys=keys, wait=wait)
            dice.shuffle(orders)
        batch = decide_batch(self.pointsman, orders, keys=keys, wait=wait)
        assert len(batch.answers) == len(orders)
        for answer in batch.answers:
            self._made(json_of(answer))
        for answer in batch.answers:  # those decided at the first try come by rank, whatever took from which
            for lacked in json_of(answer)["lacked"]:
                taker = self.made[lacked["decision"]]
                assert lacked["order"] == taker["order"]["id"]
                assert lacked["node"] in {shipment["node"] for shipment in taker["shipments"]}
            lacking = sum(lacked["units"] for lacked in json_of(answer)["lacked"])
            assert lacking <= unfilled_units(json_of(answer))

    @rule(sku=st.sampled_from(SKUS), name=st.sampled_from(NODES), units=st.integers(1, 6), run=st.booleans())
    def arrive(self, sku, name, units, run):
        self.pointsman.stock.move([Movement(op=f"{next(self.numbers)}", sku=sku, node=name, delta=units)])
        if run:
            self.run(9)

    @rule(limit=st.integers(1, 9))
    def run(self, limit):
        before = {place.entry.decision: place for place in self.pointsman.backlog.page(limit=100).places}
        served = self.pointsman.backlog.run(limit=limit)
        assert served.failed == ()
        for answer in served.answers:
            record = self._made(json_of(answer))
            assert shipped_units(record) > 0
            assert record["order"]["lines"]
            waited = before[record["follows"]["decision"]].entry
            assert {line["id"]: line["quantity"] for line in record["order"]["lines"]} == waited.units

    @precondition(lambda self: self.shipping)
    @rule(data=st.data(), reason=st.sampled_from(["not_in_stock", "no_capacity", "damaged", "other"]))
    def reject(self, data, reason):
        self._reject(data, data.draw(st.sampled_from(self.shipping)), reason)

    @rule(data=st.data(), drawn=ORDER, reason=st.sampled_from(["not_in_stock", "damaged"]), times=st.integers(1, 3))
    def decide_and_reject(self, data, drawn, reason, times):
        self.arrive(drawn[0][0][0], "lyon", 6, run=False)
        self.decide(drawn, wait=True)
        for _ in range(times):
            if self.shipping:
                self._reject(data, self.shipping[0], reason)

    def _reject(self, data, record, reason):
        shipment = data.draw(st.sampled_from(record["shipments"]))
        name = shipment["node"]
        named = [line[key] for line in shipment["lines"] for key in ("line", "sku")]
        lines = data.draw(st.just({}) | st.dictionaries(st.sampled_from(named), st.integers(1, 3), max_size=2))
        wait, op = data.draw(st.booleans()), data.draw(st.sampled_from([None, f"{next(self.numbers)}"]))
        rejection = RejectionRequest(decision=record["id"], node=name, reason=reason, lines=lines, waits=wait, op=op)
        try:
            made = self._made(json_of(self.pointsman.rerouting.reject(rejection)))
        except (HoldEnded, InputInvalid):
            return
        self._rests(name, reason)
        if op is not None:
            again = self.pointsman.rerouting.reject(rejection)
            assert (again.new, json_of(again)) == (False, made)
        for sku, nodes in made["follows"]["barred"].items():
            for shipment in made["shipments"]:
                assert shipment["node"] not in nodes or all(line["sku"] != sku for line in shipment["lines"])

    def _rests(self, name, reason):
        if self.policy == "rests" and reason in ("no_capacity", "other"):
            hours = 11 if (reason, name) == ("no_capacity", "lille") else 1
            self.resting[name] = max(self.resting.get(name, 0), self.clock.now + 3_600 * hours)

    @precondition(lambda self: self.now_resting)
    @rule(data=st.data())
    def wake(self, data):
        name = data.draw(st.sampled_from(sorted(self.now_resting)))
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
        self.pointsman.backlog.withdraw(self.pointsman.backlog.page(limit=1).places[0].entry.decision)

    @rule(minutes=st.sampled_from([5, 61, 600]))
    def wait(self, minutes):
        if self.clock.now + 60 * minutes < NOW + 14 * 3_600:  # before midnight of Paris
            self.clock.now += 60 * minutes

    @invariant()
    def the_check_is_clean_and_nothing_is_oversold(self):
        self.pointsman.ready()  # this ends holds that have expired
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        for sku in SKUS:
            for item in self.pointsman.stock.show(sku).nodes:
                assert item.position.held <= item.position.on_hand

    @invariant()
    def every_unit_ordered_is_in_one_state(self):
        firsts = [record for record in self.made.values() if "follows" not in record]
        for first in firsts:
            links = self.pointsman.rerouting.chain(first["id"]).links
            records = [json_of(link) for link in links]
            claimed = {
                record["follows"]["decision"]
                for record in records
                if record.get("follows", {}).get("because") == "stock"
            }
            units = Counter()
            for record in records:
                units.update(self._kept(record))
                if record["id"] not in claimed:
                    for item in record["unfilled"]:
                        units[item["sku"]] += item["quantity"]
            ordered = Counter()
            for line in first["order"]["lines"]:
                ordered[line["sku"]] += line["quantity"]
            assert units == ordered

    @invariant()
    def what_waits_is_what_was_left_unfilled(self):
        for place in self.pointsman.backlog.page(limit=1_000).places:
            record = self.made[place.entry.decision]
            assert record["waiting"]
            assert {item["line"]: item["quantity"] for item in record["unfilled"]} == place.entry.units

    @invariant()
    def nodes_that_rejected_under_the_rule_rest(self):
        assert {item.node: seconds(item.until) for item in self.pointsman.rests.all()} == self.now_resting

    @property
    def now_resting(self):
        """Until when each node rests."""
        return {name: until for name, until in self.resting.items() if until > self.clock.now}

    @property
    def shipping(self):
        """The decisions that ship something, the latest first."""
        return [record for record in reversed(self.made.values()) if record["shipments"]]

    def _kept(self, record):
        """By SKU, the units of its shipments that no node rejected."""
        units = Counter()
        if record["shipments"]:
            for shipment in self.pointsman.holds.state(record["id"]).shipments:
                if shipment.state != "rejected":
                    units.update(dict(shipment.units))
        return units

    def _order(self, drawn):
        lines, segment, promise = drawn
        number = next(self.numbers)
        return order(*lines, id=f"W-{number}", segment=segment, promise_by=promise, placed_at=NOW - number)

    def _made(self, record):
        """Check that a decision ships or leaves unfilled exactly what it was asked for, line by line."""
        units = Counter()
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                units[line["line"]] += line["quantity"]
        for item in record["unfilled"]:
            units[item["line"]] += item["quantity"]
        assert units == {line["id"]: line["quantity"] for line in record["order"]["lines"]}
        assert self.now_resting.keys().isdisjoint(shipment["node"] for shipment in record["shipments"])
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
