"""What leaves a place each day: a bar for the draft, and a line across it for the baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.reports.charts.scale import Scale
from api.reports.charts.svg import Child, element, group, number, picture

WIDTH, HEIGHT = 170, 84
_LEFT, _TOP, _BOTTOM = 40, 8, 18
_WIDEST = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    """`label` is what is read where one points at it."""

    label: str
    baseline: int
    draft: int


def day_bars(days: Sequence[DayLoad], *, first: str, last: str, name: str, shown: Callable[[float], str]) -> Markup:
    """The days in their order, without gaps; `first` and `last` are written below the axis."""
    bottom = HEIGHT - _BOTTOM
    up = Scale.around([most for day in days for most in (day.baseline, day.draft)], start=bottom, end=_TOP)
    slot = (WIDTH - _LEFT) / max(len(days), 1)
    width = min(slot * 0.7, _WIDEST)
    drawn: list[Child] = []
    for place, day in enumerate(days):
        middle = _LEFT + (place + 0.5) * slot
        drawn.append(_day(day, middle, width, up))
    highest = up.high
    return picture(
        WIDTH,
        HEIGHT,
        name,
        element("line", class_="grid", x1=_LEFT, x2=WIDTH, y1=bottom, y2=bottom),
        element("line", class_="grid", x1=_LEFT, x2=WIDTH, y1=_TOP, y2=_TOP),
        element("text", shown(highest), class_="tick", x=_LEFT - 4, y=_TOP, dy="0.35em", text_anchor="end"),
        element("text", shown(0), class_="tick", x=_LEFT - 4, y=bottom, dy="0.35em", text_anchor="end"),
        element("text", first, class_="tick", x=_LEFT, y=HEIGHT - 4),
        *([element("text", last, class_="tick", x=WIDTH, y=HEIGHT - 4, text_anchor="end")] if len(days) > 1 else []),
        *drawn,
        class_="days",
    )


def _day(day: DayLoad, middle: float, width: float, up: Scale) -> Markup:
    """Nothing is drawn where nothing leaves either way."""
    top, base, bottom = up(day.draft), up(day.baseline), up(0)
    left, right = middle - width / 2, middle + width / 2
    reach = max(1.0, width * 0.15)
    drawn: list[Child] = [element("title", day.label)]
    if day.draft:
        bar = {"x": number(left), "y": number(top), "width": number(width), "height": number(bottom - top)}
        drawn.append(element("rect", class_="draft", **bar))
    if day.baseline or day.draft:
        ends = {"x1": number(left - reach), "x2": number(right + reach)}
        drawn.append(element("line", class_="baseline", **ends, y1=number(base), y2=number(base)))
    return group(drawn)
