"""Bars that stand in the rows of a table, all on one scale: what is added, and from where to where."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from markupsafe import Markup

from api.reports.charts.scale import Scale
from api.reports.charts.svg import Child, element, number, picture

Tone: TypeAlias = Literal["better", "worse", "even", "neutral"]
WIDTH, HEIGHT = 160, 18
_LEAST = 1.5
"""How wide a bar is at least that is of something."""


def bar_scale(numbers: Iterable[float]) -> Scale:
    """One for all rows of a table."""
    return Scale.around(numbers, start=6, end=WIDTH - 6)


def bar(scale: Scale, start: float, end: float, tone: Tone, name: str) -> Markup:
    """From `start` to `end`, with a line where nothing is added. What ends further to the left has its tip there: which
    way it goes can be seen without its colour.
    """
    zero = number(scale(0))
    axis = element("line", class_="zero", x1=zero, x2=zero, y1=0, y2=HEIGHT)
    return picture(WIDTH, HEIGHT, name, axis, *_arrow(scale(start), scale(end), tone), class_="bar")


def _arrow(start: float, end: float, tone: Tone) -> list[Child]:
    if start == end:
        return [element("circle", class_="even", cx=number(start), cy=HEIGHT / 2, r=2.5)]
    if abs(end - start) < _LEAST:
        end = start + (_LEAST if end > start else -_LEAST)
    tip = min(4.0, abs(end - start)) * (1 if end > start else -1)
    top, middle, bottom = 4, HEIGHT / 2, HEIGHT - 4
    points = [(start, top), (end - tip, top), (end, middle), (end - tip, bottom), (start, bottom)]
    drawn = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return [element("polygon", class_=tone, points=drawn)]


def sure_range(low: int, difference: int, high: int, name: str) -> Markup:
    """A difference, and between which sums it lies; a line where there is none."""
    scale = bar_scale([low, difference, high])
    left, right, zero = (number(scale(value)) for value in (low, high, 0))
    middle = HEIGHT / 2
    return picture(
        WIDTH,
        HEIGHT,
        name,
        element("line", class_="zero", x1=zero, x2=zero, y1=0, y2=HEIGHT),
        element("line", class_="range", x1=left, x2=right, y1=middle, y2=middle),
        element("line", class_="range", x1=left, x2=left, y1=middle - 4, y2=middle + 4),
        element("line", class_="range", x1=right, x2=right, y1=middle - 4, y2=middle + 4),
        element("circle", class_="dot", cx=number(scale(difference)), cy=middle, r=4),
        class_="bar",
    )


def share_bar(part: int, whole: int, name: str) -> Markup:
    """How much of the whole a part is."""
    width, height = 320, 10
    filled = width * part / whole if whole else 0
    return picture(
        width,
        height,
        name,
        element("rect", class_="whole", x=0, y=0, width=width, height=height, rx=5),
        element(
            "rect",
            class_="part",
            x=0,
            y=0,
            width=number(max(filled, 3 if part else 0)),
            height=height,
            rx=min(5, filled / 2),
        ),
        class_="share",
        preserveAspectRatio="none",
    )
