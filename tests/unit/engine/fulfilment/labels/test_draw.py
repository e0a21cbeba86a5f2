"""Labels as bytes: always the same, of the size of a label, and with every text in them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest
from biip.gs1_messages import GS1Message

from engine.errors import NotPrintable
from engine.fulfilment.labels.draw import (
    label_pdf,
    label_zpl,
    manifest_pdf,
    note_pdf,
    return_label_pdf,
    return_label_zpl,
)
from engine.fulfilment.labels.paper import Manifest
from engine.model.postal_address import PostalAddress
from tests.support.papers import CUSTOMER, LABEL, NODE, NOTE, RETURN_LABEL, SSCC, pictures, scanned, text_of
from tests.support.zpl_printer import zpl_printers

TO_US = PostalAddress(name="A^FS~HI_5E\\B", lines=("1 Main St",), postcode="20500", town="Washington", country="US")
TO_KYIV = replace(TO_US, name="Олександр", lines=("вул. Хрещатик, 22",), town="Київ", country="UA")


@pytest.fixture(scope="module")
def zpl_printer():
    yield from zpl_printers()


def drawn_elsewhere(code, seed):
    """What another process writes, under another seed of hashes."""
    script = f"import sys; from tests.support.papers import *; sys.stdout.buffer.write({code})"
    command = [sys.executable, "-c", f"from engine.fulfilment.labels.draw import *; {script}"]
    return subprocess.run(command, env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"}, capture_output=True, check=True)


@pytest.mark.parametrize(
    ("draw", "code"), [(label_pdf, "label_pdf(LABEL)"), (lambda label: label_zpl(label, 12), "label_zpl(LABEL, 12)")]
)
def test_the_same_label_gives_the_same_bytes_in_any_process(draw, code):
    assert draw(LABEL) == draw(LABEL) == drawn_elsewhere(code, "1").stdout


def test_labels_that_are_drawn_at_the_same_time_are_the_same_to_the_byte():
    labels = [replace(LABEL, addressee=to, grams=grams) for grams in range(1, 13) for to in (TO_US, TO_KYIV, CUSTOMER)]
    one_by_one = [(label_pdf(label), label_zpl(label)) for label in labels]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(lambda label: (label_pdf(label), label_zpl(label)), labels))
    finally:
        sys.setswitchinterval(before)
    assert together == one_by_one


def test_another_label_gives_other_bytes():
    assert label_pdf(LABEL) != label_pdf(replace(LABEL, grams=2451))
    assert label_zpl(LABEL) != label_zpl(replace(LABEL, grams=2451))


def test_a_label_is_4_by_6_inches():
    (picture,) = pictures(label_pdf(LABEL))
    assert picture.size == (813, 1220)


def test_a_label_tells_everything_in_words():
    text = text_of(label_pdf(LABEL))
    expected = {
        "Hexagone SA",
        "Mme Jeanne Dupont-Lévêque",
        "69003 LYON",
        "Colissimo",
        "Express 24h",
        "1 / 3",
        "2,45 kg",
    }
    expected |= {"29 novembre 2026", "FR-2026-004711", "6A12345678901", f"(00){SSCC}", "Tél. +33 6 12 34 56 78"}
    assert {one for one in expected if one not in text} == set()


def test_words_are_in_the_language_of_the_label():
    text = text_of(label_pdf(replace(LABEL, language="en")))
    assert "29 November 2026" in text
    assert "2.45 kg" in text


def test_the_sscc_is_read_with_its_fnc1_and_parsed():
    (picture,) = pictures(label_pdf(LABEL))
    code = scanned(picture)["]C1"]
    (element,) = GS1Message.parse(code).element_strings
    assert (element.ai.ai, element.value, element.sscc.prefix.usage) == ("00", SSCC, "GS1 France")


@pytest.mark.parametrize("addressee", [TO_US, TO_KYIV])
def test_codes_are_read_from_zpl_whatever_signs_are_in_a_name(zpl_printer, addressee):
    label = replace(LABEL, addressee=addressee)
    for dots_per_mm in (8, 12):
        codes = scanned(zpl_printer.print(label_zpl(label, dots_per_mm), dots_per_mm))
        assert codes == {"]C1": f"00{SSCC}", "]C0": LABEL.tracking_number, "]Q1": LABEL.qr}


def test_signs_with_a_meaning_in_zpl_are_escaped():
    zpl = label_zpl(replace(LABEL, addressee=TO_US)).decode("ascii")
    assert "^FH^FDA_5EFS_7EHI_5F5E_5CB^FS" in zpl
    assert "^CI28" in zpl
    assert "^FDB_C3_A2timent C^FS" in zpl


def test_a_backslash_in_a_text_at_the_right_edge_is_no_command():
    zpl = label_zpl(replace(LABEL, service="A\\&B")).decode("ascii")
    assert "_5C" not in zpl
    assert zpl.count("^GFA") == 3 + 1


def test_letters_that_printers_lack_are_graphics():
    zpl = label_zpl(replace(LABEL, addressee=TO_KYIV)).decode("ascii")
    assert "_D0" not in zpl
    assert zpl.count("^GFA") == 3 + 5  # three codes, and every line of the addressee


def test_a_printer_has_8_or_12_dots_a_mm():
    with pytest.raises(ValueError, match="dots_per_mm is 6; printers have 8 or 12"):
        label_zpl(LABEL, 6)


def test_letters_that_no_paper_has_are_refused():
    with pytest.raises(NotPrintable, match=r"addressee\.name: labels can't show 山 田"):
        label_pdf(replace(LABEL, addressee=replace(CUSTOMER, name="山田")))


def test_a_label_without_a_tracking_number_has_the_other_codes():
    (picture,) = pictures(label_pdf(replace(LABEL, tracking_number=None)))
    assert scanned(picture).keys() == {"]C1", "]Q1"}


@pytest.mark.parametrize("number", ["1Z" + "A" * 60, "№ 12"])
def test_a_number_that_bars_cannot_show_stands_there_in_words(number):
    pdf = label_pdf(replace(LABEL, tracking_number=number))
    assert scanned(pictures(pdf)[0]).keys() == {"]C1", "]Q1"}
    assert number[:20] in text_of(pdf)


def test_a_return_label_goes_back_and_is_read_by_its_number():
    pdf = return_label_pdf(RETURN_LABEL)
    assert scanned(pictures(pdf)[0]) == {"]Q1": "RMA-2026-000123"}
    assert {
        one for one in ("Retour", "RMA-2026-000123", "29 décembre 2026", "75002 PARIS") if one not in text_of(pdf)
    } == set()


def test_a_return_label_of_a_carrier_has_its_codes(zpl_printer):
    label = replace(RETURN_LABEL, sscc=SSCC, tracking_number="8R123", carrier="Colissimo", service="Retour", until=None)
    codes = {"]C1": f"00{SSCC}", "]C0": "8R123", "]Q1": "RMA-2026-000123"}
    assert scanned(pictures(return_label_pdf(label))[0]) == codes
    assert scanned(zpl_printer.print(return_label_zpl(label))) == codes


@pytest.mark.parametrize("sscc", [None, SSCC])
def test_a_return_label_says_when_it_was_issued_and_until_when_the_return_is_waited_for(sscc):
    text = text_of(return_label_pdf(replace(RETURN_LABEL, sscc=sscc)))
    assert {
        one for one in ("Émise le", "29 novembre 2026", "Attendu ici", "29 décembre 2026") if one not in text
    } == set()
    text = text_of(return_label_pdf(replace(RETURN_LABEL, sscc=sscc, until=None)))
    assert "Émise le" in text
    assert "Attendu ici" not in text


MANIFEST = Manifest(
    id="m-1",
    carrier="Colissimo",
    sender=NODE,
    closed_at=datetime(2026, 11, 30, 18, 5, tzinfo=UTC),
    parcels=(),
    language="en",
)


@pytest.mark.parametrize(
    ("drawn", "title", "subject", "made_on", "language"),
    [
        (label_pdf(LABEL), f"Étiquette de colis (00){SSCC}", "Commande FR-2026-004711", "D:20261129", "fr"),
        (
            return_label_pdf(RETURN_LABEL),
            "Étiquette de retour RMA-2026-000123",
            "Commande FR-2026-004711",
            "D:20261129",
            "fr",
        ),
        (
            note_pdf(replace(NOTE, language="en")),
            "Dispatch note d-01JDQ4Z6/0",
            "Order FR-2026-004711",
            "D:20261129",
            "en",
        ),
        (manifest_pdf(MANIFEST), "Manifest m-1", "Manifest", "D:20261130", "en"),
    ],
)
def test_viewers_show_what_a_paper_is_of_which_order_whose_and_of_which_day(drawn, title, subject, made_on, language):
    shown = pypdfium2.PdfDocument(drawn).get_metadata_dict()
    assert (shown["Title"], shown["Subject"], shown["CreationDate"]) == (title, subject, made_on)
    assert (shown["Author"], shown["Creator"]) == ("Hexagone SA", "Pointsman")
    assert f"/Lang ({language})".encode() in drawn
    assert b"/DisplayDocTitle true" in drawn


def test_the_author_of_a_paper_of_a_person_is_the_person():
    person = replace(NODE, company="", name="Jeanne Dupont")
    shown = pypdfium2.PdfDocument(label_pdf(replace(LABEL, sender=person))).get_metadata_dict()
    assert shown["Author"] == "Jeanne Dupont"


def test_nobody_who_draws_nothing_waits_for_the_libraries_that_draw():
    script = "import sys, engine.fulfilment.labels.draw; print({'reportlab', 'segno', 'PIL'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
