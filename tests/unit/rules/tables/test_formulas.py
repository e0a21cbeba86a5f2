"""Cells that a spreadsheet would run as a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.tables.formulas import guarded, unguarded


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("x")', "+cmd|x", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "-"]
)
def test_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "W-1", "-12", "+3.50", "-0,5", "a=b", "2026-11-27T08:12:31Z"])
def test_numbers_and_other_texts_stay(text: str) -> None:
    assert guarded(text) == text


@given(st.text(alphabet="'=+-@\t\r\n1a", max_size=6))
def test_a_text_that_was_guarded_can_be_read_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "@", "\t", "\r", "\n"))
