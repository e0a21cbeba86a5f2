"""Postcodes are written as their country does, however they were typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.address.postcodes import beginnings, canonical, outward_code


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("GB", "KW17 2AA", "KW17 2AA"),
        ("GB", "kw172aa", "KW17 2AA"),
        ("GB", " pa6  7ln", "PA6 7LN"),
        ("GB", "PA67LN", "PA6 7LN"),
        ("GB", "EC1A1BB", "EC1A 1BB"),
        ("JE", "je23xp", "JE2 3XP"),
        ("GB", "KW17", "KW17"),
        ("FR", "75 003", "75003"),
        ("FR", "F-75003", "75003"),
        ("FR", "FR-75003", "75003"),
        ("DE", "D 10115", "10115"),
        ("BE", "b1000", "1000"),
        ("NL", "1012ab", "1012 AB"),
        ("IE", "d02x285", "D02 X285"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("PL", "00950", "00-950"),
        ("PT", "1000-205", "1000-205"),
        ("SE", "se-11455", "114 55"),
        ("US", "941031234", "94103-1234"),
        ("US", "94103", "94103"),
        ("AD", "ad500", "AD500"),
        (None, "kw17  2aa", "KW17 2AA"),
        ("AR", "c1420 abc", "C1420 ABC"),
    ],
)
def test_a_postcode_is_written_as_its_country_does(country, typed, written):
    assert canonical(typed, country) == written


@given(
    st.sampled_from([None, "GB", "FR", "NL", "SE", "PL", "US", "CH", "IE"]),
    st.text(alphabet="abkxz -0123456789é", max_size=12),
)
def test_what_is_written_so_stays_as_it_is(country, typed):
    written = canonical(typed, country)
    assert canonical(written, country) == written
    assert canonical(typed.lower(), country) == canonical(typed.upper(), country) == written


def test_the_outward_code_tells_pa6_from_pa67():
    assert [outward_code(typed, "GB") for typed in ("PA67LN", "pa6 7ln", "PA67 1AA", "KW17", "75003")] == [
        "PA6",
        "PA6",
        "PA67",
        None,
        None,
    ]
    assert outward_code("KW17 2AA", "FR") is None


def test_the_beginnings_of_a_postcode_go_from_the_nearest_area_to_the_largest():
    assert list(beginnings("69003", "FR")) == ["69003", "6900", "690", "69", "6"]
    assert list(beginnings("KW17 2AA", "GB")) == ["KW17 2AA", "KW17 2", "KW17", "KW"]
    assert list(beginnings("B1 1BB", "GB")) == ["B1 1BB", "B1 1", "B1", "B"]
