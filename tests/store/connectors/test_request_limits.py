"""A target gets no more requests in any sixty seconds than its connector says, whoever dies and whatever it answers."""

import json
import random

import pytest

from api.connectors.sending.http_delivery import HttpDelivery
from engine.store.connectors.connector_store import ConnectorStore
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.connector_targets import Sending, target
from tests.support.facts import inventory, node, order

MOST = 3
SKUS = ("A", "B", "C", "D", "E")
ORDERS = "kind: shipment_orders\nformat: json\nfields: {order: order}\n"
FEED = "kind: stock_feed\nformat: ndjson\nfields: {sku: sku, units: on_hand}\n"


class Died(BaseException):
    """As kill -9, but that the lease is given back."""


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon")], {sku: {"lyon": 1_000} for sku in SKUS}))
    activate(bare)
    return bare


@pytest.fixture
def here(shop, tmp_path, clock):
    """Sends to a target that notes when each request came, by the clock of the test."""
    with target() as there:
        sending = Sending(pointsman=shop, root=tmp_path, text="")
        sending.there, sending.came, sending.answer = there, [], (200, {}, b"")

        def answer(_sent):
            sending.came.append(clock.now)
            return sending.answer

        there.answer = answer
        yield sending


def to(here, text, *, most=MOST):
    return f"{text}sends: {{http: {here.there.url}/in, most: {1 if text is ORDERS else 8}, most_a_minute: {most}}}\n"


def most_at_once(came):
    """How many requests came in those sixty seconds that had the most; those of second 60 may be within them."""
    return max(sum(first <= other <= first + 60 for other in came) for first in came)


@pytest.mark.parametrize("seed", range(3))
def test_any_sixty_seconds_have_no_more_requests_than_the_connector_says(here, shop, clock, monkeypatch, seed):
    rng = random.Random(seed)
    here.text = to(here, ORDERS)
    here.run()
    deliver = HttpDelivery.deliver

    def dying(self, message):
        deliver(self, message)
        if rng.random() < 0.2:
            raise Died

    monkeypatch.setattr(HttpDelivery, "deliver", dying)
    for number in range(30):
        clock.now += rng.choice([0, 1, 7, 29, 31, 60])
        shop.decide(order(("A", 1), id=f"W-{number}"))
        here.answer = (rng.choice([200, 200, 200, 503, 422]), {}, b"")
        try:
            here.run()
        except Died:
            continue
    assert len(here.came) > 10
    assert most_at_once(here.came) <= MOST


def test_around_the_turn_of_the_clocks_minute_no_more_go_out_either(here, shop, clock):
    here.text = to(here, ORDERS)
    here.run()
    clock.now += 59 - clock.now % 60
    for number in range(7):
        shop.decide(order(("A", 1), id=f"W-{number}"))
    assert here.run().sent == MOST
    clock.now += 1
    assert here.run().sent == 0
    clock.now += 60
    assert here.run().sent == MOST


def refuse(here, *skus):
    """The target refuses whatever has one of these, and messages of several records."""

    def answer(sent):
        rows = [json.loads(line) for line in sent.body.splitlines()]
        here.came.append(here.pointsman.now)
        refused = len(rows) > 1 or rows[0]["sku"] in skus
        return (422, {}, b"no") if refused else (200, {}, b"")

    here.there.answer = answer


def sold(here):
    return sorted(json.loads(sent.body)["sku"] for sent in here.there.requests if sent.body.count(b"\n") == 1)


def move_all(shop):
    shop.stock.move([Movement(op=f"more-{sku}", node="lyon", sku=sku, delta=1) for sku in SKUS])


def test_records_that_go_out_alone_keep_to_the_limit_too_and_each_goes_out_once(here, shop, clock):
    here.text = to(here, FEED)
    here.run()
    clock.now += 61
    refuse(here, "B")
    here.there.requests.clear()
    move_all(shop)
    reports = [here.run()]
    for _ in range(8):
        clock.now += 31
        reports.append(here.run())
    assert sold(here) == [*SKUS]
    assert (sum(report.sent for report in reports), sum(report.ended("bad") for report in reports)) == (4, 1)
    assert most_at_once(here.came) <= MOST


def test_whoever_dies_while_records_go_out_alone_leaves_those_that_were_sent(here, shop, clock, monkeypatch):
    here.text = to(here, FEED, most=100)
    here.run()
    refuse(here, "D")
    here.there.requests.clear()
    move_all(shop)
    keep, kept = ConnectorStore.keep, []

    def dying(self, *arguments, **options):
        kept.append(None)
        if len(here.came) == 5:  # while the third record goes out, before anybody knows what became of it
            here.came.append(clock.now)
            raise Died
        return keep(self, *arguments, **options)

    monkeypatch.setattr(ConnectorStore, "keep", dying)
    with pytest.raises(Died):
        here.run()
    report = here.run()
    assert (report.sent, report.ended("bad")) == (4, 1)
    times = {sku: sold(here).count(sku) for sku in SKUS}
    assert sorted(times.values()) in ([1, 1, 1, 1, 1], [1, 1, 1, 1, 2])


def test_how_many_records_wait_is_counted_as_far_as_that_is_quick(here, shop, clock, monkeypatch):
    here.text = to(here, ORDERS)
    here.run()
    for number in range(9):
        shop.decide(order(("A", 1), id=f"W-{number}"))
    assert here.run().sent == MOST
    status = shop.connectors.status("out")
    assert (status.sent, status.waiting, status.sent_at) == (MOST, 9 - MOST, clock.now)
    here.answer = (503, {}, b"")
    clock.now += 61
    assert here.run().error
    status = shop.connectors.status("out")
    assert (status.waiting, status.sent_at) == (9 - MOST, clock.now - 61)
    monkeypatch.setattr("api.connectors.sending.sender.MOST_COUNTED", 4)
    here.answer = (200, {}, b"")
    clock.now += 61
    here.run()
    assert shop.connectors.status("out").waiting == 3
    shop.decide(order(("A", 2), id="more"))
    shop.decide(order(("A", 2), id="most"))
    here.run()
    assert shop.connectors.status("out").waiting == 4
