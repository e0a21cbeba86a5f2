"""Draws what is printed, from what is stored."""

from collections.abc import Callable
from datetime import UTC, datetime

from engine.fulfilment.parcels.parcels import Parcels
from engine.fulfilment.parcels.printed import PrintedPapers, parcel_of
from engine.fulfilment.printing.print_job import Paper, PaperSubject, PrintJob
from engine.fulfilment.printing.printer import Printer
from engine.fulfilment.return_labels.printed_return_labels import PrintedReturnLabels
from engine.model.facts import Node
from engine.model.postal_address import PostalAddress
from rules.wording.catalogue import ENGLISH

_NO_SSCC = "0" * 18
"""Of a test page: its check digit is right, and no company has that prefix (GS1 gives out none of zeros alone)."""


class Papers:
    """Of one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        parcels: Parcels,
        printed: PrintedPapers,
        return_labels: PrintedReturnLabels,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._parcels = parcels
        self._printed = printed
        self._return_labels = return_labels
        self._clock = clock

    def node_of(self, paper: Paper, of: str) -> str:
        """Raises NotFound."""
        return self._return_labels.node_of(of) if paper == "return_label" else self._printed.node_of(paper, of)

    def about(self, paper: Paper, of: str) -> PaperSubject:
        """What a paper is about, also if there is nothing to print any more."""
        if paper != "return_label":
            return self._printed.about(paper, of)
        return PaperSubject(id=of, order=self._return_labels.order_of(of))

    def is_cancelled(self, paper: Paper, of: str) -> bool:
        """Whether it is of a parcel whose packing was cancelled."""
        return paper in ("label", "note") and self._parcels.is_cancelled(*parcel_of(of))

    def draw(self, job: PrintJob, printer: Printer) -> bytes:
        """Raises NotFound."""
        part = self._return_labels if job.paper == "return_label" else self._printed
        return part.of_job(job, kind=printer.format, dots_per_mm=printer.dots_per_mm).content

    def draw_test(self, paper: Paper, node: Node, printer: Printer) -> bytes:
        """A label that is addressed to nobody: bars, QR code and the edges of the paper are where they are on a label.
        Its SSCC is all zeros.
        """
        from engine.fulfilment.labels.draw import label_pdf, label_zpl  # noqa: PLC0415  # drawing libraries, seldom used
        from engine.fulfilment.labels.paper import ParcelLabel  # noqa: PLC0415  # as above

        nobody = PostalAddress(name="TEST", lines=(printer.address, paper), town=node.id, country=node.country)
        label = ParcelLabel(
            sender=node.address or nobody,
            addressee=nobody,
            sscc=_NO_SSCC,
            carrier="TEST",
            service=f"{printer.format} {printer.dots_per_mm}dpmm" if printer.format == "zpl" else printer.format,
            tracking_number=None,
            grams=1_000,
            number=1,
            of=1,
            order="TEST",
            packed_on=datetime.fromtimestamp(self._clock(), UTC).date(),
            qr="TEST",
            language=ENGLISH,
        )
        return label_zpl(label, printer.dots_per_mm) if printer.format == "zpl" else label_pdf(label)
