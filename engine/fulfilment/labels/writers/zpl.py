"""Pages as ZPL II, the language of label printers.

Texts in letters of Windows-1252 are written in the printer's own font 0, which has all of them on any printer, as UTF-8
(`^CI28`) with each byte that is no plain ASCII or has a meaning in ZPL escaped (`^FH`). Texts with other letters, which
most printers lack, are sent as graphics, drawn in the fonts of papers: so no letter depends on what is installed on a
printer. Font 0 is narrower than the fonts by which texts are laid out, so what fits there fits here.

Bars and QR codes are graphics, too, in whole dots: printers and their emulators differ in what they make of `^BC` when
a code changes its set, and of letters in `^BQ`. A row of dots that repeats takes one byte.
"""

from collections.abc import Iterator

from engine.fulfilment.labels.page import MM, Align, Bars, Line, Page, Squares, TextBox
from engine.fulfilment.labels.writers.zpl_graphics import bars_graphic, graphic, squares_graphic, text_graphic

RESOLUTIONS = (8, 12)
"""In dots a mm: printers of 203 and of 300 dpi."""
_FONT_0_PERCENT = 100
_ALIGNED: dict[Align, str] = {"left": "L", "centre": "C", "right": "R"}


def zpl(page: Page, *, dots_per_mm: int = 8) -> bytes:
    """Raises ValueError for a resolution that is not of RESOLUTIONS."""
    if dots_per_mm not in RESOLUTIONS:
        raise ValueError(f"dots_per_mm is {dots_per_mm}; printers have {' or '.join(map(str, RESOLUTIONS))}")
    return "\n".join([*_commands(page, MM // dots_per_mm), ""]).encode("ascii")


def _commands(page: Page, dot: int) -> Iterator[str]:
    """`dot` is the size of a dot in units of pages."""
    yield f"^XA^CI28^PW{page.width // dot}^LL{page.height // dot}^LH0,0^PON^FWN"
    for text in page.texts:
        write = _in_font_0 if all(_is_for_font_0(line.text, text.align) for line in text.lines) else _as_graphic
        yield from (write(text, line, baseline, dot) for line, baseline in text.baselines())
    for left, top, width, height in page.rules:
        across, down = max(1, width // dot), max(1, height // dot)
        yield f"^FO{left // dot},{top // dot}^GB{across},{down},{min(across, down)}^FS"
    for bars in page.bars:
        yield _bars(bars, dot)
    for squares in page.squares:
        yield _squares(squares, dot)
    yield "^PQ1^XZ"


def _as_graphic(box: TextBox, line: Line, baseline: int, dot: int) -> str:
    left, top, rows = text_graphic(box, line, baseline, dot)
    return f"^FO{left},{top}{graphic(rows)}^FS"


def _in_font_0(box: TextBox, line: Line, baseline: int, dot: int) -> str:
    height = box.size * _FONT_0_PERCENT // 100 // dot
    aligned = "" if box.align == "left" else f"^FB{box.area.width // dot},1,0,{_ALIGNED[box.align]}"
    return f"^FT{box.area.left // dot},{baseline // dot}^A0N,{height},{height}{aligned}^FH^FD{escaped(line.text)}^FS"


def _is_for_font_0(text: str, align: Align) -> bool:
    """Whether it has all the letters; in a block (`^FB`), which aligns texts, a backslash would begin a command."""
    if align != "left" and "\\" in text:
        return False
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def escaped(text: str) -> str:
    """As `^FH` reads it: what has a meaning in ZPL or is no ASCII as its bytes of UTF-8, each `_` and two digits."""
    return "".join(
        letter if " " <= letter <= "}" and letter not in "^_\\" else "".join(f"_{byte:02X}" for byte in letter.encode())
        for letter in text
    )


def _bars(bars: Bars, dot: int) -> str:
    return f"^FO{bars.area.left // dot},{bars.area.top // dot}{graphic(bars_graphic(bars, dot))}^FS"


def _squares(squares: Squares, dot: int) -> str:
    left, top = squares.origin
    return f"^FO{left // dot},{top // dot}{graphic(squares_graphic(squares, dot))}^FS"
