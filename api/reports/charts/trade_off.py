"""What drafts give up for what they gain: a point for each, with a line through those that no other beats."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.reports.charts.scale import Scale
from api.reports.charts.svg import Child, element, number, picture

WIDTH, HEIGHT = 380, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 18, 26, 46
_CROWDED = 11.0
"""Numbers of points that are nearer to one another than this are not written twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One draft: how much more it comes to either way. `label` is short, `name` is read where one points at it."""

    label: str
    name: str
    x: float
    y: float
    unbeaten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """`shown` writes a number of it; numbers are `step` apart at least."""

    title: str
    shown: Callable[[float], str]
    step: float = 0.0


def trade_off(points: Sequence[Point], x: Axis, y: Axis, *, name: str, baseline: str) -> Markup:
    """Less is better both ways, so what is best lies at the lower left: the line leads through those that no other
    beats in these two. The baseline is a cross where both axes are 0; what is `unbeaten` is filled, the rest hollow.
    """
    across = Scale.around([point.x for point in points], start=_LEFT, end=WIDTH - _RIGHT, margin=0.08)
    up = Scale.around([point.y for point in points], start=HEIGHT - _BOTTOM, end=_TOP, margin=0.08)
    front = [point for point in sorted(points, key=lambda point: (point.x, point.y)) if _leads(point, points)]
    line = " ".join(f"{number(across(point.x))},{number(up(point.y))}" for point in front)
    drawn = [element("polyline", class_="front", points=line)] if len(front) > 1 else []
    return picture(
        WIDTH,
        HEIGHT,
        name,
        *_axes(across, up, x, y),
        *drawn,
        *_cross(across(0), up(0), baseline),
        *(_mark(point, across, up) for point in points),
        *_labels(points, across, up),
        class_="chart",
    )


def _leads(point: Point, points: Sequence[Point]) -> bool:
    return not any(
        other.x <= point.x and other.y <= point.y and (other.x, other.y) != (point.x, point.y) for other in points
    )


def _axes(across: Scale, up: Scale, x: Axis, y: Axis) -> list[Child]:
    bottom = HEIGHT - _BOTTOM
    lines: list[Child] = []
    for tick in across.ticks(4, least=x.step):
        place = number(across(tick))
        lines.append(element("line", class_="grid", x1=place, x2=place, y1=_TOP, y2=bottom))
        lines.append(element("text", x.shown(tick), class_="tick", x=place, y=bottom + 16, text_anchor="middle"))
    for tick in up.ticks(5, least=y.step):
        place = number(up(tick))
        lines.append(element("line", class_="grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=place, y2=place))
        lines.append(
            element("text", y.shown(tick), class_="tick", x=_LEFT - 6, y=place, dy="0.35em", text_anchor="end")
        )
    lines.append(element("text", x.title, class_="axis", x=WIDTH - _RIGHT, y=HEIGHT - 8, text_anchor="end"))
    lines.append(element("text", y.title, class_="axis", x=4, y=14))
    return lines


def _cross(x: float, y: float, baseline: str) -> list[Child]:
    arms = f"M{number(x - 6)} {number(y)}H{number(x + 6)}M{number(x)} {number(y - 6)}V{number(y + 6)}"
    return [element("path", element("title", baseline), class_="cross", d=arms)]


def _mark(point: Point, across: Scale, up: Scale) -> Markup:
    return element(
        "circle",
        element("title", point.name),
        class_="unbeaten" if point.unbeaten else "beaten",
        cx=number(across(point.x)),
        cy=number(up(point.y)),
        r=6,
    )


def _labels(points: Sequence[Point], across: Scale, up: Scale) -> list[Child]:
    """Those that no other beats are named first; one that would lie upon another is left to the table."""
    placed: list[tuple[float, float]] = []
    labels: list[Child] = []
    for point in sorted(points, key=lambda point: not point.unbeaten):
        spots = _spots(across(point.x), up(point.y))
        free = [spot for spot in spots if all(_is_apart(spot, other) for other in placed)]
        if free:
            placed.append(free[0])
            x, y = free[0]
            labels.append(element("text", point.label, class_="label", x=number(x), y=number(y), text_anchor="middle"))
    return labels


def _spots(x: float, y: float) -> list[tuple[float, float]]:
    return [(x, y - 10), (x, y + 18), (x + 14, y + 4), (x - 14, y + 4)]


def _is_apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) >= 2 * _CROWDED or abs(one[1] - other[1]) >= _CROWDED
