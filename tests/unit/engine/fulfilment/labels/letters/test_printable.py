"""Texts are shown in letters that the fonts have, or it is said which they lack."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import NotPrintable
from engine.fulfilment.labels.letters.fonts import bold, regular
from engine.fulfilment.labels.letters.printable import check_address, missing_letters, printable, replaced, shown
from engine.model.postal_address import PostalAddress
from tests.support.papers import ALPHABETS, CUSTOMER


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_every_alphabet_that_is_promised_is_there(alphabet):
    assert missing_letters(ALPHABETS[alphabet]) == ""


@pytest.mark.parametrize(
    ("first", "last"), [(0x20, 0x7E), (0xA0, 0x24F), (0x386, 0x3CE), (0x400, 0x525), (0x531, 0x556), (0x10D0, 0x10FA)]
)
def test_blocks_have_no_gaps(first, last):
    letters = {code for code in range(first, last + 1) if unicodedata.category(chr(code)) not in {"Cn", "Cf"}}
    assert sorted(letters - regular().advances.keys()) == []
    assert sorted(letters - bold().advances.keys()) == []


def test_blanks_are_one_and_what_is_not_seen_is_dropped():
    assert shown(" 1\tRue\u200b de\n la\u3000Paix\u200f ") == "1 Rue de la Paix"
    assert shown("2,5\xa0kg") == "2,5\xa0kg"


def test_letters_are_composed():
    assert shown("Le\u0301a") == "Léa"


def test_georgian_capitals_are_shown_as_small_letters():
    assert shown("ᲗᲑᲘᲚᲘᲡᲘ") == "თბილისი"


def test_letters_that_are_lacking_are_named_once_and_not_all_of_them():
    with pytest.raises(NotPrintable, match="name: labels can't show 山 田: they have Latin"):
        printable("山田 山", "name")
    with pytest.raises(NotPrintable, match="א ב ג ד ה ו ז ח ט י and others"):
        printable("אבגדהוזחטיכלמ", "name")


def test_all_fields_of_an_address_are_checked_at_once():
    address = PostalAddress(name="山", company="Firm", lines=("ok", "田"), town="東", country="JP", phone="☎")
    with pytest.raises(NotPrintable) as refused:
        check_address(address, "addressee")
    fields = [mistake.field for mistake in refused.value.mistakes]
    assert fields == ["addressee.name", "addressee.town", "addressee.phone", "addressee.lines.1"]
    check_address(CUSTOMER, "addressee")


@given(st.text())
def test_what_replaced_answers_can_be_shown_and_shows_that_letters_are_lacking(text):
    assert missing_letters(replaced(text)) == ""
    assert replaced(text).count("\ufffd") >= len(missing_letters(shown(text)))
