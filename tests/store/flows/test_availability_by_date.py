"""What a channel may still be promised by a date: what is there, and what is to come until then."""

import pytest

from engine.errors import InputInvalid
from tests.conftest import activate
from tests.store.flows.conftest import DAY
from tests.support.decision_json import json_of
from tests.support.facts import NOW, PARIS, order

FROM_CONFIRMED = "then: {promise_from: confirmed, slack: 1 day}"
TODAY = 739_947
"""27 November 2026."""


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def coming(shop, announce):
    """Ten of A on the 28th, six more on 2 December; four of B in Paris, which never had any."""
    activate(shop, FROM_CONFIRMED)
    announce("PO-1")
    announce("PO-2", quantity=6, expected_at=NOW + 5 * DAY)
    announce("PO-3", sku="B", node="paris", quantity=4)
    return shop


def free(found, sku="A"):
    return next(item.free for item in found.skus if item.sku == sku)


def test_by_a_later_date_more_may_be_promised(coming):
    stock = coming.stock
    assert free(stock.availability(["A"], "web")) == 5, "unless asked, only what is there"
    by_date = [free(stock.availability_by(["A"], "web", TODAY + days)) for days in (0, 1, 2, 5, 6, 60)]
    assert by_date == [5, 5, 15, 15, 21, 21]
    found = stock.availability_by(["B", "A", "none"], "web", TODAY + 2)
    assert (free(found, "B"), found.unknown, found.by) == (4, ["none"], TODAY + 2)


def test_what_is_promised_is_not_promised_again(coming):
    json_of(coming.decide(order(("A", 12))))
    assert free(coming.stock.availability_by(["A"], "web", TODAY + 2)) == 3
    assert free(coming.stock.availability(["A"], "web")) in (3, 5)


def test_an_order_gets_what_is_said_to_be_free_there(coming):
    where = order(place=PARIS)
    where = type(where)(**{name: getattr(where, name) for name in where.__slots__} | {"lines": (), "id": ""})
    said = [free(coming.stock.availability_at(["A"], where, by=day)) for day in (None, TODAY + 1, TODAY + 2, TODAY + 9)]
    assert said == [5, 5, 15, 21]
    assert json_of(coming.decide(order(("A", 21))))["status"] == "filled"


def test_rules_that_ask_what_is_to_come_count_in_availability_and_in_the_feed(shop, announce):
    activate(shop, "when: {stock.incoming: {at_least: 10}}, then: {keep: 2}")
    assert free(shop.stock.availability(["A"], "web")) == 5
    cursor = shop.availability_feed.read("web").cursor
    announce()
    assert free(shop.stock.availability(["A"], "web")) == 3
    changed = [item for block in shop.availability_feed.read("web", since=cursor).blocks for item in block]
    assert [(item.sku, item.free) for item in changed] == [("A", 3)]


def test_a_preorder_may_be_promised_from_its_day_on(shop):
    activate(shop, "then: {preorder_from: 2026-12-12}")
    by_date = [free(shop.stock.availability_by(["A"], "web", TODAY + days)) for days in (0, 14, 15)]
    assert by_date == [0, 0, 5]


def test_a_full_place_may_still_be_promised_what_is_to_come(coming):
    activate(coming, FROM_CONFIRMED, "then: {daily_orders: 0}")
    assert free(coming.stock.availability(["A"], "web")) == 0
    assert free(coming.stock.availability_by(["A"], "web", TODAY + 2)) == 15


def test_a_date_that_is_over_is_refused(coming):
    with pytest.raises(InputInvalid, match="2026-11-26 is over"):
        coming.stock.availability_by(["A"], "web", TODAY - 1)
