"""What fits a pattern of the OpenAPI page is read, and what is read and written as people write it fits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from api.shapes import text_patterns
from api.shapes.fields import Degrees, Literal, Money, Note, Span
from rules.syntax import literals

MOST = 10**21
"""Beyond what any pattern lets through."""
READERS = {
    text_patterns.DEGREES[90]: Degrees(90),
    text_patterns.DEGREES[180]: Degrees(180),
    text_patterns.MONEY: Money(),
    text_patterns.ONE_LINE: Note(),
    text_patterns.TIME: Literal(literals.time),
    **{schema["pattern"]: Literal(read, most=MOST) for read, schema in text_patterns.LITERALS.items()},
}


def is_read(field, text):
    try:
        field.deserialize(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("pattern", READERS)
@given(data=st.data())
def test_what_fits_a_pattern_is_read(pattern, data):
    text = data.draw(st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= 1_000))
    assert is_read(READERS[pattern], text), text


@given(degrees=st.decimals(-200, 200, places=6))
def test_of_degrees_those_fit_that_are_read(degrees):
    text = f"{degrees:f}"
    for most in (90, 180):
        assert bool(re.search(text_patterns.DEGREES[most], text)) == is_read(Degrees(most), text)


@given(minutes=st.integers(0, 1_500))
def test_of_times_those_fit_that_are_read(minutes):
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    assert bool(re.search(text_patterns.TIME, text)) == is_read(Literal(literals.time), text)


@given(amount=st.decimals(0, 10**6, places=7))
def test_of_prices_those_fit_that_are_read(amount):
    text = f"{amount.normalize():f}"
    assert bool(re.search(text_patterns.MONEY, text)) == is_read(Money(), text)


@given(text=st.text(max_size=50))
def test_of_notes_those_fit_that_are_on_one_line(text):
    assert bool(re.search(text_patterns.ONE_LINE, text)) or not is_read(Note(), text)


def test_a_span_of_hours_leads_forward():
    assert re.search(text_patterns.SPAN, "09:00-18:30")
    assert re.search(text_patterns.SPAN, "22:00 - 24:00")
    assert Span().deserialize("22:00 - 24:00") == (1_320, 1_440)
    for text in ("9:00-18:30", "09:00", "24:00-24:30", "09:60-10:00", "09:00-18:30-19:00"):
        assert not re.search(text_patterns.SPAN, text)
        assert not is_read(Span(), text)
