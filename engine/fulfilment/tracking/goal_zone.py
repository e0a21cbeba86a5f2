"""The time zone of a place, by its country: that whose principal place is nearest, by the list of the time zone
database (zone.tab; its columns: country, coordinates in ISO 6709, zone).
"""

import functools
import importlib.resources
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.decide.shipping.distance import direction, great_circle
from engine.model.facts import MICRODEGREES, GeoPoint

_FILE = "zone.tab"
_COORDINATES = re.compile(r"([+-]\d{4,6})([+-]\d{5,7})", re.ASCII)
_MINUTES = 60


def zone_of(country: str, place: GeoPoint | None) -> str | None:
    """None: the country is not in the list. Without a place, of several the first, which has the most people."""
    zones = _zones().get(country, ())
    if not zones:
        return None
    if place is None or len(zones) == 1:
        return zones[0][0]
    here = direction(place)
    return min(zones, key=lambda zone: great_circle(here, direction(zone[1])))[0]


@functools.cache
def _zones() -> Mapping[str, tuple[tuple[str, GeoPoint], ...]]:
    """By country, its zones."""
    zones: dict[str, list[tuple[str, GeoPoint]]] = {}
    for line in _lines():
        if not line.startswith("#"):
            country, coordinates, zone, *_ = line.split("\t")
            match = _COORDINATES.fullmatch(coordinates)
            if match:
                latitude, longitude = match.groups()
                place = GeoPoint(latitude=_microdegrees(latitude, 2), longitude=_microdegrees(longitude, 3))
                zones.setdefault(country, []).append((zone, place))
    return {country: tuple(listed) for country, listed in zones.items()}


def _lines() -> Iterator[str]:
    """Of the first list that is there: the operating system's, or that of the package tzdata."""
    for directory in map(Path, zoneinfo.TZPATH):
        if (directory / _FILE).is_file():
            yield from (directory / _FILE).read_text("utf-8").splitlines()
            return
    try:
        listed = importlib.resources.files("tzdata.zoneinfo") / _FILE
    except ModuleNotFoundError:
        return
    yield from listed.read_text("utf-8").splitlines()


def _microdegrees(text: str, digits: int) -> int:
    """Of ±DDMM or ±DDMMSS, with so many digits of degrees."""
    sign, number = (-1 if text[0] == "-" else 1), text[1:]
    degrees, minutes, seconds = int(number[:digits]), int(number[digits : digits + 2]), int(number[digits + 2 :] or 0)
    return sign * (degrees * MICRODEGREES + (minutes * _MINUTES + seconds) * MICRODEGREES // (_MINUTES * _MINUTES))
