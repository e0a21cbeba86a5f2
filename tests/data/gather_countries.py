"""Makes engine/model/countries.csv: for each country of ISO 3166-1, a point in its midst and the boxes it lies in.

The shapes are those of Natural Earth at 1:50,000,000 (public domain), as the npm package world-atlas (ISC) ships them;
the two-letter codes are those of the npm package i18n-iso-countries (MIT):

    python gather_countries.py world-atlas/countries-50m.json i18n-iso-countries/codes.json > countries.csv

The point is the centroid of the country's largest polygon, its area taken in degrees. The boxes are those round its
polygons, of which any two that are nearer than `NEAR` degrees to one another are made one.
"""

import csv
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NEAR = 2.0
Box = tuple[float, float, float, float]
"""South, west, north, east."""
Ring = list[tuple[float, float]]
"""Longitude, latitude."""


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
    """The arcs as coordinates: TopoJSON writes each point as its distance to the one before, in steps of a grid."""
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            arc.append((x * scale_x + shift_x, y * scale_y + shift_y))
        arcs.append(arc)
    return arcs


def outer_rings(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[Ring]:
    polygons = {"Polygon": [geometry.get("arcs")], "MultiPolygon": geometry.get("arcs")}.get(geometry["type"], [])
    for polygon in polygons:
        ring: Ring = []
        for number in polygon[0]:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            ring += arc if not ring else arc[1:]
        ring = unwrapped(ring)
        if ring[0] == ring[-1]:  # but for that of Antarctica, which goes round the pole
            yield ring


def unwrapped(ring: Ring) -> Ring:
    """Without jumps at the meridian of 180 degrees: the longitudes go on beyond it."""
    turns = 0
    result = [ring[0]]
    for (before, _), (longitude, latitude) in itertools.pairwise(ring):
        turns += (longitude - before < -180) - (longitude - before > 180)
        result.append((longitude + 360 * turns, latitude))
    return result


def area_and_centroid(ring: Ring) -> tuple[float, float, float]:
    """By the shoelace formula: the area in square degrees, longitude and latitude."""
    area = x = y = 0.0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        area, x, y = area + cross, x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return abs(area) / 2, x / (3 * area), y / (3 * area)


def boxes_of(ring: Ring) -> Iterator[Box]:
    """One, or two where it crosses the meridian of 180 degrees."""
    longitudes, latitudes = zip(*ring, strict=True)
    south, west, north, east = min(latitudes), min(longitudes), max(latitudes), max(longitudes)
    yield south, max(west, -180.0), north, min(east, 180.0)
    if east > 180:
        yield south, -180.0, north, east - 360
    if west < -180:
        yield south, west + 360, north, 180.0


def merged(boxes: list[Box]) -> list[Box]:
    for index, (south, west, north, east) in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = max(other[0] - north, south - other[2], other[1] - east, west - other[3])
            if apart < NEAR:
                rest = [box for box in boxes if box is not other and box is not boxes[index]]
                both = (min(south, other[0]), min(west, other[1]), max(north, other[2]), max(east, other[3]))
                return merged([both, *rest])
    return sorted(boxes)


def main(atlas: Path, codes: Path) -> None:
    topology = json.loads(atlas.read_text("utf-8"))
    alpha_2 = {numeric: code for code, _, numeric, *_ in json.loads(codes.read_text("utf-8"))}
    arcs = arcs_of(topology)
    rings: dict[str, list[Ring]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        if geometry.get("id") in alpha_2:
            rings.setdefault(alpha_2[geometry["id"]], []).extend(outer_rings(geometry, arcs))
    output = csv.writer(sys.stdout, lineterminator="\n")
    output.writerow(["country", "latitude", "longitude", "boxes"])
    for country, theirs in sorted(rings.items()):
        _, longitude, latitude = max(map(area_and_centroid, theirs))
        boxes = merged([box for ring in theirs for box in boxes_of(ring)])
        written = ";".join(" ".join(f"{degrees:.2f}" for degrees in box) for box in boxes)
        output.writerow([country, f"{latitude:.2f}", f"{(longitude + 180) % 360 - 180:.2f}", written])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
