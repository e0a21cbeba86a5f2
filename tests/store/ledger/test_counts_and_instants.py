"""A count says what was there at its instant: what left or came after it is put on top, and nothing else is."""

import dataclasses

import pytest

from engine.errors import InputInvalid, KeyReused, Mistake, StockConflict
from engine.inventory.stated_instants import MICROSECONDS, MINUTES_AHEAD
from engine.orders.rejection import RejectionRequest
from engine.store.outcomes import CountForgotten, MovementApplied, MovementCounted, StockTooLow
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, inventory, node, order

DAY = 86_400


@pytest.fixture
def shop(bare):
    """Ten of A in Lyon, loaded at NOW; it is an hour later."""
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 10}, "B": {"lyon": 10}}))
    activate(bare)
    return bare


@pytest.fixture
def held(shop, clock):
    """A decision that holds three of A since NOW; it is an hour later."""
    name = json_of(shop.decide(order(("A", 3))))["id"]
    clock.now += 3_600
    return name


def at(minutes):
    """So many minutes after the load."""
    return (NOW + 60 * minutes) * MICROSECONDS


def count(units, minutes, sku="A"):
    return Count(node="lyon", sku=sku, on_hand=units, stamp=Stamp(kind="t", number=at(minutes)))


def sequence(units, number):
    return Count(node="lyon", sku="A", on_hand=units, stamp=Stamp(kind="s", number=number))


def position(shop, sku="A"):
    (item,) = shop.stock.show(sku).nodes
    return item.position.on_hand, item.position.held


def test_what_left_after_the_count_is_taken_off_it(shop, held):
    shop.holds.confirm(held, left_at=at(30))
    assert shop.stock.set_count(count(10, 20)).position.on_hand == 7
    assert shop.stock.set_count(count(12, 25)).position.on_hand == 9
    assert shop.check().clean
    shop.stock.move([movement("1", 4)])
    assert position(shop) == (13, 0)
    assert shop.check().clean


def test_what_was_out_when_the_count_was_taken_is_not_taken_off_twice(shop, held):
    shop.stock.set_count(count(7, 40))
    assert position(shop) == (7, 3), "held until it is confirmed"
    shop.holds.confirm(held, left_at=at(30))
    assert position(shop) == (7, 0)
    assert shop.check().clean


def test_what_left_at_the_very_instant_of_the_count_is_in_it(shop, held):
    shop.stock.set_count(count(7, 40))
    shop.holds.confirm(held, left_at=at(40))
    assert position(shop) == (7, 0)


def test_a_confirm_that_says_nothing_is_of_now_and_after_every_count_that_came(shop, held, clock):
    ahead = Stamp(kind="t", number=(clock.now + 60) * MICROSECONDS)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=10, stamp=ahead))
    shop.holds.confirm(held)
    assert position(shop) == (7, 0), "the source's clock is ahead"
    assert shop.check().clean


def test_a_count_ahead_of_the_clock_has_what_left_before_it_came(shop, held, clock):
    shop.holds.confirm(held)
    ahead = Stamp(kind="t", number=(clock.now + 60) * MICROSECONDS)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=7, stamp=ahead))
    clock.now += 30
    in_between = (clock.now - 10) * MICROSECONDS
    shop.stock.move([Movement(op="1", node="lyon", sku="A", delta=1, at=in_between)])
    assert position(shop) == (8, 0)
    assert shop.check().clean


def test_a_count_by_sequence_is_of_the_instant_at_which_it_comes(shop, held):
    shop.holds.confirm(held)
    shop.stock.set_count(sequence(6, 1))
    shop.stock.move([Movement(op="1", node="lyon", sku="A", delta=-2, at=at(59)), movement("2", 5)])
    assert position(shop) == (11, 0)
    assert shop.check().clean


def movement(op, delta, minutes=None, **more):
    instant = None if minutes is None else at(minutes)
    return Movement(**{"op": op, "node": "lyon", "sku": "A", "delta": delta, "at": instant, **more})


def test_a_movement_of_before_the_count_is_in_it_and_one_of_after_it_on_top(shop, clock):
    clock.now += 3_600
    shop.stock.set_count(count(20, 30))
    before, after = shop.stock.move([movement("1", -4, 29), movement("2", 5, 31)])
    assert (type(before), type(after)) == (MovementCounted, MovementApplied)
    assert (before.on_hand, after.on_hand) == (20, 25)
    assert shop.stock.set_count(count(30, 28)).older
    assert shop.stock.set_count(count(40, 31)).position.on_hand == 40
    assert shop.check().clean


def test_a_movement_ahead_of_the_clock_is_of_when_it_came(shop, clock):
    shop.stock.move([movement("1", 4, 3)])
    clock.now += 60
    assert shop.stock.set_count(count(20, 1)).position.on_hand == 20
    shop.stock.move([movement("2", 1)])
    assert shop.check().clean


def test_what_left_in_a_short_pick_is_taken_off_a_count_of_before_it(shop, held):
    pick = RejectionRequest(decision=held, node="lyon", reason="other", confirmed={"1": 2})
    shop.rerouting.reject(pick)
    assert shop.stock.set_count(count(10, 59)).position.on_hand == 8
    assert shop.check().clean


def test_a_movement_that_is_counted_needs_no_units_on_hand(shop, clock):
    clock.now += 3_600
    shop.stock.set_count(count(0, 30))
    outcomes = shop.stock.move([movement("1", -4, 29), movement("2", -4, 31)])
    assert [type(item) for item in outcomes] == [MovementCounted, StockTooLow]


def test_a_movement_with_another_instant_is_another_movement(shop, clock):
    clock.now += 3_600
    shop.stock.move([movement("1", 4, 29)])
    assert [type(item).__name__ for item in shop.stock.move([movement("1", 4, 29), movement("1", 4, 30)])] == [
        "MovementRepeated",
        "MovementIdReused",
    ]


@pytest.mark.parametrize("minutes", [-1, -60 * 24 * 365])
def test_a_count_older_than_the_load_is_refused_as_older(shop, contents, minutes):
    before = contents()
    placed = shop.stock.set_count(count(99, minutes))
    assert (placed.applied, placed.older, placed.position.on_hand) == (False, True, 10)
    assert contents() == before


def test_what_came_and_left_before_a_load_is_in_it(shop, held, clock, redis_client, network):
    shop.stock.move([movement("1", 5)])
    clock.now += 60
    shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 8}}))
    assert redis_client.exists(f"{{{network}}}:journal:A") == 0
    shop.holds.confirm(held, left_at=at(30))
    assert position(shop) == (8, 0)
    assert shop.stock.set_count(count(10, 60)).older
    assert shop.check().clean


def test_a_rejection_counts_at_its_instant(shop, held, clock):
    shop.rerouting.reject(RejectionRequest(decision=held, node="lyon", reason="not_in_stock", on_hand=4))
    clock.now += 60
    shop.stock.move([movement("1", 5, 59), movement("2", 3, 61)])
    assert position(shop) == (4 + 3, 0)
    assert shop.stock.set_count(count(50, 59)).older
    assert shop.check().clean


def test_what_left_in_a_short_pick_left_when_the_node_says(shop, held):
    pick = RejectionRequest(decision=held, node="lyon", reason="other", confirmed={"1": 2}, at=at(30))
    assert shop.stock.set_count(count(10, 45)).applied
    shop.rerouting.reject(pick)
    assert position(shop)[0] == 10, "the count of a quarter of an hour later has them as gone"
    assert shop.check().clean


@pytest.mark.parametrize(("counted", "blocked", "on_hand"), [(29, 3, 7), (31, 3, 10)])
def test_what_is_damaged_was_set_apart_when_the_node_says(shop, held, counted, blocked, on_hand):
    shop.rerouting.reject(RejectionRequest(decision=held, node="lyon", reason="damaged", at=at(30)))
    assert shop.stock.set_count(count(10, counted)).position.on_hand == on_hand
    assert [item.blocked for item in shop.stock.show("A").nodes] == [blocked]
    assert shop.check().clean


def test_what_a_node_counted_as_it_rejected_is_of_when_it_says(shop, held):
    shop.stock.move([movement("1", 5, 29), movement("2", 3, 31)])
    missing = RejectionRequest(decision=held, node="lyon", reason="not_in_stock", on_hand=4, at=at(30))
    shop.rerouting.reject(missing)
    assert position(shop) == (4 + 3, 0)
    assert shop.check().clean


@pytest.mark.parametrize("newer", [lambda: count(9, 31), lambda: sequence(9, 1)])
def test_a_newer_count_stays_whatever_a_node_counted_before(shop, held, newer):
    shop.stock.set_count(newer())
    shop.rerouting.reject(RejectionRequest(decision=held, node="lyon", reason="not_in_stock", on_hand=4, at=at(30)))
    assert position(shop) == (9, 0)
    assert shop.check().clean


@pytest.mark.parametrize("minutes", [-1, 66])
def test_a_node_rejects_nothing_before_it_held_it_or_in_the_future(shop, held, contents, minutes):
    before = contents()
    with pytest.raises(InputInvalid) as error:
        shop.rerouting.reject(RejectionRequest(decision=held, node="lyon", reason="damaged", at=at(minutes)))
    assert [mistake.field for mistake in error.value.mistakes] == ["at"]
    assert contents() == before


def test_a_rejection_of_another_instant_is_another_one(shop, held):
    request = RejectionRequest(decision=held, node="lyon", reason="damaged", lines={"1": 1}, at=at(30), op="r")
    made = shop.rerouting.reject(request)
    assert shop.rerouting.reject(request).id == made.id
    with pytest.raises(KeyReused):
        shop.rerouting.reject(dataclasses.replace(request, at=at(31)))


def test_an_undone_confirm_is_as_if_the_goods_had_never_left(shop, held):
    shop.holds.confirm(held, left_at=at(30))
    shop.stock.set_count(count(10, 20))
    shop.holds.undo(held)
    assert position(shop) == (10, 3)
    assert shop.stock.set_count(count(11, 25)).position.on_hand == 11
    assert shop.stock.set_count(count(12, 40)).position.on_hand == 12
    shop.stock.move([movement("1", 1)])
    assert shop.check().clean


def test_a_confirm_is_undone_on_top_of_a_count_that_has_it(shop, held):
    shop.holds.confirm(held, left_at=at(30))
    shop.stock.set_count(count(9, 40))
    shop.holds.undo(held)
    assert position(shop) == (9, 3), "they were on the shelf when it was counted"
    assert shop.check().clean


def test_units_that_a_count_has_as_gone_may_be_confirmed_when_their_hold_is_over(shop, held, clock):
    clock.now += 3 * DAY
    shop.stock.set_count(count(2, 60))
    assert shop.holds.confirm(held, left_at=at(30)).late
    assert position(shop) == (2, 0)
    assert shop.check().clean


@pytest.mark.parametrize(
    ("left_at", "message"),
    [
        (at(0) - 1, "the goods were not held yet: their decision was made at 2026-11-27T09:00:00Z"),
        (at(60 + MINUTES_AHEAD) + 1, "is more than 5 minutes ahead of the clock here"),
    ],
)
def test_goods_leave_neither_before_they_were_held_nor_in_the_future(shop, held, contents, left_at, message):
    before = contents()
    with pytest.raises(InputInvalid, match=message):
        shop.holds.confirm(held, left_at=left_at)
    assert contents() == before
    assert shop.holds.confirm(held, left_at=at(0)).until is None


def test_the_same_confirm_with_another_instant_is_another_request(shop, held):
    shop.holds.confirm(held, lines={"1": 1}, left_at=at(30), op="x")
    shop.holds.confirm(held, lines={"1": 1}, left_at=at(30), op="x")
    assert position(shop) == (9, 2)
    with pytest.raises(KeyReused):
        shop.holds.confirm(held, lines={"1": 1}, left_at=at(31), op="x")


def test_a_movement_is_not_of_the_future(shop, clock):
    (refused, taken) = shop.stock.move([movement("1", 1, MINUTES_AHEAD + 1), movement("2", 1, MINUTES_AHEAD)])
    assert isinstance(refused, Mistake)
    assert "at: 2026-11-27T09:06:00Z is more than 5 minutes ahead" in str(refused)
    assert isinstance(taken, MovementApplied)


def test_a_count_older_than_what_is_remembered_is_refused(shop, held, clock, contents):
    shop.holds.confirm(held, left_at=at(30))
    clock.now = NOW + 8 * DAY
    shop.stock.move([movement("1", 1)])
    before = contents()
    with pytest.raises(StockConflict, match=r"remembered since 2026-11-28T09:00:00Z only.*count anew"):
        shop.stock.set_count(count(10, 24 * 60 - 1))
    (refused,) = shop.stock.set_counts([count(10, 24 * 60 - 1)])
    assert refused == CountForgotten(on_hand=8, held=0, since=at(24 * 60))
    assert contents() == before
    assert shop.stock.set_count(count(10, 24 * 60)).position.on_hand == 11
    assert shop.check().clean


def test_only_so_many_changes_of_a_sku_are_remembered(shop, clock, redis_client, network):
    clock.now += 3_600
    journal = f"{{{network}}}:journal:A"
    redis_client.zadd(journal, {f"lille\n1\n0-{number}.1": at(10) + number for number in range(10_000)})
    shop.stock.move([movement("1", 4, 40)])
    assert redis_client.zcard(journal) == 10_001, "and up to when the others are forgotten"
    with pytest.raises(StockConflict, match="remembered since"):
        shop.stock.set_count(count(20, 9))
    assert shop.stock.set_count(count(20, 10)).position.on_hand == 24


def test_the_journal_of_a_position_is_not_that_of_another(shop, clock):
    clock.now += 3_600
    shop.stock.move([movement("1", 4, 40, sku="B")])
    assert shop.stock.set_count(count(20, 30)).position.on_hand == 20
    assert shop.stock.set_count(count(20, 30, sku="B")).position.on_hand == 24
    assert shop.check().clean


def test_a_network_of_an_earlier_release_is_counted_from_its_first_change_on(shop, held, clock, redis_client, network):
    """It has no instant of its load, what left is not in its journal, and its bases name entries of the log."""
    shop.holds.confirm(held, lines={"1": 1})
    redis_client.hdel(f"{{{network}}}:facts", "loaded", "moved")
    redis_client.delete(f"{{{network}}}:journal:A")
    redis_client.hset(f"{{{network}}}:base:A", "lyon", "9 1795770000000-0")
    redis_client.hset(f"{{{network}}}:stamp:A", "lyon", f"t {at(20)} 10")
    clock.now += 60
    shop.holds.confirm(held, lines={"1": 1})
    assert position(shop) == (8, 1)
    assert shop.stock.set_count(count(10, 60)).older
    assert shop.check().clean
    shop.stock.set_count(count(10, 61))
    assert position(shop) == (9, 1), "the second unit was confirmed after that instant"
    assert shop.check().clean


def test_an_on_hand_that_the_log_does_not_explain_is_a_drift(shop, held, redis_client, network):
    shop.stock.set_count(count(7, 40))
    shop.stock.move([movement("1", 2, 50)])
    shop.holds.confirm(held, left_at=at(30))
    assert shop.check().clean
    redis_client.hset(f"{{{network}}}:on_hand:A", "lyon", 6)
    assert [str(drift) for drift in shop.check().drifts] == ["A at lyon: units on hand: 6 found, 9 expected"]
