"""Where things stand on a label: the SSCC as GS1 asks for, the rest where there is room."""

from dataclasses import replace

import pytest

from engine.errors import NotPrintable
from engine.fulfilment.labels.layouts.labels import parcel_label_page, return_label_page
from engine.fulfilment.labels.page import MM
from tests.support.papers import CUSTOMER, LABEL, NODE, RETURN_LABEL, SSCC, check_page


def box(page, text):
    """The box in which a text stands."""
    (found,) = [one for one in page.texts if any(line.text == text for line in one.lines)]
    return found


def sscc_bars(page):
    return page.bars[-1]


def test_the_sscc_has_the_measures_that_gs1_asks_for_on_logistic_labels():
    code = sscc_bars(parcel_label_page(LABEL))
    assert code.module >= 0.495 * MM
    assert code.area.height >= 32 * MM
    assert code.quiet >= 10 * code.module


def test_the_sscc_is_the_lowest_code_with_its_text_below_it():
    page = parcel_label_page(LABEL)
    bars = sscc_bars(page)
    others = [code.area.bottom for code in (*page.bars[:-1], *page.squares)]
    assert max(others) <= bars.area.top
    text = box(page, f"(00){SSCC}")
    assert bars.area.bottom <= text.area.top < bars.area.bottom + MM
    assert text.size >= 3 * MM


def test_everything_is_in_whole_dots_of_both_resolutions():
    page = parcel_label_page(LABEL)
    measures = [number for code in page.bars for number in (code.module, code.area.left, code.area.top)]
    measures += [number for code in page.squares for number in code.origin]
    assert [number for number in measures if number % 6] == []


@pytest.mark.parametrize(("number", "module"), [("6A12345678901", 12), ("A" * 31, 6), ("1" * 60, 6)])
def test_bars_of_a_number_are_as_wide_as_there_is_room(number, module):
    page = parcel_label_page(replace(LABEL, tracking_number=number))
    assert page.bars[0].module == module
    check_page(page)


@pytest.mark.parametrize("number", ["A" * 32, "1" * 64])
def test_a_number_for_which_bars_would_be_too_thin_has_none(number):
    assert len(parcel_label_page(replace(LABEL, tracking_number=number)).bars) == 1


def test_a_service_that_is_its_own_carrier_stands_there_once():
    page = parcel_label_page(replace(LABEL, carrier="bike", service="bike"))
    assert [line.text for one in page.texts for line in one.lines].count("bike") == 1
    check_page(page)


def test_a_sender_with_many_lines_takes_room_of_the_addressee():
    many = replace(NODE, lines=tuple(f"Ligne {number} de l'adresse de l'expéditeur" for number in range(8)))
    usual, taller = parcel_label_page(LABEL), parcel_label_page(replace(LABEL, sender=many))
    assert box(taller, "Ligne 7 de l'adresse de l'expéditeur").area.height > box(usual, "Hexagone SA").area.height
    assert box(taller, "69003 LYON").area.top > box(usual, "69003 LYON").area.top
    check_page(taller)


def test_a_sender_with_more_lines_than_there_is_room_for_is_refused():
    with pytest.raises(NotPrintable, match="sender: it takes more than the 11 lines"):
        parcel_label_page(replace(LABEL, sender=replace(NODE, lines=("Ligne",) * 20)))


def test_an_addressee_with_more_lines_than_there_is_room_for_is_refused():
    with pytest.raises(NotPrintable, match="addressee: it takes more than the 14 lines"):
        parcel_label_page(replace(LABEL, addressee=replace(CUSTOMER, lines=("Ligne",) * 20)))


def test_values_beside_one_another_have_letters_of_one_size():
    page = parcel_label_page(replace(LABEL, number=100, of=100))
    sizes = {box(page, text).size for text in ("100 / 100", "2,45 kg", "29 novembre 2026")}
    assert len(sizes) == 1
    assert sizes < {box(parcel_label_page(LABEL), "1 / 3").size - 6 * step for step in range(1, 9)}


def test_a_telephone_number_that_is_too_long_is_refused_by_its_name():
    with pytest.raises(NotPrintable, match=r"addressee\.phone: it is too long for its line; shorten it"):
        parcel_label_page(replace(LABEL, addressee=replace(CUSTOMER, phone="+33 " * 40)))


def test_a_qr_code_with_too_many_squares_for_a_label_is_refused():
    with pytest.raises(NotPrintable, match="qr: its QR code has too many squares for a label; shorten it"):
        parcel_label_page(replace(LABEL, qr="https://example.com/" + "x" * 400))
    check_page(parcel_label_page(replace(LABEL, qr="https://example.com/" + "x" * 300)))


def test_a_qr_code_has_four_squares_of_white_around_it():
    (code,) = parcel_label_page(LABEL).squares
    left, top = code.origin
    side = len(code.rows) * code.module
    margins = (left - code.area.left, code.area.right - left - side, top - code.area.top, code.area.bottom - top - side)
    assert min(margins) >= 4 * code.module
    assert max(margins) - min(margins) <= 12


def test_the_number_of_a_return_is_larger_where_it_is_the_only_code():
    alone = return_label_page(RETURN_LABEL)
    beside = return_label_page(replace(RETURN_LABEL, sscc=SSCC))
    assert alone.squares[0].module > 2 * beside.squares[0].module
    assert alone.bars == ()


def test_a_parcel_that_nobody_carries_names_no_carrier():
    page = parcel_label_page(replace(LABEL, carrier="", service=""))
    assert [one for one in page.texts if any(not line.text for line in one.lines)] == []
    check_page(page)
