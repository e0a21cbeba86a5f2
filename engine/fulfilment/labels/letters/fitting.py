"""Fits texts into boxes: wraps them at words, in the largest letters with which they fit."""

import re
from collections.abc import Iterator, Sequence

from engine.errors import Mistake, NotPrintable
from engine.fulfilment.labels.letters.fonts import EM, font
from engine.fulfilment.labels.page import Align, Area, Line, TextBox, leading

_PIECES = re.compile(r"[^-_/.:#]*[-_/.:#]|[^-_/.:#]+")
"""Of identifiers and URLs, which may be broken after these signs rather than elsewhere."""


def fit(
    lines: Sequence[Line], area: Area, *, sizes: Sequence[int], field: str, breaks: bool = False, align: Align = "left"
) -> TextBox:
    """The lines in a box, in letters of the first of `sizes` with which they fit, or of one up to a third smaller with
    which no line has to be wrapped. A word wider than the box fits only if it may be broken (`breaks`), as identifiers
    may and names may not. Raises NotPrintable for `field`.
    """
    for may_break in (False, True) if breaks else (False,):
        fitting = (box for size in sizes if (box := _box(lines, area, size, breaks=may_break, align=align)))
        if largest := next(fitting, None):
            smaller = (box for box in fitting if box.size * 3 >= largest.size * 2)
            return next((box for box in (largest, *smaller) if len(box.lines) == len(lines)), largest)
    raise NotPrintable([Mistake(field=field, message=_too_long(lines, area, sizes[-1], breaks=breaks))])


def _box(lines: Sequence[Line], area: Area, size: int, *, breaks: bool, align: Align) -> TextBox | None:
    wrapped = wrap_all(lines, area.width, size, breaks=breaks)
    if wrapped is None or len(wrapped) * leading(size) > area.height:
        return None
    return TextBox(area=area, size=size, lines=wrapped, align=align)


def wrap_all(lines: Sequence[Line], width: int, size: int, *, breaks: bool) -> tuple[Line, ...] | None:
    """The lines as they are wrapped to a width; None: a word is wider, and may not be broken."""
    most = width * EM // size
    wrapped: list[Line] = []
    for line in lines:
        texts = _wrap(line, most, breaks=breaks)
        if texts is None:
            return None
        wrapped.extend(Line(text, line.bold) for text in texts)
    return tuple(wrapped)


def _wrap(line: Line, most: int, *, breaks: bool) -> list[str] | None:
    """`most` is in thousandths of the em square."""
    letters = font(is_bold=line.bold)
    blank = letters.width(" ")
    rows: list[str] = []
    room = -1
    for word in line.text.split(" "):
        width = letters.width(word)
        if rows and blank + width <= room:
            rows[-1] += f" {word}"
            room -= blank + width
            continue
        if width > most and not breaks:
            return None
        pieces = [word] if width <= most else list(_broken(word, most, is_bold=line.bold))
        rows += pieces
        room = most - letters.width(pieces[-1])
    return rows


def _broken(word: str, most: int, *, is_bold: bool) -> Iterator[str]:
    """A word in pieces that are at most so wide, after signs between its parts where there are some."""
    letters = font(is_bold=is_bold)
    piece = ""
    for part in _PIECES.findall(word):
        if piece and letters.width(piece + part) > most:
            yield piece
            piece = ""
        for letter in part:
            if piece and letters.width(piece + letter) > most:
                yield piece
                piece = ""
            piece += letter
    if piece:
        yield piece


def _too_long(lines: Sequence[Line], area: Area, size: int, *, breaks: bool) -> str:
    """Says what of it does not fit even in the smallest letters."""
    words = [word for line in lines for word in line.text.split(" ")]
    longest = max(words, key=lambda word: font(is_bold=True).width(word))
    if wrap_all(lines, area.width, size, breaks=breaks) is None:
        return f"a word of {len(longest)} letters is wider than its box on the paper, even in the smallest letters"
    most = area.height // leading(size)
    if most == 1:
        return "it is too long for its line; shorten it"
    return f"it takes more than the {most} lines that the paper has room for; shorten it"
