"""What can be moved of an article, and what its places expect: of stock, holds, rules, receipts and open transfers."""

import datetime

import pytest

from engine.decide.availability.free_units import StockFacts
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from engine.model.receipts import Receipt
from engine.transfers.articles import Moving, articles_of
from engine.transfers.gains import StockAndDemand
from tests.support.facts import HOUR, LILLE, LYON, NOW, TODAY, lots, node, policies, product, snapshot

DAY = 24 * HOUR
NODES = [node("lyon", LYON), node("lille", LILLE, type="store")]


def places(*rules, stock=None, moving=None, days=10, **more):
    """By node, of A: ten in Lyon of which two are held, and one sells a day; one in Lille, where two sell."""
    positions = stock or {
        "lyon": StockPosition(on_hand=10, held=2, pace=1_000),
        "lille": StockPosition(on_hand=1, pace=2_000),
    }
    matcher = Matcher(policies(*rules))
    facts = StockFacts.of(snapshot(NODES, {"A": positions}, **more))
    found = list(articles_of(facts, matcher, NOW, days=days, moving=moving or {}))
    matcher.close()
    return {place.node: place for article in found for place in article.places}


def receipt(node, units, **more):
    return Receipt(
        **{
            "id": f"r-{node}-{units}",
            "source": "purchase_order",
            "node": node,
            "sku": "A",
            "quantity": units,
            "expected_at": NOW + DAY,
            "status": "confirmed",
            **more,
        }
    )


def test_units_that_nobody_holds_can_be_moved_and_sell_at_the_pace_of_their_place():
    found = places()
    lyon, lille = found["lyon"], found["lille"]
    assert (lyon.movable, lyon.available, lyon.room) == (8, 8, None)
    assert lyon.stall == StockAndDemand(there=8, demand=10_000)
    assert (lille.movable, lille.stall) == (1, StockAndDemand(there=1, demand=20_000))


@pytest.mark.parametrize(
    ("rule", "movable"),
    [
        ("then: {keep: 3}", 5),
        ("then: {keep: 50%}", 3),
        ("then: {protect: {channel: web, units: 6}}", 2),
        ("then: {keep: 2, protect: [{channel: web, units: 3}, {channel: store, units: 1}]}", 2),
        ("when: {order.channel: web}, then: {keep: 5}", 3),
        ("when: {order.channel: {not: web}}, then: {keep: 4}", 4),
        ("then: {min: 7}", 1),
        ("then: {keep: 2, min: 5}", 3),
        ("then: {oversell: 5}", 8),
        ("then: {keep: 20}", 0),
        ("when: {node.id: lille}, then: {keep: 5}", 8),
    ],
)
def test_what_is_kept_or_put_aside_for_any_channel_is_never_moved(rule, movable):
    assert places(rule)["lyon"].movable == movable


def test_a_place_takes_no_more_than_its_most_with_what_comes():
    coming = [receipt("lille", 2)]
    assert places("then: {max: 6}", receipts=coming)["lille"].room == 3
    assert places("then: {max: 1}", receipts=coming)["lille"].room == 0


def test_receipts_that_come_in_time_are_there_to_sell_as_far_as_they_are_promised_to_nobody():
    receipts = [
        receipt("lille", 5, received=1, promised=1),
        receipt("lille", 7, status="in_transit", expected_at=NOW - 1),
        receipt("lille", 11, status="planned"),
        receipt("lille", 13, expected_at=NOW + 10 * DAY),
        receipt("lille", 17, status="cancelled"),
    ]
    lille = places(receipts=receipts)["lille"]
    assert (lille.coming, lille.stall.there, lille.movable) == (3 + 7, 1 + 3 + 7, 1)


def test_a_transfer_that_has_not_left_counts_at_both_ends():
    found = places(moving={"A": [Moving(sku="A", origin="lyon", goal="lille", units=5)]})
    assert (found["lyon"].movable, found["lyon"].leaving, found["lyon"].stall.there) == (3, 5, 3)
    assert (found["lille"].movable, found["lille"].coming, found["lille"].stall.there) == (1, 5, 6)


def test_more_is_held_than_there_is_counts_below_nothing():
    found = places(stock={"lyon": StockPosition(on_hand=2, held=5, pace=0)})
    assert (found["lyon"].stall.there, found["lyon"].movable) == (-3, 0)


def test_a_place_that_rules_leave_out_or_whose_pace_is_not_known_neither_sends_nor_is_sent():
    assert places("when: {node.type: store}, then: {transfer: false}").keys() == {"lyon"}
    assert places("then: {transfer: false}") == {}
    assert places(stock={"lyon": StockPosition(on_hand=9), "lille": StockPosition(on_hand=1, pace=0)}).keys() == {
        "lille"
    }


def test_units_of_lots_that_expire_stay_where_they_are():
    found = places(
        stock={"lyon": StockPosition(on_hand=10, pace=1_000)}, lots={"A": {"lyon": lots(L1=(4, 30), L2=(3, 90))}}
    )
    assert (found["lyon"].movable, found["lyon"].expiring, found["lyon"].available) == (3, 7, 10)


def test_what_sells_ahead_of_a_peak_is_more_by_its_uplift():
    peak = "then: {uplift: 300%}, from: 2026-11-28, until: 2026-11-29"
    assert datetime.date.fromordinal(TODAY) == datetime.date(2026, 11, 27)
    assert places(peak, days=1)["lyon"].stall.demand == 1_000
    assert places(peak, days=2)["lyon"].stall.demand == 4_000
    assert places(peak, days=10)["lyon"].stall.demand == 10_000 + 2 * 2_000


def test_what_is_not_counted_is_not_moved():
    gift_card = product("A", counted=False)
    assert places(products=[gift_card]) == {}
