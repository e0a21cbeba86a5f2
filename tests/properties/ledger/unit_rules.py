"""Units of orders end, return, are cancelled and decided again by quantity, at random, among counts and the passing of
time.

Always: each unit of each order is in one place, the one that a model in dictionaries says (units_model.py); stock is as
the model says; and `ledger check` is clean.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.errors import HoldEnded, InputInvalid, StockConflict
from engine.orders.cancellation import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.hold_changes.order_units import OrderUnits, find_first_decision, read_order
from engine.store.stock import Count, Stamp
from tests.properties.ledger.ledger_driver import drive
from tests.properties.ledger.units_model import UnitsModel
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order

pytestmark = pytest.mark.slow

SKUS, NODES = ("A", "B"), ("lille", "lyon")
START = {("A", "lyon"): 6, ("A", "lille"): 4, ("B", "lyon"): 5}
ORDERED = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 7), min_size=1)
LINES = st.just({}) | st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)
SOME = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)


def warehouse():
    return inventory(
        [node("lyon", LYON), node("lille", LILLE)],
        {sku: {name: START[sku, name] for name in NODES if (sku, name) in START} for sku in SKUS},
    )


class Units(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock = pointsman, clock
        pointsman.activate(versions["nothing"], who="the machine", note="")
        self.model = UnitsModel(clock, Counter(START))
        self.numbers, self.counts = itertools.count(1), itertools.count(1)

    @rule(units=ORDERED, wait=st.booleans())
    def decide(self, units, wait):
        self.model.expire()
        name = f"order {next(self.numbers)}"
        record = json_of(self.pointsman.decide(order(*units.items(), id=name), wait=wait))
        self.model.ordered[name], self.model.cancelled[name] = Counter(units), Counter()
        self.model.take(record, name)

    def _draw(self, data):
        self.model.expire()
        name = data.draw(st.sampled_from(list(self.model.decisions)))
        return name, self.model.decisions[name]

    @precondition(lambda self: self.model.decisions)
    @rule(data=st.data(), lines=LINES, verb=st.sampled_from(["confirm", "release"]))
    def end(self, data, lines, verb):
        name, decision = self._draw(data)
        act, target = getattr(self.pointsman.holds, verb), {"confirm": "confirmed", "release": "released"}[verb]
        late = verb == "confirm" and not +decision.total("held") and bool(+decision.total("expired"))
        source = "expired" if late else "held"
        chosen = decision.choose(lines, source)
        if not +decision.total(source):
            if lines:
                with pytest.raises(HoldEnded):
                    act(name, lines=lines)
            return
        lacks = late and not self._order_lacks(decision, chosen or Counter())
        if chosen is None or lacks or (late and not self.model.are_free(chosen)):
            with pytest.raises(InputInvalid if chosen is None else HoldEnded):
                act(name, lines=lines)
            return
        assert act(name, lines=lines).late == late
        self.model.move(decision, chosen, source, target)

    def _order_lacks(self, decision, chosen):
        units = self._unfilled(decision.order)
        wanted = Counter()
        for (_, sku), count in chosen.items():
            wanted[sku] += count
        return all(units[sku] >= count for sku, count in wanted.items())

    @precondition(lambda self: self.model.decisions)
    @rule(data=st.data(), lines=LINES, picked=st.just({}) | SOME, wait=st.booleans())
    def reject(self, data, lines, picked, wait):
        """With `picked`, a short pick."""
        name, decision = self._draw(data)
        way = data.draw(st.sampled_from(sorted(decision.shipments)))
        held = decision.shipments[way]["held"]
        rejected = Counter(lines) if lines else held - Counter(picked)
        request = RejectionRequest(
            decision=name, node=way[0], service=way[1], reason="other", lines=lines, confirmed=picked, waits=wait
        )
        if not +held or not +rejected or rejected + Counter(picked) - held:
            with pytest.raises(InputInvalid if +held else HoldEnded):
                self.pointsman.rerouting.reject(request)
            return
        record = json_of(self.pointsman.rerouting.reject(request))
        self.model.move(decision, Counter({(way, sku): n for sku, n in picked.items()}), "held", "confirmed")
        self.model.move(decision, Counter({(way, sku): n for sku, n in (+rejected).items()}), "held", "rejected")
        self.model.take(record, decision.order)

    @precondition(lambda self: self.model.decisions)
    @rule(data=st.data(), lines=LINES)
    def undo(self, data, lines):
        name, decision = self._draw(data)
        outcome = self.model.undo(decision, lines)
        if outcome == "done":
            assert self.pointsman.holds.undo(name, lines=lines).until == decision.until
            return
        with pytest.raises({"late": HoldEnded, "fewer": InputInvalid, "counted": StockConflict}[outcome]):
            self.pointsman.holds.undo(name, lines=lines)

    @precondition(lambda self: self.model.ordered)
    @rule(data=st.data(), lines=LINES)
    def cancel(self, data, lines):
        name = data.draw(st.sampled_from(list(self.model.ordered)))
        self.model.expire()
        decisions = {key: item for key, item in self.model.decisions.items() if item.order == name}
        left = sum((item.total("confirmed") for item in decisions.values()), Counter())
        there = self.model.ordered[name] - left - self.model.cancelled[name]
        request = CancelRequest(order=name, lines=lines)
        short = Counter(lines) - there
        if short or (not there and left):
            too_late = not lines or not short - left
            with pytest.raises((HoldEnded, InputInvalid) if short and lines else HoldEnded) as caught:
                self.pointsman.cancellations.cancel(request)
            assert too_late or caught.type is InputInvalid
            return
        before = self._unfilled(name)
        answer = self.pointsman.cancellations.cancel(request)
        gone = Counter()
        for item in answer.units:
            gone[item.sku] += item.quantity
            if item.was == "held":
                way = item.node, item.service
                self.model.move(
                    decisions[item.decision], Counter({(way, item.sku): item.quantity}), "held", "cancelled"
                )
        assert gone == (Counter(lines) or there)
        assert self._unfilled(name) == before - Counter(
            {item.sku: item.quantity for item in answer.units if item.was == "unfilled"}
        ), "unfilled units go first"
        self.model.cancelled[name] += gone

    @rule(name=st.sampled_from(NODES), sku=st.sampled_from(SKUS), units=st.integers(0, 9))
    def count(self, name, sku, units):
        self.model.expire()
        stamp = Stamp(kind="s", number=next(self.counts))
        self.pointsman.stock.set_count(Count(node=name, sku=sku, on_hand=units, stamp=stamp))
        self.model.count((sku, name), units)

    @rule()
    def run_the_backlog(self):
        self.model.expire()
        for answer in self.pointsman.backlog.run(limit=9).answers:
            record = json_of(answer)
            self.model.take(record, record["order"]["id"])

    @rule(hours=st.sampled_from([1, 5, 23, 30]))
    def wait(self, hours):
        self.clock.now += 3_600 * hours

    def _reading(self, name):
        client, keys = self.pointsman._client, self.pointsman._keys
        reading = read_order(client, keys, find_first_decision(client, keys, name))
        holds = self.pointsman.holds._change_script.read(reading.entries, now=self.clock.now)
        return OrderUnits(reading=reading, holds=tuple(holds))

    def _unfilled(self, name):
        reading = self._reading(name)
        sku_of = {line.id: line.sku for line in reading.reading.order.lines}
        return +Counter({sku_of[line]: count for line, count in reading.unfilled.items()})

    @invariant()
    def each_unit_is_where_the_model_says(self):
        self.model.expire()
        for name, decision in self.model.decisions.items():
            shown = self.pointsman.holds.state(name)
            for item in shown.shipments:
                units = {item.state: dict(item.units)} | {state: dict(of) for state, of in item.others.items()}
                expected = decision.shipments[item.node, item.service]
                assert units == {state: dict(+of) for state, of in expected.items() if +of}
            assert shown.until == (decision.until if +decision.total("held") else None)

    @invariant()
    def each_unit_of_an_order_is_in_one_place(self):
        for name, ordered in self.model.ordered.items():
            units = self._reading(name)
            lines = {line.id: line.quantity for line in units.reading.order.lines}
            assert min(units.unfilled.values()) >= 0
            everywhere = (
                units.in_state("held")
                + units.in_state("confirmed")
                + units.waiting
                + Counter(units.reading.cancelled)
                + Counter(units.unfilled)
            )
            assert everywhere == lines
            assert sum(lines.values()) == ordered.total()
            assert sum(units.reading.cancelled.values()) == self.model.cancelled[name].total()

    @invariant()
    def the_ledger_is_as_the_model_says(self):
        for sku in SKUS:
            for item in self.pointsman.stock.show(sku).nodes:
                position = sku, item.node
                shown = item.position.on_hand, item.position.held
                assert shown == (self.model.on_hand[position], self.model.held[position])
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        assert audit.held == self.model.held.total()


@pytest.fixture
def runs_backlog():
    return "manual"


def test_every_unit_is_where_a_model_in_dictionaries_says(bare, clock, redis_client, network):
    drive(
        Units,
        warehouse(),
        {"nothing": ()},
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=25,
    )
