"""Amounts in small units, as decimal numbers."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.output.numbers import decimal, millionths
from api.language.current import choose_language


@given(st.integers(), st.integers(0, 6))
def test_an_amount_of_any_size_is_rounded_half_away_from_zero(value: int, shown: int) -> None:
    text = decimal(value, 6, shown=shown)
    step = Decimal(1).scaleb(-shown)
    exact = Decimal(f"{value}e-6")
    rounded = abs(exact).quantize(step, ROUND_HALF_UP) if abs(value) < 10**20 else None
    assert rounded is None or abs(Decimal(text.replace(",", ""))) == rounded
    assert text.startswith("-") == (value < 0 and any(digit in text for digit in "123456789"))


@pytest.mark.parametrize(
    ("language", "text"), [("en", "-9,007,199,254.740993"), ("fr", "-9\u202f007\u202f199\u202f254,740993")]
)
def test_no_digit_is_lost_and_the_language_has_its_own_signs(language: str, text: str) -> None:
    choose_language(["--lang", language], {})
    try:
        assert millionths(-9_007_199_254_740_993) == text
    finally:
        choose_language([], {})
