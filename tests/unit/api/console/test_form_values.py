"""What people write into forms, as calls take it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.form_values import quantity, whole


@given(st.text())
def test_a_whole_number_is_digits_and_whatever_else_is_written_is_none(text):
    is_number = text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 15
    assert whole(text) == (int(text) if is_number else None)


@given(st.integers(0, 10**18), st.integers(1, 15))
def test_a_whole_number_has_as_many_digits_as_are_allowed(number, digits):
    assert whole(f" {number} ", digits=digits) == (number if number < 10**digits else None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,5", 1234.5),
        ("1\N{NARROW NO-BREAK SPACE}234", 1234),
        ("\N{MINUS SIGN}3", -3),
        (" ", None),
        ("three ", "three"),
        ("1,2,3", "1,2,3"),
    ],
)
def test_a_quantity_is_written_as_people_write_numbers(text, number):
    assert quantity(text) == number
