"""Great-circle distances, the same to the last bit on every machine.

This is the only floating point of a decision. IEEE 754 demands that +, -, x, / and the square root are rounded
correctly, so they give the same bits wherever they are done in double precision; it does not demand it of sine, cosine
and arc sine, and libraries differ in the last place. So these three are made here from the five operations that can be
relied on, and a decision replayed on another machine has the same metres. The result is rounded to 100 m at once;
everything else is integers.
"""

import math
from typing import TypeAlias

from engine.model.facts import MICRODEGREES, GeoPoint, rounded

EARTH_RADIUS = 6_371_008.8
"""Metres: the mean radius R1 of the WGS-84 ellipsoid (Moritz 2000, Geodetic Reference System 1980)."""
DISTANCE_STEP = 100

Direction: TypeAlias = tuple[float, float, float]
"""From the centre of the earth, of length 1: to the meridian of Greenwich on the equator, to 90° east of it, north."""

_QUARTER = 90 * MICRODEGREES
_RADIANS = 3.141592653589793 / (180 * MICRODEGREES)
SMALL = 0.1
"""Half chords up to 1,274 km, for which nine terms of the series are exact to the last bits."""


def _arcsine_terms() -> tuple[float, ...]:
    """(2n)! / (4**n n!**2 (2n + 1)), the coefficients of x**(2n + 1) in the series of the arc sine, n = 1 to 8."""
    return tuple(math.comb(2 * n, n) / (4**n * (2 * n + 1)) for n in range(1, 9))


SERIES = _arcsine_terms()
_A1, _A2, _A3, _A4, _A5, _A6, _A7, _A8 = SERIES


def direction(place: GeoPoint) -> Direction:
    north, level = _sine_cosine(place.latitude)
    east, ahead = _sine_cosine(place.longitude)
    return level * ahead, level * east, north


def great_circle(a: Direction, b: Direction) -> float:
    """Metres over the mean sphere: by the chord, which is as exact near by as haversine is (Sinnott 1984) and needs
    no trigonometry but for the arc sine.
    """
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    half = math.sqrt(x * x + y * y + z * z) / 2
    if half > SMALL:
        return 2 * EARTH_RADIUS * _arcsine(half)
    return 2 * EARTH_RADIUS * _small_arcsine(half)


def route_distance(metres: float, detour: int) -> int:
    """The great circle times the detour (thousandths), rounded to 100 m."""
    return rounded(round(metres) * detour, 1_000 * DISTANCE_STEP) * DISTANCE_STEP


def _arcsine(sine: float) -> float:
    """Of 0 to 1, in radians: the angle is halved until its series is short."""
    times, small = 1, min(sine, 1.0)
    while small > SMALL:
        small = small / math.sqrt(2 * (1 + math.sqrt(1 - small * small)))
        times *= 2
    return times * _small_arcsine(small)


def _small_arcsine(x: float) -> float:
    square = x * x
    series = _A1 + square * (
        _A2 + square * (_A3 + square * (_A4 + square * (_A5 + square * (_A6 + square * (_A7 + square * _A8)))))
    )
    return x + x * square * series


def _sine_cosine(microdegrees: int) -> tuple[float, float]:
    """The sine and the cosine. The angle is split, in integers, into whole quarter turns and at most an eighth of a
    turn before or after.
    """
    quarters, remainder = divmod(microdegrees + _QUARTER // 2, _QUARTER)
    angle = (remainder - _QUARTER // 2) * _RADIANS
    sine, cosine = _series(angle, 1), _series(angle, 0)
    for _ in range(quarters % 4):
        sine, cosine = cosine, -sine
    return sine, cosine


def _series(angle: float, first: int) -> float:
    """The Taylor series of the sine (`first` 1) or the cosine (0), up to the 19th power: the remaining terms are below
    1e-19.
    """
    term = total = angle if first else 1.0
    for power in range(first + 2, 20, 2):
        term = -term * angle * angle / ((power - 1) * power)
        total += term
    return total
