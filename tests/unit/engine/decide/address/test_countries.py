"""Coordinates that contradict a country are told from those that may lie in it."""

import pytest

from engine.decide.address.countries import FARTHEST_OUTSIDE, centre_of, lies_in, metres_outside
from engine.model.facts import MICRODEGREES, GeoPoint


def point(latitude, longitude):
    return GeoPoint(latitude=round(latitude * MICRODEGREES), longitude=round(longitude * MICRODEGREES))


@pytest.mark.parametrize(
    ("country", "latitude", "longitude", "lies"),
    [
        ("FR", 48.85, 2.35, True),
        ("FR", -20.9, 55.5, True),
        ("FR", 41.92, 8.74, True),
        ("FR", 2.35, 48.85, False),
        ("FR", 0, 0, False),
        ("FR", 48.85, -2.35, True),
        ("FR", -48.85, 2.35, False),
        ("GB", 48.5, 2.0, True),
        ("GB", 43.3, 5.4, False),
        ("ES", 28.1, -15.4, True),
        ("NL", 12.1, -68.9, True),
        ("US", 21.3, -157.9, True),
        ("US", 51.9, 179.0, True),
        ("NZ", -43.9, -176.5, True),
        ("RU", 66.0, -172.0, True),
        ("RE", 0, 0, True),
    ],
)
def test_a_place_lies_in_a_country_or_not(country, latitude, longitude, lies):
    assert lies_in(country, point(latitude, longitude)) is lies


def test_it_is_said_how_far_outside_a_place_lies():
    assert metres_outside("DE", point(51, 10)) == 0
    north = point(55.06 + 1, 10)
    assert abs(metres_outside("DE", north) - 111_195) < 10, "a degree of latitude"
    assert 2 * 111_195 < FARTHEST_OUTSIDE < 3 * 111_195


def test_every_country_s_centre_lies_in_it():
    for country in ("FR", "GB", "US", "FJ", "RU", "NZ", "ID", "CL", "MC"):
        assert metres_outside(country, centre_of(country)) == 0
    assert centre_of("FR") == point(46.62, 2.45)
    assert centre_of("XX") is None
