"""Pages as PDF, by reportlab. The same pages give the same bytes: a document has no id and no instant of the clock."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.fulfilment.labels.codes import code128
from engine.fulfilment.labels.letters.fonts import EM, ONE_AT_A_TIME, Font, font
from engine.fulfilment.labels.page import MM, Area, Bars, Page, Squares, TextBox

_POINT = 72 / 25.4 / MM
"""A unit of pages, in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTexts:
    """What viewers and archives show of a document beside its pages: `made_on` is the day that stands on it; `language`
    is that of its words, such as `fr`.
    """

    title: str
    author: str
    subject: str
    made_on: date
    language: str


def pdf(pages: Sequence[Page], texts: DocumentTexts) -> bytes:
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  # imported where a paper is drawn: most draw none

    written = io.BytesIO()
    with ONE_AT_A_TIME:
        canvas = Canvas(written, invariant=1, pageCompression=1, lang=texts.language)
        canvas.setTitle(texts.title)
        canvas.setAuthor(texts.author)
        canvas.setSubject(texts.subject)
        canvas.setCreator("Pointsman")
        canvas.setDateFormatter(lambda *_: f"D:{texts.made_on:%Y%m%d}")
        canvas.setViewerPreference("DisplayDocTitle", "true")  # in place of the file's name
        for page in pages:
            _draw(canvas, page)
            canvas.showPage()
        canvas.save()
    return written.getvalue()


def _draw(canvas: Any, page: Page) -> None:
    height = round(page.height * _POINT)
    canvas.setPageSize((round(page.width * _POINT), height))
    canvas.translate(0, height)
    canvas.scale(_POINT, _POINT)
    for text in page.texts:
        _write(canvas, text)
    areas = [*page.rules]
    for code in page.bars:
        areas += _bars(code)
    for squares in page.squares:
        areas += _runs(squares)
    path = canvas.beginPath()
    for left, top, width, height in areas:
        path.rect(left, -top - height, width, height)
    canvas.drawPath(path, stroke=0, fill=1)


def _write(canvas: Any, box: TextBox) -> None:
    for line, baseline in box.baselines():
        letters = font(is_bold=line.bold)
        canvas.setFont(letters.name, box.size)
        canvas.drawString(box.area.left + _indent(box, letters, line.text), -baseline, line.text)


def _indent(box: TextBox, letters: Font, text: str) -> int:
    if box.align == "left":
        return 0
    free = box.area.width - letters.width(text) * box.size // EM
    return free if box.align == "right" else free // 2


def _bars(code: Bars) -> Iterable[Area]:
    left, top, _, height = code.area
    for start, width in code128.bars(code.symbols):
        yield Area(left + start * code.module, top, width * code.module, height)


def _runs(squares: Squares) -> Iterable[Area]:
    """Black squares, those beside one another as one."""
    left, top = squares.origin
    size = squares.module
    for number, row in enumerate(squares.rows):
        start = 0
        for run in bytes(row).split(b"\0"):
            if run:
                yield Area(left + start * size, top + number * size, len(run) * size, size)
            start += len(run) + 1
