"""The two fonts of papers: DejaVu Sans Condensed and its bold, cut to the alphabets named here. Their licence lies
beside them; `tests/data/cut_fonts.py` cuts them anew.
"""

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ALPHABETS = "Latin, Greek, Cyrillic, Armenian and Georgian"
EM = 1_000
ONE_AT_A_TIME = threading.RLock()
"""Fonts of reportlab are the process's, and keep the place where they read in their file, which threads would move for
one another.
"""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """`advances` says by code point how wide a letter is, in thousandths of the em square."""

    name: str
    path: Path
    advances: Mapping[int, int]

    def width(self, text: str) -> int:
        """Of a text whose letters the font has, in thousandths of the em square."""
        return sum(map(self.advances.__getitem__, map(ord, text)))


def regular() -> Font:
    return _font("DejaVuSansCondensed")


def bold() -> Font:
    return _font("DejaVuSansCondensed-Bold")


def font(*, is_bold: bool) -> Font:
    return bold() if is_bold else regular()


@functools.cache
def _font(name: str) -> Font:
    # reportlab is imported where a paper is drawn: most processes draw none
    from reportlab.pdfbase import pdfmetrics, ttfonts  # noqa: PLC0415

    path = _FOLDER / f"{name}.ttf"
    with ONE_AT_A_TIME:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(ttfonts.TTFont(name, str(path)))
        drawn = pdfmetrics.getFont(name)
    return Font(name=name, path=path, advances={code: round(width) for code, width in drawn.face.charWidths.items()})
