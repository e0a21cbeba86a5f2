"""A page, as what stands where. Measures are in units of 1/24 mm, from its upper left corner: 3 of them are a dot of a
printer with 8 dots a mm, 2 of one with 12. Whatever is drawn lies on a grid of 6, so it is in whole dots on both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

MM = 24
GRID = 6
Align: TypeAlias = Literal["left", "centre", "right"]


class Line(NamedTuple):
    """One line of text, or before it is wrapped what becomes some of them."""

    text: str
    bold: bool = False


class Area(NamedTuple):
    """A rectangle that belongs to one thing alone."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    def overlaps(self, other: "Area") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: "Area") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def moved(self, down: int) -> "Area":
        return self._replace(top=self.top + down)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBox:
    """Lines of text in letters of one size, which is that of their em square."""

    area: Area
    size: int
    lines: tuple[Line, ...]
    align: Align = "left"

    def baselines(self) -> Iterator[tuple[Line, int]]:
        """Each line with its baseline, as a distance from the top of the page."""
        first = self.area.top + ascent(self.size)
        return ((line, first + number * leading(self.size)) for number, line in enumerate(self.lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A Code 128 whose narrowest bar is `module` wide. `area` is that of its bars, `quiet` what stays white at either
    side of it.
    """

    area: Area
    module: int
    symbols: tuple[int, ...]
    quiet: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Squares:
    """A QR code of black (1) and white squares that are `module` wide, with what stays white around it in its area."""

    area: Area
    module: int
    rows: tuple[bytes, ...]

    @property
    def origin(self) -> tuple[int, int]:
        """Where its first square is: it stands in the middle of its area."""
        margin = self.area.width - len(self.rows) * self.module
        return self.area.left + margin // 2 // GRID * GRID, self.area.top + margin // 2 // GRID * GRID


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`rules` are black rectangles: lines between sections."""

    width: int
    height: int
    texts: tuple[TextBox, ...] = ()
    bars: tuple[Bars, ...] = ()
    squares: tuple[Squares, ...] = ()
    rules: tuple[Area, ...] = ()

    def and_below(self, other: "Page", *, down: int) -> "Page":
        """All that stands on it, and what stands on the other, so much further down."""
        return replace(
            self,
            texts=self.texts + tuple(replace(one, area=one.area.moved(down)) for one in other.texts),
            bars=self.bars + tuple(replace(one, area=one.area.moved(down)) for one in other.bars),
            squares=self.squares + tuple(replace(one, area=one.area.moved(down)) for one in other.squares),
            rules=self.rules + tuple(one.moved(down) for one in other.rules),
        )


def ascent(size: int) -> int:
    """From the top of a line to its baseline: room for capitals with an accent; Vietnamese ones with two are higher, by
    a ninth of their size at most.
    """
    return size


def leading(size: int) -> int:
    """From one baseline to the next: a quarter of the size below each is for letters such as g and ţ."""
    return -(-size * 5 // 4)
