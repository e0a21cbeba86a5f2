"""Shipments count by the date and the hour of each node's own clock: in the choice, the commit, holds and the check."""

import json

import pytest

from engine.store.outcomes import Committed
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.clocks import at
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order

MINUTE, HOUR = 60, 3_600
CAP = "when: {node.id: shop}, then: {hourly_orders: 2}"


@pytest.fixture
def places(bare, clock):
    """A shop in Tokyo and a dear warehouse in Paris; it is 14:05 in Tokyo, 06:05 in Paris."""
    clock.now = at("2026-11-27 14:05", "Asia/Tokyo")
    nodes = [
        node("shop", LYON, time_zone="Asia/Tokyo", daily_orders=3),
        node("far", LILLE, handling=90_000_000, services=("parcel",)),
    ]
    bare.load(inventory(nodes, {"A": {"shop": 9, "far": 9}}))
    return bare


def decide(pointsman, **more):
    return json.loads(pointsman.decide(order(("A", 1), placed_at=at("2026-10-24 08:00"), **more)).body)


def ships_from(pointsman, **more):
    return [shipment["node"] for shipment in decide(pointsman, **more)["shipments"]]


def test_a_node_is_given_so_many_shipments_on_its_own_date(places, clock):
    activate(places)
    assert [ships_from(places) for _ in range(4)] == [["shop"]] * 3 + [["far"]]
    clock.now = at("2026-11-27 23:59", "Asia/Tokyo")
    assert ships_from(places) == ["far"]
    clock.now += MINUTE  # midnight in Tokyo, 16:00 in Paris
    assert ships_from(places) == ["shop"]
    assert places.check().clean


def test_a_node_is_given_so_many_shipments_in_its_own_hour(places, clock):
    activate(places, CAP)
    assert [ships_from(places) for _ in range(3)] == [["shop"], ["shop"], ["far"]]
    clock.now += 54 * MINUTE
    assert ships_from(places) == ["far"]
    clock.now += MINUTE
    assert ships_from(places) == ["shop"]
    assert ships_from(places) == ["far"], "three on that date"
    assert places.check().clean


@pytest.mark.parametrize(
    ("rules", "most"), [([], 2), (["then: {hourly_orders: 1}"], 1), (["then: {hourly_orders: 3}"], 2)]
)
def test_a_network_may_limit_the_shipments_of_an_hour_and_the_smaller_number_counts(bare, clock, rules, most):
    clock.now = at("2026-11-27 14:05")
    bare.load(inventory([node("shop", LYON, hourly_orders=2), node("far", LILLE)], {"A": {"shop": 9}, "B": {"far": 1}}))
    activate(bare, *rules)
    assert [ships_from(bare) for _ in range(most)] == [["shop"]] * most
    assert bare.availability("A", "web").free == 0
    (unfilled,) = decide(bare)["unfilled"]
    assert [reason["code"] for reason in unfilled["reasons"]] == ["node_full"]
    assert json.loads(bare.decide(order(("B", 1))).body)["status"] == "filled", "far has no such limit"
    clock.now += 55 * MINUTE
    assert bare.availability("A", "web").free == 9 - most
    assert ships_from(bare) == ["shop"]
    assert bare.check().clean


def test_an_hour_that_the_clock_shows_twice_is_two_hours(bare, clock):
    bare.load(inventory([node("shop", LYON)], {"A": {"shop": 9}}))
    activate(bare, "then: {hourly_orders: 1}")
    for instant in (at("2026-10-25 02:10"), at("2026-10-25 02:10", fold=1)):
        clock.now = instant
        assert [ships_from(bare) for _ in range(2)] == [["shop"], []]


def test_hours_begin_with_the_node_s_clock(bare, clock):
    bare.load(inventory([node("shop", LYON, time_zone="Asia/Kathmandu")], {"A": {"shop": 9}}))  # 5 h 45 ahead
    activate(bare, "then: {hourly_orders: 1}")
    clock.now = at("2026-11-27 09:59", "Asia/Kathmandu")
    assert [ships_from(bare) for _ in range(2)] == [["shop"], []]
    clock.now += MINUTE
    assert ships_from(bare) == ["shop"]


def test_what_is_let_go_makes_room_in_the_hour_and_the_date_it_was_given_in(places, clock):
    activate(places, CAP)
    first, _ = decide(places), decide(places)
    assert ships_from(places) == ["far"]
    places.holds.release(first["id"])
    assert ships_from(places) == ["shop"]
    clock.now += HOUR
    ships_from(places)
    places.holds.release(decide(places)["id"])  # which was the fourth of that date
    assert places.check().clean


def test_the_commit_checks_the_hour_again(places, opened, before_commit):
    activate(places, CAP)
    ships_from(places)
    outcomes = before_commit(lambda: ships_from(places))
    late = json.loads(opened().decide(order(("A", 1))).body)
    assert [shipment["node"] for shipment in late["shipments"]] == ["far"]
    assert outcomes[0] != Committed()
    assert outcomes[-1] == Committed()


def test_hours_are_counted_from_the_moment_a_rule_limits_them(places, clock):
    activate(places)
    ships_from(places)
    activate(places, CAP)
    assert [ships_from(places) for _ in range(3)] == [["shop"], ["shop"], ["far"]]
    activate(places)
    clock.now += 10 * HOUR  # the next date in Tokyo
    assert [ships_from(places) for _ in range(3)] == [["shop"]] * 3
    assert places.check().clean


def test_a_repair_restores_the_loads_of_hours_and_dates(places, redis_client, keys):
    activate(places, CAP)
    ships_from(places)
    periods = ("2026-11-27", "2026-11-27T05:00:00Z")
    for period in periods:
        assert redis_client.hget(keys.load(period), "shop") == b"1"
        redis_client.hset(keys.load(period), "shop", 7)
    assert not places.check().clean
    places.repair(who="operator")
    assert [redis_client.hget(keys.load(period), "shop") for period in periods] == [b"1", b"1"]
    assert places.check().clean


def test_orders_of_a_batch_are_given_no_more_than_the_hour_has_room_for(places):
    activate(places, CAP)
    orders = [order(("A", 1)) for _ in range(4)]
    decided = [json_of(answer) for answer in decide_batch(places, orders).answers]
    assert sorted(item["shipments"][0]["node"] for item in decided) == ["far", "far", "shop", "shop"]
    assert places.check().clean


def test_a_worker_that_never_read_the_hour_sees_that_it_is_full(places, opened):
    activate(places, CAP)
    assert [ships_from(places) for _ in range(2)] == [["shop"], ["shop"]]
    item = order(("A", 1), placed_at=at("2026-10-24 08:00"))
    seen = json.loads(opened().decide(item, dry_run=True).body)
    assert [shipment["node"] for shipment in seen["shipments"]] == ["far"]
