"""The whole life of orders at random: quoted and taken up, decided, amended, approved, cancelled, let wait and served
from the backlog, their units confirmed, undone, released, rejected and expired by quantity, among counts and arrivals.

Always: each unit of each order is in exactly one state, the one that a model in dictionaries says (units_model.py);
stock and backlog are as the model says; and `ledger check` is clean.
"""

import itertools
from collections import Counter
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import initialize, invariant, precondition, rule

from engine.decide.order_record import seconds
from engine.errors import AlreadyShipped, HoldEnded, QuoteExpired, QuoteTaken
from engine.model.facts import Line
from engine.model.lots import expiry_of, name_of
from engine.orders.amendment.plan import AmendRequest
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from engine.store.stock import Movement
from tests.properties.ledger.ledger_driver import drive
from tests.properties.ledger.unit_rules import CHECKED, NODES, ORDERED, SEGMENTS, SKUS, Units, warehouse
from tests.properties.ledger.units_model import Order
from tests.support.decision_json import json_of
from tests.support.facts import MARSEILLE, PARIS, lots, order

pytestmark = pytest.mark.slow

POLICIES = {
    "approval": [
        f"when: {{order.segment: {CHECKED}}}, then: {{approve: true}}",
        # all orders are the web's, so it puts nothing aside for others; but what is taken is counted, and checked
        "then: {allocate: [{channel: web, units: 3, per: day}, {channel: web, share: 50%, per: week}]}",
    ]
}
EXPIRES = {name_of(label): expiry_of(label) for label, _ in lots(a=(1, 300), new=(1, 500))}
"""Lots that arrive; `a` is at Lyon from the beginning."""


class Life(Units):
    def __init__(self, pointsman, clock, versions):
        super().__init__(pointsman, clock, versions)
        self.arrivals = itertools.count(1)
        self.quotes = {}

    @initialize(units=ORDERED, segment=SEGMENTS)
    def take_a_quote_up(self, units, segment):
        """Later than orders are sent as placed."""
        self.let_time_pass(1)
        self.quote(units, segment)
        for name in self.quotes:
            self._take_up(name, wait=False)

    @rule(units=ORDERED, segment=SEGMENTS)
    def quote(self, units, segment):
        self.model.expire()
        name = f"order {next(self.numbers)}"
        lines = [Line(id=sku, sku=sku, quantity=count) for sku, count in sorted(units.items())]
        cart = order(*lines, id=name, place=PARIS, segment=segment)
        quote = self.pointsman.quotes.make(QuoteRequest(cart=cart, deliveries=["standard"]))
        if quote.promises:
            self.quotes[name] = quote, Order(ordered=Counter(units), place=PARIS, segment=segment)

    @precondition(lambda self: self.quotes)
    @rule(data=st.data(), wait=st.booleans())
    def take_up(self, data, wait):
        self.model.expire()
        self._take_up(data.draw(st.sampled_from(list(self.quotes))), wait=wait)

    def _take_up(self, name, *, wait):
        (quote, quoted), orders = self.quotes[name], self.model.orders
        request = TakeRequest(quote=quote.id, promise=1, order_id=name)
        if name not in orders and self.clock.now >= seconds(quote.promises[0].valid_until):
            with pytest.raises(QuoteExpired):
                self.pointsman.quote_take_up.take(request, caller="", waits=wait)
            return
        record = json_of(self.pointsman.quote_take_up.take(request, caller="", waits=wait))
        if name in orders:
            assert record["id"] == self.model.chains[name][0], "taken up again, it is answered as before"
            return
        orders[name] = quoted
        quoted.promise_by = seconds(quote.promises[0].arrives_by)
        self.model.take(record, name)
        quoted.parked = record.get("awaiting_approval", False)
        assert quoted.parked == (quoted.segment == CHECKED)
        with pytest.raises(QuoteTaken):
            self.pointsman.quote_take_up.take(replace(request, order_id="another"), caller="")

    def _draw_order(self, data):
        self.model.expire()
        name = data.draw(st.sampled_from(list(self.model.orders)))
        return name, self.model.orders[name]

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), units=ORDERED, place=st.sampled_from([PARIS, MARSEILLE]), wait=st.booleans())
    def amend(self, data, units, place, wait):
        name, order = self._draw_order(data)
        request = AmendRequest(order=self._order(name, units, place), waits=wait)
        if self.model.of(name, "confirmed") - Counter(units):
            with pytest.raises(AlreadyShipped):
                self.pointsman.amendments.amend(request)
            return
        answer = self.pointsman.amendments.amend(request)
        if (order.ordered, order.place) == (units, place):
            assert (answer.amendment.fields, answer.decision) == ((), None)
            return
        wait |= bool(self.model.waits(name))
        kept, undecided = self.model.amend(name, units, place)
        freed = self._let_go(answer.amendment.released)
        assert self.model.of(name, "held") == kept
        assert all(item.place == place for item in self._holding(name)), "the others would go to the old address"
        assert (answer.decision is None) == (not undecided)
        if answer.decision is not None:
            self._decided_again(name, json_of(answer.decision), undecided, freed, waits=wait)

    def _holding(self, name):
        return [item for item in self.model.decisions.values() if item.order == name and +item.total("held")]

    def _let_go(self, released):
        """Units that the order held, by SKU, that nobody else has."""
        freed = Counter()
        for item in released:
            units = Counter({((item.node, item.service), item.sku): item.quantity})
            self.model.move(self.model.decisions[item.decision], units, "held", "amended")
            freed[item.sku, item.node] += item.quantity
        own = Counter()
        for position, count in freed.items():
            own[position[0]] += min(count, max(0, self.model.free(position)))
        return own

    def _decided_again(self, name, record, undecided, freed, *, waits):
        order = self.model.orders[name]
        ships, lacks = Counter(), Counter({item["sku"]: item["quantity"] for item in record["unfilled"]})
        for line in (line for shipment in record["shipments"] for line in shipment["lines"]):
            ships[line["sku"]] += line["quantity"]
        assert ships + lacks == undecided
        assert undecided & freed <= ships, "the order loses no unit that it held"
        assert record.get("waiting", False) == (waits and bool(lacks))
        self.model.take(record, name)
        order.parked |= order.segment == CHECKED
        assert record.get("awaiting_approval", False) == order.parked

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data())
    def approve(self, data):
        name, order = self._draw_order(data)
        if order.parked and not self.model.of(name, "held") + self.model.waits(name):
            with pytest.raises(HoldEnded):
                self.pointsman.orders.approve(name, who="the machine", note="")
            return
        self.pointsman.orders.approve(name, who="the machine", note="")
        order.parked = False

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data())
    def wait(self, data):
        name, order = self._draw_order(data)
        unfilled = self.model.unfilled(name)
        self.pointsman.orders.wait(name)
        if unfilled:
            self.model.waiting[order.decision] = self.model.waiting.get(order.decision, Counter()) + unfilled

    @precondition(lambda self: self.model.waiting)
    @rule(data=st.data())
    def withdraw(self, data):
        decision = data.draw(st.sampled_from(list(self.model.waiting)))
        self.pointsman.backlog.withdraw(decision)
        del self.model.waiting[decision]

    @rule(
        name=st.sampled_from(NODES),
        sku=st.sampled_from(SKUS),
        units=st.integers(1, 5),
        lot=st.sampled_from([None, "a", "new"]),
    )
    def arrive(self, name, sku, units, lot):
        self.model.expire()
        expires = None if lot is None else EXPIRES[lot]
        op = f"{next(self.arrivals)}"
        self.pointsman.stock.move([Movement(op=op, node=name, sku=sku, delta=units, lot=lot, expires=expires)])
        self.model.on_hand.move({(sku, name): units})

    @rule()
    def run_the_backlog(self):
        self.model.expire()
        for answer in self.pointsman.backlog.run(limit=9).answers:
            record = json_of(answer)
            name = record["order"]["id"]
            assert not self.model.orders[name].parked
            del self.model.waiting[record["follows"]["decision"]]
            self.model.take(record, name)

    @invariant()
    def what_waits_is_what_the_model_says(self):
        places = self.pointsman.backlog.page(limit=1_000).places
        assert {place.entry.decision: place.entry.units for place in places} == self.model.waiting


@pytest.fixture
def runs_backlog():
    return "manual"


def test_every_unit_is_where_a_model_in_dictionaries_says(bare, clock, redis_client, network):
    drive(
        Life,
        warehouse(),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=25,
        runs=12,
    )
