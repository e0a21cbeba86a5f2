"""Returns at random, among orders that leave, confirms that are undone, counts, movements and time that passes.

Always: what is on hand, blocked and in quarantine, and which units of each order are shipped and returned, is as a
model in dictionaries says; a step is taken if and only if the model allows it; no more units come back than have left;
and `ledger check` is clean.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import DispositionRefused, HoldEnded, InputInvalid, NotReturnable, ReturnOver
from engine.store.stock import Movement
from tests.properties.ledger.ledger_driver import drive
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order
from tests.support.returns import dispose, inspect, open_return, receive

pytestmark = pytest.mark.slow

NODES = ("lille", "lyon")
DAY = 86_400
EXPIRES = 30 * DAY
POLICIES = {"nothing": [], "worn goes": ["when: {return.grade: worn}, then: {disposition: destroy}"]}
BUCKETS = {"restock": "on_hand", "refurbish": "blocked"}


class Returned:
    """A return by the model: units that were authorised and that came, and those that lie at a node with a grade."""

    def __init__(self, order, authorised, opened_at):
        self.order, self.authorised, self.until = order, authorised, opened_at + EXPIRES
        self.came, self.kept, self.complete, self.cancelled = 0, 0, False, False
        self.groups = {}
        """By number: [units, node, grade, may be restocked, disposition]; kept ones that never came lie nowhere."""

    def to_come(self, now):
        is_over = self.complete or self.cancelled or now >= self.until
        return 0 if is_over else max(0, self.authorised - self.came - self.kept)


class Returns(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.numbers, self.left, self.decisions, self.returns = itertools.count(1), Counter(), {}, {}
        self.stock = {(name, bucket): 0 for name in NODES for bucket in ("on_hand", "blocked", "quarantine")}
        self.stock["lyon", "on_hand"] = 20

    @initialize(name=st.sampled_from(sorted(POLICIES)), units=st.integers(2, 6))
    def start(self, name, units):
        self.policy = name
        self.pointsman.activate(self.versions[name], who="the machine", note="")
        self.ship(units)
        self.open(units, data=None)

    @precondition(lambda self: self.stock["lyon", "on_hand"] > 0)
    @rule(units=st.integers(1, 6))
    def ship(self, units):
        name = f"W-{next(self.numbers)}"
        units = min(units, self.stock["lyon", "on_hand"])
        record = json_of(self.pointsman.decide(order(("A", units), id=name, placed_at=NOW)))
        for shipment in record["shipments"]:
            self.stock[shipment["node"], "on_hand"] -= sum(line["quantity"] for line in shipment["lines"])
        self.pointsman.holds.confirm(record["id"])
        self.decisions[name], self.left[name] = record["id"], units

    @precondition(lambda self: self.left)
    @rule(data=st.data(), units=st.integers(1, 3))
    def undo(self, data, units):
        name = data.draw(st.sampled_from(sorted(self.left)))
        before = self._nodes_of(name)
        try:
            self.pointsman.holds.undo(self.decisions[name], lines={"1": units})
        except (HoldEnded, InputInvalid):  # it is too late, fewer left, or some came back
            return
        assert self.left[name] - units >= self._settled(name), "what came back had left"
        self.left[name] -= units
        for place, count in (before - self._nodes_of(name)).items():
            self.stock[place, "on_hand"] += count
        self.pointsman.holds.release(self.decisions[name], lines={"1": units})

    @precondition(lambda self: self.left)
    @rule(units=st.integers(1, 4), data=st.data())
    def open(self, units, data):
        name = "W-1" if data is None else data.draw(st.sampled_from(sorted(self.left)))
        number = next(self.numbers)
        free = self.left[name] - self._settled(name) - self._expected(name)
        if units > free:
            with pytest.raises(NotReturnable):
                open_return(self.pointsman, name, _1=units, name=f"R-{number}", because="so", may_override=True)
            return
        open_return(self.pointsman, name, _1=units, name=f"R-{number}", because="so", may_override=True)
        self.returns[f"R-{number}"] = Returned(name, units, self.clock.now)

    @precondition(lambda self: self.returns)
    @rule(
        data=st.data(),
        place=st.sampled_from(NODES),
        came=st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 1)),
        complete=st.booleans(),
    )
    def receive(self, data, place, came, complete):
        name, returned = self._draw(data)
        units, extra, other = came
        if not units + extra + other:
            return
        lines = {"_1": units} if units else {}
        more = {
            "node": place,
            "extra": {"1": extra} if extra else None,
            "others": {"A": other} if other else None,
            "complete": complete,
            "op": f"{next(self.numbers)}",
        }
        expects, now = returned.to_come(self.clock.now), self.clock.now
        free = self.left[returned.order] - self._settled(returned.order) - self._expected(returned.order, but=name)
        if not expects or units > expects or units + extra > free:
            with pytest.raises((ReturnOver, NotReturnable)):
                receive(self.pointsman, name, **more, **lines)
            return
        state = receive(self.pointsman, name, **more, **lines)
        assert receive(self.pointsman, name, **more, **lines).stored == state.stored, "sent twice, it is done once"
        assert state.now == now
        for count in (units + extra, other):
            if count:
                returned.groups[len(returned.groups) + 1] = [count, place, "", True, ""]
        returned.came += units + extra
        returned.complete = complete
        self.stock[place, "quarantine"] += units + extra + other

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), grade=st.sampled_from(["as_new", "worn"]), restock=st.sampled_from([None, None, False, True]))
    def inspect(self, data, grade, restock):
        name, returned = self._draw(data)
        number = self._draw_group(data, returned)
        if number is None:
            return
        units = data.draw(st.integers(1, returned.groups[number][0]))
        if returned.groups[number][4]:
            with pytest.raises(ReturnOver):
                inspect(self.pointsman, name, grade, group=number, units=units, restock=restock)
            return
        inspect(self.pointsman, name, grade, group=number, units=units, restock=restock)
        group = self._split(returned, number, units)
        group[2], group[3] = grade, group[3] if restock is None else restock

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), disposition=st.sampled_from(["restock", "restock", "refurbish", "donate", "destroy", "keep"]))
    def dispose(self, data, disposition):
        name, returned = self._draw(data)
        number = self._draw_group(data, returned)
        if number is None:
            return
        units, place, grade, may, done = returned.groups[number]
        taken = data.draw(st.integers(1, units))
        more = {"group": number, "units": taken, "because": "so"}
        if done or not grade:
            with pytest.raises(ReturnOver):
                dispose(self.pointsman, name, disposition, **more)
            return
        by_rule = self.policy == "worn goes" and grade == "worn"
        forbidden = disposition == "restock" and not (may and grade == "as_new")
        if forbidden or (by_rule and disposition in ("restock", "refurbish", "donate")):
            with pytest.raises(DispositionRefused):
                dispose(self.pointsman, name, disposition, **more)
            return
        dispose(self.pointsman, name, disposition, **more)
        self._split(returned, number, taken)[4] = disposition
        self.stock[place, "quarantine"] -= taken
        if disposition in BUCKETS:
            self.stock[place, BUCKETS[disposition]] += taken

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), units=st.integers(1, 3))
    def keep(self, data, units):
        name, returned = self._draw(data)
        free = self.left[returned.order] - self._settled(returned.order) - self._expected(returned.order, but=name)
        expects = returned.to_come(self.clock.now)
        if not expects or units > min(expects, free):
            with pytest.raises((ReturnOver, InputInvalid, NotReturnable)):
                dispose(self.pointsman, name, kept={"1": units})
            return
        dispose(self.pointsman, name, kept={"1": units})
        returned.groups[len(returned.groups) + 1] = [units, "", "", True, "keep"]
        returned.kept += units

    @precondition(lambda self: self.returns)
    @rule(data=st.data())
    def cancel(self, data):
        name, returned = self._draw(data)
        if returned.groups and not returned.cancelled:
            with pytest.raises(ReturnOver):
                self.pointsman.flows.returns.cancel(name)
            return
        self.pointsman.flows.returns.cancel(name)
        returned.cancelled = True

    @rule(place=st.sampled_from(NODES), units=st.integers(1, 4))
    def arrive(self, place, units):
        op = f"{next(self.numbers)}"
        self.pointsman.stock.move([Movement(op=op, node=place, sku="A", delta=units)])
        self.stock[place, "on_hand"] += units

    @rule(seconds=st.sampled_from([60, DAY, 29 * DAY]))
    def wait(self, seconds):
        self.clock.now += seconds

    @invariant()
    def stock_is_as_the_model_says(self):
        found = dict.fromkeys(self.stock, 0)
        for item in self.pointsman.stock.show("A").nodes:
            found[item.node, "on_hand"] = item.position.on_hand
            found[item.node, "blocked"], found[item.node, "quarantine"] = item.blocked, item.quarantine
        assert found == self.stock

    @invariant()
    def units_of_orders_are_as_the_model_says(self):
        for name, left in self.left.items():
            (line,) = self.pointsman.orders.show(name).lines
            came = sum(item.came for item in self.returns.values() if item.order == name)
            assert (line.units["shipped"], line.units["returned"]) == (left - came, came)
            assert self._settled(name) <= left

    @invariant()
    def the_check_is_clean(self):
        audit = self.pointsman.check(whole=True)
        assert audit.clean, [str(drift) for drift in audit.drifts]
        assert audit.quarantine == sum(units for (_, bucket), units in self.stock.items() if bucket == "quarantine")

    def _settled(self, name):
        return sum(item.came + item.kept for item in self.returns.values() if item.order == name)

    def _expected(self, name, but=""):
        others = (item for other, item in self.returns.items() if item.order == name and other != but)
        return sum(item.to_come(self.clock.now) for item in others)

    def _draw(self, data):
        name = data.draw(st.sampled_from(sorted(self.returns)))
        return name, self.returns[name]

    def _draw_group(self, data, returned):
        return data.draw(st.sampled_from(sorted(returned.groups))) if returned.groups else None

    def _split(self, returned, number, units):
        group = returned.groups[number]
        if units == group[0]:
            return group
        group[0] -= units
        returned.groups[len(returned.groups) + 1] = made = [units, *group[1:]]
        return made

    def _nodes_of(self, name):
        """By node, the units of the order that have left."""
        units = Counter()
        for shipment in self.pointsman.orders.show(name).shipments:
            units[shipment.record.node] += sum(line.shipped for line in shipment.lines)
        return units


@pytest.fixture
def runs_backlog():
    return "manual"


def test_every_returned_unit_is_where_a_model_in_dictionaries_says(bare, clock, redis_client, network):
    drive(
        Returns,
        inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 20, "lille": 0}}),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=16,
        runs=4,
    )
