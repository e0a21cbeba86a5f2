"""What is on hand, as its sources report it: the newest count is set, each movement is applied once."""

import pytest

from engine.errors import InputInvalid, Mistake, NotFound, StockConflict
from engine.inventory.stated_instants import MICROSECONDS
from engine.store.outcomes import MovementApplied, MovementIdReused, MovementRepeated, StockTooLow
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order

SHOPS = [node("lyon", LYON), node("lille", LILLE)]


@pytest.fixture
def shop(bare):
    """Four of A in Lyon, one of B in Lille."""
    bare.load(inventory(SHOPS, {"A": {"lyon": 4}, "B": {"lille": 1}}))
    activate(bare)
    return bare


def count(on_hand, number, kind="t", **more):
    """Of kind t, counted so many microseconds after the load."""
    stamp = Stamp(kind=kind, number=number + (NOW * MICROSECONDS if kind == "t" else 0))
    return Count(**{"node": "lyon", "sku": "A", "on_hand": on_hand, "stamp": stamp, **more})


def movement(op, delta, **more):
    return Movement(**{"op": op, "node": "lyon", "sku": "A", "delta": delta, **more})


def on_hand(pointsman, sku="A", name="lyon"):
    return next((item.position.on_hand for item in pointsman.stock.show(sku).nodes if item.node == name), None)


def move(pointsman, *movements):
    """The kind of outcome of each."""
    return [type(outcome) for outcome in pointsman.stock.move(movements)]


def test_an_older_count_never_replaces_a_newer_one(shop):
    assert shop.stock.set_count(count(7, 200)).applied
    late = shop.stock.set_count(count(99, 199))
    assert (late.applied, late.older, late.position.on_hand) == (False, True, 7)
    assert shop.stock.set_count(count(8, 201)).applied
    assert on_hand(shop) == 8


def test_counts_that_arrive_in_any_order_leave_the_newest(shop):
    for number in (3, 1, 5, 2, 4):
        shop.stock.set_count(count(number * 10, number, kind="s"))
    assert on_hand(shop) == 50


def test_the_same_count_again_changes_nothing_even_after_goods_left(shop):
    shop.stock.set_count(count(4, 1))
    shop.holds.confirm(json_of(shop.decide(order(("A", 3))))["id"])
    again = shop.stock.set_count(count(4, 1))
    assert (again.applied, again.older, again.position.on_hand) == (False, False, 1)
    assert shop.check().clean


def test_two_counts_that_contradict_each_other_are_refused(shop, contents):
    shop.stock.set_count(count(4, 1))
    before = contents()
    with pytest.raises(StockConflict, match="another number of units came before with the same at"):
        shop.stock.set_count(count(5, 1))
    with pytest.raises(StockConflict, match="is counted by 'at', and this message says 'sequence'"):
        shop.stock.set_count(count(5, 2, kind="s"))
    assert contents() == before


def test_after_a_load_the_first_count_is_set_whatever_its_stamp(shop):
    shop.stock.set_count(count(9, 1_000))
    shop.load(inventory(SHOPS, {"A": {"lyon": 4}, "B": {"lille": 1}}), counts=True)
    assert shop.stock.set_count(count(5, 1, kind="s")).applied


def units_of(shop, sku):
    return {item.node: item.position.on_hand for item in shop.stock.show(sku).nodes}


def test_a_load_leaves_stock_that_was_counted_since_the_load_before_alone(shop, clock):
    half_a_minute = 30 * MICROSECONDS
    assert shop.stock.set_count(count(9, 1)).applied
    move(shop, movement("a", -2))
    clock.now += 60
    again = inventory([*SHOPS, node("paris")], {"A": {"lyon": 4, "lille": 6}, "B": {"lille": 1}})
    shop.load(again)
    assert units_of(shop, "A") == {"lyon": 7, "lille": 6}
    assert shop.check().clean
    assert not shop.stock.set_count(count(1, 0)).applied, "older than the count that stands"
    assert shop.stock.set_count(count(5, half_a_minute)).applied, "newer than that, though older than the load"
    move(shop, movement("b", 3))
    assert units_of(shop, "A") == {"lyon": 8, "lille": 6}
    assert shop.check().clean
    shop.load(again, counts=True)
    assert units_of(shop, "A") == {"lyon": 4, "lille": 6}
    assert shop.check().clean


def test_a_count_on_arrival_is_later_than_what_a_worker_with_a_faster_clock_moved(shop, clock):
    clock.now += 60
    move(shop, movement("a", -2))
    clock.now -= 60
    assert shop.stock.set_count(count(9, 1, kind="s")).applied
    assert units_of(shop, "A")["lyon"] == 9
    assert shop.check().clean


def test_a_load_is_later_than_what_a_worker_with_a_faster_clock_moved(shop, clock):
    clock.now += 60
    move(shop, movement("a", -2))
    clock.now -= 60
    shop.load(inventory(SHOPS, {"A": {"lyon": 4}, "B": {"lille": 1}}), counts=True)
    assert units_of(shop, "A") == {"lyon": 4}
    clock.now += 45
    move(shop, movement("b", -1))
    assert units_of(shop, "A") == {"lyon": 3}
    assert shop.check().clean


def test_a_count_after_a_load_is_later_than_what_was_moved_before_it_by_a_faster_clock(shop, clock):
    clock.now += 60
    move(shop, movement("a", -2))
    clock.now -= 60
    shop.load(inventory(SHOPS, {"A": {"lyon": 4}, "B": {"lille": 1}}), counts=True)
    shop.stock.set_count(count(9, 1, kind="s"))
    assert units_of(shop, "A") == {"lyon": 9}
    assert shop.check().clean


def test_counted_stock_goes_with_its_node_and_its_product(shop):
    shop.stock.set_count(count(9, 1))
    shop.stock.set_count(count(9, 1, sku="B", node="lyon"))
    shop.stock.set_count(count(9, 1, sku="B", node="lille"))
    shop.load(inventory([node("lille")], {"A": {"lille": 2}}))
    assert units_of(shop, "A") == {"lille": 2}
    with pytest.raises(NotFound):
        shop.stock.show("B")
    shop.load(inventory(SHOPS, {"A": {"lille": 2}, "B": {"lille": 1}}))
    assert (units_of(shop, "A"), units_of(shop, "B")) == ({"lille": 2}, {"lille": 1})
    assert shop.check().clean


def test_a_count_by_sequence_stays_over_a_load_as_well(shop):
    shop.stock.set_count(count(9, 7, kind="s"))
    shop.load(inventory(SHOPS, {"A": {"lyon": 4}, "B": {"lille": 1}}))
    assert units_of(shop, "A") == {"lyon": 9}
    assert not shop.stock.set_count(count(5, 6, kind="s")).applied
    assert shop.stock.set_count(count(5, 8, kind="s")).applied
    assert shop.check().clean


@pytest.mark.parametrize(("wrong", "message"), [({"node": "lyno"}, "node .*'lyno'"), ({"sku": "C"}, "SKU 'C'")])
def test_an_unknown_node_or_sku_is_refused(shop, contents, wrong, message):
    before = contents()
    with pytest.raises(NotFound, match=message):
        shop.stock.set_count(count(1, 1, **wrong))
    (refused,) = shop.stock.move([movement("a", 1, **wrong)])
    assert isinstance(refused, Mistake)
    with pytest.raises(InputInvalid):
        shop.stock.set_counts([count(1, 1), count(1, 1, **wrong)])
    assert contents() == before


def test_a_network_that_another_worker_loaded_is_used_at_once(shop, opened):
    shop.stock.set_count(count(1, 1))
    opened().load(inventory([*SHOPS, node("paris")], {"A": {"lyon": 4}, "C": {"lyon": 1}}))
    assert shop.stock.set_count(count(5, 2, sku="C", node="paris")).applied
    assert move(shop, movement("a", 2, sku="C", node="paris")) == [MovementApplied]
    with pytest.raises(NotFound):
        shop.stock.set_count(count(5, 2, sku="B"))


def test_each_movement_is_applied_once_in_whatever_batch_it_comes_again(shop, opened):
    assert move(shop, movement("a", 2), movement("b", -1), movement("a", 2)) == [
        MovementApplied,
        MovementApplied,
        MovementRepeated,
    ]
    assert move(opened(), movement("b", -1), movement("c", 5)) == [MovementRepeated, MovementApplied]
    assert on_hand(shop) == 4 + 2 - 1 + 5
    assert shop.check().clean


def test_a_movement_is_still_recognised_the_day_after(shop, clock):
    move(shop, movement("a", 2))
    clock.now += 86_400
    assert move(shop, movement("a", 2)) == [MovementRepeated]


def test_an_operation_id_used_for_another_movement_is_refused(shop):
    move(shop, movement("a", 2))
    assert move(shop, movement("a", 3), movement("a", 2, node="lille")) == [MovementIdReused, MovementIdReused]
    assert on_hand(shop) == 6


def test_a_movement_that_would_leave_less_than_nothing_is_refused_and_can_come_again(shop):
    assert move(shop, movement("a", -5), movement("b", 1), movement("a", -5)) == [
        StockTooLow,
        MovementApplied,
        MovementApplied,
    ]
    assert on_hand(shop) == 0


def test_a_movement_creates_a_position_that_had_no_stock(shop):
    assert move(shop, movement("a", 2, sku="B")) == [MovementApplied]
    assert on_hand(shop, "B") == 2


def test_counts_and_movements_and_goods_that_left_add_up(shop):
    move(shop, movement("a", 6))
    shop.holds.confirm(json_of(shop.decide(order(("A", 3))))["id"])
    shop.stock.set_count(count(20, 1))
    move(shop, movement("b", -4))
    shop.holds.confirm(json_of(shop.decide(order(("A", 1))))["id"])
    assert on_hand(shop) == 20 - 4 - 1
    assert shop.check().clean


def test_units_on_hand_changed_by_hand_after_a_movement_are_a_drift(shop, redis_client, network):
    move(shop, movement("a", 6))
    redis_client.hset(f"{{{network}}}:on_hand:A", "lyon", 11)
    assert [str(drift) for drift in shop.check().drifts] == ["A at lyon: units on hand: 11 found, 10 expected"]


def test_stock_is_shown_for_every_channel_a_rule_names(shop):
    activate(
        shop,
        "when: {order.channel: store}, then: {keep: 1}",
        "then: {protect: {channel: app, units: 3}}",
    )
    shown = shop.stock.show("A")
    assert shown.channels == ("app", "store", "*")
    assert {item.node: dict(item.free) for item in shown.nodes} == {"lyon": {"app": 4, "store": 0, "*": 1}}
    for channel, free in (("app", 4), ("store", 0), ("anything", 1)):
        assert shop.availability("A", channel).free == free


def test_units_on_hand_changed_by_hand_after_goods_left_are_a_drift(shop, redis_client, network):
    shop.holds.confirm(json_of(shop.decide(order(("A", 3))))["id"])
    redis_client.hset(f"{{{network}}}:on_hand:A", "lyon", 4)
    assert [str(drift) for drift in shop.check().drifts] == ["A at lyon: units on hand: 4 found, 1 expected"]


def test_units_that_left_beyond_those_counted_are_missing_from_what_comes_later(shop):
    held = json_of(shop.decide(order(("A", 3))))["id"]
    move(shop, movement("a", -3))
    assert (on_hand(shop), shop.check().short) == (1, 2)
    shop.holds.confirm(held)
    assert (on_hand(shop), shop.check().on_hand) == (0, 1), "the one of B"
    assert shop.stock.move([movement("b", 1)]) == [MovementApplied(on_hand=0, blocked=0)]
    assert shop.stock.set_count(count(9, -1)).position.on_hand == 0
    move(shop, movement("c", 2))
    assert on_hand(shop) == 4 - 3 - 3 + 1 + 2
    assert shop.check().clean


def test_loads_one_after_the_other_within_an_instant_leave_what_moved_counted(shop):
    move(shop, movement("a", 1))
    again = inventory(SHOPS, {"A": {"lyon": 4}, "B": {"lille": 1}})
    for _ in range(2):
        shop.load(again, counts=True)
    assert shop.stock.set_count(count(0, 1, kind="s")).applied
    assert on_hand(shop) == 0
    assert shop.check().clean
