"""The patterns by which editors judge amounts accept exactly what the loader reads."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.editor import literal_patterns
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.condition_parser import PARSERS
from rules.syntax.effect_parser import RANGES
from rules.vocabulary import Kind

pytestmark = pytest.mark.slow

AMOUNTS = (Kind.COUNT, Kind.NUMBER, Kind.MONEY, Kind.WEIGHT, Kind.DISTANCE, Kind.DURATION, Kind.CARBON)
EDGES = """012 00 -0 -0.0 +0.00 100000 100000.0 100000.01 99999.999999 0.05 0.0 1. .5 0.00625 0.0062 0.5 2160 2160.05
129600 129601 90 90.0 90.1 999999999999999 1000000000000000 1e3 0x1F 1_000 1,5 1.0000000000 0.0000001 100 101 9 10"""
NUMBERS = st.from_regex(r"[+-]?(0|[1-9][0-9]{0,6})(\.[0-9]{1,4}0{0,5})?", fullmatch=True) | st.sampled_from(
    ["", *EDGES.split()]
)
SPACES = st.sampled_from(["", "", "", " ", "  ", "\t"])
UNITS = st.sampled_from(["", "EUR", "EURO", "eur", "g", "kg", "t", "m", "km", "min", "h", "d", "%", "s", "KG"])
TEXTS = st.builds("{}{}{}{}{}".format, SPACES, NUMBERS, SPACES, UNITS, SPACES)


def matches(shape: literal_patterns.Shape, text: str) -> bool:
    alternatives = [item for item in shape.get("anyOf", [shape]) if item["type"] == "string"]
    return any(re.search(item["pattern"].removesuffix("$") + r"\Z", text) for item in alternatives)


def is_read_by(reader, text: str) -> bool:
    try:
        reader(text)
    except LiteralInvalid:
        return False
    return True


@pytest.mark.parametrize("kind", AMOUNTS)
@given(text=TEXTS)
def test_a_pattern_accepts_exactly_the_amounts_that_are_read(kind, text):
    low = None if kind is Kind.NUMBER else 0
    readable = is_read_by(PARSERS[kind], text) and (low is None or PARSERS[kind](text) >= low)
    assert matches(literal_patterns.literal(kind, low=low), text) is readable


@pytest.mark.parametrize("name", RANGES)
@given(text=TEXTS)
def test_a_pattern_accepts_exactly_the_amounts_an_effect_may_have(name, text):
    bounds = RANGES[name]
    assert matches(literal_patterns.literal(bounds.kind, low=bounds.low, high=bounds.high), text) is is_read_by(
        bounds.parse, text
    )


@given(text=TEXTS)
def test_the_pattern_of_shares_accepts_exactly_the_shares(text):
    assert matches(literal_patterns.SHARE, text) is is_read_by(literals.share, text)


@given(text=st.from_regex(r"20[0-9]{2}-[0-2][0-9]-[0-4][0-9]([ T][0-3][0-9]:[0-6][0-9])?", fullmatch=True))
@example("2026-11-31")
@example("0000-01-01")
@example("2026-12-31 24:00")
@example("2026-12-31 24:01")
@example("2026-12-31T")
@example("2026-12-31 ")
def test_dates_and_instants_agree_but_for_leap_years(text):
    for kind in (Kind.DATE, Kind.INSTANT):
        if "02-29" not in text:
            assert matches(literal_patterns.literal(kind), text) is is_read_by(PARSERS[kind], text)
        elif is_read_by(PARSERS[kind], text):
            assert matches(literal_patterns.literal(kind), text)


@given(text=st.from_regex(r"[0-3]?[0-9]:[0-6][0-9]", fullmatch=True))
def test_times_of_day_agree(text):
    assert matches(literal_patterns.literal(Kind.TIME), text) is is_read_by(literals.time, text)
