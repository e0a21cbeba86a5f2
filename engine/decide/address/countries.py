"""Where countries lie: a point in the midst of each, and the boxes of degrees that hold it.

Both are of Natural Earth at 1:50,000,000 (public domain, https://www.naturalearthdata.com), in `countries.csv`, which
tests/data/gather_countries.py makes. Overseas parts lie in the country of their flag; those that have a code of their
own but no shape there, such as RE, are not known here.
"""

import csv
import functools
from collections.abc import Collection, Mapping
from decimal import Decimal
from importlib import resources
from typing import NamedTuple

from engine.decide.shipping.distance import direction, great_circle
from engine.model.facts import MICRODEGREES, GeoPoint

FARTHEST_OUTSIDE = 250_000
"""Metres. The boxes leave out the smallest islands, and places beside a border are ordered to from either side; what
lies farther outside is a mistake, most often latitude and longitude swapped, or a sign or the whole of it lost."""


class _Box(NamedTuple):
    """Microdegrees."""

    south: int
    west: int
    north: int
    east: int

    def holds(self, place: GeoPoint) -> bool:
        return self.south <= place.latitude <= self.north and self.west <= place.longitude <= self.east

    def nearest(self, place: GeoPoint) -> GeoPoint:
        return GeoPoint(
            latitude=min(max(place.latitude, self.south), self.north),
            longitude=min(max(place.longitude, self.west), self.east),
        )


class _Country(NamedTuple):
    centre: GeoPoint
    boxes: tuple[_Box, ...]


@functools.cache
def _countries() -> Mapping[str, _Country]:
    content = resources.files(__package__).joinpath("countries.csv").read_text("utf-8")
    return {row["country"]: _country(row) for row in csv.DictReader(content.splitlines())}


def _country(row: Mapping[str, str]) -> _Country:
    centre = GeoPoint(latitude=_microdegrees(row["latitude"]), longitude=_microdegrees(row["longitude"]))
    return _Country(centre, tuple(_Box(*map(_microdegrees, box.split())) for box in row["boxes"].split(";")))


def _microdegrees(degrees: str) -> int:
    return int(Decimal(degrees) * MICRODEGREES)


def country_codes() -> Collection[str]:
    """Those that are known here."""
    return _countries().keys()


def centre_of(country: str) -> GeoPoint | None:
    """None: the country is not known here."""
    known = _countries().get(country)
    return known.centre if known else None


def metres_outside(country: str, place: GeoPoint) -> int:
    """How far the place lies outside the boxes of the country; 0 inside them, and for a country not known here."""
    known = _countries().get(country)
    if known is None or any(box.holds(place) for box in known.boxes):
        return 0
    there = direction(place)
    return min(round(great_circle(there, direction(box.nearest(place)))) for box in known.boxes)


def lies_in(country: str, place: GeoPoint) -> bool:
    """Whether the place can be in the country, as far as is known here."""
    return metres_outside(country, place) <= FARTHEST_OUTSIDE
