"""What labels say: that of a parcel on its way to a customer, and that of one on its way back."""

from engine.fulfilment.labels.layouts.label_page import LabelContent, Particular, label_page
from engine.fulfilment.labels.layouts.wording import Wording
from engine.fulfilment.labels.page import Page
from engine.fulfilment.labels.paper import ParcelLabel, ReturnLabel


def parcel_label_page(label: ParcelLabel) -> Page:
    """Raises NotPrintable."""
    wording = Wording.of(label.language)
    number = wording.text("label.number", number=str(label.number), of=str(label.of))
    return label_page(
        LabelContent(
            sender=label.sender,
            addressee=label.addressee,
            headline=label.carrier,
            subline="" if label.service == label.carrier else label.service,
            rows=(
                (
                    Particular(wording.text("label.parcel"), number, "number", 20),
                    Particular(wording.text("label.weight"), wording.weight(label.grams), "grams", 27),
                    Particular(wording.text("label.packed_on"), wording.date(label.packed_on), "packed_on", 53),
                ),
                (Particular(wording.text("label.order"), label.order, "order", 100),),
            ),
            qr=label.qr,
            tracking_number=label.tracking_number,
            sscc=label.sscc,
            wording=wording,
        )
    )


def return_label_page(label: ReturnLabel) -> Page:
    """Raises NotPrintable."""
    wording = Wording.of(label.language)
    return label_page(
        LabelContent(
            sender=label.sender,
            addressee=label.addressee,
            headline=wording.text("label.return"),
            subline=" · ".join(filter(None, (label.carrier, label.service))),
            rows=_return_rows(label, wording),
            qr=label.return_id,
            tracking_number=label.tracking_number,
            sscc=label.sscc,
            wording=wording,
        )
    )


def _return_rows(label: ReturnLabel, wording: Wording) -> tuple[tuple[Particular, ...], ...]:
    """Below one another where no SSCC takes the room."""
    number_share, day_share = (47, 53) if label.sscc else (100, 100)
    number = Particular(wording.text("label.return_number"), label.return_id, "return_id", number_share)
    order = Particular(wording.text("label.order"), label.order, "order", number_share)
    issued = Particular(wording.text("label.issued_on"), wording.date(label.issued_on), "issued_on", day_share)
    until = (
        ()
        if label.until is None
        else (Particular(wording.text("label.until"), wording.date(label.until), "until", day_share),)
    )
    if label.sscc:
        return ((number, *(until or (issued,))), (order, *((issued,) if until else ())))
    return tuple((one,) for one in (number, issued, *until, order))
