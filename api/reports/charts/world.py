"""The countries of the world, as far as they lie on a map: made with Natural Earth.

`world.json.gz` is made by tests/data/gather_world_map.py from the npm package world-atlas (ISC licence, see
WORLD-LICENSE.txt), which has the shapes of Natural Earth at 1:50,000,000 (public domain).
"""

import functools
import gzip
import itertools
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final, NamedTuple, TypeAlias

from api.reports.charts.projection import Projection

Ring: TypeAlias = list[tuple[float, float]]
"""Longitude and latitude, or across and down."""
_HUNDREDTHS: Final = 100
_TURN: Final = 360
_TURNS: Final = (-_TURN, 0, _TURN)
_BEYOND: Final = 6.0
"""So far beyond the edge a shape is drawn, so that its cut is not seen."""
_STEP: Final = 2
_POINTS: Final = 3
"""A ring of fewer is none."""


class _Shape(NamedTuple):
    """A ring of a country, and the box round it: south, north, west, east."""

    ring: Ring
    box: tuple[float, float, float, float]


def country_paths(projection: Projection) -> list[str]:
    """For each country that lies on the map, the `d` of a path, to be filled by the rule evenodd. Whole numbers."""
    paths = ("".join(_parts(country, projection)) for country in _countries())
    return [path for path in paths if path]


def _parts(country: Sequence[_Shape], projection: Projection) -> Iterator[str]:
    for shape in country:
        south, north, west, east = shape.box
        if north < projection.south or south > projection.north:
            continue
        for turn in _TURNS:
            if east + turn >= projection.west and west + turn <= projection.east:
                drawn = [projection.at(latitude, longitude + turn) for longitude, latitude in shape.ring]
                yield _path(_clipped(drawn, projection))


def _path(points: Ring) -> str:
    """Relative steps between whole numbers; what is nearer than a step to the point before is left out."""
    kept: list[tuple[int, int]] = []
    for x, y in points:
        point = round(x), round(y)
        if not kept or max(abs(point[0] - kept[-1][0]), abs(point[1] - kept[-1][1])) >= _STEP:
            kept.append(point)
    if len(set(kept)) < _POINTS:
        return ""
    steps = (f"{after[0] - before[0]} {after[1] - before[1]}" for before, after in itertools.pairwise(kept))
    return f"M{kept[0][0]} {kept[0][1]}l{' '.join(steps)}z"


def _clipped(ring: Ring, projection: Projection) -> Ring:
    """What lies within the drawing and a little beyond (Sutherland and Hodgman, Reentrant Polygon Clipping, 1974)."""
    low, right, down = -_BEYOND, projection.width + _BEYOND, projection.height + _BEYOND
    for axis, bound, keeps_more in ((0, low, True), (0, right, False), (1, low, True), (1, down, False)):
        if not ring:
            break
        ring = list(_cut(ring, axis, bound, keeps_more=keeps_more))
    return ring


def _cut(ring: Ring, axis: int, bound: float, *, keeps_more: bool) -> Iterator[tuple[float, float]]:
    before = ring[-1]
    was_in = (before[axis] >= bound) is keeps_more
    for point in ring:
        is_in = (point[axis] >= bound) is keeps_more
        if is_in is not was_in:
            yield _crossing(before, point, axis, bound)
        if is_in:
            yield point
        before, was_in = point, is_in


def _crossing(one: tuple[float, float], other: tuple[float, float], axis: int, bound: float) -> tuple[float, float]:
    share = (bound - one[axis]) / (other[axis] - one[axis])
    across = one[1 - axis] + share * (other[1 - axis] - one[1 - axis])
    return (bound, across) if axis == 0 else (across, bound)


@functools.cache
def _countries() -> list[list[_Shape]]:
    with resources.files(__package__).joinpath("world.json.gz").open("rb") as file:
        world = json.loads(gzip.decompress(file.read()))
    arcs = [_arc(steps) for steps in world["arcs"]]
    return [[_shape(ring, arcs) for polygon in country for ring in polygon] for country in world["countries"]]


def _arc(steps: Sequence[int]) -> Ring:
    x = y = 0
    arc = []
    for step_x, step_y in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + step_x, y + step_y
        arc.append((x / _HUNDREDTHS, y / _HUNDREDTHS))
    return arc


def _shape(numbers: Sequence[int], arcs: Sequence[Ring]) -> _Shape:
    """An arc begins where the one before it ends."""
    ring: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += arc[1:] if ring else arc
    ring = _unwrapped(ring)
    longitudes, latitudes = [x for x, _ in ring], [y for _, y in ring]
    return _Shape(ring, (min(latitudes), max(latitudes), min(longitudes), max(longitudes)))


def _unwrapped(ring: Ring) -> Ring:
    """Of a country on the date line, on one side of it: longitudes go on beyond 180."""
    made, turn = [ring[0]], 0
    for (before, _), (longitude, latitude) in itertools.pairwise(ring):
        turn += round((before - longitude) / _TURN)
        made.append((longitude + turn * _TURN, latitude))
    return made
