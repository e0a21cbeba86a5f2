"""The rows of a calculation add up to what a decision says, and each says what it was made of."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.audit.calculation import Calculation, calculate
from engine.decide.record import DecisionRecord, from_json, to_json
from engine.model.facts import Lane, ParcelPrice, UnitPrice
from tests.support.facts import EURO, LILLE, LYON, collected, decided, node, order, product, service, snapshot

KILO = 1_000


def calculated(placed, facts, *rules) -> tuple[DecisionRecord, Calculation]:
    made = decided(placed, facts, *rules)
    record = from_json(to_json(DecisionRecord.of(made, "d1", "0.1.0", b"{}")))
    return record, calculate(record, facts.network, dict(facts.products))


def test_costs_and_emissions_are_taken_apart():
    parcel = service(
        base=4 * EURO,
        per_km=2_000,
        per_kg=150_000,
        detour=1_300,
        emission=84_300,
        emission_source="a decree",
        drop=338_001,
        transit=((2_000_000, 60),),
    )
    places = [node("lyon", LYON, handling=EURO // 2, unit_handling=100_000)]
    goods = [product("A", weight=600), product("B", weight=7_000)]
    facts = snapshot(places, {"A": {"lyon": 9}, "B": {"lyon": 9}}, services=[parcel], products=goods)
    record, made = calculated(order(("A", 2), ("B", 1)), facts, "then: {carbon_price: 0.25}")
    (shipment,) = made.shipments
    metres = record.shipments[0].distance_m
    assert (shipment.distance, shipment.detour, shipment.distance_by, shipment.weight) == (
        metres,
        1_300,
        "great_circle",
        8_200,
    )
    assert [(row.part, row.line, row.units, row.each, row.amount) for row in shipment.costs] == [
        ("handling", None, 0, 0, 500_000),
        ("base", None, 0, 0, 4_000_000),
        ("distance", None, 0, 0, 2 * metres),
        ("unit_handling", "1", 2, 100_000, 200_000),
        ("unit_weight", "1", 2, 90_000, 180_000),
        ("unit_handling", "2", 1, 100_000, 100_000),
        ("unit_weight", "2", 1, 1_050_000, 1_050_000),
    ]
    light, heavy, last_mile = shipment.emissions
    assert (light.activity, heavy.activity) == (2 * 600 * metres, 7_000 * metres)
    assert (heavy.amount, heavy.factor) == (round(7_000 * metres * 84_300 / 10**9), 84_300)
    assert (last_mile.part, last_mile.amount, shipment.source) == ("last_mile", 338_001, "a decree")
    assert [item.last_mile for item in shipment.lines] == [49_464, 288_537], "by mass, and it adds up"
    assert sum(item.transport + item.last_mile for item in shipment.lines) == record.co2_mg
    assert made.agrees
    assert made.policy_amounts == record.score.money_micros - record.cost_micros


def test_a_price_by_the_weight_of_the_shipment_is_its_band_and_its_grams():
    bands = (
        ParcelPrice(over=0, up_to=2 * KILO, base=3 * EURO),
        ParcelPrice(over=2 * KILO, up_to=20 * KILO, base=EURO, per_gram=1_500, at_least=5 * EURO),
    )
    places = [node("lyon")]
    for units, expected in ((1, [3 * EURO]), (2, [5 * EURO]), (4, [EURO, 4 * 1_500 * 1_200])):
        facts = snapshot(
            places,
            {"A": {"lyon": 9}},
            services=[service(parcel_prices=bands)],
            products=[product("A", weight=1_200)],
        )
        _, made = calculated(order(("A", units)), facts)
        amounts = [row.amount for row in made.shipments[0].costs if row.part == "shipment_weight"]
        assert (amounts, made.agrees) == (expected, True)


def test_the_smallest_unit_of_a_product_counts_in_whole_grams_where_kilograms_of_a_day_are_limited():
    bands = (ParcelPrice(over=0, up_to=9 * KILO, base=EURO, per_gram=1_000),)
    for rules in ((), ("when: {node.id: lyon}, then: {daily_weight: 5 kg}",)):
        cloth = product("A", weight=333, decimals=2)
        facts = snapshot(
            [node("lyon", unit_handling=10_001)],
            {"A": {"lyon": 900}},
            services=[service(parcel_prices=bands)],
            products=[cloth],
        )
        record, made = calculated(order(("A", 151)), facts, *rules)
        assert record.shipments
        assert made.agrees


def test_a_lane_and_a_place_of_collection_are_told():
    lane = Lane(nodes=frozenset({"lyon"}), country="FR", distance=700_000)
    places = [node("lyon", LYON, services=("parcel",)), node("lille", LILLE)]
    facts = snapshot(places, {"A": {"lyon": 9}}, lanes=(lane,))
    assert calculated(order(("A", 1)), facts)[1].shipments[0].distance_by == "lane"
    plain = snapshot(places, {"A": {"lyon": 9}})
    _, made = calculated(collected(("A", 1), at="lille"), plain)
    assert [item.distance_by for item in made.shipments] == ["great_circle"]


def test_an_order_whose_place_was_erased_keeps_its_sums():
    facts = snapshot([node("lyon")], {"A": {"lyon": 9}})
    made = decided(order(("A", 1)), facts)
    record = DecisionRecord.of(made, "d1", "0.1.0", b"{}")
    nowhere = structs.replace(record.order.destination, latitude=None, longitude=None, postcode=None)
    erased = structs.replace(record, erased=True, order=structs.replace(record.order, destination=nowhere))
    again = calculate(erased, facts.network, dict(facts.products))
    assert (again.agrees, again.shipments[0].distance_by) == (True, "unknown")


def test_a_record_that_was_altered_does_not_agree():
    facts = snapshot([node("lyon")], {"A": {"lyon": 9}})
    record, made = calculated(order(("A", 1)), facts)
    shipment = structs.replace(record.shipments[0], cost_micros=1)
    assert made.agrees
    assert not calculate(structs.replace(record, shipments=[shipment]), facts.network, dict(facts.products)).agrees


LINES = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 40_000), st.integers(0, 3)), min_size=1, max_size=4)


@given(
    lines=LINES,
    per_km=st.integers(0, 5_000),
    per_kg=st.integers(0, 999_999),
    emission=st.integers(0, 2_000_000),
    drop=st.integers(0, 500_000),
    unit_handling=st.integers(0, 300_000),
    by_unit=st.booleans(),
)
def test_rows_always_add_up(*, lines, per_km, per_kg, emission, drop, unit_handling, by_unit):
    prices = {"unit_prices": (UnitPrice(up_to=40_000, base=7, per_kg=per_kg),)} if by_unit else {"per_kg": per_kg}
    offered = service(per_km=per_km, emission=emission, drop=drop, detour=1_234, **prices)
    goods = [
        product(f"S{number}", weight=weight + by_unit, decimals=decimals)
        for number, (_, weight, decimals) in enumerate(lines)
    ]
    stock = {item.sku: {"lyon": 100} for item in goods}
    places = [node("lyon", LYON, handling=333, unit_handling=unit_handling)]
    facts = snapshot(places, stock, services=[offered], products=goods)
    record, made = calculated(order(*((f"S{number}", units) for number, (units, _, _) in enumerate(lines))), facts)
    assert made.agrees
    for shipment in made.shipments:
        assert sum(item.transport + item.last_mile for item in shipment.lines) == shipment.co2
    assert sum(item.cost for item in made.shipments) == record.cost_micros
