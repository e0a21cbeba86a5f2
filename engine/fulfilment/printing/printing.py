"""Prints what is to be printed at nodes, in the order in which it was asked for: `Pointsman.fulfilment.printing`.

A job is noted as being sent before it is sent, and as printed after, so a process that dies in between sends it again.
By IPP the printer says that it has it already; over a bare connection a label may come out twice, with the same number.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from msgspec import structs

from engine.errors import InputInvalid, Mistake, NotFound, PointsmanError, StoreUnavailable
from engine.facts_reader import FactsReader
from engine.fulfilment.printing.print_job import JobState, Paper, PrintJob
from engine.fulfilment.printing.retry_schedule import MOST_TRIES, OLDEST_SECONDS, rest_after
from engine.fulfilment.printing.sending import NotPrinted, PrinterConnections, PrintRefused
from engine.model.printers import Printer
from engine.store.fulfilment.print_jobs import PrintJobs
from engine.store.fulfilment.printer_rests import PrinterRest, PrinterRests
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0
"""How often a process that goes on for long looks for what is to be printed: somebody stands there and waits."""
_JOBS_AT_ONCE = 50
_MICROSECONDS = 1_000_000
Prints = Literal["auto", "manual"]

logger = logging.getLogger("pointsman")


class Drawing(Protocol):
    """Draws papers."""

    def draw(self, job: PrintJob, printer: Printer) -> bytes:
        """What is to be printed, as the printer understands it. Raises a PointsmanError if there is nothing to print."""
        ...

    def draw_test(self, paper: Paper, node: str, printer: Printer) -> bytes:
        """A page by which people see that the printer prints, and where."""
        ...
