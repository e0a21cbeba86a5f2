"""Hints about likely typing mistakes."""

import pytest

from rules.syntax.typo_hints import decimal_comma_hint, missing_colon_hint, operator_hint, typo_hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("4.00\u00a0EUR", "; there is a no-break space in it: write an ordinary one"),
        ("\u201cweb\u201d", '; there are curly quotes in it: write straight ones, "..."'),
        ("4,00 EUR", "; write a point for the decimal comma"),
        ("$4", "; write USD for $, after the amount"),
        ("web", ""),
    ],
)
def test_a_likely_typing_mistake_is_named(text, hint):
    assert typo_hint(text) == hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("prefer:4.00", "; a space is missing after the colon: write 'prefer: 4.00'"),
        ("prefer 4.00", "; a colon is missing: write 'prefer: 4.00'"),
        ("please 4.00", ""),
    ],
)
def test_a_text_that_is_nearly_a_mapping_is_recognised(text, hint):
    assert missing_colon_hint(text, frozenset({"prefer"})) == hint


def test_digits_alone_as_a_key_come_from_a_decimal_comma():
    assert decimal_comma_hint("00", alone=True) == "; write a point for the decimal comma before it"
    assert decimal_comma_hint("00", alone=False) == ""


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("> 60", "; write {more_than: 60}"),
        (">=60 kg", "; write {at_least: 60 kg}"),
        ("<> web", "; write {not: web}"),
        ("not store", "; write {not: store}"),
        ("sauf web", "; write {not: web}"),
        ("nottingham", ""),
        (">", ""),
        ("60", ""),
    ],
)
def test_an_operator_in_a_value_is_named(text, hint):
    assert operator_hint(text) == hint
