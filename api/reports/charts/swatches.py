"""Samples of what is drawn in charts, for their legends. What they stand for is said beside them."""

from typing import Final

from markupsafe import Markup

from api.reports.charts.svg import element

_WIDTH, _HEIGHT = 28, 16


def _swatch(*children: Markup) -> Markup:
    return element("svg", *children, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="swatch", aria_hidden="true")


def _line(class_: str) -> Markup:
    return _swatch(element("line", class_=class_, x1=1, x2=_WIDTH - 1, y1=8, y2=8, stroke_width=3))


MORE_LINE: Final = _line("flow more")
FEWER_LINE: Final = _line("flow fewer")
DRAFT_DISC: Final = _swatch(element("circle", class_="draft", cx=14, cy=8, r=6))
BASELINE_RING: Final = _swatch(element("circle", class_="baseline", cx=14, cy=8, r=6))
AREA: Final = _swatch(element("path", class_="area", d="M9 8l5-5 5 5-5 5z"))
DRAFT_BAR: Final = _swatch(element("rect", class_="draft", x=8, y=3, width=12, height=13))
BASELINE_LINE: Final = _swatch(element("line", class_="baseline", x1=4, x2=24, y1=6, y2=6))
CROSS: Final = _swatch(element("path", class_="cross", d="M8 8H20M14 2V14"))
UNBEATEN: Final = _swatch(element("circle", class_="unbeaten", cx=14, cy=8, r=5.5))
BEATEN: Final = _swatch(element("circle", class_="beaten", cx=14, cy=8, r=5.5))
