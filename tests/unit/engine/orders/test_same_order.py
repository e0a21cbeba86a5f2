"""An order that is sent again is the same however it is written."""

from dataclasses import replace

import pytest

from engine.orders.same_order import written_alike
from tests.support.facts import LYON, MARSEILLE, PARIS, network, node, order

FRANCE = network([node("lyon", LYON)])
TWO_COUNTRIES = network([node("lyon", LYON), node("turin", LYON, country="IT")])
STANDS = order(id="W-1", country="FR", postcode="75003")


@pytest.mark.parametrize(
    "written", [{"country": None}, {"postcode": "75 003"}, {"country": None, "postcode": "75 003"}, {}]
)
def test_an_address_that_means_the_same_is_written_as_it_stands(written):
    assert written_alike(replace(STANDS, **written), STANDS, FRANCE, took_quote=False) == STANDS


@pytest.mark.parametrize(
    "other", [{"postcode": "75004"}, {"region": "Paris"}, {"place": MARSEILLE}, {"place": None}, {"country": "IT"}]
)
def test_another_address_stays_as_it_was_sent(other):
    sent = replace(STANDS, **other)
    assert written_alike(sent, STANDS, FRANCE, took_quote=False) == sent


def test_in_several_countries_an_order_without_one_is_another():
    sent = replace(STANDS, country=None)
    assert written_alike(sent, STANDS, TWO_COUNTRIES, took_quote=False) == sent


def test_only_who_took_a_quote_up_need_not_know_when_the_order_was_placed():
    sent = replace(STANDS, placed_at=STANDS.placed_at - 60)
    assert written_alike(sent, STANDS, FRANCE, took_quote=True) == STANDS
    assert written_alike(sent, STANDS, FRANCE, took_quote=False) == sent


def test_of_another_address_too_the_instant_is_that_of_the_quote_taken_up():
    sent = replace(STANDS, place=MARSEILLE, placed_at=STANDS.placed_at - 60)
    assert written_alike(sent, STANDS, FRANCE, took_quote=True) == replace(STANDS, place=MARSEILLE)
    assert STANDS.place == PARIS
