"""Orders for a nominated day: nothing is held for them until their units are needed, and then in time."""

import pytest

from engine.errors import OrderInvalid
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.ledger import RequestKey
from tests.conftest import activate
from tests.support.batches import decide_batch
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


def units(shop, name="LATER"):
    """How many of the order's units are in each state that some are in."""
    (line,) = shop.orders.show(name).lines
    return {state: count for state, count in line.units.items() if count}


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
    batch = decide_batch(shop, orders, keys=lambda item: RequestKey(caller="oms", name=item.id))
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
    again = decide_batch(shop, orders, keys=lambda item: RequestKey(caller="oms", name=item.id))
    assert {json_of(answer)["id"] for answer in again.answers} == {record["id"] for record in records.values()}


def test_a_batch_says_which_of_its_days_are_over(shop):
    batch = decide_batch(shop, [later(("A", 1)), order(id="OLD", deliver_on=date("2026-11-01"), placed_at=0)])
    assert [json_of(answer)["status"] for answer in batch.answers] == ["scheduled"]
    assert {index: str(error) for index, error in batch.errors.items()} == {
        1: "deliver_on: 2026-11-01 is over; it is 2026-11-27 in Europe/Paris"
    }


def test_a_batch_of_nothing_but_orders_for_a_day_is_decided(shop):
    batch = decide_batch(shop, [later(("A", 1))])
    assert [json_of(answer)["status"] for answer in batch.answers] == ["scheduled"]
    assert (shop.check().decisions, waiting(shop).keys()) == (1, {"LATER"})


def test_what_is_reserved_later_waits_with_what_nobody_has(shop, clock):
    decide(shop, later(("A", 3)))
    state = shop.orders.show("LATER")
    assert (state.states, units(shop), [action for action, _ in state.actions]) == (
        ("waiting",),
        {"waiting": 3},
        ["withdraw", "cancel", "amend"],
    )
    assert (shop.check().drifts, shop.check().orders) == ((), 1)
    shop.orders.wait("LATER")
    assert waiting(shop)["LATER"].not_before == RESERVED, "there is nothing that could wait besides"
    clock.now = RESERVED
    (second,) = run(shop)
    assert units(shop) == {"held": 2, "waiting": 1}
    shop.holds.release(second["id"])
    assert units(shop) == {"unfilled": 2, "held": 1}, "what still waited is offered what was released"
    assert shop.check().clean


def test_a_scheduled_order_can_be_cancelled_in_part_and_what_is_left_is_reserved_in_time(shop, clock):
    first = decide(shop, later(("A", 3)))
    answer = shop.cancellations.cancel(CancelRequest(order="LATER", lines={"A": 2}))
    assert [(item.quantity, item.was, item.decision) for item in answer.units] == [(2, "waiting", first["id"])]
    assert (units(shop), dict(waiting(shop)["LATER"].units)) == ({"cancelled": 2, "waiting": 1}, {"1": 1})
    assert (run(shop), shop.check().clean) == ([], True)
    clock.now = RESERVED
    assert [shipped_units(record) for record in run(shop)] == [1]
    assert (units(shop), shop.check().clean) == ({"cancelled": 2, "held": 1}, True)


def test_a_scheduled_order_that_is_cancelled_or_withdrawn_is_reserved_no_more(shop, clock):
    decide(shop, later(("A", 2)))
    second = decide(shop, later(("A", 2), name="WITHDRAWN"))
    shop.cancellations.cancel(CancelRequest(order="LATER"))
    shop.backlog.withdraw(second["id"])
    assert (units(shop), units(shop, "WITHDRAWN")) == ({"cancelled": 2}, {"unfilled": 2})
    assert shop.check().clean
    clock.now = RESERVED
    assert (run(shop), held(shop)) == ([], {"lyon": 0})


def test_a_withdrawn_order_that_is_to_wait_again_waits_until_it_is_reserved(shop, clock):
    first = decide(shop, later(("A", 2)))
    shop.backlog.withdraw(first["id"])
    shop.orders.wait("LATER")
    assert (units(shop), waiting(shop)["LATER"].not_before, run(shop)) == ({"waiting": 2}, RESERVED, [])
    clock.now = RESERVED
    run(shop)
    assert (units(shop), shop.check().clean) == ({"held": 2}, True)


def test_a_scheduled_order_that_a_person_must_approve_is_reserved_once_that_is_done(shop, clock):
    activate(shop, "then: {approve: true}")
    decide(shop, later(("A", 2)))
    assert shop.orders.show("LATER").states == ("waiting", "awaiting_approval")
    clock.now = RESERVED
    assert run(shop) == []
    shop.orders.approve("LATER", who="ann", note="called")
    assert (units(shop), shop.check().clean) == ({"held": 2}, True)
