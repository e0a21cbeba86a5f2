"""Variants of the network: in one step on the facts of each decision, and rolled forward."""

import dataclasses

import pytest

from engine.errors import InputInvalid
from engine.simulation.network_change import Closure, NetworkChange, OtherNetwork
from tests.conftest import activate
from tests.support.facts import HOUR, LILLE, LYON, NOW, PARIS, inventory, network, node, order, service
from tests.support.whatif import active, tried

SERVICES = [service("parcel", carrier="colis"), service("bike", base=9_000_000, carrier="velo")]


def places(**more):
    return [node("lyon", LYON, services=("parcel", "bike"), **more), node("lille", LILLE)]


@pytest.fixture
def shop(bare, clock):
    """Four orders of A to Paris, an hour apart: Lyon has three of it, Lille one."""
    loaded = inventory(places(), {"A": {"lyon": 3, "lille": 1}}, services=SERVICES)
    bare.load(loaded)
    activate(bare, "when: {node.id: lille}, then: {avoid: 1.00}")
    for number in range(4):
        clock.now = NOW + number * HOUR
        bare.decide(order(id=f"W-{number}", placed_at=int(clock.now)))
    return bare


def with_change(shop, way, **changes):
    change = NetworkChange(**changes)
    change.verify(shop.network())
    draft = dataclasses.replace(active(shop), change=change)
    return tried(shop, draft, way=way).drafts[0]


def shipments(result):
    """Of the draft, by node."""
    return {name: sides.draft.shipments for name, sides in result.comparison.nodes.items() if sides.draft.shipments}


@pytest.mark.parametrize("way", ["one_step", "rolled_forward"])
def test_an_unchanged_network_changes_nothing(shop, way):
    result = with_change(shop, way)
    assert (result.comparison.changed, shipments(result)) == (0, {"lyon": 3, "lille": 1})


def test_a_closed_place_ships_nothing_while_it_is_closed_and_its_orders_take_what_others_had(shop):
    alone = with_change(shop, "one_step", closures=(Closure(node="lyon"),))
    assert shipments(alone) == {"lille": 4}  # each order finds the one unit there was
    rolled = with_change(shop, "rolled_forward", closures=(Closure(node="lyon"),))
    assert shipments(rolled) == {"lille": 1}
    assert rolled.comparison.sides.draft.units_unfilled == 3
    first_hours = Closure(node="lyon", since=NOW, until=NOW + 2 * HOUR)
    for_a_time = with_change(shop, "rolled_forward", closures=(first_hours,))
    assert shipments(for_a_time) == {"lille": 1, "lyon": 2}
    assert for_a_time.rolled.draft.on_hand == for_a_time.rolled.baseline.on_hand == 4


def test_a_strike_of_a_carrier_or_a_service_leaves_what_is_left(shop):
    for name in ("colis", "parcel"):
        result = with_change(shop, "rolled_forward", strikes=(name,))
        assert shipments(result) == {"lyon": 3}
        assert result.comparison.sides.draft.cost == 3 * 9_000_000
        assert result.comparison.sides.draft.units_unfilled == 1


def test_a_new_place_has_the_stock_of_its_folder_until_that_is_gone(shop):
    other = network([*places(), node("paris", PARIS)], SERVICES)
    change = OtherNetwork(name="more", network=other, stock={"A": {"paris": 2, "lyon": 99}})
    dearer = {"handling": 3_000_000}
    result = with_change(shop, "rolled_forward", other=change)
    assert sum(shipments(result).values()) == 4
    without_lyon = dataclasses.replace(
        change, network=network([node("lille", LILLE), node("paris", PARIS, **dearer)], SERVICES)
    )
    result = with_change(shop, "rolled_forward", other=without_lyon)
    assert shipments(result) == {"lille": 1, "paris": 2}
    assert result.comparison.sides.draft.units_unfilled == 1
    alone = with_change(shop, "one_step", other=without_lyon)
    assert sum(shipments(alone).values()) == 4


def test_a_later_cut_off_lets_orders_leave_the_same_day(bare, clock):
    hours = {"cut_offs": {"parcel": 9 * 60}}
    bare.load(inventory([node("lyon", LYON, **hours)], {"A": {"lyon": 9}}))
    activate(bare)
    clock.now = NOW
    bare.decide(order(placed_at=NOW, promise_by=NOW + 50 * HOUR))
    result = with_change(bare, "one_step", cut_offs={"lyon": 17 * 60})
    assert result.comparison.orders_late == (1, 0)


def test_orders_are_repeated_or_left_out_and_each_time_the_same_ones(shop):
    more = with_change(shop, "rolled_forward", volume=200)
    assert more.rolled.orders == 8
    assert more.comparison.sides.draft.units_ordered == 8
    assert more.comparison.sides.draft.units_unfilled == 4  # there are four units
    assert more.comparison.sides.baseline.units_ordered == 4
    few, again = (with_change(shop, "rolled_forward", volume=10) for _ in range(2))
    assert few.rolled.orders == again.rolled.orders < 4
    assert few.comparison.sides == again.comparison.sides
    change = NetworkChange(volume=130)
    times = [change.times(f"W-{number}") for number in range(1_000)]
    assert set(times) == {1, 2}
    assert 1_250 < sum(times) < 1_350


def test_an_order_that_names_what_another_network_lacks_is_said_and_the_others_are_tried(shop, clock):
    clock.now = NOW + 5 * HOUR
    shop.decide(
        order(place=None, delivery="click_and_collect", collect_at="lyon", country=None, placed_at=int(clock.now))
    )
    change = OtherNetwork(name="less", network=network([node("lille", LILLE)], SERVICES))
    draft = dataclasses.replace(active(shop), change=NetworkChange(other=change))
    for way in ("one_step", "rolled_forward"):
        made = tried(shop, draft, way=way)
        assert made.untried.counts == {"not_replayable": 1}
        assert "no node goes by the id 'lyon'" in made.untried.named[0].why
        assert made.drafts[0].comparison.orders == 4


def test_what_a_change_names_must_be_there(shop):
    for change, message in (
        (NetworkChange(closures=(Closure(node="nowhere"),)), "no node goes by the id 'nowhere'"),
        (NetworkChange(strikes=("nobody",)), "no service and no carrier goes by 'nobody'"),
        (NetworkChange(cut_offs={"lille": 900}), "no service of 'lille' has a cut-off that could be moved"),
    ):
        with pytest.raises(InputInvalid, match=message):
            change.verify(shop.network())
