"""Quotes on a real server: many orders race for one, and the example's carts are taken up as they were quoted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from api.files.orders import read_orders
from api.files.policies import policy_files
from engine.decide.order_record import seconds
from engine.errors import OrderExists, QuoteTaken
from engine.orders.quotes.quotes import PageRequest, QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from tests.support.decision_json import json_of
from tests.support.examples import of_many
from tests.support.facts import order
from tests.support.hexagone import hexagone
from tests.support.order_json import shipped_units

HEXAGONE = Path("examples/hexagone")


def quoted(pointsman, cart):
    deliveries = ("standard", "express") if cart.collect_at is None else ("click_and_collect",)
    cart = replace(cart, id="", promise_by=None, delivery=deliveries[0])
    return pointsman.quotes.make(QuoteRequest(cart=cart, deliveries=deliveries))


def test_of_many_orders_that_race_for_a_quote_one_takes_it_up(pointsman, opened):
    quote = quoted(pointsman, order(("RARE", 1)))
    workers = [opened() for _ in range(4)]
    start = threading.Barrier(12)

    def take(number):
        start.wait()
        request = TakeRequest(quote=quote.id, promise=1, order_id=f"W-{number % 6}")
        try:
            return json_of(workers[number % 4].quote_take_up.take(request, caller="a test"))
        except QuoteTaken:
            return None

    with ThreadPoolExecutor(12) as pool:
        answers = [answer for answer in pool.map(take, range(12)) if answer]
    assert {answer["id"] for answer in answers} == {answers[0]["id"]}
    assert len(answers) == 2, "the order that took it up, and sent its request twice, has its answer twice"
    audit = pointsman.check()
    assert (audit.clean, audit.held, audit.shipped) == (True, 1, 1)


def test_an_order_that_takes_up_several_quotes_at_once_is_decided_once(pointsman, opened):
    quotes = [quoted(pointsman, order(("RARE", units))) for units in (1, 1, 2)]
    workers = [opened() for _ in range(3)]
    start = threading.Barrier(3)

    def take(number):
        start.wait()
        request = TakeRequest(quote=quotes[number].id, promise=1, order_id="W-1")
        try:
            return json_of(workers[number].quote_take_up.take(request, caller="a test"))
        except OrderExists as error:
            return str(error)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(take, range(3)))
    decided = [answer for answer in answers if isinstance(answer, dict)]
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert len({answer["id"] for answer in decided}) == 1
    assert len(decided) == (1 if decided[0]["order"]["lines"][0]["quantity"] == 2 else 2), "equal orders are answered"
    assert all("order 'W-1' was decided before with other lines" in message for message in refused)
    audit = pointsman.check()
    assert (audit.clean, audit.orders, audit.held) == (True, 1, shipped_units(decided[0]))


@pytest.mark.slow
def test_the_carts_of_the_example_are_taken_up_as_they_were_quoted(bare, clock):
    bare.load(hexagone())
    version = bare.publish(policy_files(Path("policies")), who="a test", note="").version
    bare.activate(version, who="a test", note="")
    orders = read_orders(HEXAGONE / "orders.ndjson", 500)[: of_many(100, 400)]
    promises = kinds = 0
    for number, placed in enumerate(orders[::2]):
        quote = quoted(bare, placed)
        for promise in quote.promises:
            request = TakeRequest(quote=quote.id, promise=promise.promise, order_id=placed.id)
            last = promise is quote.promises[-1]
            decision = json_of(bare.quote_take_up.take(request, caller="a test", dry_run=not last))
            arrives_by = max(shipment["arrives_by"] for shipment in decision["shipments"])
            assert (decision["quote"]["kept"], decision["quote"]["changed"]) == (True, [])
            assert (decision["status"], decision["cost_micros"], decision["co2_mg"], arrives_by) == (
                "filled",
                promise.cost_micros,
                promise.co2_mg,
                promise.arrives_by,
            )
            assert decision["score"]["gap_micros"] == 0
            promises += 1
            kinds += promise.chosen_for == "least_co2"
            clock.now = seconds(quote.quoted_at) + (1 if last else number % 60)
        assert quote.complete
    assert (promises > len(orders) // 2, kinds > len(orders) // 40) == (True, True)
    assert bare.check().clean


def test_a_page_promises_what_a_quote_of_the_product_alone_promises_first(pointsman):
    cart = order(("SHIRT", 1), id="")
    request = PageRequest(skus=["SHIRT"], quantity=1, order=replace(cart, lines=()), deliveries=["standard"])
    (item,) = pointsman.quotes.promises(request).promises
    first = quoted(pointsman, cart).promises[0]
    assert item.promise is not None
    assert (item.promise.arrives_by, item.valid_until) == (seconds(first.arrives_by), seconds(first.valid_until))


def test_stock_that_is_held_is_not_promised_to_anybody_else(pointsman):
    first, second = (quoted(pointsman, order(("RARE", 2))) for _ in range(2))
    pointsman.quote_take_up.take(TakeRequest(quote=first.id, promise=1, order_id="W-1"), caller="a test")
    request = TakeRequest(quote=second.id, promise=1, order_id="W-2")
    decision = json_of(pointsman.quote_take_up.take(request, caller="a test"))
    assert (decision["quote"]["kept"], shipped_units(decision)) == (False, 1)
    assert quoted(pointsman, order(("RARE", 2))).promises == []
