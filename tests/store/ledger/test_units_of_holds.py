"""Units of a shipment end by line and quantity, in any mix; the ledger and its check follow."""

import itertools
import threading

import pytest

from engine.errors import HoldEnded, InputInvalid, KeyReused, StockConflict
from engine.orders.rejection import RejectionRequest
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.ledger_entries import ledger_kinds


@pytest.fixture
def shop(bare):
    """Ten of A and five of B in Lyon, two of A in Lille."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 10, "lille": 2}, "B": {"lyon": 5}}))
    activate(bare)
    return bare


def decide(shop, *lines):
    return json_of(shop.decide(order(*lines)))["id"]


def at(shop, name="lyon", sku="A"):
    """(on hand, held) of a position."""
    (position,) = (item.position for item in shop.stock.show(sku).nodes if item.node == name)
    return position.on_hand, position.held


def units(state, name="lyon"):
    """Units of each SKU by state, of the shipment from a node."""
    (shipment,) = (item for item in state.shipments if item.node == name)
    return {shipment.state: dict(shipment.units)} | {other: dict(of) for other, of in shipment.others.items()}


def load(shop, name="lyon"):
    shop.check()
    return shop._facts.read([], shop.now)[0].loads.get(name, 0)


def test_seven_of_ten_leave_today_and_three_tomorrow(shop):
    name = decide(shop, ("A", 10))
    state = shop.holds.confirm(name, lines={"1": 7})
    assert (units(state), at(shop)) == ({"held": {"A": 3}, "confirmed": {"A": 7}}, (3, 3))
    assert state.until is not None
    assert shop.check().clean
    state = shop.holds.confirm(name)
    assert (units(state), at(shop), state.until) == ({"confirmed": {"A": 10}}, (0, 0), None)
    audit = shop.check()
    assert (audit.clean, audit.confirmed, audit.held) == (True, 10, 0)


def test_units_of_one_shipment_end_in_several_ways(shop):
    name = decide(shop, ("A", 8), ("B", 4))
    shop.holds.confirm(name, lines={"A": 2, "B": 1})
    shop.holds.release(name, lines={"1": 3})
    shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="other", lines={"1": 1}))
    assert units(shop.holds.state(name)) == {
        "held": {"A": 2, "B": 3},
        "confirmed": {"A": 2, "B": 1},
        "released": {"A": 3},
        "rejected": {"A": 1},
    }
    assert (at(shop), at(shop, sku="B")) == ((8, 2), (4, 3))
    state = shop.holds.release(name)
    assert units(state) == {"released": {"A": 5, "B": 3}, "confirmed": {"A": 2, "B": 1}, "rejected": {"A": 1}}
    assert (at(shop), at(shop, sku="B"), state.until) == ((8, 0), (4, 0), None)
    audit = shop.check()
    assert (audit.clean, audit.confirmed) == (True, 3)


def test_a_day_gets_back_the_room_of_a_shipment_of_which_nothing_left_and_of_no_other(shop, clock):
    names = [decide(shop, ("B", 1), ("A", 1)) for _ in range(4)]
    assert load(shop) == 4
    shop.holds.release(names[0], lines={"1": 1})
    assert load(shop) == 4, "one unit of it is still held"
    shop.holds.release(names[0])
    assert load(shop) == 3
    for name in names[1:]:
        shop.holds.confirm(name, lines={"1": 1})
    shop.holds.release(names[1])
    shop.rerouting.reject(RejectionRequest(decision=names[2], node="lyon", reason="other"))
    assert load(shop) == 3, "one unit of each has left"
    assert shop.check().clean
    clock.now += 2 * 86_400
    assert units(shop.holds.state(names[3])) == {"expired": {"A": 1}, "confirmed": {"B": 1}}
    assert shop.check().clean


def test_units_of_several_shipments_end_in_their_order_unless_one_is_named(shop):
    name = decide(shop, ("A", 12))
    first, second = (item.node for item in shop.holds.state(name).shipments)
    held = {item.node: dict(item.units)["A"] for item in shop.holds.state(name).shipments}
    shop.holds.release(name, shipments=[(second, "parcel")], lines={"A": 1})
    assert at(shop, second)[1] == held[second] - 1
    shop.holds.confirm(name, lines={"A": held[first] + 1})
    assert (at(shop, first)[1], at(shop, second)[1]) == (0, held[second] - 2)
    assert shop.check().clean


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"1": 9}, r"9 x '1' can't be confirmed: held are 8 of line 1 \(A\) by lyon/parcel; 4 of line 2 \(B\)"),
        ({"B": 5}, "5 x 'B' can't be confirmed"),
        ({"C": 1}, "1 x 'C' can't be confirmed"),
    ],
)
def test_more_units_than_are_held_are_refused_with_those_that_are(shop, contents, lines, message):
    name = decide(shop, ("A", 8), ("B", 4))
    before = contents()
    with pytest.raises(InputInvalid, match=message):
        shop.holds.confirm(name, lines=lines)
    assert contents() == before


def test_units_of_a_hold_that_has_ended_are_refused_with_how_it_ended(shop):
    name = decide(shop, ("B", 2))
    shop.holds.release(name)
    with pytest.raises(HoldEnded, match="lyon/parcel was released"):
        shop.holds.confirm(name, lines={"1": 1})


def test_a_request_for_units_counts_once_under_its_name(shop, contents):
    name = decide(shop, ("A", 10))
    first = shop.holds.confirm(name, lines={"1": 4}, op="wave")
    before = contents()
    assert shop.holds.confirm(name, lines={"1": 4}, op="wave") == first
    with pytest.raises(KeyReused):
        shop.holds.confirm(name, lines={"1": 5}, op="wave")
    assert contents() == before
    shop.holds.release(name)
    assert shop.holds.confirm(name, lines={"1": 4}, op="wave") == first
    assert at(shop) == (6, 0)


def test_of_racing_requests_each_unit_is_taken_once(shop):
    name = decide(shop, ("A", 10))
    outcomes = []

    def act(verb):
        try:
            getattr(shop.holds, verb)(name, lines={"1": 1})
            outcomes.append(verb)
        except (InputInvalid, HoldEnded):
            outcomes.append("refused")

    threads = [threading.Thread(target=act, args=(verb,)) for verb in itertools.islice(VERBS, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 4
    assert at(shop) == (10 - outcomes.count("confirm"), 0)
    audit = shop.check()
    assert (audit.clean, audit.confirmed) == (True, outcomes.count("confirm"))


VERBS = itertools.cycle(["confirm", "release"])


def test_a_short_pick_is_one_step(shop, redis_client, network):
    name = decide(shop, ("A", 10))
    pick = RejectionRequest(decision=name, node="lyon", reason="damaged", confirmed={"1": 7}, op="pick")
    follow_up = json_of(shop.rerouting.reject(pick))
    assert [line["quantity"] for line in follow_up["order"]["lines"]] == [3]
    assert [(item["node"], item["lines"][0]["quantity"]) for item in follow_up["shipments"]] == [("lille", 2)]
    assert units(shop.holds.state(name)) == {"rejected": {"A": 3}, "confirmed": {"A": 7}}
    assert at(shop) == (0, 0), "the damaged ones are blocked"
    kinds = ledger_kinds(redis_client, network)
    assert kinds == [b"decided", b"decided", b"confirmed", b"rejected"]
    assert json_of(shop.rerouting.reject(pick)) == follow_up
    assert load(shop) == 1, "the shipment left, with fewer units"
    assert [link.kept for link in shop.rerouting.chain(name).links] == [1, 1]
    audit = shop.check()
    assert (audit.clean, audit.confirmed) == (True, 7)


def test_what_is_not_there_of_a_short_pick_is_counted_away(shop):
    name = decide(shop, ("A", 10))
    shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="not_in_stock", confirmed={"1": 7}))
    assert at(shop) == (0, 0)
    assert shop.check().clean


def test_a_short_pick_that_is_not_short_is_refused(shop, contents):
    name = decide(shop, ("A", 4))
    before = contents()
    with pytest.raises(InputInvalid, match="nothing is rejected; confirm it"):
        shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="other", confirmed={"1": 4}))
    with pytest.raises(InputInvalid, match=r"confirmed\.1: 5 x '1' can't be confirmed"):
        shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="other", confirmed={"1": 5}))
    assert contents() == before


def test_rejections_of_earlier_releases_are_read(shop, redis_client, network):
    name = decide(shop, ("A", 10))
    shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="other", lines={"1": 3}))
    redis_client.hset(f"{{{network}}}:rejections", f"{name} 0", '{"1": 3}')
    state = shop.holds.confirm(name, lines={"1": 2})
    assert units(state) == {"held": {"A": 5}, "rejected": {"A": 3}, "confirmed": {"A": 2}}


def test_a_confirm_is_undone(shop, redis_client, network):
    name = decide(shop, ("A", 4), ("B", 5))
    until = shop.holds.state(name).until
    shop.holds.confirm(name)
    state = shop.holds.undo(name)
    assert (units(state), state.until) == ({"held": {"A": 4, "B": 5}}, until)
    assert (at(shop), at(shop, sku="B"), load(shop)) == ((10, 4), (5, 5), 1)
    kinds = ledger_kinds(redis_client, network)
    assert kinds == [b"decided", b"confirmed", b"undone"]
    audit = shop.check()
    assert (audit.clean, audit.confirmed, audit.held) == (True, 0, 9)
    assert shop.holds.list_open(limit=9).holds[0].id == name
    shop.holds.release(name)
    assert load(shop) == 0
    assert shop.check().clean


def test_some_units_are_undone_the_latest_confirm_first(shop, clock):
    name = decide(shop, ("A", 9), ("B", 1))
    shop.holds.confirm(name, lines={"A": 3})
    clock.now += 3_600
    shop.holds.confirm(name, lines={"A": 4})
    shop.holds.release(name)
    state = shop.holds.undo(name, lines={"1": 2}, op="one")
    assert units(state) == {"held": {"A": 2}, "confirmed": {"A": 5}, "released": {"A": 2, "B": 1}}
    assert shop.holds.undo(name, lines={"1": 2}, op="one") == state
    clock.now += 23 * 3_600 + 1
    with pytest.raises(InputInvalid, match=r"3 x '1' can't be undone: confirmed are 2 of line 1 \(A\)"):
        shop.holds.undo(name, lines={"1": 3})
    assert units(shop.holds.undo(name))["confirmed"] == {"A": 3}
    assert at(shop) == (7, 4)
    with pytest.raises(HoldEnded, match="can be undone for 1 day "):
        shop.holds.undo(name)
    assert shop.check().clean


def test_what_was_not_confirmed_is_not_undone(shop):
    name = decide(shop, ("A", 3))
    with pytest.raises(HoldEnded, match="nothing of what is asked for is confirmed"):
        shop.holds.undo(name)


def test_an_undone_confirm_holds_for_half_an_hour_at_least(shop, clock):
    name = decide(shop, ("A", 3), ("B", 3))
    clock.now = shop.holds.state(name).until - 60
    shop.holds.confirm(name)
    clock.now += 3_600
    assert shop.holds.undo(name).until == clock.now + 1_800
    clock.now += 1_800
    assert units(shop.holds.state(name)) == {"expired": {"A": 3, "B": 3}}
    assert shop.check().clean


def test_units_that_were_counted_since_the_confirm_are_held_again_and_not_counted_twice(shop):
    name = decide(shop, ("A", 3), ("B", 3))
    shop.holds.confirm(name)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=10, stamp=Stamp(kind="s", number=1)))
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=1)])
    shop.holds.undo(name)
    assert (at(shop), at(shop, sku="B")) == ((11, 3), (5, 3))
    assert shop.check().clean


def test_units_that_the_count_does_not_have_are_not_held_again(shop, contents):
    name = decide(shop, ("A", 3), ("B", 3))
    shop.holds.confirm(name)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=2, stamp=Stamp(kind="s", number=1)))
    before = contents()
    with pytest.raises(StockConflict, match="2 of A at lyon are on hand and held for nobody"):
        shop.holds.undo(name)
    assert contents() == before


def test_that_others_took_more_than_was_counted_is_no_count(shop):
    """Both orders took more than the count had. The first did not leave; the second still left short of two units."""
    first, second = decide(shop, ("A", 3)), decide(shop, ("A", 4))
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=2, stamp=Stamp(kind="s", number=1)))
    for name in (first, second):
        shop.holds.confirm(name)
        assert at(shop)[0] == 0
    shop.holds.undo(first)
    assert at(shop) == (0, 3)
    shop.holds.confirm(first)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=1, stamp=Stamp(kind="s", number=2)))
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=1)])
    with pytest.raises(StockConflict, match="2 of A at lyon"):
        shop.holds.undo(first)
    assert shop.check().clean


def test_what_left_after_the_hold_expired_is_confirmed_if_it_is_still_there(shop, clock):
    name = decide(shop, ("A", 6), ("B", 2))
    clock.now += 2 * 86_400
    state = shop.holds.confirm(name, lines={"A": 5}, op="late")
    assert state.late
    assert units(state) == {"confirmed": {"A": 5}, "expired": {"A": 1, "B": 2}}
    assert (at(shop), state.until) == ((5, 0), None)
    assert shop.holds.confirm(name, lines={"A": 5}, op="late") == state
    assert shop.check().clean
    again = shop.holds.confirm(name)
    assert (units(again), at(shop, sku="B")) == ({"confirmed": {"A": 6, "B": 2}}, (3, 0))
    assert not shop.holds.confirm(name).late, "nothing is left to confirm"
    audit = shop.check()
    assert (audit.clean, audit.confirmed) == (True, 8)
    shop.holds.undo(name)
    shop.holds.release(name)
    assert shop.check().clean


def test_what_left_late_is_confirmed_while_other_units_of_the_decision_are_held(shop, clock):
    name = decide(shop, ("A", 12), ("B", 2))
    clock.now += 2 * 86_400
    shop.holds.confirm(name, lines={"B": 1})
    shop.holds.undo(name)
    assert units(shop.holds.state(name)) == {"held": {"B": 1}, "expired": {"A": 10, "B": 1}}
    state = shop.holds.confirm(name, shipments=[("lyon", "parcel")], lines={"A": 10})
    assert (state.late, units(state)) == (True, {"held": {"B": 1}, "confirmed": {"A": 10}, "expired": {"B": 1}})
    with pytest.raises(InputInvalid, match="2 x 'B' can't be confirmed: held are 1 of line 2"):
        shop.holds.confirm(name, lines={"B": 2})
    with pytest.raises(InputInvalid, match="1 x 'C' can't be confirmed: held are 1 of line 2"):
        shop.holds.confirm(name, lines={"C": 1})
    assert shop.check().clean
    assert shop.holds.confirm(name, shipments=[("lille", "parcel")]).late
    assert not shop.holds.confirm(name).late
    audit = shop.check()
    assert (audit.clean, audit.confirmed) == (True, 13)
    assert (at(shop), at(shop, "lille"), at(shop, sku="B")) == ((0, 0), (0, 0), (4, 0))


def test_what_others_hold_by_now_is_not_confirmed_late(shop, clock, contents):
    name = decide(shop, ("A", 6), ("B", 2))
    clock.now += 2 * 86_400
    decide(shop, ("A", 8), ("B", 1))
    before = contents()
    with pytest.raises(HoldEnded, match=r"lyon/parcel expired at .*; 2 of A at lyon are on hand and held for nobody"):
        shop.holds.confirm(name)
    assert contents() == before


def test_a_count_that_is_wrong_by_one_shows_in_the_check_after_an_undo(shop, redis_client, network):
    name = decide(shop, ("A", 3), ("B", 3))
    shop.holds.confirm(name)
    shop.holds.undo(name)
    redis_client.hincrby(f"{{{network}}}:on_hand:A", "lyon", 1)
    assert [drift.what for drift in shop.check().drifts] == ["units on hand"]
