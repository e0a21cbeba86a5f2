"""Makes the label of a return, and has a copy of it printed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from engine.fulfilment.printing.printing import Printing
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.fulfilment.return_labels.return_labels import LabelledReturn, ReturnLabels
from engine.store.audit.accesses import PreparedAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAndPrinted:
    """A return with its label; `prints`: this request has a copy printed that no request had printed before."""

    labelled: LabelledReturn
    prints: bool


def make_and_print(
    labels: ReturnLabels,
    printing: Printing,
    request: ReturnLabelRequest,
    *,
    print_at: str | None,
    access: Callable[[LabelledReturn], PreparedAccess | None],
) -> MadeAndPrinted:
    """As `ReturnLabels.make`. With `print_at`, the printer of that node prints it, once however often that is asked;
    `Printing.add` prints more copies. Raises NotFound, and InputInvalid if the node has no printer for it, before
    anything is made. `access` prepares what is recorded of who has it printed.
    """
    if print_at is not None:
        printing.printer_at(print_at, "return_label", field="print_at")
    labelled = labels.make(request)
    if print_at is None:
        return MadeAndPrinted(labelled=labelled, prints=False)
    added = printing.add(
        "return_label", request.return_id, node=print_at, op=_job_id(labelled, print_at), access=access(labelled)
    )
    return MadeAndPrinted(labelled=labelled, prints=not added.again)


def _job_id(labelled: LabelledReturn, node: str) -> str:
    """The same of the same label and node."""
    name = f"{labelled.stored.first} {labelled.stored.id} {labelled.label.number} {node}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]
