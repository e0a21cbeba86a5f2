"""Transfers among orders, counts and movements, compared with a model in plain dictionaries after each step."""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.errors import InputInvalid, StockConflict
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.model.transfers import TransferLine
from engine.store.stock import Count, Movement, Stamp
from engine.transfers.transfers import NewTransfer, TransferFilter
from tests.properties.ledger.ledger_driver import drive
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order

pytestmark = pytest.mark.slow

SKUS, NODES = ("A", "B"), ("lille", "lyon")
ENDS = NodeNames(nodes=frozenset(NODES))
KEEP = {"nothing": 0, "two": 2}
POLICIES = {"nothing": ("then: {hold: 2 h}",), "two": ("then: {hold: 2 h, keep: 2}",)}
UNITS = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)
SOME = st.none() | st.dictionaries(st.sampled_from(SKUS), st.integers(0, 4), min_size=1)


class Transfers(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.flow = pointsman.flows.transfers
        self.on_hand = Counter({(sku, name): 6 for sku in SKUS for name in NODES})
        self.held, self.holds, self.keep = Counter(), {}, 0
        self.status, self.plans, self.sent, self.arrived = {}, {}, {}, {}
        self.numbers = itertools.count(1)

    @initialize(name=st.sampled_from(sorted(KEEP)))
    def start(self, name):
        self.activate(name)

    @rule(name=st.sampled_from(sorted(KEEP)))
    def activate(self, name):
        self.keep = KEEP[name]
        self.pointsman.activate(self.versions[name], who="the machine", note="")

    def _free(self, position):
        return max(0, max(0, self.on_hand[position]) - self.held[position] - self.keep)

    def _lacks(self, origin, units):
        return any(count > self._free((sku, origin)) for sku, count in units.items())

    def _pick(self, data, *statuses):
        names = sorted(name for name, status in self.status.items() if not statuses or status in statuses)
        return data.draw(st.sampled_from(names)) if names else None

    @rule(origin=st.sampled_from(NODES), units=UNITS)
    def create(self, origin, units):
        goal = next(name for name in NODES if name != origin)
        name = f"T-{next(self.numbers)}"
        lines = [TransferLine(sku=sku, units=count) for sku, count in units.items()]
        new = NewTransfer(id=name, origin=origin, goal=goal, lines=lines)
        if self._lacks(origin, units):
            with pytest.raises(StockConflict):
                self.flow.create(new)
            return
        self.flow.create(new)
        self.status[name], self.plans[name] = "proposed", (origin, goal, units)
        self.sent[name], self.arrived[name] = {}, Counter()

    @rule(data=st.data())
    def approve(self, data):
        name = self._pick(data)
        if name is None:
            return
        origin, _, units = self.plans[name]
        if self.status[name] != "proposed" or self._lacks(origin, units):
            with pytest.raises(StockConflict):
                self.flow.approve(name)
            return
        self.flow.approve(name)
        self.status[name] = "approved"

    @rule(data=st.data(), some=SOME)
    def ship(self, data, some):
        name = self._pick(data)
        if name is None:
            return
        origin, _, units = self.plans[name]
        left = dict(units) if some is None else some
        if self.status[name] != "approved":
            error = StockConflict
        elif any(count > units.get(sku, -1) for sku, count in left.items()) or not any(left.values()):
            error = InputInvalid
        else:
            error = StockConflict if self._lacks(origin, left) else None
        if error is not None:
            with pytest.raises(error):
                self.flow.ship(name, some)
            return
        self.flow.ship(name, some, op=f"ship {name}")
        self.flow.ship(name, some, op=f"ship {name}")  # again: it is answered
        self.status[name], self.sent[name] = "shipped", {sku: count for sku, count in left.items() if count}
        for sku, count in left.items():
            self.on_hand[sku, origin] -= count

    def _to_come(self, name):
        if self.status[name] != "shipped":
            return {}
        left = {sku: count - self.arrived[name][sku] for sku, count in self.sent[name].items()}
        return {sku: count for sku, count in left.items() if count > 0}

    @rule(data=st.data(), some=SOME, closes=st.booleans(), over=st.booleans())
    def receive(self, data, some, closes, over):
        name = self._pick(data, "shipped", "approved", "received")
        if name is None:
            return
        to_come = self._to_come(name)
        came = to_come if some is None else some
        if self.status[name] != "shipped":
            error = StockConflict
        elif any(sku not in self.plans[name][2] for sku in came) or not (closes or any(came.values())):
            error = InputInvalid
        elif any(count and sku not in to_come for sku, count in came.items()):
            error = StockConflict
        else:
            too_many = any(count > to_come.get(sku, 0) for sku, count in came.items())
            error = StockConflict if too_many and not over else None
        if error is not None:
            with pytest.raises(error):
                self.flow.receive(name, some, closes=closes, over=over)
            return
        self.flow.receive(name, some, closes=closes, over=over)
        for sku, count in came.items():
            self.arrived[name][sku] += count
            self.on_hand[sku, self.plans[name][1]] += count
        if closes or not self._to_come(name):
            self.status[name] = "received"

    @rule(data=st.data())
    def cancel(self, data):
        name = self._pick(data)
        if name is None:
            return
        if self.status[name] in ("received", "cancelled"):
            with pytest.raises(StockConflict):
                self.flow.cancel(name)
            return
        self.flow.cancel(name)
        for sku, count in self._to_come(name).items():
            self.on_hand[sku, self.plans[name][0]] += count
        self.status[name] = "cancelled"

    @rule(units=UNITS)
    def decide(self, units):
        record = json_of(self.pointsman.decide(order(*units.items(), placed_at=self.clock.now)))
        taken = Counter()
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                assert line["quantity"] <= self._free((line["sku"], shipment["node"]))
                taken[line["sku"], shipment["node"]] += line["quantity"]
        self.held += taken
        if taken:
            self.holds[record["id"]] = taken, self.clock.now + 7_200

    @rule(data=st.data(), confirm=st.booleans())
    def end_hold(self, data, confirm):
        self._expire()
        if not self.holds:
            return
        name = data.draw(st.sampled_from(sorted(self.holds)))
        taken, _ = self.holds.pop(name)
        self.held -= taken
        if confirm:
            self.pointsman.holds.confirm(name)
            self.on_hand.subtract(taken)
        else:
            self.pointsman.holds.release(name)

    @rule(sku=st.sampled_from(SKUS), name=st.sampled_from(NODES), units=st.integers(0, 9))
    def count(self, sku, name, units):
        self.clock.now += 1
        at = Stamp(kind="t", number=self.clock.now * 1_000_000)
        self.pointsman.stock.set_count(Count(node=name, sku=sku, on_hand=units, stamp=at))
        self.on_hand[sku, name] = units
        self.clock.now += 1

    @rule(sku=st.sampled_from(SKUS), name=st.sampled_from(NODES), units=st.integers(1, 5))
    def move(self, sku, name, units):
        op = f"m{next(self.numbers)}"
        self.pointsman.stock.move([Movement(op=op, node=name, sku=sku, delta=units)])
        self.on_hand[sku, name] += units

    @rule(minutes=st.sampled_from([1, 90]))
    def wait(self, minutes):
        self.clock.now += 60 * minutes

    def _expire(self):
        for name, (taken, until) in list(self.holds.items()):
            if until <= self.clock.now:
                self.held -= taken
                del self.holds[name]

    @invariant()
    def everything_is_as_the_model_has_it(self):
        self._expire()
        for sku in SKUS:
            stock = {item.node: item.position for item in self.pointsman.stock.show(sku).nodes}
            coming = self.pointsman.flows.inbound.coming(sku)
            for name in NODES:
                position = stock.get(name)
                assert (position.on_hand if position else 0) == max(0, self.on_hand[sku, name])
                assert (position.held if position else 0) == self.held[sku, name]
                expected = sum(
                    self._to_come(item).get(sku, 0) for item, (_, goal, _) in self.plans.items() if goal == name
                )
                assert sum(receipt.to_come for receipt in coming.get(name, [])) == expected
        found = {item.id: item.status for item in self.flow.open_transfers()}
        for status in ("received", "cancelled"):
            found |= {item.id: status for item in self.flow.page(TransferFilter(status=status), limit=99).transfers}
        assert found == self.status

    def teardown(self):
        assert self.pointsman.check().clean


def test_transfers_move_each_unit_once(pointsman, clock, redis_client, network):
    lanes = (TransferLane(origin=ENDS, goal=ENDS, takes=60),)
    nodes = [node("lyon", LYON), node("lille", LILLE)]
    stocked = inventory(nodes, {sku: dict.fromkeys(NODES, 6) for sku in SKUS}, transfer_lanes=lanes)
    parts = {"pointsman": pointsman, "clock": clock, "client": redis_client, "network": network}
    drive(Transfers, stocked, POLICIES, **parts, steps=30, runs=6)
