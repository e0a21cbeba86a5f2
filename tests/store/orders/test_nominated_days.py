"""Orders for a nominated day: nothing is held for them until their units are needed, and then in time."""

import pytest

from engine.errors import OrderInvalid
from engine.orders.rejection import RejectionRequest
from engine.store.ledger import RequestKey
from tests.conftest import activate
from tests.support.clocks import date
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order
from tests.support.order_json import shipped_units

DAY = 24 * HOUR
THURSDAY = date("2026-12-10")
RESERVED = NOW + 9 * DAY + 14 * HOUR - 60
"""6 December, 23:59 in Paris: two days before it leaves, on 8 December."""


@pytest.fixture
def shop(bare):
    """Two of A in Lyon."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 2}, "B": {"lille": 1}}))
    activate(bare)
    return bare


def later(*lines, name="LATER", **more):
    return order(*lines, id=name, deliver_on=THURSDAY, **more)


def decide(shop, placed, **more):
    return json_of(shop.decide(placed, caller="oms", **more))


def waiting(shop):
    return {place.entry.order.id: place.entry for place in shop.backlog.page(limit=9).places}


def run(shop):
    return [json_of(answer) for answer in shop.backlog.run(limit=9).answers]


def held(shop, sku="A"):
    return {item.node: item.position.held for item in shop.stock.show(sku).nodes}


def test_units_are_held_from_the_instant_of_the_reservation_on_and_not_before(shop, clock):
    first = decide(shop, later(("A", 2)))
    assert (first["status"], first["waiting"], first["hold"], held(shop)) == ("scheduled", True, None, {"lyon": 0})
    entry = waiting(shop)["LATER"]
    assert (dict(entry.units), entry.not_before) == ({"1": 2}, RESERVED)
    clock.now = RESERVED - 1
    assert (run(shop), shop.check().clean) == ([], True)
    clock.now += 1
    (second,) = run(shop)
    assert (second["status"], shipped_units(second), second["follows"]["first"]) == ("filled", 2, first["id"])
    assert second["shipments"][0]["ships_at"] == first["scheduled"]["shipments"][0]["ships_at"]
    assert second["order"]["deliver_on"] == "2026-12-10"
    assert (held(shop), waiting(shop)) == ({"lyon": 2}, {})
    assert shop.check().clean


def test_what_waits_until_an_instant_is_offered_nothing_before_even_if_the_network_would_reserve_it_now(shop, clock):
    decide(shop, later(("A", 2)))
    shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 2}}, reserve_before=60 * 24 * 60))
    assert run(shop) == []
    clock.now = RESERVED
    assert [record["status"] for record in run(shop)] == ["filled"]


def test_a_newcomer_may_have_a_unit_that_is_not_reserved_yet(shop, clock):
    decide(shop, later(("A", 2)))
    assert shipped_units(decide(shop, order(("A", 1), id="NOW"))) == 1
    clock.now = RESERVED
    # the newcomer's hold is over by then, and what he confirmed would be gone
    (second,) = run(shop)
    assert (second["status"], held(shop)) == ("filled", {"lyon": 2})
    assert shop.check().clean


def test_a_scheduled_order_is_answered_again_and_a_dry_run_leaves_nothing(shop, contents):
    key = RequestKey(caller="oms", name="1")
    first = shop.decide(later(("A", 2)), key=key)
    before = contents()
    assert shop.decide(later(("A", 2)), key=key).body == first.body
    tried = json_of(shop.decide(later(("A", 2), name="other"), dry_run=True))
    assert (tried["status"], "waiting" in tried, contents()) == ("scheduled", False, before)


def test_a_day_that_can_not_be_kept_any_more_leaves_the_order_waiting_and_is_said_of_a_new_one(shop, clock):
    decide(shop, later(("A", 2)))
    clock.now = NOW + 14 * DAY
    assert run(shop) == []
    assert dict(waiting(shop)["LATER"].units) == {"1": 2}
    with pytest.raises(OrderInvalid, match="2026-12-10 is over; it is 2026-12-11 in Europe/Paris"):
        decide(shop, later(("A", 1), name="new"))


def test_what_a_node_rejects_on_the_way_is_decided_for_the_same_day(shop, clock):
    decide(shop, later(("B", 1), ("A", 2)))
    clock.now = RESERVED
    (second,) = run(shop)
    request = RejectionRequest(decision=second["id"], node="lyon", reason="other", waits=True)
    third = json_of(shop.rerouting.reject(request))
    assert (third["status"], third["order"]["deliver_on"], dict(waiting(shop)["LATER"].units)) == (
        "unfilled",
        "2026-12-10",
        {"2": 2},
    )
    assert shop.check().clean


def test_units_that_are_rejected_early_are_reserved_again_when_the_next_node_needs_them(bare, clock):
    nodes = [node("lyon", LYON, preparation=6 * 24 * 60), node("lille", LILLE)]
    bare.load(inventory(nodes, {"A": {"lyon": 2, "lille": 2}}))
    activate(bare, "when: {node.id: lyon}, then: {prefer: 9.00}")
    decide(bare, later(("A", 2)))
    clock.now = waiting(bare)["LATER"].not_before
    (second,) = run(bare)
    third = json_of(bare.rerouting.reject(RejectionRequest(decision=second["id"], node="lyon", reason="damaged")))
    assert (second["shipments"][0]["node"], clock.now < RESERVED, third["status"]) == ("lyon", True, "scheduled")
    assert (waiting(bare)["LATER"].not_before, run(bare), held(bare)) == (RESERVED, [], {"lyon": 0, "lille": 0})
    clock.now = RESERVED
    (fourth,) = run(bare)
    assert [item["node"] for item in fourth["shipments"]] == ["lille"]
    assert bare.check().clean


def test_in_a_batch_an_order_for_a_day_takes_nothing_from_the_others(shop, clock):
    orders = [later(("A", 2)), order(("A", 2), id="NOW"), later(("A", 1), name="TOO")]
    batch = shop.decide_batch(orders, keys=lambda item: RequestKey(caller="oms", name=item.id))
    records = {record["order"]["id"]: record for record in map(json_of, batch.answers)}
    assert {name: record["status"] for name, record in records.items()} == {
        "LATER": "scheduled",
        "TOO": "scheduled",
        "NOW": "filled",
    }
    assert [record.get("lacked") for record in records.values()] == [[], [], []]
    assert waiting(shop).keys() == {"LATER", "TOO"}
    assert shop.check().clean
    clock.now = NOW + 20 * DAY
    again = shop.decide_batch(orders, keys=lambda item: RequestKey(caller="oms", name=item.id))
    assert {json_of(answer)["id"] for answer in again.answers} == {record["id"] for record in records.values()}


def test_a_batch_says_which_of_its_days_are_over(shop):
    with pytest.raises(OrderInvalid, match=r"orders\.1\.deliver_on: 2026-11-01 is over"):
        shop.decide_batch([later(("A", 1)), order(id="OLD", deliver_on=date("2026-11-01"), placed_at=0)])


def test_a_batch_of_nothing_but_orders_for_a_day_is_decided(shop):
    batch = shop.decide_batch([later(("A", 1))])
    assert [json_of(answer)["status"] for answer in batch.answers] == ["scheduled"]
    assert (shop.check().decisions, waiting(shop).keys()) == (1, {"LATER"})
