"""Addresses are written in the order of their country."""

import dataclasses

import pytest

from engine.errors import NotPrintable
from engine.fulfilment.labels.address.postal_lines import postal_lines
from engine.fulfilment.labels.layouts.labels import parcel_label_page
from engine.model.postal_address import PostalAddress
from tests.support.papers import CUSTOMER, LABEL, NODE

DUBLIN = PostalAddress(company="Node", lines=("1 Quay",), town="Dublin", country="IE")


def written(address, *, sender=DUBLIN):
    return [line.text for line in postal_lines(address, sender=sender, field="addressee")]


def to(country, **fields):
    given = {"name": "A. Person", "lines": ("1 Street",), "town": "Town", "country": country}
    return PostalAddress(**(given | fields))


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            to("FR", company="Firm", postcode="69003", region="Rhône"),
            ["Firm", "A. Person", "1 Street", "69003 TOWN", "FRANCE"],
        ),
        (to("DE", company="Firm", postcode="40212"), ["A. Person", "Firm", "1 Street", "40212 Town", "GERMANY"]),
        (to("GB", postcode="nw1 6xe"), ["A. Person", "1 Street", "TOWN", "NW1 6XE", "UNITED KINGDOM"]),
        (to("US", postcode="20500", region="DC"), ["A. Person", "1 Street", "TOWN, DC 20500", "UNITED STATES"]),
        (to("US", region="DC"), ["A. Person", "1 Street", "TOWN, DC", "UNITED STATES"]),
        (to("US", postcode="20500"), ["A. Person", "1 Street", "TOWN 20500", "UNITED STATES"]),
        (to("JP", postcode="100-8798", region="Tokyo"), ["A. Person", "1 Street", "Town, TOKYO", "100-8798", "JAPAN"]),
        (to("HU", postcode="1011"), ["A. Person", "TOWN", "1 Street", "1011", "HUNGARY"]),
        (to("BR", postcode="01310-100", region="SP"), ["A. Person", "1 Street", "TOWN-SP", "01310-100", "BRAZIL"]),
        (to("SG", postcode="018956", town="Singapore"), ["A. Person", "1 Street", "SINGAPORE 018956", "SINGAPORE"]),
        (to("SG", town="Singapore"), ["A. Person", "1 Street", "SINGAPORE", "SINGAPORE"]),
        (to("US", town="", region="DC"), ["A. Person", "1 Street", "DC", "UNITED STATES"]),
        (to("SE"), ["A. Person", "1 Street", "Town", "SWEDEN"]),
        (to("SE", postcode="111 22"), ["A. Person", "1 Street", "SE-111 22 Town", "SWEDEN"]),
        (to("SE", postcode="SE-111 22"), ["A. Person", "1 Street", "SE-111 22 Town", "SWEDEN"]),
        (to("AX", postcode="22100"), ["A. Person", "1 Street", "AX-22100 Town", "ÅLAND", "ÅLAND ISLANDS"]),
        (to("AE", region="Dubai"), ["A. Person", "1 Street", "Dubai", "Town", "UNITED ARAB EMIRATES"]),
        (to("AO", postcode="99"), ["A. Person", "1 Street", "Town", "99", "ANGOLA"]),
        (to("QQ", postcode="99", region="R"), ["A. Person", "1 Street", "99 Town", "R", "QQ"]),
        (to("UA", town="Київ", postcode="01001"), ["A. Person", "1 Street", "Київ", "01001", "UKRAINE"]),
    ],
)
def test_each_country_has_its_order(address, lines):
    assert written(address) == lines


def test_a_sign_of_the_country_stands_before_the_postcode_only_abroad():
    swede = to("SE", postcode="111 22")
    assert written(swede, sender=swede) == ["A. Person", "1 Street", "111 22 Town"]


@pytest.mark.parametrize(
    ("sender", "goal", "name"),
    [
        ("FR", "DE", "ALLEMAGNE"),
        ("RE", "DE", "ALLEMAGNE"),
        ("fr", "GB", "ROYAUME-UNI"),
        ("GB", "FR", "FRANCE"),
        ("US", "DE", "GERMANY"),
        ("DE", "GR", "GREECE"),
        ("DE", "FR", "FRANCE"),
    ],
)
def test_the_country_is_called_as_that_of_the_sender_calls_it_or_else_in_english(sender, goal, name):
    assert written(to(goal), sender=to(sender))[-1] == name


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_name_of_the_country_is_the_same_whatever_language_the_label_is_in(language):
    german = dataclasses.replace(LABEL, addressee=to("DE"), sender=to("FR"), language=language)
    lines = [line.text for text in parcel_label_page(german).texts for line in text.lines]
    assert "ALLEMAGNE" in lines
    assert "GERMANY" not in lines
    assert "FRANCE" in lines  # the sender's, as it is called where the parcel would come back from


def test_a_country_in_small_letters_is_the_same():
    assert written(to("de", postcode="1"), sender=to("DE")) == ["A. Person", "1 Street", "1 Town"]


def test_names_and_what_stands_below_the_street_are_bold():
    bold = [line.text for line in postal_lines(CUSTOMER, sender=NODE, field="addressee") if line.bold]
    assert bold == ["Atelier Lumière", "69003 LYON"]


def test_capitals_are_for_latin_letters():
    assert written(to("FR", town="Łódź-ß"), sender=NODE)[-1] == "ŁÓDŹ-SS"
    assert written(to("FR", town="Αθήνα"), sender=NODE)[-1] == "Αθήνα"


def test_letters_that_no_font_has_are_named_with_the_field_they_are_in():
    with pytest.raises(NotPrintable) as refused:
        written(to("JP", lines=("1-2", "霞が関")))
    assert [mistake.field for mistake in refused.value.mistakes] == ["addressee.lines.1"]
    assert "labels can't show 霞 が 関: they have Latin, Greek" in str(refused.value)


def test_lines_of_which_nothing_is_seen_are_left_out():
    assert written(to("FR", lines=("1 Street", "\u200b"), postcode="1"), sender=NODE) == [
        "A. Person",
        "1 Street",
        "1 TOWN",
    ]
