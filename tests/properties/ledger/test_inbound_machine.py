"""What is to come in and what is promised of it, compared with a model in plain dictionaries, by random messages,
deliveries, orders and changes of holds. After each step `ledger check` must find the ledger clean.
"""

import itertools
from collections import Counter

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.decide.order_record import seconds
from engine.errors import InputInvalid, StockConflict
from engine.inbound.available_to_promise import Reliance, available_of_receipts
from engine.model.receipts import OPEN
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.log.decision_log import batches
from engine.store.log.stored_entry import kind_of
from engine.store.stock import Movement
from tests.properties.ledger.ledger_driver import drive
from tests.properties.ledger.receipts_model import Receipts, Risk
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order

pytestmark = pytest.mark.slow

SKUS, NODES = ("A", "B"), ("lyon", "lille")
DAY = 24 * HOUR
POSITION_OF = {"r1": ("A", "lyon"), "r2": ("A", "lyon"), "r3": ("A", "lille"), "r4": ("B", "lyon")}
"""Each receipt is of one position."""
STATUSES = st.sampled_from(["planned", "confirmed", "in_transit", "in_transit", "cancelled"])
POLICIES = {
    "promises": ("then: {promise_from: confirmed, hold: 5 d}", "when: {order.segment: vip}, then: {priority: 90}")
}
STOCK = {("A", "lyon"): 2}
RELIED_ON = frozenset({"confirmed", "in_transit"})


class Inbound(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, _versions):
        super().__init__()
        self.pointsman, self.clock, self.model = pointsman, clock, Receipts()
        self.model.there.update(STOCK)
        self.numbers, self.sequences = itertools.count(1), itertools.count(1)
        self.followed, self.waiting, self.told = "0-0", {}, {}

    @initialize(
        units=st.integers(4, 12), orders=st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=2, max_size=4)
    )
    def something_is_promised(self, units, orders):
        self.announce("r1", units, 2, "confirmed")
        self.announce("r2", 5, 3, "in_transit")
        for wanted, is_vip in orders:
            self.decide("A", wanted, is_vip)

    @rule(name=st.sampled_from(sorted(POSITION_OF)), units=st.integers(1, 6), days=st.integers(0, 4), status=STATUSES)
    def announce(self, name, units, days, status):
        sku, place = POSITION_OF[name]
        expected_at, before = NOW + days * DAY, self.model.by_id.get(name)
        values = {"source": "asn", "node": place, "sku": sku, "quantity": units, "expected_at": expected_at}
        values |= {"status": status, "sequence": next(self.sequences)}
        message = Announcement(id=name, **values)
        is_known = before is not None and before.expected_at == expected_at
        if status in OPEN and expected_at <= self.clock.now and not is_known:
            with pytest.raises(InputInvalid):
                self.pointsman.flows.inbound.announce(message)
        elif before is not None and (before.status == "received" or units < before.received):
            with pytest.raises(StockConflict):
                self.pointsman.flows.inbound.announce(message)
        else:
            self.pointsman.flows.inbound.announce(message)
            self.model.announce(name, **values)

    @rule(name=st.sampled_from(sorted(POSITION_OF)), units=st.integers(0, 4), closes=st.booleans(), over=st.booleans())
    def receive(self, name, units, closes, over):
        receipt = self.model.by_id.get(name)
        if receipt is None or not (units or closes):
            return
        delivery = Delivery(units=units, closes=closes, over=over)
        if receipt.status not in OPEN or (units > receipt.to_come and not over):
            with pytest.raises(StockConflict):
                self.pointsman.flows.inbound.receive(name, delivery)
            return
        taken = self.pointsman.flows.inbound.receive(name, delivery)
        assert taken.over == max(0, units - receipt.to_come)
        self.model.receive(name, units, closes=closes)

    @precondition(lambda self: self.model.pegs)
    @rule(data=st.data(), units=st.integers(1, 3), closes=st.booleans())
    def receive_what_is_promised(self, data, units, closes):
        names = list(dict.fromkeys(peg.receipt for peg in self.model.pegs))
        self.receive(data.draw(st.sampled_from(names)), units, closes, over=False)

    @precondition(lambda self: self.model.pegs)
    @rule(data=st.data(), change=st.sampled_from([(0, 1), (0, 2), (-2, 0), (-4, 0), (3, -1)]))
    def change_what_is_promised(self, data, change):
        """More or fewer units, later or earlier."""
        names = list(dict.fromkeys(peg.receipt for peg in self.model.pegs))
        name, (units, days) = data.draw(st.sampled_from(names)), change
        receipt = self.model.by_id[name]
        in_days = (receipt.expected_at - NOW) // DAY + days
        self.announce(name, max(1, receipt.quantity + units), in_days, receipt.status)

    @rule(sku=st.sampled_from([*SKUS, "A", "A"]), units=st.integers(1, 6), is_vip=st.booleans())
    def decide(self, sku, units, is_vip):
        self.offer_what_is_free()
        available = sum(self._available((sku, place)) for place in NODES)
        placed = order(
            (sku, units),
            id=f"O-{next(self.numbers):03}",
            placed_at=self.clock.now,
            segment="vip" if is_vip else "new",
        )
        record = json_of(self.pointsman.decide(placed))
        filled = sum(line["quantity"] for item in record["shipments"] for line in item["lines"])
        assert filled == min(units, available)
        if filled:
            self.take_over(record)

    def _available(self, position):
        """The units that may be promised of a position, for any instant."""
        reliance = Reliance(now=self.clock.now, statuses=RELIED_ON)
        free = self.model.there[position] - self.model.held_of(position)
        return available_of_receipts(free, self.model.receipts(position), reliance)[-1].units

    @precondition(lambda self: +self.model.held or self.model.pegs)
    @rule(data=st.data(), verb=st.sampled_from(["release", "confirm"]))
    def end(self, data, verb):
        self.model.expire(self.clock.now)
        keys = [key for key in self.model.position if self.model.total(key)]
        if not keys:
            return None
        key = data.draw(st.sampled_from(keys))
        record = self.pointsman.decision(key[0]).record
        shipment = record.shipments[key[1]]
        others = [item for item in keys if item[0] == key[0] and item != key]
        units = self.model.total(key) if others else data.draw(st.integers(1, self.model.total(key)))
        words = {"shipments": [(shipment.node, shipment.service)]} if others else {"lines": {"1": units}}
        if verb == "confirm" and units > min(self.model.held[key], self.model.there[self.model.position[key]]):
            return self._refused(key, units, words)
        getattr(self.pointsman.holds, verb)(key[0], **words)
        getattr(self.model, verb)(key, units)
        return None

    def _refused(self, key, units, words):
        """Units that are still to come can't leave; those that were lost by a receipt leave all the same, below 0."""
        if units > self.model.held[key]:
            with pytest.raises(StockConflict, match="still to come"):
                self.pointsman.holds.confirm(key[0], **words)

    @rule(hours=st.sampled_from([1, 20, 30]))
    def wait(self, hours):
        self.clock.now += hours * HOUR
        self.pointsman.flows.inbound.note_overdue()
        self.model.note_overdue(self.clock.now)
        self.offer_what_is_free()

    @rule()
    def watch(self):
        """Whatever there is to say of promises is said, and they are matched again."""
        self.pointsman.flows.promise_watch.watch()
        self.follow()
        before, self.waiting = self.waiting, {}
        for risk in self.pointsman.flows.promise_watch.at_risk(limit=1_000).shipments:
            if risk.shipment.mark is not None:
                assert self.told[risk.key] == self.model.at_risk[risk.key].expected_at
                assert risk.shipment.is_raised
                assert risk.shipment.waits
                stays = self.model.at_risk[risk.key], self.model.total(risk.key)
                is_new = before.get(risk.key, (None,))[0] != stays[0]
                self.waiting[risk.key] = stays if is_new else before[risk.key]

    @precondition(lambda self: self.model.pegs)
    @rule(data=st.data(), days=st.integers(1, 2))
    def delay_what_is_promised(self, data, days):
        self.change_what_is_promised(data, (0, days))
        self.watch()

    @precondition(lambda self: self.model.pegs)
    @rule(units=st.integers(1, 6))
    def find_some(self, units):
        """Units on hand that serve promises at risk, or nobody."""
        self.pointsman.stock.move([Movement(op=f"{next(self.numbers)}", node="lyon", sku="A", delta=units)])
        self.model.there["A", "lyon"] += units

    def offer_what_is_free(self):
        """As the worker's thread does; holds whose time is over end."""
        self.pointsman._client.redis.delete(self.pointsman._keys.offering)
        assert self.pointsman.take_turn()
        self.model.expire(self.clock.now)
        self.follow()

    def take_over(self, record):
        placed = self.pointsman.decision(record["id"]).record.order
        rank = (10 if placed.segment == "vip" else 50, seconds(placed.placed_at), placed.id)
        self.model.decided(record, placed.lines[0].sku, rank, seconds(record["hold"]["expires_at"]))

    def follow(self):
        """Take over which promises were said to be at risk, and which ship from elsewhere."""
        batch = batches(self.pointsman._client, self.pointsman._keys, start=f"({self.followed}")
        for entry_id, fields in itertools.chain.from_iterable(batch):
            self.followed, name = entry_id.decode(), fields.get(b"id", b"").decode()
            match kind_of(fields):
                case "promise_at_risk":
                    details = orjson.loads(fields[b"details"])
                    self.told[name, details["shipment"]] = details.get("receipt_expected_at")
                case "overdue":
                    self.model.note_overdue(self.clock.now)
                case "decided":
                    made = self.pointsman.decision(name)
                    if made.record.because == "late":
                        was = made.record.follows.decision, made.record.follows.late.shipment
                        self.model.release(was, self.model.total(was))
                        self.take_over(json_of(made))

    @invariant()
    def what_is_free_serves_promises_that_stay(self):
        """No promise that was looked at stays on a late receipt while all of its units are free where it ships from,
        unless it is fewer units by now, which came free to nobody.
        """
        self.follow()
        for key, (risk, units) in self.waiting.items():
            is_same = self.model.at_risk.get(key) == risk and self.model.total(key) == units
            is_late = risk.cause == "late" and is_same
            if is_late and any(peg.receipt == risk.receipt for peg in self.model.pegged(key)):
                position = self.model.position[key]
                assert self.model.there[position] - self.model.held_of(position) < units, key

    @invariant()
    def all_is_as_the_model_says(self):
        self.follow()
        self.model.expire(self.clock.now)
        shown = {
            (sku, item.node): (item.position.on_hand, item.position.held)
            for sku in SKUS
            for item in self.pointsman.stock.show(sku).nodes
        }
        for position, (on_hand, held) in shown.items():
            assert (on_hand, held) == (max(0, self.model.there[position]), self.model.held_of(position)), position
        assert self.pointsman.flows.inbound.open_receipts() == sorted(
            self.model.receipts(), key=lambda item: (item.expected_at, item.id)
        )
        assert self.pointsman._client.redis.hget(self.pointsman._keys.facts, "receipts") == (
            b"1" if self.model.receipts() else None
        )
        assert self._stored_pegs() == Counter(
            {(peg.decision, str(peg.number), peg.receipt): peg.units for peg in self.model.pegs}
        )
        assert self._stored_risks() == self.model.at_risk
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        assert audit.promised == sum(peg.units for peg in self.model.pegs)

    def _stored_pegs(self):
        client, keys = self.pointsman._client, self.pointsman._keys
        pegs = Counter()
        for sku in SKUS:
            for field, value in client.redis.hgetall(keys.pegs(sku)).items():
                receipt, decision, number = field.decode().split("\n")
                pegs[decision, number, receipt] += int(value.partition(b"\n")[0])
        return pegs

    def _stored_risks(self):
        stored = self.pointsman._client.redis.hgetall(self.pointsman._keys.at_risk)
        names = (field.decode().split(" ") for field in stored)
        marks = (orjson.loads(mark) for mark in stored.values())
        return {
            (name, int(number)): Risk(mark["cause"], mark["receipt"], mark.get("expected_at"), mark.get("promised_on"))
            for (name, number), mark in zip(names, marks, strict=True)
        }


def test_what_is_to_come_and_promised_is_as_a_model_in_dictionaries_says(bare, clock, redis_client, network):
    drive(
        Inbound,
        inventory(
            [node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 2, "lille": 0}, "B": {"lyon": 0, "lille": 0}}
        ),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=25,
        runs=8,
    )
