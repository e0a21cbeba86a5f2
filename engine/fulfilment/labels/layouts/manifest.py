"""The manifest: what a carrier's driver takes along, with its sums, and where both sign."""

from collections.abc import Iterator

from engine.fulfilment.labels.address.postal_lines import postal_lines
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
from engine.fulfilment.labels.letters.printable import replaced
from engine.fulfilment.labels.page import GRID, MM, Area, Page
from engine.fulfilment.labels.paper import Manifest, ManifestParcel

_ROW = 66
"""Letters of the table: 2.75 mm."""


def manifest_pages(manifest: Manifest) -> tuple[Page, ...]:
    """Raises NotPrintable if the sender's address has letters that can't be shown."""
    wording = Wording.of(manifest.language)
    blocks = [_head(manifest, wording), *_parcels(manifest, wording), *_sums(manifest, wording), _signatures(wording)]
    name = replaced(manifest.id)
    return sheet.sheets(
        blocks, foot=lambda page, pages: wording.text("manifest.foot", id=name, page=str(page), pages=str(pages))
    )


def _head(manifest: Manifest, wording: Wording) -> Block:
    title = written(wording.text("manifest.title"), MARGIN, 0, INNER // 2, size=TITLE, bold=True)
    sender = postal_lines(manifest.sender, sender=manifest.sender, field="sender")
    below = written_lines(sender, MARGIN, title.area.bottom + 3 * MM, HALF - 10 * MM)
    facts = sheet.facts(
        [
            (wording.text("manifest.number"), replaced(manifest.id)),
            (wording.text("note.carrier"), replaced(manifest.carrier)),
            (wording.text("manifest.closed_at"), wording.instant(manifest.closed_at)),
        ]
    )
    texts = [title, below, *facts]
    return block(max(text.area.bottom for text in texts) + 6 * MM, *texts)


def _parcels(manifest: Manifest, wording: Wording) -> Iterator[Block]:
    columns = [
        Column(wording.text("manifest.row"), 6),
        Column("SSCC", 22),
        Column(wording.text("label.tracking"), 20),
        Column(wording.text("label.order"), 20),
        Column(wording.text("manifest.service"), 12),
        Column(wording.text("manifest.destination"), 10),
        Column(wording.text("label.weight"), 10, "right"),
    ]
    rows = [_row(number, parcel, wording) for number, parcel in enumerate(manifest.parcels, 1)]
    return table(columns, rows, size=_ROW)


def _row(number: int, parcel: ManifestParcel, wording: Wording) -> list[str]:
    texts = [parcel.sscc, parcel.tracking_number or "", parcel.order, parcel.service]
    destination = f"{parcel.country} {parcel.postcode}".strip()
    return [str(number), *map(replaced, texts), replaced(destination), wording.weight(parcel.grams)]


def _sums(manifest: Manifest, wording: Wording) -> Iterator[Block]:
    """Of each service where there are several, and of all."""
    parcels = manifest.parcels
    services = list(dict.fromkeys(parcel.service for parcel in parcels))
    by_service = [(one, [parcel for parcel in parcels if parcel.service == one]) for one in services]
    rows = [_sum(replaced(one), some, wording) for one, some in by_service] if len(services) > 1 else []
    columns = [
        Column(wording.text("manifest.sums"), 60),
        Column(wording.text("manifest.parcels"), 20, "right"),
        Column(wording.text("label.weight"), 20, "right"),
    ]
    yield sheet.gap(6 * MM)
    yield from table(columns, [*rows, _sum(wording.text("manifest.all"), parcels, wording)])


def _sum(name: str, parcels: "tuple[ManifestParcel, ...] | list[ManifestParcel]", wording: Wording) -> list[str]:
    return [name, str(len(parcels)), wording.weight(sum(parcel.grams for parcel in parcels))]


def _signatures(wording: Wording) -> Block:
    """Two boxes side by side."""
    top, height, width = 8 * MM, 46 * MM, INNER // 2 - 3 * MM
    texts, rules = [], []
    for left, who in ((MARGIN, "handed_over"), (MARGIN + INNER - width, "taken_over")):
        rules += _frame(Area(left, top, width, height))
        texts.append(written(wording.text(f"manifest.{who}"), left + 2 * MM, top + 2 * MM, width - 4 * MM, bold=True))
        for row, what in enumerate(("name", "at", "signature")):
            down = top + 10 * MM + row * 10 * MM
            texts.append(written(wording.text(f"manifest.{what}"), left + 2 * MM, down, 24 * MM, size=SMALL))
            if what != "signature":
                rules.append(Area(left + 27 * MM, down + 4 * MM, width - 29 * MM, 2))
    return block(top + height + MM, *texts, rules=rules)


def _frame(area: Area) -> list[Area]:
    line = GRID
    return [
        Area(area.left, area.top, area.width, line),
        Area(area.left, area.bottom - line, area.width, line),
        Area(area.left, area.top + line, line, area.height - 2 * line),
        Area(area.right - line, area.top + line, line, area.height - 2 * line),
    ]
