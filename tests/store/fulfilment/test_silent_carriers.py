"""A shipment by a carrier that tells nobody anything is called neither late nor lost; nothing is waited for forever."""

import itertools

import pytest

from engine.model.carriers import CarrierAccount, NumberRange
from tests.conftest import activate
from tests.support.facts import HOUR, NOW
from tests.support.parcels import decided, pack, packing_network
from tests.support.tracking import said, tell, told, tracked

DAY = 24 * HOUR
_ACCOUNTS = itertools.count(7_000)
"""Of ranges of their own: two networks of one server must not have the same."""


@pytest.fixture
def open_shop(bare):
    """Opens a shop whose network's file says so of its carrier, or nothing (None)."""

    def opened(tracking):
        numbers = NumberRange(kind="dpd", account=str(next(_ACCOUNTS)), first=0, last=29_999)
        account = CarrierAccount(id="colis", door="numbers", ranges=(numbers,), tracking=tracking)
        shop = packing_network(bare, carriers={"colis": account}, stock={"A": {"lyon": 50}})
        activate(shop, "then: {hold: 30 d}")
        return shop

    return opened


def leaves(shop):
    """A shipment of one parcel that is promised in two days and has left, and its SSCC."""
    key = decided(shop, ("A", 1), promise_by=shop.now + 2 * DAY, placed_at=shop.now)
    (parcel,) = pack(shop, key).shipment.parcels
    shop.holds.confirm(key.decision)
    shop.flows.promise_watch.watch()
    return key, parcel.sscc


def watched(shop, clock, days):
    """What is said of shipments in so many days, of which each is watched."""
    said_of = []
    for _ in range(days):
        clock.now += DAY
        said_of += [risk.cause for risk in shop.flows.promise_watch.watch().on_the_way]
    return said_of


def listed(redis_client, key):
    """Members of each list of what is watched."""
    return [redis_client.zcard(key(f"tracking:{name}")) for name in ("open", "unraised")]


@pytest.mark.parametrize("tracking", [None, "none"])
def test_what_a_silent_carrier_has_is_never_late_nor_lost_and_is_waited_for_ten_days(
    open_shop, clock, redis_client, key, tracking
):
    shop = open_shop(tracking)
    shipment, sscc = leaves(shop)
    assert watched(shop, clock, 9) == []
    assert shop.flows.promise_watch.at_risk(within=10 * 24 * 60).shipments == ()
    assert listed(redis_client, key) == [1, 1]
    assert watched(shop, clock, 30) == []
    assert listed(redis_client, key) == [0, 0]
    assert 0 < redis_client.ttl(key(f"tracking:events:{shipment}")) <= 180 * DAY
    assert told(shop) == []
    assert [entry.get("watch_ended") for entry in tracked(shop)] == [True]
    assert shop.fulfilment.tracking.find(sscc).shipment.progress.state == "pending"
    assert shop.check().clean


def test_what_a_carrier_has_that_is_said_to_tell_is_late_and_lost_though_it_never_told_anything(
    open_shop, clock, redis_client, key
):
    shop = open_shop("events")
    leaves(shop)
    assert watched(shop, clock, 30) == ["in_transit_late", "lost"]
    assert [risk.cause for risk in shop.flows.promise_watch.at_risk().shipments] == ["lost"]
    assert watched(shop, clock, 69) == []
    assert listed(redis_client, key) == [1, 1]
    assert watched(shop, clock, 2) == []
    assert listed(redis_client, key) == [0, 0]
    assert shop.flows.promise_watch.at_risk().shipments == ()
    assert [kind for kind, _ in told(shop)] == ["late", "tracked", "lost"]
    assert shop.check().clean


def test_a_carrier_tells_once_something_of_any_of_its_parcels_was_heard(open_shop, clock):
    shop = open_shop(None)
    _, first = leaves(shop)
    leaves(shop)
    clock.now += DAY
    tell(shop, said(first, "in_transit", clock.now))
    assert watched(shop, clock, 2) == ["in_transit_late"] * 2
    assert watched(shop, clock, 10) == ["lost", "lost"]


@pytest.mark.parametrize("packed_before", [1, 5])
def test_what_was_late_before_its_carrier_told_anything_of_another_is_said_within_a_day(
    open_shop, clock, packed_before
):
    shop = open_shop(None)
    late, _ = leaves(shop)
    assert watched(shop, clock, 2 + packed_before) == []
    clock.now += HOUR
    _, other = leaves(shop)
    tell(shop, said(other, "in_transit", clock.now))
    clock.now += DAY - HOUR
    (risk,) = shop.flows.promise_watch.watch().on_the_way
    assert (risk.shipment.decision, risk.cause) == (late.decision, "in_transit_late")
    assert [risk.cause for risk in shop.flows.promise_watch.at_risk().shipments] == ["in_transit_late"]
    assert [kind for kind, _ in told(shop)].count("late") == 1
    assert shop.check().clean


def test_a_carrier_of_which_nothing_was_heard_for_ninety_days_tells_nothing_any_more(
    open_shop, clock, redis_client, key
):
    shop = open_shop(None)
    _, first = leaves(shop)
    tell(shop, said(first, "delivered", clock.now))
    clock.now += 80 * DAY
    leaves(shop)
    assert watched(shop, clock, 9) == ["in_transit_late"]
    assert watched(shop, clock, 5) == []
    assert listed(redis_client, key) == [0, 0]
    assert redis_client.zrange(key("tracking:carriers"), 0, -1) == [b"colis"]


def test_carriers_that_are_heard_of_no_more_are_forgotten(open_shop, clock, redis_client, key):
    shop = open_shop(None)
    redis_client.zadd(key("tracking:carriers"), {"before": NOW - 90 * DAY, "lately": NOW - 90 * DAY + 60})
    _, sscc = leaves(shop)
    tell(shop, said(sscc, "in_transit", clock.now))
    assert redis_client.zrange(key("tracking:carriers"), 0, -1) == [b"lately", b"colis"]


@pytest.mark.parametrize("tracking", ["events", "none"])
def test_what_is_not_waited_for_any_more_is_watched_again_once_it_is_heard_of(
    open_shop, clock, redis_client, key, tracking
):
    shop = open_shop(tracking)
    _, sscc = leaves(shop)
    watched(shop, clock, 102)
    assert listed(redis_client, key) == [0, 0]
    tell(shop, said(sscc, "in_transit", clock.now))
    assert listed(redis_client, key) == [1, 1]
    assert shop.fulfilment.tracking.find(sscc).shipment.progress.state == "in_transit"
    assert shop.check().clean
    assert watched(shop, clock, 10) == (["lost"] if tracking == "events" else [])
    tell(shop, said(sscc, "delivered", clock.now))
    assert listed(redis_client, key) == [0, 0]
    assert [kind for kind, _ in told(shop)][-1 if tracking == "events" else -2] == "delivered"
    assert shop.check().clean


def test_more_that_is_packed_of_a_shipment_is_waited_for_anew(open_shop, clock, redis_client, key):
    shop = open_shop("none")
    shipment = decided(shop, ("A", 2), promise_by=NOW + 2 * DAY)
    pack(shop, shipment, {"1": 1}, partial=True, op="first")
    shop.flows.promise_watch.watch()
    watched(shop, clock, 11)
    assert listed(redis_client, key) == [0, 0]
    pack(shop, shipment, {"1": 1}, partial=True, op="second")
    assert watched(shop, clock, 9) == []
    assert listed(redis_client, key) == [1, 1]
    assert watched(shop, clock, 2) == []
    assert listed(redis_client, key) == [0, 0]
    assert [entry.get("watch_ended", False) for entry in tracked(shop)] == [True, False, True]
    assert shop.check().clean


def test_the_end_is_of_the_log_and_a_list_that_was_lost_is_mended_without_it(open_shop, clock, redis_client, key):
    shop = open_shop("none")
    leaves(shop)
    watched(shop, clock, 11)
    leaves(shop)
    redis_client.delete(key("tracking:open"), key("tracking:unraised"))
    (drift,) = shop.check().drifts
    assert "where its carrier" in drift.what
    shop.repair(who="a test")
    assert listed(redis_client, key) == [1, 1]
    assert shop.check().clean
