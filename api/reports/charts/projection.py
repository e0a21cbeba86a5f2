"""From degrees to where a place stands on a map: equidistant cylindrical, true to scale in the middle of the map."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

Place: TypeAlias = tuple[float, float]
"""Degrees of latitude and longitude."""
_MARGIN: Final = 0.09
_LEAST_SPAN: Final = 3.0
"""Degrees of latitude that a map shows at least, so that one place has something around it."""
_FLATTEST, _STEEPEST = 0.55, 0.95
"""Height by width."""
_NARROWEST: Final = 0.25
"""How much a degree of longitude is narrowed at most: near the poles it would vanish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Degrees of the box that is shown; longitudes may go beyond 180. `width` and `height` are those of the drawing."""

    south: float
    north: float
    west: float
    east: float
    width: float
    height: float

    @classmethod
    def around(cls, places: Sequence[Place], *, width: float) -> Self:
        """All of the places, which are some, with a margin."""
        west, east = _longitudes([longitude for _, longitude in places])
        south, north = min(latitude for latitude, _ in places), max(latitude for latitude, _ in places)
        narrowed = max(math.cos(math.radians((south + north) / 2)), _NARROWEST)
        high = max((north - south) * (1 + 2 * _MARGIN), _LEAST_SPAN)
        wide = max((east - west) * (1 + 2 * _MARGIN), _LEAST_SPAN)
        # in degrees of latitude either way; the side that is too short is made longer
        across = max(wide * narrowed, high / _STEEPEST)
        high = max(high, across * _FLATTEST)
        across = min(across, 360 * narrowed)
        high = min(high, 180.0)
        middle = min(max((south + north) / 2, high / 2 - 90), 90 - high / 2)
        centre, half = (west + east) / 2, across / narrowed / 2
        return cls(
            south=middle - high / 2,
            north=middle + high / 2,
            west=centre - half,
            east=centre + half,
            width=width,
            height=round(width * high / across),
        )

    def __call__(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place of the box stands, of which the longitude may be a turn away."""
        turned = self.west + (longitude - self.west) % 360
        return self.at(latitude, turned)

    def at(self, latitude: float, longitude: float) -> tuple[float, float]:
        """As `longitude` is, on this turn."""
        return (
            (longitude - self.west) / (self.east - self.west) * self.width,
            (self.north - latitude) / (self.north - self.south) * self.height,
        )


def _longitudes(longitudes: Sequence[float]) -> tuple[float, float]:
    """The westernmost and the easternmost, so that the widest gap between them is left out: for places on either side
    of the date line, the east is beyond 180.
    """
    turned = sorted({longitude % 360 for longitude in longitudes})
    gaps = [(turned[0] + 360 - turned[-1], turned[0]), *((b - a, b) for a, b in itertools.pairwise(turned))]
    gap, west = max(gaps, key=lambda item: (item[0], -item[1]))
    west = west - 360 if west > 180 else west  # noqa: PLR2004  # half a turn
    return west, west + 360 - gap
