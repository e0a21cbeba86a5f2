"""Makes the label of a return, and has a copy of it printed."""

import hashlib

from engine.fulfilment.printing.printing import Printing
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.fulfilment.return_labels.return_labels import LabelledReturn, ReturnLabels


def make_and_print(
    labels: ReturnLabels, printing: Printing, request: ReturnLabelRequest, *, print_at: str | None
) -> LabelledReturn:
    """As `ReturnLabels.make`. With `print_at`, the printer of that node prints it, once however often that is asked;
    `Printing.add` prints more copies. Raises NotFound, and InputInvalid if the node has no printer for it, before
    anything is made.
    """
    if print_at is not None:
        printing.printer_at(print_at, "return_label")
    labelled = labels.make(request)
    if print_at is not None:
        printing.add("return_label", request.return_id, node=print_at, op=_job_id(labelled, print_at))
    return labelled


def _job_id(labelled: LabelledReturn, node: str) -> str:
    """The same of the same label and node."""
    name = f"{labelled.stored.first} {labelled.stored.id} {labelled.label.number} {node}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]
