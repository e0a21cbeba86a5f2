"""The page of a label of 4 by 6 inches: sender and carrier, addressee, particulars and a QR code, the carrier's number,
and the SSCC at the foot, as the GS1 General Specifications (6.6.4.1) have it.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import Mistake, NotPrintable
from engine.fulfilment.labels.address.postal_lines import postal_lines
from engine.fulfilment.labels.codes import code128
from engine.fulfilment.labels.codes.qr import QUIET, qr_rows
from engine.fulfilment.labels.layouts.wording import Wording
from engine.fulfilment.labels.letters.fitting import fit
from engine.fulfilment.labels.letters.printable import printable, shown
from engine.fulfilment.labels.page import GRID, MM, Area, Bars, Line, Page, Squares, TextBox
from engine.model.postal_address import PostalAddress

WIDTH, HEIGHT = 1016 * MM // 10, 1524 * MM // 10
"""4 by 6 inches."""
_LEFT, _INNER = 4 * MM, 936 * MM // 10 // GRID * GRID
"""What is written keeps off the edges, where printers may not print."""
_RIGHT = _LEFT + _INNER
_RULE = 12
_SSCC_MODULE = 12
"""0.5 mm. GS1: at least 0.495 mm, and bars at least 32 mm high (General Specifications 5.12.3.5, table 5), 10 modules
quiet at either side."""
_QUIET_MODULES = 10


def _sizes(largest: float, least: float) -> tuple[int, ...]:
    """Sizes of letters in mm, from the largest down by quarters of a mm."""
    return tuple(range(int(largest * MM), int(least * MM) - 1, -GRID))


_TITLE = 54
"""Titles are 2.25 mm."""
_SENDER, _ADDRESSEE = _sizes(3, 1.75), _sizes(5.5, 2)
_CARRIER, _SERVICE, _PARTICULAR, _NUMBER = _sizes(6.5, 2.25), _sizes(4, 2), _sizes(4, 1.75), _sizes(4.5, 2)
_HRI = _sizes(4.5, 3)


class Particular(NamedTuple):
    """Something that is told beside the QR code; `share` is how much of the row it takes, in hundredths."""

    title: str
    value: str
    field: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelContent:
    """What stands on a label, in words. `headline` is the largest text beside the sender, `subline` stands below it."""

    sender: PostalAddress
    addressee: PostalAddress
    headline: str
    subline: str
    rows: Sequence[Sequence[Particular]]
    qr: str
    tracking_number: str | None
    sscc: str | None
    wording: Wording


def label_page(content: LabelContent) -> Page:
    """Raises NotPrintable if a text can't be shown or does not fit."""
    sender = _sender(content)
    addressee = sender.area.bottom + MM
    foot = _sscc_top(content)
    tracking = foot - (25 * MM if content.tracking_number else 0)
    particulars = tracking - _qr_side(content) - MM
    return Page(
        width=WIDTH,
        height=HEIGHT,
        texts=(
            _title(content.wording.text("label.from"), Area(_LEFT, _TOP, _SENDER_WIDTH, 3 * MM)),
            sender,
            *_carrier(content),
            *_addressee(content, top=addressee, bottom=particulars),
            *_particulars(content, top=particulars),
            *_tracking_texts(content, top=tracking),
            *_sscc_text(content),
        ),
        bars=(*_tracking_bars(content, top=tracking), *_sscc_bars(content)),
        squares=(_qr(content, top=particulars),),
        rules=tuple(
            Area(_LEFT, top, _INNER, _RULE) for top in sorted({addressee, particulars, tracking, foot}) if top < HEIGHT
        ),
    )


_TOP = 3 * MM
_SENDER_WIDTH = 53 * MM
_SENDER_HEIGHTS = (16 * MM, 21 * MM, 26 * MM)
"""What is left for the addressee is 39 mm at least where there is room, and 29 mm below a sender with many lines."""
_SSCC_HEIGHT = 32 * MM
_SSCC_BARS_TOP = HEIGHT // GRID * GRID - 39 * MM


def _sscc_top(content: LabelContent) -> int:
    return _SSCC_BARS_TOP - 2 * MM if content.sscc else HEIGHT


def _title(text: str, area: Area) -> TextBox:
    return fit([Line(text)], area, sizes=(_TITLE, 48, 42, 36), field="title")


def _sender(content: LabelContent) -> TextBox:
    lines = postal_lines(content.sender, sender=content.addressee, field="sender")
    *lower, tallest = (Area(_LEFT, _TOP + 3 * MM, _SENDER_WIDTH, height) for height in _SENDER_HEIGHTS)
    for area in lower:
        with contextlib.suppress(NotPrintable):
            return fit(lines, area, sizes=_SENDER, field="sender")
    return fit(lines, tallest, sizes=_SENDER, field="sender")


def _carrier(content: LabelContent) -> list[TextBox]:
    left = _LEFT + _SENDER_WIDTH + MM
    area = Area(left, _TOP, _RIGHT - left, 8 * MM)
    texts = []
    if headline := printable(content.headline, "carrier"):
        line = Line(headline, bold=True)
        texts.append(fit([line], area, sizes=_CARRIER, field="carrier", breaks=True, align="right"))
    if subline := printable(content.subline, "service"):
        below = Area(area.left, area.bottom, area.width, 11 * MM)
        texts.append(fit([Line(subline)], below, sizes=_SERVICE, field="service", breaks=True, align="right"))
    return texts


def _addressee(content: LabelContent, *, top: int, bottom: int) -> list[TextBox]:
    wording = content.wording
    lines = postal_lines(content.addressee, sender=content.sender, field="addressee")
    area = Area(_LEFT, top + 4 * MM, _INNER, bottom - top - 5 * MM)
    texts = [
        _title(wording.text("label.to"), Area(_LEFT, top + MM, 30 * MM, 3 * MM)),
        fit(lines, area, sizes=_ADDRESSEE, field="addressee"),
    ]
    if phone := shown(content.addressee.phone):
        beside = Area(_LEFT + 30 * MM, top + MM, _INNER - 30 * MM, 3 * MM)
        line = Line(wording.text("label.phone", number=phone))
        sizes = _sizes(2.5, 1.5)
        texts.append(fit([line], beside, sizes=sizes, field="addressee.phone", breaks=True, align="right"))
    return texts


_LEAST_SQUARE = 6


def _qr_side(content: LabelContent) -> int:
    """It is the only code of a label without an SSCC, and has its place."""
    return (21 if content.sscc else 43) * MM


def _qr(content: LabelContent, *, top: int) -> Squares:
    rows = qr_rows(content.qr, field="qr")
    side = _qr_side(content)
    module = side // (len(rows) + 2 * QUIET) // 3 * 3
    if module < _LEAST_SQUARE:
        raise NotPrintable([Mistake(field="qr", message="its QR code has too many squares for a label; shorten it")])
    return Squares(area=Area(_RIGHT - side, top + _RULE + 6, side, side), module=module, rows=rows)


def _particulars(content: LabelContent, *, top: int) -> list[TextBox]:
    """Rows beside the QR code; the values of a row have letters of the same size."""
    texts = []
    width = _INNER - _qr_side(content) - MM
    for number, row in enumerate(content.rows):
        left, down = _LEFT, top + 3 * MM // 2 + number * 21 * MM // 2
        values = []
        for one in row:
            share = width * one.share // 100 // GRID * GRID
            texts.append(_title(one.title, Area(left, down, share - MM, 3 * MM)))
            value = Line(printable(one.value, one.field), bold=True)
            values.append((value, one.field, Area(left, down + 3 * MM, share - MM, 6 * MM)))
            left += share
        least = min(_value(*value, _PARTICULAR).size for value in values)
        texts += [_value(*value, [size for size in _PARTICULAR if size <= least]) for value in values]
    return texts


def _value(line: Line, field: str, area: Area, sizes: Sequence[int]) -> TextBox:
    return fit([line], area, sizes=sizes, field=field, breaks=True)


def _tracking_texts(content: LabelContent, *, top: int) -> list[TextBox]:
    if not content.tracking_number:
        return []
    number = Line(printable(content.tracking_number, "tracking_number"), bold=True)
    beside = 32 * MM
    return [
        _title(content.wording.text("label.tracking"), Area(_LEFT, top + 2 * MM, beside - MM, 3 * MM)),
        fit(
            [number],
            Area(_LEFT + beside, top + MM, _INNER - beside, 6 * MM),
            sizes=_NUMBER,
            field="tracking_number",
            breaks=True,
            align="right",
        ),
    ]


def _tracking_bars(content: LabelContent, *, top: int) -> list[Bars]:
    """None for a number that is too long for bars that a scanner can tell apart, or has other letters than ASCII."""
    number = content.tracking_number
    if not number or not code128.encodable(number):
        return []
    symbols = code128.code128(number)
    modules = code128.modules(symbols)
    fitting = (one for one in (12, 6) if (modules + 2 * _QUIET_MODULES) * one <= WIDTH)
    if (module := next(fitting, None)) is None:
        return []
    return [_bars(symbols, module, top=top + 7 * MM, height=16 * MM)]


def _sscc_bars(content: LabelContent) -> list[Bars]:
    if not content.sscc:
        return []
    return [_bars(code128.gs1_128(f"00{content.sscc}"), _SSCC_MODULE, top=_SSCC_BARS_TOP, height=_SSCC_HEIGHT)]


def _bars(symbols: tuple[int, ...], module: int, *, top: int, height: int) -> Bars:
    """In the middle of the label."""
    width = code128.modules(symbols) * module
    left = (WIDTH - width) // 2 // GRID * GRID
    return Bars(area=Area(left, top, width, height), module=module, symbols=symbols, quiet=_QUIET_MODULES * module)


def _sscc_text(content: LabelContent) -> list[TextBox]:
    """The human readable interpretation: the application identifier in brackets, which the bars have not."""
    if not content.sscc:
        return []
    area = Area(_LEFT, _SSCC_BARS_TOP + _SSCC_HEIGHT + GRID, _INNER, 11 * MM // 2)
    return [fit([Line(f"(00){content.sscc}")], area, sizes=_HRI, field="sscc", align="centre")]
