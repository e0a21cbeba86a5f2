"""Draws papers. The same values give the same bytes. What can't be shown raises NotPrintable, which says why."""

from engine.fulfilment.labels.layouts.dispatch_note import dispatch_note_pages
from engine.fulfilment.labels.layouts.labels import parcel_label_page, return_label_page
from engine.fulfilment.labels.layouts.manifest import manifest_pages
from engine.fulfilment.labels.paper import DispatchNote, Manifest, ParcelLabel, ReturnLabel
from engine.fulfilment.labels.writers.pdf import pdf
from engine.fulfilment.labels.writers.zpl import zpl


def label_pdf(label: ParcelLabel) -> bytes:
    """One page of 4 by 6 inches."""
    return pdf([parcel_label_page(label)], title=f"(00){label.sscc}")


def label_zpl(label: ParcelLabel, dots_per_mm: int = 8) -> bytes:
    """For a printer with 8 or 12 dots a mm."""
    return zpl(parcel_label_page(label), dots_per_mm=dots_per_mm)


def return_label_pdf(label: ReturnLabel) -> bytes:
    """One page of 4 by 6 inches."""
    return pdf([return_label_page(label)], title=label.return_id)


def return_label_zpl(label: ReturnLabel, dots_per_mm: int = 8) -> bytes:
    """For a printer with 8 or 12 dots a mm."""
    return zpl(return_label_page(label), dots_per_mm=dots_per_mm)


def note_pdf(note: DispatchNote) -> bytes:
    """A4, on as many pages as it takes."""
    return pdf(dispatch_note_pages(note), title=note.shipment)


def manifest_pdf(manifest: Manifest) -> bytes:
    """A4, on as many pages as it takes."""
    return pdf(manifest_pages(manifest), title=manifest.id)
