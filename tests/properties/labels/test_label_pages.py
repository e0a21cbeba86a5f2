"""Whatever an address is in the alphabets that labels have, nothing of it is cut, and scanners read the codes below."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.fulfilment.labels.address.postal_lines import postal_lines
from engine.fulfilment.labels.draw import label_pdf, label_zpl
from engine.fulfilment.labels.layouts.labels import parcel_label_page, return_label_page
from engine.fulfilment.labels.paper import ParcelLabel
from engine.fulfilment.labels.writers.zpl import RESOLUTIONS
from tests.support.examples import examples, of_many
from tests.support.papers import LABEL, RETURN_LABEL, SSCC, addresses, check_page, labels, pictures, scanned
from tests.support.zpl_printer import ZplPrinter, zpl_printers


@pytest.fixture(scope="module")
def zpl_printer() -> Iterator[ZplPrinter]:
    yield from zpl_printers()


def codes_of(label: ParcelLabel) -> dict[str, str]:
    """What a scanner is to send."""
    codes = {"]C1": f"00{label.sscc}", "]Q1": label.qr}
    return {**codes, "]C0": label.tracking_number} if label.tracking_number else codes


def folded(text: str) -> str:
    """The same for a text and the text in capitals."""
    return unicodedata.normalize("NFC", text.upper().casefold())


@examples(60, in_suite=25, suppress_health_check=[HealthCheck.too_slow])
@given(labels())
def test_no_text_is_cut_or_over_another_and_no_word_is_broken(label):
    page = parcel_label_page(label)
    check_page(page)
    shown = [" ".join(line.text for line in text.lines) for text in page.texts]
    expected = postal_lines(label.addressee, sender=label.sender, field="addressee")
    assert " ".join(line.text for line in expected) in shown
    for text in (label.addressee.town, *label.addressee.lines, label.addressee.name):
        assert folded(text) in folded(" ".join(shown))


@examples(25, suppress_health_check=[HealthCheck.too_slow])
@given(addresses(), st.none() | st.just(SSCC), st.sampled_from(("en", "fr")))
def test_a_return_label_has_room_for_any_customer(customer, sscc, language):
    check_page(return_label_page(replace(RETURN_LABEL, sender=customer, sscc=sscc, language=language)))


@examples(50, in_suite=20, suppress_health_check=[HealthCheck.too_slow])
@given(labels())
def test_scanners_read_every_code_of_a_pdf(label):
    (picture,) = pictures(label_pdf(label))
    assert scanned(picture) == codes_of(label)


@pytest.mark.slow
@example(replace(LABEL, sscc="000000000000200000"), 12)
@settings(max_examples=of_many(5, 1_000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(labels(), st.sampled_from(RESOLUTIONS))
def test_scanners_read_every_code_of_zpl(zpl_printer, label, dots_per_mm):
    picture = zpl_printer.print(label_zpl(label, dots_per_mm), dots_per_mm)
    assert scanned(picture) == codes_of(label)
