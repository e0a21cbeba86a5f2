"""Distances are the same to the last bit on every machine: made of operations that all machines round alike."""

import ast
import inspect
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.decide.shipping import distance
from engine.decide.shipping.distance import EARTH_RADIUS, direction, great_circle
from engine.model.facts import GeoPoint
from tests.support.facts import LILLE, LYON, MARSEILLE, PARIS

SYDNEY = GeoPoint(latitude=-33_868_800, longitude=151_209_300)
PLACES = st.builds(
    GeoPoint, latitude=st.integers(-90_000_000, 90_000_000), longitude=st.integers(-180_000_000, 180_000_000)
)


def haversine(a, b):
    """The haversine formula as Sinnott gave it, with the trigonometry of this machine."""
    north, other = math.radians(a.latitude / 1e6), math.radians(b.latitude / 1e6)
    half = math.sin((other - north) / 2) ** 2
    half += math.cos(north) * math.cos(other) * math.sin(math.radians((b.longitude - a.longitude) / 1e6) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half)))


@given(PLACES, PLACES)
@example(LYON, GeoPoint(latitude=-LYON.latitude, longitude=LYON.longitude - 180_000_000))
@example(PARIS, GeoPoint(latitude=PARIS.latitude + 1, longitude=PARIS.longitude))
@example(GeoPoint(latitude=0, longitude=1), GeoPoint(latitude=1, longitude=-179_999_998))
def test_it_is_the_haversine_to_a_tenth_of_a_millimetre(a, b):
    expected = haversine(a, b)
    # on the other side of the earth an arc sine near 1 loses half its digits, of either
    loses = expected > 0.999 * math.pi * EARTH_RADIUS
    assert great_circle(direction(a), direction(b)) == pytest.approx(expected, abs=0.5 if loses else 1e-4)


@given(PLACES, st.integers(-1_000, 1_000), st.integers(-1_000, 1_000))
def test_near_by_it_is_exact_to_a_micrometre(a, north, east):
    b = GeoPoint(latitude=max(-90_000_000, min(90_000_000, a.latitude + north)), longitude=a.longitude + east)
    assert great_circle(direction(a), direction(b)) == pytest.approx(haversine(a, b), abs=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "bits"),
    [
        (PARIS, LYON, "0x1.800615e380bd4p+18"),
        (PARIS, LILLE, "0x1.8f1b52796d377p+17"),
        (LYON, MARSEILLE, "0x1.0d6685190285fp+18"),
        (PARIS, SYDNEY, "0x1.02cd71ee58da0p+24"),
    ],
)
def test_the_metres_are_the_same_to_the_last_bit_wherever_this_runs(a, b, bits):
    assert great_circle(direction(a), direction(b)).hex() == bits


def test_nothing_but_the_square_root_and_whole_numbers_are_taken_of_the_machine_s_mathematics():
    tree = ast.parse(inspect.getsource(distance))
    taken = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math"
    }
    assert taken == {"comb", "sqrt"}


@given(st.integers(-360_000_000, 360_000_000))
@example(90_000_000)
@example(-180_000_000)
def test_sine_and_cosine_are_those_of_the_machine_but_for_its_last_digits(microdegrees):
    sine, cosine = distance._sine_cosine(microdegrees)
    assert sine == pytest.approx(math.sin(math.radians(microdegrees / 1e6)), abs=2e-15)
    assert cosine == pytest.approx(math.cos(math.radians(microdegrees / 1e6)), abs=2e-15)
