"""Units and kilograms that nodes ship a day: counted with the loads, checked by the commit, given back as holds end."""

import json

import pytest

from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.outcomes import Committed
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, inventory, node, order, product
from tests.support.order_json import shipped_units

NODES = [node("lyon", LYON), node("lille", LILLE, services=())]
PRODUCTS = [product("A", weight=500), product("B", weight=2_000)]


@pytest.fixture
def shop(bare):
    bare.load(inventory(NODES, {"A": {"lyon": 50}, "B": {"lyon": 50}}, products=PRODUCTS))
    activate(bare, "then: {daily_units: 10, hold: 30 m}", "then: {daily_weight: 12 kg}")
    return bare


@pytest.fixture
def loads(shop, redis_client, network):
    """What is counted of today, by field."""

    def read():
        (key,) = redis_client.keys(f"{{{network}}}:load:*")
        return {field.decode(): int(amount) for field, amount in redis_client.hgetall(key).items()}

    return read


def decide(shop, *lines):
    return json_of(shop.decide(order(*lines)))


def test_units_of_all_skus_share_what_a_node_ships_a_day(shop, loads):
    first = decide(shop, ("A", 4), ("B", 2))
    assert first["weights"] == {"A": 500, "B": 2_000}
    assert loads() == {"lyon": 1, "lyon\tunits": 6, "lyon\tgrams": 6_000}
    second = decide(shop, ("A", 9))
    assert (shipped_units(second), second["unfilled"][0]["reasons"][0]["code"]) == (4, "capacity_used")
    assert decide(shop, ("A", 1))["unfilled"][0]["reasons"][0]["code"] == "capacity_used"
    assert shop.check().clean


def test_kilograms_are_shared_too(shop, loads):
    made = decide(shop, ("B", 9))
    assert (shipped_units(made), made["unfilled"][0]["reasons"]) == (
        6,
        [{**made["unfilled"][0]["reasons"][0], "code": "capacity_used", "units": 3, "rules": ["test/r1", "test/r2"]}],
    )
    assert decide(shop, ("B", 1))["status"] == "unfilled"
    assert loads()["lyon\tgrams"] == 12_000
    assert shop.check().clean


def test_released_cancelled_and_expired_units_are_given_back(shop, loads, clock):
    one = decide(shop, ("A", 4))
    shop.holds.release(one["id"], lines={"1": 3})
    assert loads() == {"lyon": 1, "lyon\tunits": 1, "lyon\tgrams": 500}
    two = order(("A", 5), ("B", 1))
    shop.decide(two)
    shop.cancellations.cancel(CancelRequest(order=two.id, lines={"2": 1}))
    assert loads()["lyon\tunits"] == 6
    assert shop.check().clean
    clock.now += HOUR
    decide(shop, ("A", 2))
    assert loads() == {"lyon": 1, "lyon\tunits": 2, "lyon\tgrams": 1_000}
    assert shop.check().clean


def test_what_has_left_goes_on_counting_also_if_it_is_undone(shop, loads):
    name = decide(shop, ("A", 6))["id"]
    shop.holds.confirm(name, lines={"1": 4})
    shop.holds.release(name)
    assert loads() == {"lyon": 1, "lyon\tunits": 4, "lyon\tgrams": 2_000}
    assert shop.check().clean
    shop.holds.undo(name)
    assert loads()["lyon\tunits"] == 4
    shop.holds.release(name)
    assert loads() == {"lyon": 0, "lyon\tunits": 0, "lyon\tgrams": 0}
    assert shop.check().clean


@pytest.mark.parametrize(("reason", "counted"), [("damaged", 2), ("no_capacity", 6)])
def test_rejected_units_are_given_back_unless_the_node_has_no_capacity(shop, loads, reason, counted):
    made = decide(shop, ("A", 6))
    shop.rerouting.reject(RejectionRequest(decision=made["id"], node="lyon", reason=reason, lines={"1": 4}))
    assert loads()["lyon\tunits"] == counted
    assert shop.check().clean


def test_an_amended_order_s_own_units_count_as_free(shop, loads):
    placed = order(("A", 8))
    shop.decide(placed)
    more = order(("A", 10), id=placed.id, place=LILLE)
    answer = shop.amendments.amend(AmendRequest(order=more))
    assert answer.decision.record.units_shipped == 10
    assert loads() == {"lyon": 1, "lyon\tunits": 10, "lyon\tgrams": 5_000}
    assert shop.check().clean


def test_two_decisions_after_the_last_units_of_a_day_get_them_once(shop, opened, before_commit):
    outcomes = before_commit(lambda: decide(shop, ("A", 7)))
    made = json.loads(opened().decide(order(("B", 5))).whole)
    assert (outcomes[0] != Committed(), outcomes[1:]) == (True, [Committed()])
    assert shipped_units(made) == 3
    assert shop.check().clean


def test_the_network_may_say_what_a_place_ships_a_day(bare, redis_client, network):
    places = [node("lyon", LYON, daily_units=3, daily_weight=2_500)]
    bare.load(inventory(places, {"A": {"lyon": 50}}, products=PRODUCTS[:1]))
    activate(bare, "then: {daily_units: 9}")
    made = decide(bare, ("A", 4))
    assert (shipped_units(made), made["unfilled"][0]["reasons"][0]["rules"]) == (3, ["test/r1"])
    activate(bare)
    bare.load(inventory([node("lyon", LYON, daily_weight=2_500)], {"A": {"lyon": 50}}, products=PRODUCTS[:1]))
    assert shipped_units(decide(bare, ("A", 4))) == 2
    (key,) = redis_client.keys(f"{{{network}}}:load:*")
    assert redis_client.hgetall(key) == {b"lyon": b"2", b"lyon\tunits": b"5", b"lyon\tgrams": b"2500"}
    assert bare.check().clean


def test_nothing_is_counted_where_no_rule_limits_it(bare, redis_client, network):
    bare.load(inventory(NODES, {"A": {"lyon": 50}}))
    activate(bare, "then: {daily_orders: 9}")
    assert "weights" not in decide(bare, ("A", 4))
    (key,) = redis_client.keys(f"{{{network}}}:load:*")
    assert redis_client.hkeys(key) == [b"lyon"]


def test_what_is_not_as_the_log_says_is_found_and_repaired(shop, redis_client, network):
    decide(shop, ("A", 4))
    (key,) = redis_client.keys(f"{{{network}}}:load:*")
    redis_client.hset(key, "lyon\tunits", 9)
    audit = shop.check()
    assert [(drift.what[:14], drift.expected, drift.found) for drift in audit.drifts] == [("units of lyon ", 4, 9)]
    shop.repair(who="eve")
    assert (shop.check().clean, redis_client.hget(key, "lyon\tunits")) == (True, b"4")


def test_a_batch_shares_the_units_of_a_day(shop, loads):
    orders = [order(("A", 6)), order(("B", 3)), order(("A", 4))]
    made = [json_of(item) for item in decide_batch(shop, orders).answers]
    assert sum(map(shipped_units, made)) == 10
    assert loads()["lyon\tunits"] == 10
    assert shop.check().clean
