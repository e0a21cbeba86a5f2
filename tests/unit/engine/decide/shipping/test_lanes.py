"""Lanes of the network file: distances and times better than the great circle's, and where no service goes."""

import pytest

from engine.model.facts import Lane
from tests.reference.routes import Exits, routes
from tests.support.facts import (
    HOUR,
    LILLE,
    LYON,
    NOW,
    PARIS,
    collected,
    decided,
    network,
    node,
    order,
    service,
    snapshot,
    units,
)

PARCEL = service(transit=((300_000, 24 * 60), (2_000_000, 48 * 60)))
COURIER = service("courier", base=9_000_000, transit=((2_000_000, 12 * 60),))
NODES = [
    node("lyon", LYON, services=("parcel", "courier"), group="south", tags=frozenset({"robotised"})),
    node("lille", LILLE, group="north"),
]
CORSICA = {"postcode": "20090", "region": "Corse"}


def ways(*lanes, request=None, services=(PARCEL, COURIER), nodes=NODES):
    facts = network(nodes, list(services), lanes=lanes)
    return {
        route.key[:2]: route
        for route in routes(request or order(place=PARIS, **CORSICA), Exits(facts), facts.nodes, NOW)
    }


EVERYWHERE = {("lyon", "parcel"), ("lyon", "courier"), ("lille", "parcel")}


def test_without_lanes_everything_goes_everywhere():
    assert set(ways()) == EVERYWHERE


def test_a_lane_with_no_service_is_not_taken():
    closed = Lane(nodes=frozenset({"lyon"}), postcode="20*", services=frozenset({"courier"}), served=False)
    assert set(ways(closed)) == EVERYWHERE - {("lyon", "courier")}
    assert set(ways(closed, request=order(place=PARIS, postcode="75001"))) == EVERYWHERE


def test_units_that_only_a_lane_with_no_service_could_bring_stay_unfilled_and_it_is_said_why():
    lanes = (Lane(groups=frozenset({"north", "south"}), country="FR", region="Corse", served=False),)
    facts = snapshot(NODES, {"A": {"lyon": 3, "lille": 1}}, services=[PARCEL, COURIER], lanes=lanes)
    (unfilled,) = decided(order(("A", 2), place=PARIS, **CORSICA), facts).unfilled
    assert unfilled.quantity == 2
    assert [(reason.code, reason.units) for reason in unfilled.reasons] == [("unreachable", 4)]
    assert units(decided(order(("A", 2), place=PARIS, region="Bretagne"), facts)) == {("lyon", "parcel", "1"): 2}


@pytest.mark.parametrize(
    ("origin", "left"),
    [
        ({"nodes": frozenset({"lille"})}, {("lille", "parcel")}),
        ({"groups": frozenset({"south"})}, {("lyon", "parcel"), ("lyon", "courier")}),
        ({"tags": frozenset({"robotised", "old"})}, {("lyon", "parcel"), ("lyon", "courier")}),
        ({"nodes": frozenset({"lille"}), "groups": frozenset({"south"})}, EVERYWHERE),
    ],
)
def test_a_lane_leaves_the_nodes_its_groups_and_its_tags(origin, left):
    assert EVERYWHERE - set(ways(Lane(**origin, country="*", served=False))) == left


def test_a_lane_s_distance_counts_for_cost_transit_bands_and_the_greatest_distance():
    lane = Lane(nodes=frozenset({"lyon"}), country="FR", distance=250_000)
    assert ways()["lyon", "parcel"].distance == 393_200
    near = ways(lane)["lyon", "parcel"]
    assert (near.distance, near.arrives_by) == (250_000, NOW + 24 * HOUR)
    by_the_metre = service(per_km=1_000, detour=1_300, max_distance=300_000)
    assert ("lyon", "parcel") not in ways(services=[by_the_metre, COURIER])
    assert ways(lane, services=[by_the_metre, COURIER])["lyon", "parcel"].fixed == by_the_metre.base + 250_000


def test_a_lane_s_transit_counts_even_where_no_band_reaches():
    short = service(transit=((1_000, 60),))
    ferry = Lane(nodes=frozenset({"lyon"}), postcode="20*", takes=96 * 60)
    assert set(ways(services=[short, COURIER])) == {("lyon", "courier")}
    routes_by_key = ways(ferry, services=[short, COURIER])
    assert set(routes_by_key) == {("lyon", "parcel"), ("lyon", "courier")}
    assert routes_by_key["lyon", "parcel"].arrives_by == routes_by_key["lyon", "courier"].arrives_by == NOW + 96 * HOUR
    assert routes_by_key["lyon", "parcel"].distance == 393_200


def test_the_first_lane_that_fits_counts():
    special = Lane(nodes=frozenset({"lyon"}), postcode="200*", services=frozenset({"parcel"}), takes=60)
    general = Lane(nodes=frozenset({"lyon"}), postcode="2*", takes=120)
    routes_by_key = ways(special, general)
    assert routes_by_key["lyon", "parcel"].arrives_by == NOW + HOUR
    assert routes_by_key["lyon", "courier"].arrives_by == NOW + 2 * HOUR
    assert ways(general, special)["lyon", "parcel"].arrives_by == NOW + 2 * HOUR


def test_all_that_a_lane_says_of_the_goal_must_fit_and_what_is_not_known_does_not():
    lane = Lane(nodes=frozenset({"lyon"}), country="F?", region="Cors*", postcode="20*", served=False)
    assert set(ways(lane)) == {("lille", "parcel")}
    for other in ({"country": "BE"}, {"region": "Var"}, {"postcode": "83000"}, {"postcode": None}, {"region": None}):
        assert set(ways(lane, request=order(place=PARIS, **{**CORSICA, **other}))) == EVERYWHERE


def test_a_lane_to_the_region_of_the_shop_counts_for_what_is_brought_there_but_not_for_its_own_counter():
    counter = service("pickup", mode="pickup", transit=((0, 30),))
    shop = node("shop", PARIS, services=("pickup",), region="Corse")
    lane = Lane(nodes=frozenset({"lyon", "shop"}), region="Corse", served=False)
    routes_by_key = ways(lane, request=collected(at="shop"), services=(PARCEL, COURIER, counter), nodes=[*NODES, shop])
    assert set(routes_by_key) == {("shop", "pickup"), ("lille", "parcel")}
