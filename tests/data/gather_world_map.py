"""Makes api/reports/charts/world.json.gz: the shapes of all countries, on which the map of a report is drawn.

The shapes are those of Natural Earth at 1:50,000,000 (public domain), as the npm package world-atlas (ISC) ships them:

    python gather_world_map.py world-atlas/countries-50m.json > world.json.gz

Coordinates are hundredths of a degree, which is less than a kilometre and a quarter: finer than the shapes are. Each
arc begins with a point, and goes on with how far the next one is from the one before. A country is a list of polygons,
each a list of rings, each a list of arcs; an arc that is run through backwards is written ~number, as in TopoJSON.
"""

import gzip
import itertools
import json
import sys
from pathlib import Path
from typing import Any

HUNDREDTHS = 100


def reduced(arc: list[list[int]], transform: dict[str, list[float]]) -> list[int]:
    """Longitude and latitude in turns, without points that are the same as the one before."""
    (scale_x, scale_y), (shift_x, shift_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((round((x * scale_x + shift_x) * HUNDREDTHS), round((y * scale_y + shift_y) * HUNDREDTHS)))
    # the ends stay, where other arcs go on
    kept = [points[0], *(b for a, b in itertools.pairwise(points) if a != b)]
    if len(kept) == 1:
        kept.append(points[-1])
    steps = [kept[0], *((b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(kept))]
    return [number for step in steps for number in step]


def polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    return {"Polygon": [geometry.get("arcs")], "MultiPolygon": geometry.get("arcs")}.get(geometry["type"], [])


def main() -> None:
    topology = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    world = {
        "arcs": [reduced(arc, topology["transform"]) for arc in topology["arcs"]],
        "countries": [polygons(geometry) for geometry in topology["objects"]["countries"]["geometries"]],
    }
    text = json.dumps(world, separators=(",", ":"))
    sys.stdout.buffer.write(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
