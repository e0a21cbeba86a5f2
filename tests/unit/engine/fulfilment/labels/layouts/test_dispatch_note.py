"""A dispatch note says what is in the parcel, what comes otherwise, and how articles go back."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import NotPrintable
from engine.fulfilment.labels.draw import note_pdf
from engine.fulfilment.labels.layouts.dispatch_note import dispatch_note_pages
from engine.fulfilment.labels.paper import LaterArticles, NotedParcel, NoteLine, OtherShipment, ReturnTerms
from tests.support.examples import examples
from tests.support.papers import CUSTOMER, NODE, NOTE, SSCC, addresses, check_page, pictures, scanned, text_of, texts

PAGE = "https://shop.example.com/returns/FR-2026-004711"


def line(number, name="Manteau long"):
    return NoteLine(sku=f"SKU-{number}", quantity=number, name=name)


def words(note):
    """Without the ends of lines."""
    return re.sub(r"\s+", " ", text_of(note_pdf(note)))


def test_it_says_what_is_in_the_parcel():
    text = words(NOTE)
    assert "Bon de livraison" in text
    assert "Dans ce colis" in text
    assert f"Colis 1 sur 1 · 2,45 kg · SSCC {SSCC} · numéro de suivi 6A12345678901" in text
    assert "SKU-1 Manteau long 2" in text
    assert "Commande FR-2026-004711 · page 1 sur 1" in text
    assert "Dans d'autres envois" not in text


def test_it_is_in_english_too():
    text = words(replace(NOTE, language="en"))
    assert "Dispatch note" in text
    assert "In this parcel" in text
    assert "Parcel 1 of 1 · 2.45 kg" in text
    assert "29 November 2026" in text


def test_a_service_that_is_its_own_carrier_stands_there_once():
    assert words(replace(NOTE, carrier="bike", service="bike")).count("bike") == 1


def test_what_of_the_shipment_is_packed_later_is_told_apart_from_other_shipments():
    later = LaterArticles(lines=(line(7),), expected_on=date(2026, 12, 3))
    text = words(replace(NOTE, later=later))
    assert "Dans cet envoi, emballés plus tard Livraison prévue le 3 décembre 2026 Article" in text
    assert "SKU-7" in text
    assert "Dans d'autres envois" not in text
    english = words(replace(NOTE, later=later, others=(OtherShipment(lines=(line(8),)),), language="en"))
    assert english.index("In this shipment, packed later") < english.index("In other shipments")
    assert "Expected on 3 December 2026" in english


def test_it_says_what_follows():
    later = (
        OtherShipment(lines=(line(7),), expected_on=date(2026, 12, 3), has_left=True),
        OtherShipment(lines=(line(8),), expected_on=date(2026, 12, 9)),
        OtherShipment(lines=(line(9),)),
        OtherShipment(lines=(line(10),), has_left=True),
    )
    besides = (NotedParcel(number=2, sscc=SSCC, grams=800, lines=(line(5),)),)
    text = words(replace(NOTE, besides=besides, others=later))
    expected = [
        "Colis 1 sur 2 · 2,45 kg",
        "Dans les autres colis de cet envoi",
        "Colis 2 sur 2 · 800 g",
        "SKU-5",
        "Dans d'autres envois",
        "Déjà en route, livraison prévue le 3 décembre 2026",
        "SKU-7",
        "Envoyé plus tard, livraison prévue le 9 décembre 2026",
        "SKU-8",
        "Envoyé plus tard",
        "SKU-9",
        "Déjà en route",
        "SKU-10",
    ]
    places = []
    for one in expected:
        places.append(text.index(one, places[-1] + 1 if places else 0))
    assert places == sorted(places)


def test_it_says_how_articles_go_back():
    returns = ReturnTerms(until=date(2027, 1, 1), address=NODE, page=PAGE)
    text = words(replace(NOTE, returns=returns))
    assert "Vous pouvez renvoyer des articles jusqu'au 1er janvier 2027." in text
    assert f"Demandez le retour ici : {PAGE}" in text
    assert text.count("12 rue de la Paix") == 2
    assert scanned(pictures(note_pdf(replace(NOTE, returns=returns)))[0]) == {"]Q1": PAGE}


def test_returns_without_a_page_or_an_address_say_what_is_known():
    text = words(replace(NOTE, returns=ReturnTerms(until=date(2027, 1, 12))))
    assert "jusqu'au 12 janvier 2027" in text
    assert "Renvoyez-les" not in text
    assert "Demandez" not in text


def test_parts_of_units_have_their_decimals_and_unit():
    fabric = NoteLine(sku="FABRIC", quantity=310_640, decimals=2, unit="m")
    parcel = replace(NOTE.here[0], lines=(fabric,))
    assert "FABRIC 3106,40 m" in words(replace(NOTE, here=(parcel,)))


def test_without_names_there_is_no_column_of_them():
    parcel = replace(NOTE.here[0], lines=(line(4, name=""),))
    assert "Désignation" not in words(replace(NOTE, here=(parcel,)))
    assert "Désignation" in words(NOTE)


def test_many_lines_take_several_pages_each_with_its_number_and_the_head_of_the_table():
    parcel = replace(NOTE.here[0], lines=tuple(line(number) for number in range(1, 121)))
    note = replace(NOTE, here=(parcel,))
    pages = dispatch_note_pages(note)
    shown = [" ".join(one.text for text in page.texts for one in text.lines) for page in pages]
    assert len(pages) == 3
    assert all(f"page {number} sur 3" in text and "Désignation" in text for number, text in enumerate(shown, 1))
    assert re.findall(r"SKU-(\d+)", " ".join(shown)) == [str(number) for number in range(1, 121)]


def test_a_heading_is_never_the_last_on_its_page():
    for count in range(20, 45):
        parcel = replace(NOTE.here[0], lines=tuple(line(number) for number in range(count)))
        pages = dispatch_note_pages(replace(NOTE, here=(parcel,), others=(OtherShipment(lines=(line(99),)),)))
        with_heading = next(page for page in pages if "Dans d'autres envois" in str(page.texts))
        assert "SKU-99" in str(with_heading.texts)


def test_letters_of_names_that_the_paper_lacks_are_marked_and_it_says_so():
    parcel = replace(NOTE.here[0], lines=(line(1, name="Tissu 北京"),))
    text = words(replace(NOTE, here=(parcel,)))
    assert "Tissu \ufffd\ufffd" in text
    assert "\ufffd remplace les lettres que ce papier ne peut pas montrer." in text
    assert "remplace" not in words(NOTE)


def test_an_address_in_letters_that_the_paper_lacks_is_refused():
    with pytest.raises(NotPrintable, match=r"addressee\.town: labels can't show 東 京"):
        note_pdf(replace(NOTE, addressee=replace(CUSTOMER, town="東京")))


def test_the_same_note_gives_the_same_bytes():
    assert note_pdf(NOTE) == note_pdf(replace(NOTE))


LINES = st.lists(
    st.builds(
        NoteLine,
        sku=st.text("ABCDEFGH-0123456789", min_size=1, max_size=64),
        quantity=st.integers(1, 10**12),
        name=st.text(max_size=80) | texts("Cyrillic", longest=80),
        decimals=st.integers(0, 3),
        unit=st.none() | st.just("m"),
    ),
    max_size=40,
).map(tuple)


@examples(25, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, LINES, addresses(), st.sampled_from(("en", "fr")))
def test_nothing_is_cut_or_over_something_else_whatever_is_in_it(lines, others, addressee, language):
    note = replace(
        NOTE,
        addressee=addressee,
        here=(replace(NOTE.here[0], lines=lines),),
        others=(OtherShipment(lines=others),),
        returns=ReturnTerms(until=date(2027, 1, 1), address=addressee, page=PAGE),
        language=language,
    )
    for page in dispatch_note_pages(note):
        check_page(page)
