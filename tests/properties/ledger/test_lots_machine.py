"""Lots at random: counted, moved, loaded, held, confirmed, released, undone and rejected, while days go by.

Always: the lots of a position are together what is on hand of it and what has expired, what is held of them is what the
holds say, an order is given the lots that expire first among those that last long enough, all that there are, and
`ledger check` is clean.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import HoldEnded, InputInvalid, StockConflict
from engine.model.lots import NO_LOT, expiry_of, free_by_expiry, lot_label, usable_on
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.outcomes import LotTooLow, LotUnknown, StockTooLow
from engine.store.stock import Count, Movement, Stamp
from tests.properties.ledger.catalogue import Catalogue
from tests.properties.ledger.ledger_driver import drive
from tests.properties.ledger.stock_model import MICROS
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, TODAY, inventory, lots, node, order

pytestmark = pytest.mark.slow

DAY = 86_400
NODES = ("lille", "lyon")
NAMES = {"a": 1, "b": 3, "c": 10, "old": -1, "never": None}
"""In how many days each lot expires."""
TRANSIT = 2
"""Days."""
SHELF_LIFE = {"nothing": 0, "three days": 3, "keep two": 0}
POLICIES = {
    "nothing": (),
    "three days": ("then: {min_shelf_life: 3 days}",),
    "keep two": ("then: {keep: 2}",),
}
LOTS = st.dictionaries(st.sampled_from(sorted(NAMES)), st.integers(0, 4), max_size=3)
COUNTED = st.none() | LOTS
AGO = st.none() | st.sampled_from([1, 20, 45, 2_000])
"""Minutes."""


def expires(name):
    return None if NAMES[name] is None else TODAY + NAMES[name]


def label_of(name):
    return lot_label(name) if NAMES[name] is None else lot_label(name, TODAY + NAMES[name])


def warehouse():
    stock = {"A": {"lyon": 8, "lille": 3}}
    return inventory(
        [node("lyon", LYON), node("lille", LILLE)], stock, lots={"A": {"lyon": lots(a=(2, 1), b=(3, 3), c=(2, 10))}}
    )


class Lots(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.policy = "nothing"
        self.catalogue = Catalogue(pointsman, ("A",))
        self.numbers = itertools.count(1)
        self.decisions = {}

    @initialize(name=st.sampled_from(sorted(POLICIES)))
    def activate(self, name):
        self.policy = name
        self.pointsman.activate(self.versions[name], who="the machine", note="")

    @property
    def today(self):
        return self.pointsman.network().local(self.clock.now).date().toordinal()

    def shown(self):
        return {item.node: item for item in self.pointsman.stock.show("A").nodes}

    @rule(name=st.sampled_from(NODES), counted=COUNTED, more=st.integers(0, 3), ago=AGO)
    def count(self, name, counted, more, ago):
        at = (self.clock.now - 60 * (ago or 0)) * MICROS
        of_lots = None if counted is None else tuple(sorted((label_of(lot), units) for lot, units in counted.items()))
        units = sum(counted.values()) + more if counted is not None else 2 * more
        count = Count(node=name, sku="A", on_hand=units, stamp=Stamp(kind="t", number=at), lots=of_lots)
        try:
            placed = self.pointsman.stock.set_count(count)
        except StockConflict:
            return
        if placed.applied and not ago and of_lots is not None:
            there = {lot.label: lot.on_hand for lot in self.shown()[name].lots if lot.on_hand}
            expected = {label: number for label, number in of_lots if number} | ({NO_LOT: more} if more else {})
            # what has had lots shows how much is in none; what never had any shows none
            assert there == expected or (not there and expected.keys() <= {NO_LOT})

    @rule(
        name=st.sampled_from(NODES),
        lot=st.none() | st.sampled_from(sorted(NAMES)),
        delta=st.sampled_from([-3, -1, 1, 2]),
        dated=st.booleans(),
        ago=AGO,
    )
    def move(self, name, lot, delta, dated, ago):
        at = None if ago is None else (self.clock.now - 60 * ago) * MICROS
        dated = dated and lot is not None and NAMES[lot] is not None
        op = f"move {next(self.numbers)}"
        movement = Movement(
            op=op, node=name, sku="A", delta=delta, at=at, lot=lot, expires=expires(lot) if dated else None
        )
        known = self._stored(name)
        (outcome,) = self.pointsman.stock.move([movement])
        if lot is not None and label_of(lot) not in known and not dated:
            assert isinstance(outcome, LotUnknown | StockTooLow)
        elif lot is None:
            assert not isinstance(outcome, LotTooLow | LotUnknown)

    def _stored(self, name):
        ledger = self.pointsman._ledger
        text = ledger._client.redis.hget(ledger._keys.on_hand("A"), f"{name}\t") or b""
        return text.decode().split("\t")

    @rule(units=st.lists(st.integers(1, 6), min_size=1, max_size=2))
    def decide(self, units):
        before = {name: self._free(item) for name, item in self.shown().items()}
        record = json_of(self.pointsman.decide(order(*[("A", count) for count in units], id=f"{next(self.numbers)}")))
        needed = self.today + TRANSIT + SHELF_LIFE[self.policy]
        shipped = Counter()
        for shipment in record["shipments"]:
            taken = Counter()
            for line in shipment["lines"]:
                shipped[shipment["node"]] += line["quantity"]
                for lot in line.get("lots", ()):
                    assert lot["expires"] is None or expiry_of(lot["expires"]) >= needed
                    taken[
                        lot_label(lot["lot"], expiry_of(lot["expires"])) if lot["expires"] else lot_label(lot["lot"])
                    ] += lot["units"]
            self._are_first_expired(before[shipment["node"]][0], taken, needed)
        free = {name: usable for name, (_, usable) in before.items()}
        assert all(count <= free[name] for name, count in shipped.items())
        missing = sum(item["quantity"] for item in record["unfilled"])
        assert missing == max(0, sum(units) - sum(free.values())), "units last long enough and were not taken"
        if record["shipments"]:
            self.decisions[record["id"]] = record["order"]["id"]

    def _free(self, item):
        """The lots of a node, and how many units of them an order may take."""
        on_hand, held = item.position.on_hand, item.position.held
        free = max(0, on_hand - held - (2 if self.policy == "keep two" else 0))
        needed = self.today + TRANSIT + SHELF_LIFE[self.policy]
        if item.lots:
            free = min(free, usable_on(needed, *free_by_expiry(item.lots, self.today)))
        return item.lots, free

    @staticmethod
    def _are_first_expired(lots_before, taken, needed):
        """Of lots that last long enough, each that expires before the last one taken is used up."""
        last = max(taken, default="")
        for lot in lots_before:
            if lot.expires >= needed and lot.label and lot.label < last:
                assert taken[lot.label] == lot.free

    def _draw(self, data):
        return data.draw(st.sampled_from(list(self.decisions)))

    @precondition(lambda self: self.decisions)
    @rule(data=st.data(), verb=st.sampled_from(["confirm", "release"]), units=st.none() | st.integers(1, 3), ago=AGO)
    def end(self, data, verb, units, ago):
        lines = {} if units is None else {"A": units}
        more = {"left_at": (self.clock.now - 60 * ago) * MICROS} if verb == "confirm" and ago else {}
        self._tried(lambda: getattr(self.pointsman.holds, verb)(self._draw(data), lines=lines, **more))

    @precondition(lambda self: self.decisions)
    @rule(data=st.data(), units=st.none() | st.integers(1, 3))
    def undo(self, data, units):
        lines = {} if units is None else {"A": units}
        self._tried(lambda: self.pointsman.holds.undo(self._draw(data), lines=lines))

    @precondition(lambda self: self.decisions)
    @rule(data=st.data(), units=st.integers(1, 3))
    def cancel(self, data, units):
        request = CancelRequest(order=self.decisions[self._draw(data)], lines={"A": units})
        self._tried(lambda: self.pointsman.cancellations.cancel(request))

    @precondition(lambda self: self.decisions)
    @rule(
        data=st.data(),
        reason=st.sampled_from(["not_in_stock", "damaged", "other"]),
        name=st.sampled_from(NODES),
        picked=st.none() | st.integers(1, 2),
    )
    def reject(self, data, reason, name, picked):
        request = RejectionRequest(
            decision=self._draw(data), node=name, reason=reason, confirmed={} if picked is None else {"A": picked}
        )
        answer = self._tried(lambda: self.pointsman.rerouting.reject(request))
        if answer is not None:
            record = json_of(answer)
            if record["shipments"]:
                self.decisions[record["id"]] = record["order"]["id"]

    def _tried(self, act):
        try:
            return act()
        except (HoldEnded, InputInvalid, StockConflict):
            return None

    @rule(minutes=st.sampled_from([1, 600, 3_000]))
    def wait(self, minutes):
        self.clock.now += 60 * minutes

    @rule(counts=st.booleans())
    def load(self, counts):
        self.pointsman.load(warehouse(), counts=counts)

    @invariant()
    def lots_and_positions_agree(self):
        holds = self.pointsman.holds.list_open(limit=1_000).holds  # before anything ends those that have expired
        shown = self.shown()
        for item in shown.values():
            if item.lots:
                assert sum(lot.on_hand for lot in item.lots) == item.position.on_hand + item.expired
                assert sum(lot.held for lot in item.lots) == item.position.held
            assert all(units <= item.position.available for units in item.free.values())
        for hold in holds:
            for shipment in hold.shipments:
                units = dict(shipment.units)
                for sku, of_lots in shipment.lots.items():
                    assert 0 < sum(count for _, count in of_lots) <= units[sku]
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        self.catalogue.check()


def test_lots_are_as_they_should_be_whatever_becomes_of_them(bare, clock, redis_client, network):
    drive(
        Lots,
        warehouse(),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=25,
        runs=5,
    )
