"""Graphics of ZPL: black dots as `^GFA`, in the compressed hexadecimal form that printers have had since ZPL II."""

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.fulfilment.labels.codes import code128
from engine.fulfilment.labels.letters.fonts import EM, font
from engine.fulfilment.labels.page import Bars, Line, Squares, TextBox

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_MOST_AT_ONCE = 400
_TWENTIES = "ghijklmnopqrstuvwxyz"
_ONES = "GHIJKLMNOPQRSTUVWXY"


def graphic(rows: Sequence[bytes]) -> str:
    """Rows of dots, eight a byte, all of the same length, as a command."""
    width = len(rows[0])
    return f"^GFA,{width * len(rows)},{width * len(rows)},{width}," + "".join(_compressed(rows))


def _compressed(rows: Sequence[bytes]) -> Iterator[str]:
    """A row as its digits, those that repeat with a count before them; `,` fills a row with zeros, and `:` is the row
    before once more.
    """
    before = None
    for row in rows:
        yield ":" if row == before else _digits(row.hex().upper())
        before = row


def _digits(row: str) -> str:
    kept = row.rstrip("0")
    return _runs(kept) + "," if len(kept) < len(row) else _runs(row)


def _runs(digits: str) -> str:
    written = ""
    for digit, group in itertools.groupby(digits):
        count = len(list(group))
        while count > _MOST_AT_ONCE:
            written += _TWENTIES[-1] + digit
            count -= _MOST_AT_ONCE
        twenties, ones = divmod(count, 20)
        if count > 1:
            written += (_TWENTIES[twenties - 1] if twenties else "") + (_ONES[ones - 1] if ones else "")
        written += digit
    return written


def bars_graphic(bars: Bars, dot: int) -> list[bytes]:
    size = bars.module // dot
    row = bytearray(-(-code128.modules(bars.symbols) * size // 8))
    for left, width in code128.bars(bars.symbols):
        for place in range(left * size, (left + width) * size):
            row[place // 8] |= 0x80 >> place % 8
    return [bytes(row)] * (bars.area.height // dot)


def squares_graphic(squares: Squares, dot: int) -> list[bytes]:
    size = squares.module // dot
    side = len(squares.rows) * size
    rows = []
    for row in squares.rows:
        bits = "".join(("1" if square else "0") * size for square in row).ljust(-(-side // 8) * 8, "0")
        rows += [int(bits, 2).to_bytes(len(bits) // 8, "big")] * size
    return rows


def text_graphic(box: TextBox, line: Line, baseline: int, dot: int) -> tuple[int, int, list[bytes]]:
    """Where a line of text has its upper left corner, in dots, and its rows. Letters stand where they do in PDF."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  # imported where a paper is drawn: most processes draw none

    letters = font(is_bold=line.bold)
    size = box.size // dot
    pen = _pen(str(letters.path), size)
    width = -(-letters.width(line.text) * size // EM)
    free = box.area.width // dot - width
    indent = {"left": 0, "centre": free // 2, "right": free}[box.align]
    picture = Image.new("1", (width + size, size * 2))
    drawn = ImageDraw.Draw(picture)
    drawn.fontmode = "1"
    at = 0
    for letter in line.text:
        drawn.text((size // 2 + at * size // EM, size * 3 // 2), letter, fill=1, font=pen, anchor="ls")
        at += letters.advances[ord(letter)]
    left, top, right, bottom = picture.getbbox() or (0, 0, 1, 1)
    dots = picture.crop((left, top, right, bottom))
    stride = -(-(right - left) // 8)
    packed = dots.tobytes()
    rows = [packed[start : start + stride] for start in range(0, len(packed), stride)]
    return box.area.left // dot + indent + left - size // 2, baseline // dot + top - size * 3 // 2, rows


@functools.lru_cache(maxsize=64)
def _pen(path: str, size: int) -> "FreeTypeFont":
    from PIL import ImageFont  # noqa: PLC0415  # as above

    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
