"""The ledger compared with a model in plain dictionaries, by random requests of every kind.

After each step the ledger must be as the model says (ledger_model.py), and `ledger check` must find it clean.
"""

import functools
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
from engine.errors import HoldEnded, InputInvalid, KeyReused, StockConflict
from engine.model.lots import first_of
from engine.model.milestones import PREPARATION_MILESTONES
from engine.orders.rejection import COUNTED, RejectionRequest
from engine.promise_watch.progress import ProgressReport
from engine.store.holds import is_set_aside
from engine.store.outcomes import (
    BlockedTooLow,
    MovementApplied,
    MovementCounted,
    MovementIdReused,
    MovementRepeated,
    StockTooLow,
)
from engine.store.stock import Count, Movement, Stamp
from tests.properties.ledger.catalogue import Catalogue
from tests.properties.ledger.ledger_driver import drive
from tests.properties.ledger.ledger_model import CHANNELS, NODES, POLICIES, SKUS, ChainOrder, Model, warehouse
from tests.properties.ledger.stock_model import MICROS
from tests.support.decision_json import json_of
from tests.support.facts import NOW, lots, order

pytestmark = pytest.mark.slow

OPS = st.sampled_from(["one", "two", "three", None])
STAMPS = st.tuples(st.just("s"), st.integers(0, 5)) | st.tuples(
    st.just("t"), st.integers(0, 5).map(lambda number: (NOW + 50 * number) * MICROS)
)
AGO = st.none() | st.sampled_from([0, 1, 20, 45])
"""Minutes since something happened, by the caller."""
DELTAS = st.sampled_from([(-3, 0), (-1, 0), (2, 0), (2, -2), (-1, 1), (0, -1), (0, 2)])
"""By how many units those on hand and those blocked change."""
UNITS = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3)
OF_LOTS = st.sampled_from([None, (), lots(a=(2, 300), b=(9, 400)), lots(b=(3, 400), c=(1, None))])
"""Of which lots counted units are; None: the count does not say."""
REASONS = st.sampled_from(["not_in_stock", "no_capacity", "damaged", "other"])
LINES = st.just({}) | st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1)


class Ledger(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.model = Model(clock)
        self.catalogue = Catalogue(pointsman, SKUS)
        self.moved, self.asked, self.began = {}, {}, {}
        self.numbers = itertools.count(1)

    @initialize(name=st.sampled_from(sorted(POLICIES)))
    def start(self, name):
        self.activate(name)

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def activate(self, name):
        self.model.policy = name
        self.pointsman.activate(self.versions[name], who="the machine", note="")

    @rule(
        sku=st.sampled_from(SKUS), name=st.sampled_from(NODES), units=st.integers(0, 9), stamp=STAMPS, of_lots=OF_LOTS
    )
    def put(self, sku, name, units, stamp, of_lots):
        """Lots that nobody needs to be usable for so long change nothing but holds."""
        counted = None if of_lots is None else first_of(of_lots, units)
        count = Count(node=name, sku=sku, on_hand=units, stamp=Stamp(kind=stamp[0], number=stamp[1]), lots=counted)
        expected = self.model.put((sku, name), stamp, units)
        if expected == "contradicts":
            with pytest.raises(StockConflict):
                self.pointsman.stock.set_count(count)
            return
        placed = self.pointsman.stock.set_count(count)
        assert (placed.applied, placed.older) == (expected == "set", expected == "older")

    @rule(
        batch=st.lists(
            st.tuples(st.integers(0, 6), st.sampled_from(SKUS), st.sampled_from(NODES), DELTAS, AGO),
            min_size=1,
            max_size=4,
        )
    )
    def move(self, batch):
        stock = self.model.stock
        movements = [
            Movement(op=str(op), sku=sku, node=name, delta=delta, blocked=blocked, at=self._ago(ago))
            for op, sku, name, (delta, blocked), ago in batch
        ]
        latest = stock.instant([(item.sku, item.node) for item in movements])
        for moved, item in zip(self.pointsman.stock.move(movements), movements, strict=True):
            position, at = (item.sku, item.node), latest if item.at is None else item.at
            if item.op in self.moved:
                expected = MovementRepeated if self.moved[item.op] == item else MovementIdReused
            elif item.delta < 0 and not stock.has(position, at) and stock.total(position) + item.delta < 0:
                expected = StockTooLow
            elif stock.blocked[position] + item.blocked < 0:
                expected = BlockedTooLow
            else:
                expected = MovementCounted if item.delta and stock.has(position, at) else MovementApplied
                self.moved[item.op] = item
                stock.move({position: item.delta}, at=at)
                stock.blocked[position] += item.blocked
            assert moved == expected(on_hand=stock[position], blocked=stock.blocked[position])

    def _ago(self, minutes):
        return None if minutes is None else (self.clock.now - 60 * minutes) * MICROS

    @rule(units=UNITS, channel=st.sampled_from(CHANNELS))
    def decide(self, units, channel):
        self.model.expire()
        chain = ChainOrder(channel=channel, skus=frozenset(sku for sku, _ in units))
        free = self._free(chain)
        record = json_of(self.pointsman.decide(order(*units, id=str(next(self.numbers)), channel=channel)))
        self.model.orders[record["id"]] = chain
        self._made(record, free, first=record["id"])

    @rule(
        units=UNITS,
        channel=st.sampled_from(CHANNELS),
        others=st.lists(st.tuples(UNITS, st.sampled_from(CHANNELS)), min_size=1, max_size=4),
    )
    def decide_among_others(self, units, channel, others):
        """Each time the order is about to be committed, another is decided; what it loses so is set aside in part."""
        self.model.expire()
        chain = ChainOrder(channel=channel, skus=frozenset(sku for sku, _ in units))
        ledger, waiting, deciding, free = self.pointsman._ledger, list(others), [], {}
        commit = ledger.commit

        def after_another(*given, **more):
            if deciding:
                return commit(*given, **more)
            if waiting:
                deciding.append(waiting.pop())
                self.model.set_aside = self._set_aside()
                self.the_check_is_clean()
                self.decide(*deciding[0])
                deciding.clear()
            self.model.set_aside = Counter()
            free.update(self._free(chain))
            return commit(*given, **more)

        ledger.commit = after_another
        try:
            record = json_of(self.pointsman.decide(order(*units, id=str(next(self.numbers)), channel=channel)))
        finally:
            del ledger.commit
        self.model.orders[record["id"]] = chain
        self._made(record, free, first=record["id"])

    def _set_aside(self):
        ledger = self.pointsman._ledger
        names = [name.decode() for name in ledger._client.redis.zrange(ledger._keys.expiring, 0, -1)]
        return sum((ledger.hold(name).units for name in names if is_set_aside(name)), Counter())

    def _free(self, chain):
        """The units that an order may take, by position: none where they were rejected
        before, or where the node rests.
        """
        return {
            (sku, name): 0
            if name in chain.barred[sku] or name in self.model.resting
            else self.model.free((sku, name), chain.channel)
            for sku, name in itertools.product(SKUS, NODES)
        }

    def _made(self, record, free, *, first):
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                free[line["sku"], shipment["node"]] -= line["quantity"]
        assert min(free.values()) >= 0, "a floor was broken, or it ships from a barred or resting node"
        self.model.take(record, first)
        self.began[record["id"]] = self.clock.now * MICROS
        if self.model.policy == "a full day":
            assert self.model.loads["lyon"] <= 2 or all(item["node"] != "lyon" for item in record["shipments"])
            return
        for sku in SKUS:
            missing = sum(line["quantity"] for line in record["unfilled"] if line["sku"] == sku)
            assert not missing or sum(free[sku, name] for name in NODES) == 0, "units were free and not taken"

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), verb=st.sampled_from(["confirmed", "released"]), op=OPS, whole=st.booleans(), ago=AGO)
    def end(self, data, verb, op, whole, ago):
        name = data.draw(st.sampled_from(list(self.model.holds)))
        hold = self.model.holds[name]
        ways = () if whole else tuple(data.draw(st.sets(st.sampled_from(sorted(hold.shipments)), min_size=1)))
        act, left_at = self.pointsman.holds.release, None
        if verb == "confirmed":
            left_at = self._ago(ago) if ago is not None and self._ago(ago) >= self.began[name] else None
            act = functools.partial(self.pointsman.holds.confirm, left_at=left_at)
        request = (verb, frozenset(ways), left_at)
        earlier = self.asked.get((name, op)) if op else None
        if earlier and earlier[0] != request:
            with pytest.raises(KeyReused):
                act(name, shipments=ways, op=op)
            return
        if earlier:
            assert _states(act(name, shipments=ways, op=op)) == earlier[1]
            return
        self.model.expire()
        ending = hold.open_ways & set(ways or hold.shipments)
        late = set() if ending or verb != "confirmed" else hold.expired_ways & set(ways or hold.shipments)
        if late and all(hold.shipments[way].ended in ("expired", "confirmed") for way in ways):
            self._confirm_late(name, late, request, op)
            return
        if not self._as_asked(hold, verb, ways, ending):
            with pytest.raises(HoldEnded, match="has ended"):
                act(name, shipments=ways, op=op)
            return
        states = _states(act(name, shipments=ways, op=op))
        self.model.end(hold, verb, ending, left_at)
        assert states == {way: part.ended or "held" for way, part in hold.shipments.items()}
        if op and ending:
            self.asked[name, op] = request, states

    def _confirm_late(self, name, late, request, op):
        """Units whose hold has expired leave, if they are still there."""
        hold, (_, ways, left_at) = self.model.holds[name], request
        confirm = functools.partial(self.pointsman.holds.confirm, name, shipments=tuple(ways), left_at=left_at, op=op)
        if not self.model.are_free(hold, late, left_at):
            with pytest.raises(HoldEnded, match="held for nobody"):
                confirm()
            return
        state = confirm()
        assert state.late
        self.model.confirm_late(hold, late, left_at)
        if op:
            self.asked[name, op] = request, _states(state)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), reason=REASONS, lines=LINES, op=OPS)
    def reject(self, data, reason, lines, op):
        self._reject_of(data, data.draw(st.sampled_from(list(self.model.holds))), reason, lines, op)

    @rule(data=st.data(), units=UNITS, channel=st.sampled_from(CHANNELS), reasons=st.lists(REASONS, min_size=1), op=OPS)
    def decide_and_reject(self, data, units, channel, reasons, op):
        """Decide an order, and reject it again and again while other nodes take it."""
        self.decide(units, channel)
        for reason in reasons:
            open_holds = [name for name, hold in self.model.holds.items() if hold.open_ways]
            if open_holds:
                self._reject_of(data, open_holds[-1], reason, {}, op)

    def _reject_of(self, data, name, reason, lines, op):
        hold = self.model.holds[name]
        node, service = data.draw(st.sampled_from(sorted(hold.shipments)))
        only = data.draw(st.sampled_from([None, service]))
        self.model.expire()
        ways = [way for way in hold.shipments if way in hold.open_ways and way[0] == node and only in (None, way[1])]
        taken = self.model.rejected(hold, ways, lines)
        skus = sorted({sku for units in (taken or {}).values() for sku in units})
        counts = {}
        if skus and reason in COUNTED:
            counts = data.draw(st.dictionaries(st.sampled_from(skus), st.integers(0, 9), max_size=2))
        rejection = RejectionRequest(
            decision=name, node=node, reason=reason, service=only, lines=lines, on_hand=counts or None, op=op
        )
        self._reject(rejection, hold, ways, taken)

    def _reject(self, rejection, hold, ways, taken):
        asked = (rejection.decision, rejection.op)
        earlier = self.asked.get(asked) if rejection.op else None
        if earlier and earlier[0] == rejection.fingerprint:
            answer = self.pointsman.rerouting.reject(rejection)
            assert (answer.new, json_of(answer)) == (False, earlier[1])
            return
        if earlier or not ways or taken is None:
            with pytest.raises(KeyReused if earlier else InputInvalid if ways else HoldEnded):
                self.pointsman.rerouting.reject(rejection)
            return
        chain = self.model.orders[hold.first]
        rejected = {sku for units in taken.values() for sku in units}
        for sku in chain.skus if rejection.reason == "no_capacity" else rejected:
            chain.barred[sku].add(rejection.node)
        free = self._free(chain)
        record = json_of(self.pointsman.rerouting.reject(rejection))
        assert record["follows"]["barred"] == {sku: sorted(nodes) for sku, nodes in chain.barred.items() if nodes}
        assert _ordered(record) == sum(taken.values(), Counter())
        self._made(record, free, first=hold.first)
        self.model.reject(hold, taken, rejection.reason, rejection.on_hand or {})
        if rejection.op:
            self.asked[asked] = rejection.fingerprint, record

    @precondition(lambda self: self.model.resting)
    @rule(data=st.data())
    def wake(self, data):
        name = data.draw(st.sampled_from(sorted(self.model.resting)))
        self.pointsman.rests.end(name, who="the machine")
        del self.model.rests[name]

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), minutes=st.sampled_from([1, 45, 4_000]))
    def extend(self, data, minutes):
        name = data.draw(st.sampled_from(list(self.model.holds)))
        self.model.expire()
        hold = self.model.holds[name]
        if not hold.open_ways:
            with pytest.raises(HoldEnded):
                self.pointsman.holds.extend(name, minutes=minutes)
            return
        hold.until = max(hold.until, self.clock.now + 60 * minutes)
        assert self.pointsman.holds.extend(name, minutes=minutes).until == hold.until

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), milestone=st.sampled_from(PREPARATION_MILESTONES))
    def report(self, data, milestone):
        name = data.draw(st.sampled_from(list(self.model.holds)))
        self.model.expire()
        ships = self.pointsman.decision(name).record.shipments
        number = data.draw(st.integers(0, len(ships) - 1))
        report = ProgressReport(decision=name, number=number, milestone=milestone)
        if (ships[number].node, ships[number].service) in self.model.holds[name].open_ways:
            shown = self.pointsman.flows.promise_watch.report(report)
            assert shown.state.passed[milestone] == self.clock.now
        else:
            with pytest.raises(HoldEnded):
                self.pointsman.flows.promise_watch.report(report)

    @rule()
    def watch(self):
        self.pointsman.flows.promise_watch.watch()
        assert self.pointsman.flows.promise_watch.watch().raised == ()

    @rule(minutes=st.sampled_from([1, 29, 31, 600]))
    def wait(self, minutes):
        self.clock.now += 60 * minutes
        if self.clock.now >= NOW + 14 * 3_600:  # midnight of Paris has passed
            self.clock.now -= 60 * minutes

    @invariant()
    def all_is_as_the_model_says(self):
        self.model.expire()
        # the holds first: those that have expired must not be among them, even before anything has ended them
        self.the_holds_are_as_the_model_says()
        self.the_stock_is_as_the_model_says()
        self.the_rests_are_as_the_model_says()
        self.what_is_held_is_watched()
        self.the_check_is_clean()
        self.catalogue.check()

    def the_stock_is_as_the_model_says(self):
        on_hand, held = self.model.on_hand, self.model.held
        for sku in SKUS:
            nodes = self.pointsman.stock.show(sku).nodes
            shown = {item.node: item.position for item in nodes}
            blocked = {(sku, item.node): item.blocked for item in nodes}
            assert +Counter(blocked) == {
                item: n for item, n in self.model.stock.blocked.items() if n and item[0] == sku
            }
            assert {name: (shown[name].on_hand, shown[name].held) for name in shown} == {
                name: (on_hand[sku, name], held[sku, name]) for name in shown
            }
            assert all(on_hand[sku, name] == 0 for name in NODES if name not in shown)

    def the_holds_are_as_the_model_says(self):
        page = self.pointsman.holds.list_open(limit=1_000)
        open_holds = {
            hold.id: (hold.until, {(item.node, item.service): dict(item.units) for item in hold.shipments})
            for hold in page.holds
        }
        assert open_holds == {
            name: (hold.until, {way: dict(hold.shipments[way].units) for way in hold.open_ways})
            for name, hold in self.model.holds.items()
            if hold.open_ways
        }

    def the_rests_are_as_the_model_says(self):
        resting = {item.node: seconds(item.until) for item in self.pointsman.rests.all()}
        assert resting == self.model.resting

    def what_is_held_is_watched(self):
        page = self.pointsman.flows.promise_watch.at_risk(within=60 * 24 * 365, limit=1_000)
        watched = [(item.shipment.decision, (item.shipment.node, item.shipment.service)) for item in page.shipments]
        assert sorted(watched) == sorted(
            (name, way) for name, hold in self.model.holds.items() for way in hold.open_ways
        )

    def the_check_is_clean(self):
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        assert audit.held == self.model.held.total()

    def _as_asked(self, hold, verb, ways, ending):
        """Whether the request can be answered: its units are held or, by an earlier request, ended in the same way."""
        if ways:
            return all(hold.shipments[way].ended in (None, verb) for way in ways)
        return bool(ending) or verb in hold.last


def _states(state):
    return {(item.node, item.service): item.state for item in state.shipments}


def _ordered(record):
    units = Counter()
    for line in record["order"]["lines"]:
        units[line["sku"]] += line["quantity"]
    return units


def test_the_ledger_is_as_a_model_in_dictionaries_says(bare, clock, redis_client, network):
    drive(
        Ledger,
        warehouse(),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=30,
    )
