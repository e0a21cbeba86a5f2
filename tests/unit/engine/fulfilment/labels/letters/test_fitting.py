"""Texts are wrapped at words, in the largest letters with which they fit."""

import pytest

from engine.errors import NotPrintable
from engine.fulfilment.labels.letters.fitting import fit, wrap_all
from engine.fulfilment.labels.letters.fonts import EM, regular
from engine.fulfilment.labels.page import Area, Line, leading

SIZES = (100, 80, 60, 40)


def area_for(text, size, lines=1):
    """Just wide and high enough."""
    return Area(0, 0, -(-regular().width(text) * size // EM), lines * leading(size))


def fitted(text, area, **others):
    box = fit([Line(text)], area, sizes=SIZES, field="name", **others)
    return box.size, [line.text for line in box.lines]


@pytest.mark.parametrize("size", SIZES)
def test_letters_are_as_large_as_they_may_be(size):
    assert fitted("Jeanne Dupont", area_for("Jeanne Dupont", size)) == (size, ["Jeanne Dupont"])


def test_a_line_is_wrapped_at_a_word():
    area = area_for("avenue du Maréchal", 100, lines=2)
    assert fitted("avenue du Maréchal de Saxe, bâtiment B", area) == (80, ["avenue du Maréchal de", "Saxe, bâtiment B"])


def test_letters_a_little_smaller_are_preferred_to_a_wrapped_line():
    area = area_for("Jeanne Dupont", 80, lines=3)
    assert fitted("Jeanne Dupont", area) == (80, ["Jeanne Dupont"])


def test_but_not_letters_that_are_much_smaller():
    area = area_for("Jeanne Dupont", 60, lines=4)
    assert fitted("Jeanne Dupont", area) == (100, ["Jeanne", "Dupont"])


def test_a_word_that_is_too_wide_is_refused_and_not_broken():
    area = area_for("Rindfleischetikettierung", 40, lines=9)
    assert fitted("Rindfleischetikettierung", area)[0] == 40
    with pytest.raises(NotPrintable, match="name: a word of 25 letters is wider than its box"):
        fitted("Rindfleischetikettierungs", area)


def test_too_many_lines_are_refused():
    with pytest.raises(NotPrintable, match="name: it takes more than the 2 lines that the paper has room for"):
        fitted("one two three", area_for("three", 40, lines=2))


def test_identifiers_are_broken_after_signs_and_only_then_within():
    area = area_for("FR-2026-", 40, lines=3)
    assert fitted("FR-2026-004711", area, breaks=True) == (40, ["FR-2026-", "004711"])
    assert fitted("AAAAAAAA", area_for("AAAA", 40, lines=2), breaks=True) == (40, ["AAAA", "AAAA"])


def test_an_identifier_that_takes_too_many_lines_is_refused():
    with pytest.raises(NotPrintable, match="name: it takes more than the 2 lines"):
        fitted("AAAAAAAAA", area_for("AAAA", 40, lines=2), breaks=True)


def test_a_line_that_is_empty_stays_one():
    assert wrap_all([Line("")], 10, 10, breaks=False) == (Line(""),)
