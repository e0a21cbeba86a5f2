"""Lots in the ledger: counted, loaded, moved, held, and what becomes of them; and what a check finds of each."""

import pytest

from engine.errors import StockConflict
from engine.model.lots import name_of
from engine.orders.amendment.plan import AmendRequest
from engine.orders.rejection import RejectionRequest
from engine.store.log.decision_log import entries
from engine.store.outcomes import Committed, LotDateDiffers, LotTooLow, LotUnknown, MovementApplied, StockChanged
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LYON, NOW, TODAY, inventory, lots, node, order

SHOPS = [node("lyon", LYON)]
DAY = 24 * HOUR
MICROS = 1_000_000


@pytest.fixture
def shop(bare):
    """Eight of A in Lyon: two of a lot that expires in three days, five of one that does so in ten, one of none."""
    bare.load(inventory(SHOPS, {"A": {"lyon": 8}}, lots={"A": {"lyon": lots(a=(2, 3), b=(5, 10))}}))
    activate(bare)
    return bare


@pytest.fixture
def label_of():
    return {name_of(label): label for label, _ in lots(a=(1, 3), b=(1, 10), c=(1, 20))}


def there(shop):
    """On hand and held by the name of the lot, first expired first."""
    (item,) = shop.stock.show("A").nodes
    return {name_of(lot.label): (lot.on_hand, lot.held) for lot in item.lots}


def decided(shop, units, **more):
    return json_of(shop.decide(order(("A", units), **more)))


def taken(record):
    return {lot["lot"]: lot["units"] for item in record["shipments"] for line in item["lines"] for lot in line["lots"]}


def move(shop, op, delta, lot=None, expires=None, **more):
    movement = Movement(op=op, node="lyon", sku="A", delta=delta, lot=lot, expires=expires, **more)
    return shop.stock.move([movement])[0]


def count(shop, on_hand, of_lots=None, at=NOW):
    stamp = Stamp(kind="t", number=at * MICROS)
    return shop.stock.set_count(Count(node="lyon", sku="A", on_hand=on_hand, stamp=stamp, lots=of_lots))


def test_a_decision_holds_lots_and_its_record_names_them(shop):
    record = decided(shop, 4)
    assert taken(record) == {"a": 2, "b": 2}
    assert record["shipments"][0]["lines"][0]["lots"][0] == {"lot": "a", "expires": "2026-11-30", "units": 2}
    assert there(shop) == {"a": (2, 2), "b": (5, 2), "": (1, 0)}
    (hold,) = shop.holds.list_open(limit=9).holds
    assert [name_of(label) for label, _ in hold.shipments[0].lots["A"]] == ["a", "b"]
    assert shop.check().clean


def test_what_is_picked_expires_first_and_what_is_given_up_last(shop):
    name = decided(shop, 5)["id"]
    shop.holds.confirm(name, lines={"A": 1})
    assert there(shop) == {"a": (1, 1), "b": (5, 3), "": (1, 0)}
    shop.holds.release(name, lines={"A": 2})
    assert there(shop) == {"a": (1, 1), "b": (5, 1), "": (1, 0)}
    shop.holds.undo(name)
    assert there(shop) == {"a": (2, 2), "b": (5, 1), "": (1, 0)}
    assert shop.check().clean


def test_an_undone_confirm_of_some_units_returns_those_that_expire_last(shop):
    name = decided(shop, 4)["id"]
    shop.holds.confirm(name)
    shop.holds.undo(name, lines={"A": 1})
    assert there(shop) == {"b": (4, 1), "": (1, 0)}
    shop.holds.undo(name, lines={"A": 2})
    assert there(shop) == {"a": (1, 1), "b": (5, 2), "": (1, 0)}
    assert shop.check().clean


def test_damaged_units_are_of_no_lot_any_more(shop):
    name = decided(shop, 3)["id"]
    shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="damaged", lines={"A": 2}))
    assert there(shop) == {"b": (5, 1), "": (1, 0)}
    assert shop.check().clean


def test_a_short_pick_takes_away_the_lots_that_left(shop):
    name = decided(shop, 4)["id"]
    request = RejectionRequest(decision=name, node="lyon", reason="other", confirmed={"A": 3})
    shop.rerouting.reject(request)
    assert there(shop) == {"b": (4, 0), "": (1, 0)}
    assert shop.check().clean


def test_an_expired_hold_lets_its_lots_go(shop, clock):
    decided(shop, 4)
    clock.now += 2 * DAY + HOUR
    assert there(shop) == {"a": (2, 0), "b": (5, 0), "": (1, 0)}
    assert shop.check().clean


def test_what_expires_is_on_hand_no_more_unless_it_is_held(shop, clock):
    name = decided(shop, 1)["id"]
    shop.holds.extend(name, minutes=6 * 24 * 60)
    clock.now += 4 * DAY
    (item,) = shop.stock.show("A").nodes
    assert (item.position.on_hand, item.expired, item.free["*"]) == (7, 1, 6)
    assert taken(decided(shop, 2)) == {"b": 2}
    assert shop.availability("A", "web").free == 4
    assert shop.check().clean


def test_a_count_says_all_lots_and_what_moved_after_it_is_put_on_top(shop, clock, label_of):
    clock.now += 600
    move(shop, "1", -1, "b", at=(NOW + 300) * MICROS)
    move(shop, "2", 3, "c", expires=TODAY + 20, at=(NOW + 400) * MICROS)
    count(shop, 5, ((label_of["b"], 4),), at=NOW + 200)
    assert there(shop) == {"b": (3, 0), "c": (3, 0), "": (1, 0)}
    count(shop, 5, ((label_of["b"], 4),), at=NOW + 350)
    assert there(shop) == {"b": (4, 0), "c": (3, 0), "": (1, 0)}
    count(shop, 2, (), at=NOW + 500)
    assert there(shop) == {}
    assert shop.check().clean


def test_a_count_without_lots_leaves_them_and_what_is_missing_expired_first(shop):
    count(shop, 4)
    assert there(shop) == {"b": (4, 0)}
    count(shop, 9, at=NOW + 1)
    assert there(shop) == {"a": (2, 0), "b": (5, 0), "": (2, 0)}
    assert shop.check().clean


def test_a_movement_names_its_lot(shop):
    assert move(shop, "1", -2, "b") == MovementApplied(on_hand=6, blocked=0)
    assert move(shop, "2", 4, "c", expires=TODAY + 20) == MovementApplied(on_hand=10, blocked=0)
    assert move(shop, "3", 1, "c") == MovementApplied(on_hand=11, blocked=0)
    assert move(shop, "4", -3) == MovementApplied(on_hand=8, blocked=0)
    assert there(shop) == {"b": (3, 0), "c": (5, 0)}
    assert shop.check().clean


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"delta": -3, "lot": "a"}, LotTooLow),
        ({"delta": 3, "lot": "a", "expires": TODAY + 4}, LotDateDiffers),
        ({"delta": 3, "lot": "z"}, LotUnknown),
        ({"delta": -1, "lot": "z", "expires": TODAY + 4}, LotTooLow),
    ],
)
def test_a_movement_that_does_not_fit_the_lots_changes_nothing(shop, fields, refused):
    before = there(shop)
    assert isinstance(move(shop, "1", **fields), refused)
    assert there(shop) == before
    assert "moved" not in {entry.kind for entry in entries(shop._client, shop._keys)}


def test_a_movement_sent_again_is_not_applied_twice_and_another_lot_is_another_movement(shop):
    move(shop, "1", 2, "a")
    assert type(move(shop, "1", 2, "a")).__name__ == "MovementRepeated"
    assert type(move(shop, "1", 2, "b")).__name__ == "MovementIdReused"
    assert there(shop)["a"] == (4, 0)


def test_a_load_brings_lots_and_leaves_those_that_were_counted(shop, label_of):
    count(shop, 3, ((label_of["c"], 3),))
    again = inventory(SHOPS, {"A": {"lyon": 6}}, lots={"A": {"lyon": lots(a=(6, 3))}})
    shop.load(again)
    assert there(shop) == {"c": (3, 0)}
    move(shop, "1", -1, "c")
    shop.load(again)
    assert there(shop) == {"c": (2, 0)}
    assert shop.check().clean
    shop.load(again, counts=True)
    assert there(shop) == {"a": (6, 0)}
    shop.load(inventory(SHOPS, {"A": {"lyon": 6}}), counts=True)
    assert there(shop) == {}
    assert shop.check().clean


def test_a_hold_whose_lot_is_gone_holds_what_is_there(shop):
    name = decided(shop, 2)["id"]
    shop.load(inventory(SHOPS, {"A": {"lyon": 4}}, lots={"A": {"lyon": lots(b=(4, 10))}}), counts=True)
    assert there(shop) == {"b": (4, 2)}
    shop.holds.confirm(name)
    assert there(shop) == {"b": (2, 0)}
    assert shop.check().clean


def test_an_order_that_lost_its_lot_is_decided_again(shop, before_commit):
    outcomes = before_commit(lambda: move(shop, "1", -2, "a"))
    assert taken(decided(shop, 3)) == {"b": 3}
    assert outcomes == [StockChanged(node="lyon"), Committed()]


def test_an_order_is_decided_again_if_its_position_has_other_lots_by_then(shop, before_commit, label_of):
    outcomes = before_commit(lambda: count(shop, 8, ((label_of["a"], 2), (label_of["c"], 6))))
    assert taken(decided(shop, 3)) == {"a": 2, "c": 1}
    assert outcomes == [StockChanged(node="lyon"), Committed()]


def test_an_order_is_decided_again_if_its_position_has_come_to_have_lots(bare, before_commit, label_of):
    bare.load(inventory(SHOPS, {"A": {"lyon": 8}}))
    activate(bare)
    outcomes = before_commit(lambda: count(bare, 8, ((label_of["a"], 8),)))
    assert taken(decided(bare, 3)) == {"a": 3}
    assert outcomes == [StockChanged(node="lyon"), Committed()]


def test_others_may_take_of_the_same_lot_meanwhile(shop, before_commit):
    outcomes = before_commit(lambda: decided(shop, 1, id="other"))
    assert taken(decided(shop, 1)) == {"a": 1}
    assert outcomes == [Committed()]


def test_what_is_set_aside_for_an_order_is_of_lots(shop, before_commit):
    """It loses twice, so the second time what is left of its claims is set aside."""
    moves = iter(["1", "2", "3"])
    outcomes = before_commit(lambda: move(shop, next(moves), -1, "a"), times=2)
    assert taken(decided(shop, 5)) == {"b": 5}
    assert outcomes[-1] == Committed()
    assert shop.check().clean
    assert there(shop) == {"b": (5, 5), "": (1, 0)}


def test_an_amended_order_may_keep_its_own_lots(shop):
    decided(shop, 4, id="one")
    shop.amendments.amend(AmendRequest(order=order(("A", 6), id="one")))
    assert there(shop) == {"a": (2, 2), "b": (5, 4), "": (1, 0)}
    shop.amendments.amend(AmendRequest(order=order(("A", 1), id="one")))
    assert there(shop) == {"a": (2, 1), "b": (5, 0), "": (1, 0)}
    assert shop.check().clean


def test_a_check_finds_what_drifted_of_a_lot_and_repairs_what_is_held(shop, redis_client, network, label_of):
    decided(shop, 3)
    place = f"lyon\t{label_of['a']}"
    redis_client.hincrby(f"{{{network}}}:held:A", place, 4)
    assert [str(drift) for drift in shop.check().drifts] == ["A at lyon: units held of lot 'a': 6 found, 2 expected"]
    shop.repair(who="a test")
    assert shop.check().clean
    move(shop, "1", 1, "b")
    redis_client.hincrby(f"{{{network}}}:on_hand:A", f"lyon\t{label_of['b']}", 1)
    assert [str(drift) for drift in shop.check().drifts] == ["A at lyon: units on hand of lot 'b': 7 found, 6 expected"]


def test_a_count_that_says_otherwise_with_the_same_stamp_is_refused(shop):
    count(shop, 4)
    with pytest.raises(StockConflict):
        count(shop, 5)
