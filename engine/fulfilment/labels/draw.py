"""Draws papers. The same values give the same bytes. What can't be shown raises NotPrintable, which says why."""

from datetime import date

from engine.fulfilment.labels.layouts.dispatch_note import dispatch_note_pages
from engine.fulfilment.labels.layouts.labels import parcel_label_page, return_label_page
from engine.fulfilment.labels.layouts.manifest import manifest_pages
from engine.fulfilment.labels.layouts.wording import Wording
from engine.fulfilment.labels.paper import DispatchNote, Manifest, ParcelLabel, ReturnLabel
from engine.fulfilment.labels.writers.pdf import DocumentTexts, pdf
from engine.fulfilment.labels.writers.zpl import zpl
from engine.model.postal_address import PostalAddress


def label_pdf(label: ParcelLabel) -> bytes:
    """One page of 4 by 6 inches."""
    return pdf(
        [parcel_label_page(label)], _texts("label", f"(00){label.sscc}", label, label.packed_on, order=label.order)
    )


def label_zpl(label: ParcelLabel, dots_per_mm: int = 8) -> bytes:
    """For a printer with 8 or 12 dots a mm."""
    return zpl(parcel_label_page(label), dots_per_mm=dots_per_mm)


def return_label_pdf(label: ReturnLabel) -> bytes:
    """One page of 4 by 6 inches."""
    texts = _texts("return_label", label.return_id, label, label.issued_on, order=label.order, author=label.addressee)
    return pdf([return_label_page(label)], texts)


def return_label_zpl(label: ReturnLabel, dots_per_mm: int = 8) -> bytes:
    """For a printer with 8 or 12 dots a mm."""
    return zpl(return_label_page(label), dots_per_mm=dots_per_mm)


def note_pdf(note: DispatchNote) -> bytes:
    """A4, on as many pages as it takes."""
    return pdf(dispatch_note_pages(note), _texts("note", note.shipment, note, note.packed_on, order=note.order))


def manifest_pdf(manifest: Manifest) -> bytes:
    """A4, on as many pages as it takes."""
    return pdf(manifest_pages(manifest), _texts("manifest", manifest.id, manifest, manifest.closed_at.date()))


def _texts(
    kind: str,
    name: str,
    drawn: ParcelLabel | ReturnLabel | DispatchNote | Manifest,
    made_on: date,
    *,
    order: str = "",
    author: PostalAddress | None = None,
) -> DocumentTexts:
    """Of a paper of that kind and name. Its author is who sends, or the place that a return goes to."""
    wording = Wording.of(drawn.language)
    sender = author or drawn.sender
    return DocumentTexts(
        title=wording.text(f"document.{kind}", name=name),
        author=sender.company or sender.name,
        subject=wording.text("document.order", order=order) if order else wording.text("manifest.title"),
        made_on=made_on,
        language=drawn.language,
    )
