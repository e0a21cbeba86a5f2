"""Labels of returns as they are printed: drawn of what is stored or, where a carrier sold one, as it sold it."""

from engine.errors import InputInvalid, Mistake, NotFound
from engine.fulfilment.labels import paper
from engine.fulfilment.labels.address.language import language_of
from engine.fulfilment.parcels.carriage import known_addressee
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.printed import PrintedPaper
from engine.fulfilment.printing.print_job import PrintJob
from engine.fulfilment.printing.printer import PrintFormat
from engine.fulfilment.return_labels.return_labels import LabelledReturn, ReturnLabels
from engine.fulfilment.return_labels.return_reader import ReturnReader
from engine.model.parcels import LabelFormat
from engine.store.fulfilment.kept_papers import KEPT_DAYS
from engine.store.fulfilment.return_labels import StoredReturnLabels


class PrintedReturnLabels:
    """Of one network. Methods raise NotFound, OrderErased, ReturnOver, NotPrintable."""

    def __init__(self, parts: PackingParts, labels: ReturnLabels) -> None:
        self._labels = labels
        self._stored = StoredReturnLabels(parts.client, parts.keys)
        self._addressees = parts.addressees
        self._reader = ReturnReader(parts.client, parts.keys)

    def node_of(self, return_id: str) -> str:
        """The place of return that the label names."""
        return self._labels.find(return_id).label.node

    def order_of(self, return_id: str) -> str:
        """Whose it is, whatever became of its label; empty: there is no such return."""
        try:
            return self._reader.read(return_id).stored.order
        except NotFound:
            return ""

    def label(
        self, return_id: str, *, kind: LabelFormat, language: str | None = None, dots_per_mm: int = 8
    ) -> PrintedPaper:
        """As often as it is asked for. Raises InputInvalid if its carrier sold it in another format."""
        found = self._labels.find(return_id)
        name, order = f"return-label-{_file_name(return_id)}", found.stored.order
        sold = self._sold(found)
        if sold is not None:
            form, content = sold
            if form not in (kind, "png"):
                message = (
                    f"carrier '{found.label.carrier}' sold this label as {form.upper()}; its `label_format` in"
                    " network.yaml says how labels are bought"
                )
                raise InputInvalid([Mistake(field="format", message=message)])
            return PrintedPaper(name=f"{name}.{form}", content=content, format=form, order=order)
        from engine.fulfilment.labels.draw import return_label_pdf, return_label_zpl  # noqa: PLC0415  # drawing libraries, seldom used

        page = self._paper(found, language)
        content = return_label_zpl(page, dots_per_mm) if kind == "zpl" else return_label_pdf(page)
        return PrintedPaper(name=f"{name}.{kind}", content=content, format=kind, order=order)

    def of_job(self, job: PrintJob, *, kind: PrintFormat, dots_per_mm: int) -> PrintedPaper:
        """What a job names, for a printer that understands such a format. Raises InputInvalid if its label is sold in
        another.
        """
        label = self.label(job.of, kind=kind, dots_per_mm=dots_per_mm)
        if label.format != kind:
            message = (
                f"the carrier sold this label as {label.format.upper()}, and its printer takes {kind.upper()}: print it"
                " by hand (pointsman return label RETURN); the carrier's `label_format` says how labels are bought"
            )
            raise InputInvalid([Mistake(field="format", message=message)])
        return label

    def _paper(self, found: LabelledReturn, language: str | None) -> paper.ReturnLabel:
        stored, label = found.stored, found.label
        customer = known_addressee(self._addressees.read(stored.order), stored.order)
        return paper.ReturnLabel(
            sender=customer,
            addressee=label.place.address,
            return_id=stored.id,
            order=stored.order,
            issued_on=label.issued_on,
            language=language or language_of(customer.country),
            carrier=label.carrier_name or label.carrier,
            service=label.product,
            sscc=label.sscc or None,
            tracking_number=label.tracking_number or None,
            until=label.until,
        )

    def _sold(self, found: LabelledReturn) -> tuple[LabelFormat, bytes] | None:
        if not found.label.sold or found.label.drawn_here:
            return None
        stored = self._stored.sold(found.stored.id)
        if stored is None:
            raise NotFound(
                f"the label of return '{found.stored.id}', which carrier '{found.label.carrier}' sold, is not kept any"
                f" more, as labels are for {KEPT_DAYS} days from when they were bought; ask the carrier for it"
            )
        return self._addressees.return_label(found.stored.first, found.stored.id, stored)


def _file_name(return_id: str) -> str:
    """Ids of returns may have letters that names of files have not."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in return_id
    )
