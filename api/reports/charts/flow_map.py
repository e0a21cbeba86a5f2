"""Who ships whereto on a map: what a draft ships more is a whole line, what it ships less a dashed one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.reports.charts.projection import Place, Projection
from api.reports.charts.svg import Child, element, group, number, picture
from api.reports.charts.world import country_paths

WIDTH: Final = 720
_THICKEST, _THINNEST = 9.0, 1.4
_LARGEST, _SMALLEST = 26.0, 3.0
_LETTER: Final = 7.4
_LINE: Final = 15.0
"""How wide a letter of a label is, about, and how high its line."""
_GAP: Final = 4.0
"""Between one label and the next."""
_NARROW: Final = 2
"""On a narrow screen letters are so much larger than on a wide one, which shows the map as much larger."""
_BEND: Final = 0.14
"""How far a line is bent, as a share of its length, so that the ways there and back are two."""
_LONGEST: Final = 26
"""Letters of a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A place that ships `baseline` and `draft` units. `name` is read where one points at it."""

    label: str
    name: str
    place: Place
    baseline: int
    draft: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFlow:
    """From a node to an area, so many units more, or fewer. One of which `changes` is False is shown as it is."""

    name: str
    start: Place
    end: Place
    units: int
    changes: bool


def flow_map(nodes: Sequence[MapNode], flows: Sequence[MapFlow], *, name: str, labelled: int) -> Markup:
    """`nodes` are some; the first `labelled` of them are named, as far as there is room."""
    projection = Projection.around([*(node.place for node in nodes), *(flow.end for flow in flows)], width=WIDTH)
    land = group([element("path", class_="land", d=path) for path in country_paths(projection)], fill_rule="evenodd")
    sea = element("rect", class_="sea", x=0, y=0, width=WIDTH, height=number(projection.height))
    return picture(
        WIDTH,
        projection.height,
        name,
        sea,
        land,
        group(_flows(flows, projection)),
        group(_areas(flows, projection)),
        group(_nodes(nodes, projection)),
        group(_labels(nodes, projection, labelled, "on-wide", 1)),
        group(_labels(nodes, projection, labelled, "on-narrow", _NARROW)),
        class_="map",
    )


def _flows(flows: Sequence[MapFlow], projection: Projection) -> Iterator[Markup]:
    most = max((abs(flow.units) for flow in flows), default=1)
    for flow in sorted(flows, key=lambda flow: abs(flow.units)):
        start, end = projection(*flow.start), projection(*flow.end)
        width = max(_THINNEST, _THICKEST * math.sqrt(abs(flow.units) / most))
        tone = ("more" if flow.units > 0 else "fewer") if flow.changes else "same"
        title = element("title", flow.name)
        if math.dist(start, end) < 1:
            yield _loop(start, width, tone, title)
            continue
        yield element("path", title, class_=f"flow {tone}", d=_curve(start, end), stroke_width=number(width))


def _areas(flows: Sequence[MapFlow], projection: Projection) -> Iterator[Markup]:
    """Where flows end that go elsewhere."""
    ends = dict.fromkeys(flow.end for flow in flows if flow.end != flow.start)
    for x, y in (projection(*end) for end in ends):
        yield element("path", class_="area", d=f"M{number(x - 4.5)} {number(y)}l4.5-4.5 4.5 4.5-4.5 4.5z")


def _curve(start: Place, end: Place) -> str:
    (x, y), (to_x, to_y) = start, end
    bend_x, bend_y = (x + to_x) / 2 - (to_y - y) * _BEND, (y + to_y) / 2 + (to_x - x) * _BEND
    return f"M{number(x)} {number(y)}Q{number(bend_x)} {number(bend_y)} {number(to_x)} {number(to_y)}"


def _loop(place: Place, width: float, tone: str, title: Markup) -> Markup:
    """Of what stays where it is."""
    x, y = place
    return element(
        "circle", title, class_=f"flow {tone}", cx=number(x), cy=number(y - 9), r=9, stroke_width=number(width)
    )


def _nodes(nodes: Sequence[MapNode], projection: Projection) -> Iterator[Markup]:
    """The draft is a disc, the baseline a dashed ring: their areas are what they ship."""
    most = _most(nodes)
    for node in sorted(nodes, key=lambda node: -max(node.baseline, node.draft)):
        x, y = projection(*node.place)
        drawn: list[Child] = [element("title", node.name)]
        if node.draft:
            drawn.append(element("circle", class_="draft", cx=number(x), cy=number(y), r=_radius(node.draft, most)))
        if node.baseline:
            drawn.append(
                element("circle", class_="baseline", cx=number(x), cy=number(y), r=_radius(node.baseline, most))
            )
        yield group(drawn)


def _most(nodes: Sequence[MapNode]) -> int:
    return max(max(node.baseline, node.draft) for node in nodes) or 1


def _radius(units: int, most: int) -> str:
    return number(max(_SMALLEST, _LARGEST * math.sqrt(units / most)))


def _labels(
    nodes: Sequence[MapNode], projection: Projection, labelled: int, screen: str, larger: int
) -> Iterator[Markup]:
    """Beside its node, where it lies on no other label and not beyond the edge; otherwise there is none. `screen`:
    which screens they are for, with letters so many times larger.
    """
    most, taken = _most(nodes), list[tuple[float, float, float, float]]()
    for node in nodes[:labelled]:
        x, y = projection(*node.place)
        away = float(_radius(max(node.baseline, node.draft), most)) + 4
        label = node.label if len(node.label) <= _LONGEST else f"{node.label[: _LONGEST - 1]}…"
        width = larger * _LETTER * len(label)
        for left, line, anchor in (
            (x + away, y + 5, "start"),
            (x - away - width, y + 5, "end"),
            (x - width / 2, y - away, "middle"),
            (x - width / 2, y + away + 10 * larger, "middle"),
        ):
            box = (left - _GAP, line - larger * _LINE, left + width + _GAP, line + 4 * larger)
            if _is_within(box, projection) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                at = {"start": left, "end": left + width, "middle": x}[anchor]
                yield element("text", label, class_=f"place {screen}", x=number(at), y=number(line), text_anchor=anchor)
                break


def _is_within(box: tuple[float, float, float, float], projection: Projection) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= projection.width and box[3] <= projection.height


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
