"""Amounts that 64 bits don't hold are refused; the largest that are taken come out exactly."""

import bisect

import pytest

from engine.decide.order_checks import check_order
from engine.decide.shipping.amounts import farthest
from engine.errors import OrderInvalid
from engine.model.facts import Lane, UnitPrice
from tests.reference.routes import shipment_cost, unit_carbon, unit_cost
from tests.support.facts import EURO, decided, network, node, order, product, service, snapshot

MOST_UNITS = 1_000_000
HUB = node("lyon", handling=10**12, unit_handling=10**12)
DEAR = service(base=10**12, per_kg=10**12, per_km=10**9)
IN_BANDS = service(unit_prices=(UnitPrice(up_to=10**8, base=10**12, per_kg=10**12),))
SMOKY = service(emission=10**8, drop=10**12)


def facts(weight, parcel):
    return snapshot([HUB], {"A": {"lyon": 10**9}}, services=[parcel], products=[product("A", weight=weight)])


def is_refused(quantity, weight, parcel):
    try:
        check_order(order(("A", quantity)), facts(weight, parcel))
    except OrderInvalid as error:
        return [mistake.field for mistake in error.mistakes] == ["lines.0.quantity"]
    return False


def most_taken(weight, parcel):
    return bisect.bisect_left(range(1, MOST_UNITS), x=True, key=lambda quantity: is_refused(quantity, weight, parcel))


@pytest.mark.parametrize(
    ("weight", "parcel"), [(10**6, DEAR), (10**8, IN_BANDS), (1_500_000, SMOKY)], ids=["dear", "in bands", "smoky"]
)
def test_the_largest_order_that_is_taken_is_decided_exactly(weight, parcel):
    most = most_taken(weight, parcel)
    assert 1 < most < MOST_UNITS - 1
    decision = decided(order(("A", most)), facts(weight, parcel), "then: {carbon_price: 100000.00}")
    (shipment,) = decision.shipments
    item, metres = product("A", weight=weight), shipment.distance
    assert shipment.cost == shipment_cost(HUB, parcel, metres) + most * unit_cost(HUB, parcel, item)
    assert shipment.co2 == parcel.drop + most * unit_carbon(parcel, metres, item)


def test_what_lines_could_cost_together_is_counted_too():
    half = most_taken(10**6, DEAR) * 2 // 3
    assert not is_refused(half, 10**6, DEAR)
    with pytest.raises(OrderInvalid) as raised:
        check_order(order(("A", half), ("A", half)), facts(10**6, DEAR))
    assert [mistake.field for mistake in raised.value.mistakes] == ["lines.1.quantity"]


def test_one_unit_that_emits_more_than_is_counted_is_refused():
    assert is_refused(1, 10**8, SMOKY)


@pytest.mark.parametrize(
    ("bounds", "metres"),
    [
        ({}, 20_015_200),
        ({"detour": 1_500}, 30_022_800),
        ({"detour": 1_500, "max_distance": 900_000}, 900_000),
        ({"max_distance": 25_000_000}, 20_015_200),
    ],
)
def test_no_shipment_goes_further_than_round_half_the_earth_by_the_service_s_detour(bounds, metres):
    assert farthest(network([HUB]), service(**bounds)) == metres


def test_a_lane_may_be_longer_than_any_great_circle():
    lane = Lane(nodes=frozenset({"lyon"}), country="FR", distance=40_000_000)
    assert farthest(network([HUB], lanes=(lane,)), service()) == 40_000_000


def test_an_ordinary_order_is_taken():
    assert not is_refused(MOST_UNITS, 30_000, service(base=5 * EURO, per_kg=EURO, per_km=EURO, emission=1_000_000))
