"""A4 sheets: blocks below one another, on as many pages as they take, with the number of each page at its foot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.fulfilment.labels.letters.fitting import wrap_all
from engine.fulfilment.labels.page import MM, Align, Area, Line, Page, TextBox, ascent, leading

WIDTH, HEIGHT = 210 * MM, 297 * MM
MARGIN = 15 * MM
INNER = WIDTH - 2 * MARGIN
BODY, SMALL, TITLE, HEADING = 78, 60, 168, 102
"""Sizes of letters: 3.25, 2.5, 7 and 4.25 mm."""
_FOOT = 10 * MM
HALF = 95 * MM
"""Where the right half of a sheet begins, from its margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is never divided between pages, from its top on. One that `leads` has another below it on its page; where
    one with a `head`, as the rows of a table have, is the first on a page, its head stands above it once more.
    """

    content: Page
    leads: bool = False
    head: "Block | None" = None

    @property
    def height(self) -> int:
        return self.content.height


def block(height: int, *texts: TextBox, rules: Sequence[Area] = (), leads: bool = False) -> Block:
    return Block(content=Page(width=WIDTH, height=height, texts=texts, rules=tuple(rules)), leads=leads)


def gap(height: int) -> Block:
    return block(height)


def written(
    text: str, left: int, top: int, width: int, *, size: int = BODY, bold: bool = False, align: Align = "left"
) -> TextBox:
    """A text in as many lines as it takes; words that are wider are broken."""
    return written_lines([Line(text, bold)], left, top, width, size=size, align=align)


def written_lines(
    lines: Sequence[Line], left: int, top: int, width: int, *, size: int = BODY, align: Align = "left"
) -> TextBox:
    wrapped = wrap_all(lines, width, size, breaks=True) or ()
    area = Area(left, top, width, len(wrapped) * leading(size))
    return TextBox(area=area, size=size, lines=wrapped, align=align)


def paragraph(text: str, *, size: int = BODY, bold: bool = False, above: int = 0, leads: bool = False) -> Block:
    box = written(text, MARGIN, above, INNER, size=size, bold=bold)
    return block(box.area.bottom, box, leads=leads)


def heading(text: str) -> Block:
    """With a line below it."""
    box = written(text, MARGIN, 5 * MM, INNER, size=HEADING, bold=True)
    return block(box.area.bottom + MM, box, rules=[Area(MARGIN, box.area.bottom, INNER, 6)], leads=True)


def facts(rows: Sequence[tuple[str, str]]) -> list[TextBox]:
    """Names and what they stand for, in the right half of a sheet, from its top on; without those that are empty."""
    texts: list[TextBox] = []
    top, lower = 0, ascent(BODY) - ascent(SMALL)
    for name, value in rows:
        if value:
            texts.append(written(name, MARGIN + HALF, top + lower, 26 * MM, size=SMALL))
            texts.append(written(value, MARGIN + HALF + 27 * MM, top, INNER - HALF - 27 * MM))
            top = max(text.area.bottom for text in texts)
    return texts


def sheets(blocks: Sequence[Block], *, foot: Callable[[int, int], str]) -> tuple[Page, ...]:
    """`foot` says what stands at the foot of a page, by its number and how many there are."""
    pages = _paginated(blocks)
    return tuple(
        replace(page, texts=(*page.texts, _foot(foot(number, len(pages))))) for number, page in enumerate(pages, 1)
    )


def _foot(text: str) -> TextBox:
    size = SMALL
    area = Area(MARGIN, HEIGHT - MARGIN, INNER, leading(size))
    return TextBox(area=area, size=size, lines=(Line(text),), align="centre")


def _paginated(blocks: Sequence[Block]) -> list[Page]:
    empty = Page(width=WIDTH, height=HEIGHT)
    bottom = HEIGHT - MARGIN - _FOOT
    pages, page, top = [], empty, MARGIN
    for number, one in enumerate(blocks):
        if top > MARGIN and top + _with_led(blocks, number) > bottom:
            pages.append(page)
            page, top = empty, MARGIN
            if one.head:
                page, top = page.and_below(one.head.content, down=top), top + one.head.height
        page, top = page.and_below(one.content, down=top), top + one.height
    return [*pages, page]


def _with_led(blocks: Sequence[Block], number: int) -> int:
    """How high a block is with those that must stand below it on the same page."""
    height = blocks[number].height
    while blocks[number].leads and number + 1 < len(blocks):
        number += 1
        height += blocks[number].height
    return height
