"""Papers of parcels as they are printed: drawn of what is stored or, of labels that a carrier sold, as it sold them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import InputInvalid, Mistake, NotFound
from engine.fulfilment.parcels.handing_over import HandingOver
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.papers import ParcelPapers, packed_parcel
from engine.fulfilment.printing.print_job import Paper, PaperSubject, PrintJob
from engine.fulfilment.printing.printer import PrintFormat
from engine.model.parcels import LabelFormat, PackedShipment, ShipmentKey
from engine.store.fulfilment.kept_papers import KEPT_DAYS

CONTENT_TYPES: Final[Mapping[LabelFormat, str]] = {
    "pdf": "application/pdf",
    "zpl": "application/zpl",
    "png": "image/png",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPaper:
    """`name` is that of a file with it. `order` is whose it is; empty: of several."""

    name: str
    content: bytes
    format: LabelFormat
    order: str = ""

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]


class PrintedPapers:
    """The papers of one network's parcels. Methods raise NotFound, NotPackable, OrderErased, NotPrintable."""

    def __init__(self, parts: PackingParts, papers: ParcelPapers, handing_over: HandingOver) -> None:
        self._parts = parts
        self._papers = papers
        self._handing_over = handing_over

    def label(
        self, key: ShipmentKey, parcel: int, *, kind: LabelFormat, language: str | None = None, dots_per_mm: int = 8
    ) -> PrintedPaper:
        """Of a parcel: the one that its carrier sold, or else one that is drawn. Raises InputInvalid if it sold it in
        another format.
        """
        label = self._papers.label(key, parcel, language=language)
        name, shipment = f"label-{label.sscc}", self._papers.packed(key)
        sold = self._sold(shipment, parcel)
        if sold is not None:
            form, content = sold
            if form not in (kind, "png"):
                message = (
                    f"carrier '{label.carrier}' sold this label as {form.upper()}; a node's `label_format` says how"
                )
                raise InputInvalid([Mistake(field="format", message=message)])
            return PrintedPaper(name=f"{name}.{form}", content=content, format=form, order=label.order)
        from engine.fulfilment.labels.draw import label_pdf, label_zpl  # noqa: PLC0415  # drawing libraries, seldom used

        content = label_zpl(label, dots_per_mm) if kind == "zpl" else label_pdf(label)
        return PrintedPaper(name=f"{name}.{kind}", content=content, format=kind, order=label.order)

    def note(self, key: ShipmentKey, parcel: int | None = None, *, language: str | None = None) -> PrintedPaper:
        """Of a parcel or, without one, of all of the shipment."""
        from engine.fulfilment.labels.draw import note_pdf  # noqa: PLC0415  # as above

        note = self._papers.note(key, parcel, language=language)
        name = f"note-{key.decision}-{key.number}{'' if parcel is None else f'-{parcel}'}.pdf"
        return PrintedPaper(name=name, content=note_pdf(note), format="pdf", order=note.order)

    def manifest(self, name: str, *, language: str | None = None) -> PrintedPaper:
        from engine.fulfilment.labels.draw import manifest_pdf  # noqa: PLC0415  # as above

        page = self._papers.manifest(self._handing_over.show(name), language=language)
        return PrintedPaper(name=f"manifest-{name}.pdf", content=manifest_pdf(page), format="pdf")

    def node_of(self, paper: Paper, of: str) -> str:
        """Where what is named so was packed or handed over; raises NotFound."""
        if paper == "manifest":
            return self._handing_over.show(of).manifest.node
        if paper in ("label", "note"):
            shipment, parcel = parcel_of(of)
            self._papers.label(shipment, parcel)
            return self._papers.packed(shipment).node
        raise NotFound(f"there is no {paper} of '{of}'")

    def about(self, paper: Paper, of: str) -> PaperSubject:
        """What a paper is about, also if there is nothing to print any more."""
        if paper not in ("label", "note"):
            return PaperSubject(id=of)
        shipment, _ = parcel_of(of)
        packed = self._parts.shipments.read(shipment).shipment
        return PaperSubject(id=shipment.decision, order="" if packed is None else packed.order)

    def of_job(self, job: PrintJob, *, kind: PrintFormat, dots_per_mm: int) -> PrintedPaper:
        """What a job names, for a printer that understands such a format. Raises InputInvalid if its label is sold in
        another.
        """
        if job.paper == "manifest":
            return self.manifest(job.of)
        shipment, parcel = parcel_of(job.of)
        if job.paper == "note":
            return self.note(shipment, parcel)
        label = self.label(shipment, parcel, kind=kind, dots_per_mm=dots_per_mm)
        if label.format != kind:
            message = (
                f"the carrier sold this label as {label.format.upper()}, and its printer takes {kind.upper()}: print"
                f" it by hand (pointsman shipment label {shipment} --parcel {parcel}); a node's `label_format` says how"
                " labels are bought"
            )
            raise InputInvalid([Mistake(field="format", message=message)])
        return label

    def _sold(self, shipment: PackedShipment, parcel: int) -> tuple[LabelFormat, bytes] | None:
        """The label that a carrier sold for a parcel; None: it sold none, or a tracking number alone."""
        stored = self._parts.shipments.label(shipment.key, parcel)
        if stored is not None:
            return self._parts.addressees.label(shipment.first, shipment.key, parcel, stored)
        packing, found = packed_parcel(shipment, parcel)
        if found.has_sold_label:  # one that we draw in its place would be one that nobody paid
            raise NotFound(
                f"the label of parcel {parcel} of shipment '{shipment.key}', which carrier '{packing.carrier}' sold,"
                f" was kept for {KEPT_DAYS} days, and is not kept any more; fetch it from the carrier"
            )
        return None


def parcel_of(name: str) -> tuple[ShipmentKey, int]:
    """Of `DECISION/NUMBER/PARCEL`; raises NotFound."""
    decision, number, parcel = ["", "", *name.rsplit("/", 2)][-3:]
    if decision and number.isdecimal() and parcel.isdecimal():
        return ShipmentKey(decision, int(number)), int(parcel)
    raise NotFound(f"'{name}' names no parcel; write DECISION/NUMBER/PARCEL")
