"""The dispatch note: what is in the parcel, what comes otherwise, and how articles go back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.fulfilment.labels.address.postal_lines import postal_lines
from engine.fulfilment.labels.codes.qr import QUIET, qr_rows
from engine.fulfilment.labels.layouts import sheet
from engine.fulfilment.labels.layouts.sheet import (
    HALF,
    INNER,
    MARGIN,
    SMALL,
    TITLE,
    Block,
    block,
    written,
    written_lines,
)
from engine.fulfilment.labels.layouts.table import Column, table
from engine.fulfilment.labels.layouts.wording import Wording
from engine.fulfilment.labels.letters.printable import REPLACEMENT, replaced
from engine.fulfilment.labels.page import MM, Area, Page, Squares
from engine.fulfilment.labels.paper import DispatchNote, NotedParcel, NoteLine, OtherShipment, ReturnTerms

_SQUARE = 12


def dispatch_note_pages(note: DispatchNote) -> tuple[Page, ...]:
    """Raises NotPrintable if an address has letters that can't be shown. In other texts a mark stands for such letters,
    and a line at the end says so.
    """
    wording = Wording.of(note.language)
    blocks = [_head(note, wording), _addresses(note, wording), *_contents(note, wording)]
    if note.returns:
        blocks += _returns(note.returns, note, wording)
    if any(REPLACEMENT in line.text for one in blocks for text in one.content.texts for line in text.lines):
        blocks.append(sheet.paragraph(wording.text("note.replaced"), size=SMALL, above=5 * MM))
    order = replaced(note.order)
    return sheet.sheets(
        blocks, foot=lambda page, pages: wording.text("note.foot", order=order, page=str(page), pages=str(pages))
    )


def _head(note: DispatchNote, wording: Wording) -> Block:
    title = written(wording.text("note.title"), MARGIN, 0, INNER // 2, size=TITLE, bold=True)
    carrier = " · ".join(filter(None, dict.fromkeys((note.carrier, note.service))))
    facts = sheet.facts(
        [
            (wording.text("label.order"), replaced(note.order)),
            (wording.text("note.shipment"), replaced(note.shipment)),
            (wording.text("label.packed_on"), wording.date(note.packed_on)),
            (wording.text("note.carrier"), replaced(carrier)),
        ]
    )
    return block(max(text.area.bottom for text in (title, *facts)) + 6 * MM, title, *facts)


def _addresses(note: DispatchNote, wording: Wording) -> Block:
    texts = []
    for left, name, address, other in (
        (MARGIN, "from", note.sender, note.addressee),
        (MARGIN + HALF, "to", note.addressee, note.sender),
    ):
        field = {"from": "sender", "to": "addressee"}[name]
        lines = postal_lines(address, sender=other, field=field)
        title = written(wording.text(f"label.{name}"), left, 0, 85 * MM, size=SMALL)
        texts += [title, written_lines(lines, left, title.area.bottom + MM, 85 * MM)]
    return block(max(text.area.bottom for text in texts) + 2 * MM, *texts)


def _contents(note: DispatchNote, wording: Wording) -> Iterator[Block]:
    of = len(note.here) + len(note.besides)
    yield sheet.heading(wording.counted("note.here", len(note.here)))
    for parcel in note.here:
        yield from _parcel(parcel, of, wording)
    if note.besides:
        yield sheet.heading(wording.text("note.besides"))
        for parcel in note.besides:
            yield from _parcel(parcel, of, wording)
    if note.later:
        yield sheet.heading(wording.text("note.later"))
        expected = wording.text("note.expected_by", date=wording.date(note.later.expected_on))
        yield sheet.paragraph(expected, bold=True, above=2 * MM, leads=True)
        yield from _lines(note.later.lines, wording)
    if note.others:
        yield sheet.heading(wording.text("note.others"))
        for other in note.others:
            yield sheet.paragraph(_when(other, wording), bold=True, above=2 * MM, leads=True)
            yield from _lines(other.lines, wording)


def _parcel(parcel: NotedParcel, of: int, wording: Wording) -> Iterator[Block]:
    number = wording.text("note.parcel", number=str(parcel.number), of=str(of))
    facts = [number, wording.weight(parcel.grams), f"SSCC {parcel.sscc}"]
    if parcel.tracking_number:
        facts.append(wording.text("note.tracking", number=replaced(parcel.tracking_number)))
    if parcel.packed_on:
        facts.append(wording.text("note.packed_on", date=wording.date(parcel.packed_on)))
    yield sheet.paragraph(" · ".join(facts), bold=True, above=2 * MM, leads=True)
    yield from _lines(parcel.lines, wording)


def _when(other: OtherShipment, wording: Wording) -> str:
    key = "on_its_way" if other.has_left else "to_follow"
    if other.expected_on is None:
        return wording.text(f"note.{key}")
    return wording.text(f"note.{key}_by", date=wording.date(other.expected_on))


def _lines(lines: Sequence[NoteLine], wording: Wording) -> Iterator[Block]:
    has_names = any(line.name for line in lines)
    columns = [
        Column(wording.text("note.article"), 32 if has_names else 80),
        *([Column(wording.text("note.name"), 48)] if has_names else []),
        Column(wording.text("note.quantity"), 20, "right"),
    ]
    rows = [
        [
            replaced(line.sku),
            *([replaced(line.name)] if has_names else []),
            wording.quantity(line.quantity, line.decimals, replaced(line.unit or "")),
        ]
        for line in lines
    ]
    return table(columns, rows)


def _returns(returns: ReturnTerms, note: DispatchNote, wording: Wording) -> list[Block]:
    """With the page as a QR code beside the words."""
    width = INNER - (45 * MM if returns.page else 0)
    texts, top = [], 2 * MM
    if returns.until:
        sentence = wording.text("note.return_until", date=wording.date(returns.until))
        texts.append(written(sentence, MARGIN, top, width))
        top = texts[-1].area.bottom + MM
    if returns.page:
        texts.append(written(wording.text("note.return_page", page=replaced(returns.page)), MARGIN, top, width))
        top = texts[-1].area.bottom + MM
    if returns.address:
        texts.append(written(wording.text("note.return_to"), MARGIN, top, width))
        lines = postal_lines(returns.address, sender=note.addressee, field="returns.address")
        texts.append(written_lines(lines, MARGIN + 5 * MM, texts[-1].area.bottom + MM, width - 5 * MM))
        top = texts[-1].area.bottom
    notice = block(top, *texts)
    if returns.page:
        notice = _beside_code(notice, returns.page)
    return [sheet.heading(wording.text("note.returns")), notice]


def _beside_code(notice: Block, page: str) -> Block:
    rows = qr_rows(page, field="returns.page")
    side = (len(rows) + 2 * QUIET) * _SQUARE
    code = Squares(area=Area(MARGIN + INNER - side, MM, side, side), module=_SQUARE, rows=rows)
    return replace(
        notice, content=replace(notice.content, squares=(code,), height=max(notice.height, code.area.bottom))
    )
