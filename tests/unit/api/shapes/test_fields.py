"""What systems write, read into the engine's integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from api.shapes.fields import Countries, Degrees, Instant, Money


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.999z", 0),
        ("1970-01-01 01:00+01:00", 0),
        ("2026-11-27T08:12:31Z", 1_795_767_151),
    ],
)
def test_an_instant_is_rfc_3339(text, seconds):
    assert Instant().read(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("20261127T081231Z", "2026-W48-5T08:12:31Z", "2026-11-27", "2026-11-27T08Z", "2026-11-27T08:12:31,5Z"),
        *("2026-11-27T08:12:31", "2026-02-30T08:12:31Z", "2026-11-27T24:00:01Z", "soon", "", None, 5),
        "２026-11-27T08:12:31Z",  # noqa: RUF001  # a digit that is not ASCII's
    ],
)
def test_anything_else_is_no_instant(text):
    with pytest.raises(ValidationError):
        Instant().read(text)


@given(st.text("AZ?*a1É", max_size=5))
def test_a_glob_of_countries_is_one_that_some_country_could_match(text):
    """Capitals, ? and * alone; two letters, or fewer and a * that stands for the rest, or for nothing."""
    letters = len(text.replace("*", ""))
    could = set(text) <= set("AZ?*") and (letters == 2 or (letters < 2 and "*" in text))
    try:
        Countries().deserialize(text)
    except ValidationError:
        assert not could
    else:
        assert could


@pytest.mark.parametrize(("field", "text"), [(Degrees(90), "47,9025"), (Money(), "18,00")])
def test_a_decimal_comma_is_named(field, text):
    with pytest.raises(ValidationError, match=f"'{text}' is no number; write a point for the decimal comma"):
        field.read(text)
