"""Units of orders end, return, are cancelled and decided again by quantity, at random, among counts and the passing of
time: the rules about decisions and their holds of test_life_machine.py, and what always holds.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import AwaitingApproval, HoldEnded, InputInvalid, StockConflict
from engine.model.facts import Line
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.stock import Count, Stamp
from tests.properties.ledger.stock_model import MICROS, StockModel
from tests.properties.ledger.units_model import Order, UnitsModel
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, PARIS, inventory, lots, node, order

CHECKED = "checked"
"""The segment of orders that a person has to approve."""
SKUS, NODES = ("A", "B"), ("lille", "lyon")
START = {("A", "lyon"): 6, ("A", "lille"): 4, ("B", "lyon"): 5}
ORDERED = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 7), min_size=1)
SEGMENTS = st.sampled_from([None, None, CHECKED])
LINES = st.just({}) | st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)
SOME = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)


def warehouse():
    """What is there of A is of lots, which nobody needs to be usable for so long: they change nothing but the holds."""
    return inventory(
        [node("lyon", LYON), node("lille", LILLE)],
        {sku: {name: START[sku, name] for name in NODES if (sku, name) in START} for sku in SKUS},
        lots={"A": {"lyon": lots(a=(2, 300), b=(3, 400)), "lille": lots(c=(4, None))}},
    )


class Units(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock = pointsman, clock
        pointsman.activate(versions["approval"], who="the machine", note="")
        self.model = UnitsModel(clock, StockModel(clock=clock, units=Counter(START), loaded=clock.now * MICROS))
        self.numbers, self.counts = itertools.count(1), itertools.count(1)

    @initialize(drawn=st.lists(st.tuples(ORDERED, SEGMENTS, st.booleans()), min_size=2, max_size=3))
    def start(self, drawn):
        for item in drawn:
            self.decide(*item)

    @rule(units=ORDERED, segment=SEGMENTS, wait=st.booleans())
    def decide(self, units, segment, wait):
        self.model.expire()
        name = f"order {next(self.numbers)}"
        self.model.orders[name] = Order(ordered=Counter(units), place=PARIS, segment=segment)
        record = json_of(self.pointsman.decide(self._order(name, units, PARIS), wait=wait))
        self.model.take(record, name)
        self.model.orders[name].parked = record.get("awaiting_approval", False)
        assert self.model.orders[name].parked == (segment == CHECKED)

    def _order(self, name, units, place):
        lines = [Line(id=sku, sku=sku, quantity=count) for sku, count in sorted(units.items())]
        known = self.model.orders[name]
        return order(*lines, id=name, place=place, segment=known.segment, promise_by=known.promise_by)

    def _draw(self, data):
        self.model.expire()
        name = data.draw(st.sampled_from(list(self.model.decisions)))
        return name, self.model.decisions[name]

    @precondition(lambda self: self.model.decisions)
    @rule(data=st.data(), lines=LINES, verb=st.sampled_from(["confirm", "release"]))
    def end(self, data, lines, verb):
        name, decision = self._draw(data)
        if verb == "confirm" and self._is_refused(decision, lambda: self.pointsman.holds.confirm(name, lines=lines)):
            return
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

    def _is_refused(self, decision, act):
        """Whether the decision's order awaits approval."""
        if self.model.orders[decision.order].parked:
            with pytest.raises(AwaitingApproval):
                act()
        return self.model.orders[decision.order].parked

    def _order_lacks(self, decision, chosen):
        units = self.model.unfilled(decision.order)
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
        if self._is_refused(decision, lambda: self.pointsman.rerouting.reject(request)):
            return
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

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), lines=LINES)
    def cancel(self, data, lines):
        name = data.draw(st.sampled_from(list(self.model.orders)))
        self.model.expire()
        order, left = self.model.orders[name], self.model.of(name, "confirmed")
        there = order.ordered - left - order.cancelled
        request = CancelRequest(order=name, lines=lines)
        short = Counter(lines) - there
        if short or (not there and left):
            too_late = not lines or not short - left
            with pytest.raises((HoldEnded, InputInvalid) if short and lines else HoldEnded) as caught:
                self.pointsman.cancellations.cancel(request)
            assert too_late or caught.type is InputInvalid
            return
        unfilled, waiting = self.model.unfilled(name), self.model.waits(name)
        gone = {was: Counter() for was in ("unfilled", "waiting", "held")}
        for item in self.pointsman.cancellations.cancel(request).units:
            gone[item.was][item.sku] += item.quantity
            if item.was == "held":
                units = Counter({((item.node, item.service), item.sku): item.quantity})
                self.model.move(self.model.decisions[item.decision], units, "held", "cancelled")
            elif item.was == "waiting":
                self.model.stop_waiting(item.decision, Counter({item.sku: item.quantity}))
        total = sum(gone.values(), Counter())
        assert total == (Counter(lines) or there)
        assert gone["unfilled"] == total & unfilled, "unfilled units go first"
        assert gone["waiting"] == (total - unfilled) & waiting, "then waiting ones"
        order.cancelled += total

    @rule(name=st.sampled_from(NODES), sku=st.sampled_from(SKUS), units=st.integers(0, 9))
    def count(self, name, sku, units):
        self.model.expire()
        stamp = Stamp(kind="s", number=next(self.counts))
        self.pointsman.stock.set_count(Count(node=name, sku=sku, on_hand=units, stamp=stamp))
        self.model.on_hand.count((sku, name), units)

    @rule(hours=st.sampled_from([1, 5, 23, 30]))
    def let_time_pass(self, hours):
        self.clock.now += 3_600 * hours

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
    def each_unit_of_an_order_is_in_one_state(self):
        for name, model in self.model.orders.items():
            shown = self.pointsman.orders.show(name)
            assert {line.line: line.ordered for line in shown.lines} == model.ordered
            units = {
                "cancelled": model.cancelled,
                "held": self.model.of(name, "held"),
                "shipped": self.model.of(name, "confirmed"),
                "returned": Counter(),
                "not_counted": Counter(),
                "waiting": self.model.waits(name),
                "unfilled": self.model.unfilled(name),
            }
            for line in shown.lines:
                assert line.units == {state: of[line.sku] for state, of in units.items()}
                assert sum(line.units.values()) == line.ordered
            assert shown.stored.parked == model.parked

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
