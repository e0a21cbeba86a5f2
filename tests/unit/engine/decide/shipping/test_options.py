"""Ways to ship: how far, how fast, for how much and at what emission, against numbers computed by hand."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.shipping import distance
from engine.decide.shipping.distance import direction, route_distance
from engine.model.facts import GeoPoint, Line, rounded
from tests.reference.routes import Exits, Option, routes
from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    MARSEILLE,
    NOW,
    PARIS,
    collected,
    network,
    node,
    order,
    product,
    service,
)

NORTH = GeoPoint(latitude=49_269_299, longitude=4_846_710)
"""391.5 km due north of Lyon: 391,500 / 6,371,008.8 of a radian."""
NEW_YORK = GeoPoint(latitude=40_712_800, longitude=-74_006_000)
LONDON = GeoPoint(latitude=51_507_400, longitude=-127_800)
SYDNEY = GeoPoint(latitude=-33_868_800, longitude=151_209_300)
PLACES = st.builds(
    GeoPoint,
    latitude=st.integers(-90_000_000, 90_000_000),
    longitude=st.integers(-180_000_000, 180_000_000),
)


def great_circle(a, b):
    return distance.great_circle(direction(a), direction(b))


def only_route(service, *, request=None, home=None, now=NOW):
    """The route by which `service` ships from Lyon 391.5 km to the north; None if it does not."""
    home = home or node("lyon", LYON, services=(service.id,))
    offered = list(routes(request or order(place=NORTH), Exits(network([home], [service])), [home.id], now))
    assert len(offered) <= 1
    return offered[0] if offered else None


@pytest.mark.parametrize(
    ("a", "b", "kilometres"),
    [
        (PARIS, LYON, 392),
        (PARIS, LILLE, 204),
        (PARIS, MARSEILLE, 661),
        (LONDON, NEW_YORK, 5_570),
        (LONDON, SYDNEY, 16_994),
    ],
)
def test_cities_lie_as_far_apart_as_maps_say(a, b, kilometres):
    assert great_circle(a, b) == pytest.approx(kilometres * 1_000, rel=0.005)


def test_a_quarter_and_a_half_of_the_earth_are_what_its_radius_says():
    equator, pole = GeoPoint(latitude=0, longitude=0), GeoPoint(latitude=90_000_000, longitude=0)
    antipode = GeoPoint(latitude=0, longitude=180_000_000)
    assert great_circle(equator, pole) == pytest.approx(10_007_557, abs=1)
    assert great_circle(equator, antipode) == pytest.approx(20_015_115, abs=1)


@given(PLACES, PLACES)
def test_there_is_as_far_as_back_and_never_further_than_half_round(a, b):
    assert great_circle(a, b) == pytest.approx(great_circle(b, a), abs=1e-3)
    assert 0 <= great_circle(a, b) <= 20_015_116
    assert great_circle(a, a) == 0


@pytest.mark.parametrize(
    ("metres", "detour", "expected"),
    [
        (0, 1_000, 0),
        (49, 1_000, 0),
        (50, 1_000, 0),
        (51, 1_000, 100),
        (150, 1_000, 200),
        (250, 1_000, 200),
        (350, 1_000, 400),
        (392_217.4, 1_000, 392_200),
        (100_000, 1_273, 127_300),
        (100_040, 1_270, 127_100),
    ],
)
def test_a_route_s_distance_is_rounded_to_100_metres_half_to_even(metres, detour, expected):
    assert route_distance(metres, detour) == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 2, 0),
        (1, 2, 0),
        (3, 2, 2),
        (5, 2, 2),
        (7, 2, 4),
        (-1, 2, 0),
        (-3, 2, -2),
        (10, 3, 3),
        (11, 3, 4),
        (-11, 3, -4),
    ],
)
def test_a_half_is_rounded_to_the_even_neighbour(numerator, denominator, expected):
    assert rounded(numerator, denominator) == expected


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**12))
def test_rounding_is_never_off_by_more_than_half_and_exact_where_it_can_be(numerator, denominator):
    quotient = rounded(numerator, denominator)
    assert 2 * abs(quotient * denominator - numerator) <= denominator
    assert rounded(quotient * denominator, denominator) == quotient


def test_a_shipment_costs_its_handling_its_base_and_its_kilometres():
    van = service("van", base=4_900_000, per_km=2_000, detour=1_270)
    home = node("lyon", LYON, services=("van",), handling=800_000)
    route = only_route(van, home=home)
    # 391.5 km as the crow flies, times 1.27: 497.205
    assert route.distance == 497_200
    assert route.fixed == 800_000 + 4_900_000 + 994_400


def test_the_cost_of_kilometres_is_rounded_half_to_even_once():
    van = service("van", base=0, per_km=5)
    assert only_route(van).distance == 391_500
    assert only_route(van).fixed == 1_958  # 5 x 391.5 = 1957.5
    assert only_route(dataclasses.replace(van, per_km=3)).fixed == 1_174  # 3 x 391.5 = 1174.5


def test_a_unit_costs_its_weight_and_emits_by_weight_and_distance():
    truck = service("truck", per_kg=150_000, emission=84_000, drop=180_000)
    route = only_route(truck)
    coat = product("A", weight=1_300)
    option = Option.of(Line(id="1", sku="A", quantity=3), coat, route)
    # 1.3 kg x 0.15; 1,300 g x 391,500 m x 84,000 mg a tonne-km / 10**9 = 42,751.8 mg
    assert (option.unit_cost, option.unit_carbon) == (195_000, 42_752)
    assert option.cost == 5 * EURO + 3 * 195_000
    assert option.carbon == 180_000 + 3 * 42_752


@pytest.mark.parametrize(("reach", "hours"), [(500_000, 24), (391_500, 24), (391_499, 48), (391_400, 48), (1, 48)])
def test_the_first_band_that_reaches_says_how_long_it_takes(reach, hours):
    route = only_route(service(transit=((reach, 24 * 60), (600_000, 48 * 60), (700_000, 1))))
    assert route.arrives_by == NOW + hours * HOUR


def test_where_no_band_reaches_the_service_is_not_offered():
    assert only_route(service(transit=((391_500, 60),))) is not None
    assert only_route(service(transit=((391_400, 60),))) is None


def test_a_service_goes_no_further_than_its_most_and_the_detour_counts():
    assert only_route(service(max_distance=391_500)) is not None
    assert only_route(service(max_distance=391_499)) is None
    assert only_route(service(max_distance=391_500, detour=1_001)) is None


def test_a_service_carries_no_unit_heavier_than_its_most():
    route = only_route(service(max_weight=10_000))
    assert route.carries(product(weight=10_000))
    assert not route.carries(product(weight=10_001))
    assert only_route(service()).carries(product(weight=10**9))


@pytest.mark.parametrize(("country", "offered"), [("FR", True), ("BE", False), (None, False)])
def test_a_service_goes_to_its_countries_alone(country, offered):
    route = only_route(service(countries=frozenset({"FR", "LU"})), request=order(place=NORTH, country=country))
    assert (route is not None) is offered


@pytest.mark.parametrize("country", ["FR", "BE", None])
def test_a_service_without_countries_goes_everywhere(country):
    assert only_route(service(), request=order(place=NORTH, country=country)) is not None


@pytest.mark.parametrize(("promise", "late"), [(None, None), (50, False), (49, True), (0, True)])
def test_late_is_after_the_promise_and_unknown_without_one(promise, late):
    home = node("lyon", LYON, preparation=120)
    request = order(promise_by=None if promise is None else NOW + promise * HOUR)
    route = only_route(service(), request=request, home=home)
    assert (route.ships_at, route.arrives_by) == (NOW + 2 * HOUR, NOW + 50 * HOUR)
    assert route.late is late


def test_routes_come_by_node_and_service():
    nodes = [node("b", services=("y", "x")), node("a", services=("x",)), node("c", services=())]
    offered = routes(order(), Exits(network(nodes, [service("y"), service("x")])), ["c", "b", "a"], NOW)
    assert [route.key[:2] for route in offered] == [("a", "x"), ("b", "x"), ("b", "y")]


PICKUP = service("pickup", mode="pickup", base=0, transit=((0, 30),), detour=1_500)


def ways(request):
    """To a shop in Paris that also ships by parcel, from there and from Lyon, where collecting is possible too."""
    shop = node("shop", PARIS, type="store", services=("parcel", "pickup"), country="BE")
    lyon = node("lyon", LYON, services=("parcel", "pickup"))
    belgian = service(countries=frozenset({"BE"}))
    return {
        route.key[:2]: route
        for route in routes(request, Exits(network([shop, lyon], [belgian, PICKUP])), ["shop", "lyon"], NOW)
    }


def test_a_collected_order_is_fetched_where_the_customer_chose_or_brought_there():
    offered = ways(collected(at="shop"))
    assert set(offered) == {("shop", "pickup"), ("lyon", "parcel")}
    assert (offered["shop", "pickup"].distance, offered["shop", "pickup"].arrives_by) == (0, NOW + HOUR // 2)
    # brought to the shop's place and country
    assert offered["lyon", "parcel"].distance == route_distance(great_circle(LYON, PARIS), 1_000)


def test_a_delivered_order_is_never_offered_collecting():
    assert set(ways(order(country="BE"))) == {("shop", "parcel"), ("lyon", "parcel")}
