"""How holds end and are extended: by shipment, once each, and never after their end."""

import itertools
import threading

import pytest

from engine.errors import HoldEnded, InputInvalid, KeyReused, NotFound, QuotaExceeded
from engine.model.facts import Line
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from engine.store.stock import Count, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order

LYON_PARCEL, LILLE_PARCEL = ("lyon", "parcel"), ("lille", "parcel")
SHOPS = [node("lyon", LYON), node("lille", LILLE)]


@pytest.fixture
def shop(bare):
    """Four of A in Lyon and three in Lille; one of B in Lyon."""
    bare.load(inventory(SHOPS, {"A": {"lyon": 4, "lille": 3}, "B": {"lyon": 1}}))
    activate(bare)
    return bare


@pytest.fixture
def split(shop):
    """The id of a decision that takes all of A: two shipments."""
    record = json_of(shop.decide(order(("A", 7))))
    assert {shipment["node"] for shipment in record["shipments"]} == {"lyon", "lille"}
    return record["id"]


def at(pointsman, name, sku="A"):
    """(on hand, held) of a position."""
    (position,) = (item.position for item in pointsman.stock.show(sku).nodes if item.node == name)
    return position.on_hand, position.held


def states(state):
    return {item.node: item.state for item in state.shipments}


def test_confirmed_units_are_no_longer_on_hand(shop, split):
    state = shop.holds.confirm(split)
    assert (states(state), state.until) == ({"lyon": "confirmed", "lille": "confirmed"}, None)
    assert (at(shop, "lyon"), at(shop, "lille")) == ((0, 0), (0, 0))
    audit = shop.check()
    assert (audit.clean, audit.held, audit.ended, audit.confirmed) == (True, 0, 7, 7)


def test_a_name_that_two_shipments_have_stands_for_both(shop):
    """Lines of one order that go to two places are two shipments, even from one node by one service."""
    lines = [Line(id="1", sku="A", quantity=1), Line(id="2", sku="A", quantity=2, collect_at="lille")]
    made = json_of(shop.decide(order(*lines, Line(id="3", sku="B", quantity=1), place=LYON)))
    assert [(item["node"], item.get("collect_at")) for item in made["shipments"]] == [("lyon", None), ("lyon", "lille")]
    assert [item.state for item in shop.holds.state(made["id"]).shipments] == ["held", "held"]
    state = shop.holds.confirm(made["id"], shipments=[LYON_PARCEL])
    assert [(item.state, item.units) for item in state.shipments] == [
        ("confirmed", (("A", 1), ("B", 1))),
        ("confirmed", (("A", 2),)),
    ]
    assert at(shop, "lyon") == (1, 0)
    assert shop.check().clean


def test_released_units_are_free_for_the_next_order(shop, split):
    assert json_of(shop.decide(order(("A", 1))))["status"] == "unfilled"
    shop.holds.release(split)
    assert (at(shop, "lyon"), at(shop, "lille")) == ((4, 0), (3, 0))
    assert json_of(shop.decide(order(("A", 7))))["status"] == "filled"
    assert shop.check().clean


def test_a_shipment_ends_without_the_others(shop, split):
    state = shop.holds.confirm(split, shipments=[LYON_PARCEL])
    assert states(state) == {"lyon": "confirmed", "lille": "held"}
    assert state.until == NOW + 2 * 86_400
    assert (at(shop, "lyon"), at(shop, "lille")) == ((0, 0), (3, 3))
    assert states(shop.holds.release(split)) == {"lyon": "confirmed", "lille": "released"}
    assert (at(shop, "lyon"), at(shop, "lille")) == ((0, 0), (3, 0))
    assert shop.check().clean


@pytest.mark.parametrize(
    "end_request",
    list(
        itertools.product(["confirm", "release"], [[], [LYON_PARCEL], [LILLE_PARCEL, LYON_PARCEL]], [None, "wave 17"])
    ),
)
def test_the_same_end_requestagain_is_answered_the_same_and_changes_nothing(split, shop, contents, end_request):
    verb, shipments, op = end_request
    act = getattr(shop.holds, verb)
    first = act(split, shipments=shipments, op=op)
    before = contents()
    assert act(split, shipments=shipments, op=op) == first
    assert contents() == before


def test_an_operation_is_answered_as_it_was_whatever_came_after(shop, split):
    first = shop.holds.confirm(split, shipments=[LYON_PARCEL], op="one")
    shop.holds.release(split, op="two")
    assert shop.holds.confirm(split, shipments=[LYON_PARCEL], op="one") == first


def test_an_operation_that_comes_again_for_something_else_is_refused(shop, split, contents):
    shop.holds.confirm(split, shipments=[LYON_PARCEL], op="one")
    before = contents()
    for act in (
        lambda: shop.holds.confirm(split, shipments=[LILLE_PARCEL], op="one"),
        lambda: shop.holds.release(split, shipments=[LYON_PARCEL], op="one"),
        lambda: shop.holds.extend(split, minutes=5_000, op="one"),
    ):
        with pytest.raises(KeyReused, match="'one'"):
            act()
    assert contents() == before


def test_a_end_requestfor_a_hold_that_ended_otherwise_is_refused_with_how_and_when_it_ended(
    shop, split, clock, contents
):
    shop.holds.confirm(split, shipments=[LYON_PARCEL])
    clock.now += 60
    shop.holds.release(split, shipments=[LILLE_PARCEL])
    before = contents()
    message = r"lyon/parcel was confirmed at 2026-11-27T09:00:00Z; lille/parcel was released at 2026-11-27T09:01:00Z"
    for act in (
        lambda: shop.holds.release(split, shipments=[LYON_PARCEL]),
        lambda: shop.holds.confirm(split, shipments=[LYON_PARCEL, LILLE_PARCEL]),
        lambda: shop.holds.confirm(split),
        lambda: shop.holds.extend(split, minutes=60),
    ):
        with pytest.raises(HoldEnded) as caught:
            act()
        assert all(part in str(caught.value) for part in message.split("; "))
    assert contents() == before


def test_a_end_requestthat_can_not_be_met_completely_changes_nothing(shop, split):
    shop.holds.release(split, shipments=[LILLE_PARCEL])
    with pytest.raises(HoldEnded):
        shop.holds.confirm(split, shipments=[LYON_PARCEL, LILLE_PARCEL])
    assert at(shop, "lyon") == (4, 4)


def test_a_end_requestfor_an_expired_hold_is_refused_and_its_units_are_free(shop, split, clock):
    clock.now += 2 * 86_400
    with pytest.raises(HoldEnded, match="lyon/parcel expired at 2026-11-29T09:00:00Z"):
        shop.holds.release(split)
    with pytest.raises(HoldEnded, match="expired"):
        shop.holds.extend(split, minutes=10)
    assert (at(shop, "lyon"), at(shop, "lille")) == ((4, 0), (3, 0))
    assert states(shop.holds.state(split)) == {"lyon": "expired", "lille": "expired"}
    assert shop.check().clean


def test_the_shipments_of_a_hold_that_have_not_ended_expire(shop, split, clock):
    shop.holds.confirm(split, shipments=[LYON_PARCEL])
    clock.now += 2 * 86_400
    assert states(shop.holds.state(split)) == {"lyon": "confirmed", "lille": "expired"}
    assert (at(shop, "lyon"), at(shop, "lille")) == ((0, 0), (3, 0))


def test_an_extended_hold_lasts_longer_and_never_shorter(shop, split, clock):
    assert shop.holds.extend(split, until=NOW + 3 * 86_400).until == NOW + 3 * 86_400
    assert shop.holds.extend(split, minutes=10).until == NOW + 3 * 86_400
    clock.now += 3 * 86_400 - 1
    assert states(shop.holds.state(split)) == {"lyon": "held", "lille": "held"}
    assert shop.check().clean
    clock.now += 1
    assert states(shop.holds.state(split)) == {"lyon": "expired", "lille": "expired"}


def test_minutes_count_from_the_first_end_requestof_the_operation(shop, split, clock):
    first = shop.holds.extend(split, minutes=5_000, op="one")
    clock.now += 600
    assert shop.holds.extend(split, minutes=5_000, op="one") == first


@pytest.mark.parametrize("wrong", [{"until": NOW}, {"until": NOW + 91 * 86_400}, {"minutes": 90 * 24 * 60 + 1}])
def test_a_hold_is_extended_by_at_most_90_days_and_never_into_the_past(shop, split, wrong):
    with pytest.raises(InputInvalid, match="90 days"):
        shop.holds.extend(split, **wrong)


def test_an_unknown_shipment_is_refused_with_the_shipments_there_are(shop, split):
    with pytest.raises(InputInvalid, match=r"shipments\.1: .*'paris' by 'parcel'; it has .*lyon/parcel"):
        shop.holds.confirm(split, shipments=[LYON_PARCEL, ("paris", "parcel")])


def test_an_unknown_decision_and_one_that_ships_nothing_have_no_hold(shop):
    with pytest.raises(NotFound):
        shop.holds.release("nobody")
    nothing = shop.decide(order(("B", 1), ("A", 1)), dry_run=True)
    assert json_of(nothing)["hold"] is None
    unfilled = json_of(shop.decide(order(("A", 7), ("B", 1))))["id"]
    again = json_of(shop.decide(order(("A", 1))))["id"]
    assert states(shop.holds.state(unfilled)) == {"lyon": "held", "lille": "held"}
    with pytest.raises(HoldEnded, match="holds nothing"):
        shop.holds.confirm(again)


def test_goods_confirmed_from_a_position_counted_lower_leave_it_at_zero(shop, split):
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=1, stamp=Stamp(kind="s", number=1)))
    assert (at(shop, "lyon"), shop.check().short) == ((1, 4), 3)
    assert shop.availability("A", "web").free == 0
    shop.holds.confirm(split)
    assert at(shop, "lyon") == (0, 0)
    assert shop.check().clean


def test_released_shipments_give_the_day_its_capacity_back(shop):
    activate(
        shop,
        "when: {node.id: lyon}, then: {daily_orders: 1}",
        "when: {node.id: lille}, then: {exclude: true}",
        "then: {hold: 30 m}",
    )
    first = json_of(shop.decide(order(("A", 1))))["id"]
    full = json_of(shop.decide(order(("A", 1))))
    assert "node_full" in [reason["code"] for reason in full["unfilled"][0]["reasons"]]
    shop.holds.release(first)
    second = json_of(shop.decide(order(("A", 1))))
    assert second["status"] == "filled"
    shop.holds.confirm(second["id"])
    assert json_of(shop.decide(order(("A", 1))))["status"] == "unfilled"


def test_shipments_that_expire_on_the_day_give_it_its_capacity_back(shop, clock):
    activate(
        shop,
        "when: {node.id: lyon}, then: {daily_orders: 1}",
        "when: {node.id: lille}, then: {exclude: true}",
        "then: {hold: 30 m}",
    )
    assert json_of(shop.decide(order(("A", 1))))["status"] == "filled"
    clock.now += 1_800
    assert json_of(shop.decide(order(("A", 1))))["status"] == "filled"


def test_holds_are_listed_by_the_instant_they_end(shop, clock):
    names = []
    for _ in range(3):
        names.append(json_of(shop.decide(order(("A", 1))))["id"])
        clock.now += 60
    one = json_of(shop.decide(order(("B", 1))))["id"]

    def listed(**asked):
        return [hold.id for hold in shop.holds.list_open(**{"limit": 10, **asked}).holds]

    assert listed() == [*names, one]
    assert listed(sku="B") == [one]
    assert listed(node="nowhere") == []
    assert listed(expiring_before=NOW + 2 * 86_400 + 60) == names[:1]
    shop.holds.confirm(names[0])
    assert listed() == [*names[1:], one]


def test_pages_of_holds_that_end_together_show_each_once(bare):
    bare.load(inventory(SHOPS, {"A": {"lyon": 2_000}}))
    activate(bare)
    made = {json_of(bare.decide(order()))["id"] for _ in range(25)}
    listed, after = [], None
    while True:
        page = bare.holds.list_open(limit=10, after=after)
        listed += [hold.id for hold in page.holds]
        after = page.after
        if after is None:
            break
    assert len(listed) == 25
    assert set(listed) == made


def test_a_caller_has_so_many_open_holds_and_each_that_ends_allows_another(server_url, network, clock, shop):
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=2), clock=clock) as limited:
        mine = [json_of(limited.decide(order(), caller="mine"))["id"] for _ in range(2)]
        with pytest.raises(QuotaExceeded, match="'mine' has 2 open holds and may have 2"):
            limited.decide(order(), caller="mine")
        sent = order()
        limited.decide(sent, key=RequestKey(caller="others", name="k"))
        # what came before is answered, and what holds nothing is not counted
        limited.decide(sent, key=RequestKey(caller="others", name="k"))
        limited.decide(sent, caller="mine")
        limited.holds.release(mine[0])
        assert json_of(limited.decide(order(("A", 1)), caller="mine"))["status"] == "filled"
        clock.now += 2 * 86_400
        assert json_of(limited.decide(order(), caller="mine"))["status"] == "filled"
        assert limited.check().clean


def test_a_rejection_is_decided_again_though_its_caller_has_all_the_holds_it_may_and_the_new_one_counts(
    server_url, network, clock, shop
):
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=1), clock=clock) as limited:
        first = json_of(limited.decide(order(("A", 2)), caller="mine"))
        (shipment,) = first["shipments"]
        rejection = RejectionRequest(decision=first["id"], node=shipment["node"], reason="other", lines={"A": 1})
        assert json_of(limited.rerouting.reject(rejection))["status"] == "filled"
        with pytest.raises(QuotaExceeded, match="'mine' has 2 open holds and may have 1"):
            limited.decide(order(("A", 1)), caller="mine")
        assert limited.check().clean


def test_two_who_release_a_hold_at_once_are_answered_the_same_and_free_its_units_once(shop, opened):
    others = [opened(), opened()]
    for _ in range(10):
        name = json_of(shop.decide(order(("A", 7))))["id"]
        start, answers = threading.Barrier(2), []

        def release(other, start=start, answers=answers, name=name):
            start.wait()
            answers.append(states(other.holds.release(name)))

        threads = [threading.Thread(target=release, args=(other,)) for other in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [{"lyon": "released", "lille": "released"}] * 2
        assert (at(shop, "lyon"), at(shop, "lille")) == ((4, 0), (3, 0))
    assert shop.check().clean
