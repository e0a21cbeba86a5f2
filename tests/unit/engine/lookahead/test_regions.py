"""Orders are taken together by region, and the middle of what was seen stands for it."""

import dataclasses

from engine.lookahead.regions import Regions, region_name
from engine.model.facts import GeoPoint
from tests.support.facts import LILLE, LYON, MARSEILLE, PARIS, collected, network, node, order

NETWORK = network([node("lyon", LYON), node("paris", PARIS)])


def name(asked):
    return region_name(asked, asked.collect_at, NETWORK)


def test_a_region_is_the_beginning_of_a_postcode_however_it_was_typed():
    assert name(order(postcode="69003")) == name(order(postcode="F-69 100", place=PARIS)) == "FR 69"


def test_without_a_postcode_it_is_the_orders_region_or_the_nearest_node():
    assert name(order(region="Bretagne")) == "FR Bretagne"
    assert name(order(place=MARSEILLE)) == "lyon"
    assert name(order(place=LILLE)) == "paris"


def test_an_order_of_which_only_the_country_is_known_goes_to_the_country():
    assert name(order(place=None)) == "FR"


def test_what_is_collected_is_a_region_of_its_own_if_the_network_has_the_node():
    assert name(collected(("A", 1), at="lyon")) == "@lyon"
    assert name(collected(("A", 1), at="gone")) is None


def test_nobody_knows_where_an_order_goes_without_a_country():
    nowhere = dataclasses.replace(order(place=None), country=None)
    abroad = network([node("lyon", LYON), node("rome", PARIS, country="IT")])
    assert region_name(nowhere, None, abroad) is None


def test_the_middle_of_the_addresses_and_what_was_seen_most_stand_for_a_region():
    regions = Regions(NETWORK)
    for latitude, postcode in ((45_000_000, "69001"), (45_000_002, "69002"), (45_000_004, "69002")):
        place = GeoPoint(latitude=latitude, longitude=4_000_000)
        regions.note(order(place=place, postcode=postcode), None)
    region = regions.all()["FR 69"]
    assert region.address.place == GeoPoint(latitude=45_000_002, longitude=4_000_000)
    assert (region.address.postcode, region.order.postcode) == ("69002", "69002")
