"""What printing asks of whoever draws papers."""

from typing import Protocol

from engine.fulfilment.printing.print_job import Paper, PrintJob
from engine.fulfilment.printing.printer import Printer
from engine.model.facts import Node


class Drawing(Protocol):
    """Draws papers as a printer understands them."""

    def draw(self, job: PrintJob, printer: Printer) -> bytes:
        """Raises a PointsmanError if there is nothing to print any more."""
        ...

    def is_cancelled(self, paper: Paper, of: str) -> bool:
        """Whether there is nothing to print any more because the packing of that parcel was cancelled: that is no
        failure of the printer, and nobody needs to be told.
        """
        ...

    def node_of(self, paper: Paper, of: str) -> str:
        """Where it was packed, or handed over. Raises NotFound if there is no such paper."""
        ...

    def draw_test(self, paper: Paper, node: Node, printer: Printer) -> bytes:
        """A page by which people see that the printer prints, and where on the paper."""
        ...
