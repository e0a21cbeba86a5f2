"""A manifest lists every parcel that a driver takes, with their sums, and has a place to sign."""

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import NotPrintable
from engine.fulfilment.labels.draw import manifest_pdf
from engine.fulfilment.labels.layouts.manifest import manifest_pages
from engine.fulfilment.labels.paper import Manifest, ManifestParcel
from tests.support.examples import examples
from tests.support.papers import NODE, SSCC, check_page, text_of, texts

PARCEL = ManifestParcel(
    sscc=SSCC,
    order="FR-2026-004711",
    service="Express 24h",
    grams=2450,
    postcode="69003",
    country="FR",
    tracking_number="6A12345678901",
)
MANIFEST = Manifest(
    id="m-20261129-0003",
    carrier="Colissimo",
    sender=NODE,
    closed_at=datetime(2026, 11, 29, 17, 5, tzinfo=ZoneInfo("Europe/Paris")),
    parcels=(PARCEL, replace(PARCEL, grams=550, tracking_number=None), replace(PARCEL, service="Relais", grams=1000)),
    language="fr",
)


def words(manifest):
    return re.sub(r"\s+", " ", text_of(manifest_pdf(manifest)))


def test_it_lists_each_parcel():
    text = words(MANIFEST)
    assert "Bordereau de remise" in text
    assert "m-20261129-0003" in text
    assert "29 novembre 2026 à 17:05" in text
    assert f"1 {SSCC} 6A12345678901 FR-2026-004711 Express 24h FR 69003 2,45 kg" in text
    assert f"2 {SSCC} FR-2026-004711 Express 24h FR 69003 550 g" in text


def test_it_sums_up_each_service_and_all():
    text = words(MANIFEST)
    assert "Express 24h 2 3 kg Relais 1 1 kg Tous les colis 3 4 kg" in text


def test_one_service_needs_no_sum_of_its_own():
    text = words(replace(MANIFEST, parcels=MANIFEST.parcels[:2]))
    assert "Totaux Colis Poids Tous les colis 2 3 kg" in text


def test_both_sign():
    text = words(replace(MANIFEST, language="en"))
    assert "Handed over by" in text
    assert "Taken over by the driver" in text
    assert text.count("Signature") == 2


def test_several_pages_are_numbered_and_the_place_to_sign_is_on_the_last():
    manifest = replace(MANIFEST, parcels=(PARCEL,) * 180)
    pages = [" ".join(one.text for text in page.texts for one in text.lines) for page in manifest_pages(manifest)]
    assert len(pages) == 4
    assert ["Signature" in page for page in pages] == [False, False, False, True]
    assert all(f"page {number} sur 4" in page and "SSCC" in page for number, page in enumerate(pages[:3], 1))
    assert sum(page.count(SSCC) for page in pages) == 180


def test_letters_of_an_order_that_the_paper_lacks_are_marked():
    assert "A-\ufffd" in words(replace(MANIFEST, parcels=(replace(PARCEL, order="A-北"),)))


def test_a_sender_in_letters_that_the_paper_lacks_is_refused():
    with pytest.raises(NotPrintable, match=r"sender\.company"):
        manifest_pdf(replace(MANIFEST, sender=replace(NODE, company="北")))


def test_the_same_manifest_gives_the_same_bytes():
    assert manifest_pdf(MANIFEST) == manifest_pdf(replace(MANIFEST))


PARCELS = st.lists(
    st.builds(
        ManifestParcel,
        sscc=st.integers(0, 10**18 - 1).map(lambda number: f"{number:018}"),
        order=st.text(max_size=64),
        service=texts("Greek", longest=40),
        grams=st.integers(1, 10**9),
        postcode=st.text("0123456789- AB", max_size=12),
        country=st.sampled_from(("FR", "DE")),
        tracking_number=st.none() | st.text("ABC0123456789", max_size=40),
    ),
    max_size=60,
).map(tuple)


@examples(20, suppress_health_check=[HealthCheck.too_slow])
@given(PARCELS)
def test_nothing_is_cut_or_over_something_else_whatever_is_in_it(parcels):
    for page in manifest_pages(replace(MANIFEST, parcels=parcels)):
        check_page(page)
