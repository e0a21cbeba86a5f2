"""Numbers as others write them are exact, and what could be read in two ways is none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.connectors.fields.numbers import NoNumber, number_of, written
from tests.support.examples import examples


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("12", "", 12),
        ("-12.50", "", Decimal("-12.50")),
        ("+3", "", 3),
        ("007", "", 7),
        ("1 234,50", ",", Decimal("1234.50")),
        ("1\u00a0234,50", ",", Decimal("1234.50")),
        ("1\u202f234\u202f567", ",", 1_234_567),
        ("1.234,50", ",", Decimal("1234.50")),
        ("1.234", ",", 1234),
        ("1,234", ".", 1234),
        ("1,234.5", "", Decimal("1234.5")),
        ("1,234,567", "", 1_234_567),
        ("1'234.50", ".", Decimal("1234.50")),
        ("12.000-", "", -12),
        ("1.234,5-", ",", Decimal("-1234.5")),
        (" 5 ", "", 5),
        (Decimal("2.0"), "", 2),
        (10**20, "", 10**20),
    ],
)
def test_a_number_is_read_as_it_is_meant(text, decimal, number):
    found = number_of(text, decimal)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    ("text", "decimal", "reason"),
    [
        ("", "", "is no number"),
        ("12a", "", "is no number"),
        ("1.5", ",", "is no number with a decimal comma"),
        ("1,5", "", "has a decimal comma; say so"),
        ("1,234", "", "could be thousands or decimals"),
        ("1 23", "", "is no number"),
        ("1,234 567", ".", "is no number"),
        ("--1", "", "is no number"),
        ("-1-", "", "is no number"),
        ("1e5", "", "is no number"),
        ("NaN", "", "is no number"),
        ("٣", "", "is no number"),
        (True, "", "is no number"),
        (None, "", "is no number"),
        (1.5, "", "is no number"),
        ("9" * 31, "", "has too many digits"),
        ("9" * 1_000_000, "", "has too many digits"),
        (Decimal("1e999999999"), "", "has too many digits"),
        (Decimal("Infinity"), "", "has too many digits"),
    ],
)
def test_anything_else_is_none(text, decimal, reason):
    with pytest.raises(NoNumber) as error:
        number_of(text, decimal)
    assert reason in str(error.value)


@examples(60)
@given(st.decimals(-(10**9), 10**9, places=3) | st.integers(-(10**15), 10**15), st.sampled_from([".", ","]))
def test_a_number_that_is_written_comes_back(number, decimal):
    assert number_of(written(number, decimal), decimal) == number
