"""Which word the author of another probably meant."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.syntax.close_words import MOST_COMPARED, _letters, closest, same_but_for_spelling


@pytest.mark.parametrize(
    ("text", "meant"),
    [("ile de france", "Île-de-France"), ("“Bretagne”", "Bretagne"), ("Bretagn", "Bretagne"), ("Alsace", ""), ("", "")],
)
def test_accents_capitals_and_hyphens_count_less_than_letters(text, meant):
    assert closest(text, {"Île-de-France", "Bretagne", "Le-de-France"}) == meant


def test_of_many_words_one_that_begins_alike_is_found():
    assert closest("M-O099", [f"M-{number:05}" for number in range(2 * MOST_COMPARED)]).startswith("M-0")


def test_of_many_words_that_begin_alike_the_neighbours_are_compared():
    words = [f"TXT-{number:06}" for number in range(0, 10 * MOST_COMPARED, 2)]
    assert closest("TXT-041234x", words) == "TXT-041234"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_letters_of_plain_text_are_those_that_any_text_has(text):
    assert _letters(text) == "".join(sign for sign in unicodedata.normalize("NFKD", text).casefold() if sign.isalnum())


@pytest.mark.parametrize("text", ["ile de france", "ÎLE-DE-FRANCE", "« Île-de-France »", "Ile–de–France"])
def test_accents_capitals_quotes_and_hyphens_are_spelling(text):
    assert same_but_for_spelling(text, {"Le-de-France", "Île-de-France"}) == "Île-de-France"
    assert same_but_for_spelling(text, {"Île-de-Francea"}) == ""


def test_a_text_without_letters_is_no_spelling_of_a_word():
    assert same_but_for_spelling("--", {"-"}) == ""
