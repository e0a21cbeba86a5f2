"""An order's address: what it leaves out comes from the network, and what contradicts itself is refused."""

import dataclasses

import pytest

from engine.decide.address.address import address_of, placed_address
from engine.decide.order_checks import check_order
from engine.decide.record import DecisionRecord, from_json, to_json
from engine.errors import OrderInvalid
from engine.model.facts import RATE, GeoPoint, Lane, Line
from engine.store.network.serialization import dump, network_of, network_record
from tests.support.facts import (
    EURO,
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
)

MARAIS, RHONE = GeoPoint(latitude=48_863_000, longitude=2_359_000), GeoPoint(latitude=45_800_000, longitude=4_700_000)
POSTCODES = {"FR": {"75003": MARAIS, "69": RHONE}}


def mistakes(placed_order, facts, now=NOW):
    try:
        check_order(placed_order, facts, now=now)
    except OrderInvalid as error:
        return {mistake.field: mistake.message for mistake in error.mistakes}
    return {}


def facts(*nodes, **more):
    return snapshot(nodes or [node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 5, "lille": 5}}, **more)


@pytest.mark.parametrize(
    ("sent", "place", "placed_by"),
    [
        ({"place": PARIS, "postcode": "75003"}, PARIS, None),
        ({"place": None, "postcode": "75003"}, MARAIS, "postcode"),
        ({"place": None, "postcode": "F-75 003"}, MARAIS, "postcode"),
        ({"place": None, "postcode": "69007"}, RHONE, "postcode"),
        ({"place": None, "postcode": "13001"}, GeoPoint(latitude=46_620_000, longitude=2_450_000), "country"),
        ({"place": None}, GeoPoint(latitude=46_620_000, longitude=2_450_000), "country"),
        ({"place": None, "country": "XX"}, None, None),
    ],
)
def test_without_coordinates_an_order_is_placed_by_its_postcode_or_its_country(sent, place, placed_by):
    address = address_of(order(**sent), network([node("lyon")], postcodes=POSTCODES))
    assert (address.place, address.placed_by) == (place, placed_by)


def test_a_decision_says_where_it_placed_an_order_and_by_what():
    known = facts(postcodes=POSTCODES)
    for sent, expected in (({"postcode": "75003"}, "postcode"), ({"postcode": "13001"}, "country")):
        decision = decided(order(place=None, **sent), known)
        record = DecisionRecord.of(decision, None, "0", b"{}")
        assert (decision.status, record.placed.by, record.placed.country) == ("filled", expected, "FR")
        assert from_json(to_json(record)) == record
    assert b'"placed"' not in to_json(DecisionRecord.of(decided(order(), known), None, "0", b"{}"))
    assert placed_address(collected(at="lyon"), known.network) is None


def test_an_order_without_a_country_goes_to_the_network_s_only_one():
    assert address_of(order(country=None), network([node("lyon")])).country == "FR"
    assert mistakes(order(country=None), facts()) == {}
    several = facts(node("lyon", LYON), node("lille", LILLE, country="BE"))
    assert mistakes(order(country=None), several) == {
        "destination.country": "say the country: the network ships from or to BE, FR, so it could be any of them"
    }
    served = facts(services=[service(countries=frozenset({"FR", "DE"}))])
    assert "DE, FR" in mistakes(order(country=None), served)["destination.country"]
    assert mistakes(collected(at="lyon"), several) == {}


def test_coordinates_that_contradict_the_country_are_refused_with_how_that_is_known():
    swapped = GeoPoint(latitude=PARIS.longitude, longitude=PARIS.latitude)
    message = mistakes(order(place=swapped), facts())["destination"]
    assert "km outside FR, by the outlines of Natural Earth; are latitude and longitude swapped?" in message
    assert "or leave the coordinates out" in mistakes(order(country="US"), facts())["destination"]
    assert mistakes(order(country="RE"), facts()) == {}, "a country without a shape is not checked"


def test_an_order_that_was_placed_far_ahead_is_refused_but_may_be_decided_again():
    ahead = order(placed_at=NOW + 24 * 60 * 60 + 1)
    assert "more than a day ahead" in mistakes(ahead, facts())["placed_at"]
    assert mistakes(ahead, facts(), now=None) == {}
    assert mistakes(order(placed_at=NOW + 24 * 60 * 60), facts()) == {}


def test_prices_in_another_currency_are_compared_in_the_network_s():
    dear = "when: {order.value: {at_least: 100.00 EUR}}, then: {exclude: true}"
    dear_line = "when: {line.unit_price: {at_least: 100.00 EUR}}, then: {exclude: true}"
    line = Line(id="1", sku="A", quantity=1, unit_price=200 * EURO)
    known = facts(rates={"SEK": RATE // 10})
    for rule in (dear, dear_line):
        statuses = [decided(order(line, currency=currency), known, rule).status for currency in (None, "EUR", "SEK")]
        assert statuses == ["unfilled", "unfilled", "filled"]
    assert mistakes(order(line, currency="SEK"), known) == {}
    message = mistakes(order(line, currency="DKK"), known)["currency"]
    assert message == (
        "the network counts in EUR and gives no rate for DKK; add one to network.yaml, such as rates: {DKK: 0.09}"
    )


def test_prices_in_a_currency_whose_rate_is_gone_are_unknown():
    line = Line(id="1", sku="A", quantity=1, unit_price=200 * EURO)
    rule = "when: {order.value: {known: false}}, then: {exclude: true}"
    known = facts()
    assert decided(order(line, currency="SEK"), known, rule).status == "unfilled"


def test_a_place_without_coordinates_ships_where_a_lane_says_how_far_and_hands_out_what_is_there():
    lanes = (Lane(nodes=frozenset({"hidden"}), country="FR", distance=300_000),)
    hidden = node("hidden", None, services=("parcel", "pickup"))
    pickup = service("pickup", mode="pickup", base=0, transit=((1_000, 60),))
    known = snapshot([hidden, node("lille", LILLE)], {"A": {"hidden": 5}}, services=[service(), pickup], lanes=lanes)
    shipped = decided(order(), known)
    assert [(item.node, item.distance) for item in shipped.shipments] == [("hidden", 300_000)]
    assert decided(order(country="DE"), known).status == "unfilled"
    fetched = decided(collected(at="hidden"), known)
    assert [(item.service, item.distance) for item in fetched.shipments] == [("pickup", 0)]
    brought = decided(collected(at="lille"), known)
    assert [(item.node, item.distance) for item in brought.shipments] == [("hidden", 300_000)]


def test_rates_postcodes_and_places_without_coordinates_are_stored_and_read_back():
    stored = network([node("lyon"), node("hidden", None)], postcodes=POSTCODES, rates={"SEK": 90_200_000})
    record = network_record(stored)
    again = network_of(stored.version, record)
    assert (again.postcodes, dict(again.rates), again.nodes["hidden"].place) == (POSTCODES, {"SEK": 90_200_000}, None)
    assert dump(network_record(again)) == dump(record)
    plain = network_record(dataclasses.replace(stored, postcodes={}, rates={}))
    assert not {"postcodes", "rates"} & plain.keys()
