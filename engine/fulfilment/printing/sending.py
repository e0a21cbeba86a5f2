"""Sends documents to printers, and says what became of it as far as a printer tells.

Over a bare connection nobody says that something was printed: a document whose connection breaks may have been, and is
sent again. By IPP the printer knows jobs by their names, so one that it has already is not sent twice.
"""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from http import HTTPStatus

from engine.fulfilment.printing import ipp
from engine.fulfilment.printing.ipp import IppAnswer, IppUnreadable
from engine.fulfilment.printing.printer import Printer, PrintFormat

SECONDS = 30.0
"""How long a printer may stay silent: one that is out of paper takes nothing, and may be filled any moment."""
MOST_ANSWER_BYTES = 4_000_000
REACHED = "reached"
"""The state of a printer on a bare connection, which says nothing of itself."""
_CLOSING_SECONDS = 1.0
_USER = "pointsman"
_MIME: dict[PrintFormat, str] = {"pdf": "application/pdf", "zpl": "application/octet-stream"}
"""ZPL has no registered type. CUPS passes application/octet-stream on as it is to printers whose queue is raw."""
_NOT_PRINTED_STATES = frozenset({7, 8})
"""Of jobs that were cancelled or aborted, as when their sender died amid the document (RFC 8011, 5.3.7)."""
_STATES = {3: "idle", 4: "processing", 5: "stopped"}
"""RFC 8011, 5.4.11."""


class NotPrinted(Exception):
    """It may be sent again later: the printer was not reached, or it can't print now. Says why."""


class PrinterOff(NotPrinted):
    """It was not reached at all, so nothing was printed."""


class PrintRefused(Exception):
    """The printer will never take this document. Says why."""


class PrinterConnections:
    """`context` makes what connections with TLS are checked by."""

    def __init__(
        self, *, seconds: float = SECONDS, context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        self._seconds = seconds
        self._context = context

    def send(self, printer: Printer, document: bytes, *, name: str, tried: bool) -> None:
        """Have it printed, under that name. `tried`: it was sent before, and what became of that is not known. Raises
        NotPrinted or PrintRefused.
        """
        if printer.scheme == "socket":
            self._send_bytes(printer, document)
        elif not (tried and self._has_job(printer, name)):
            head = ipp.print_job(printer.address, user=_USER, name=name, mime=_MIME[printer.format])
            self._ask(printer, head + document)

    def state(self, printer: Printer) -> str:
        """What the printer says of itself, such as `idle` or `stopped: media-empty`; of one on a bare connection only
        that it can be reached. Raises NotPrinted or PrintRefused.
        """
        if printer.scheme == "socket":
            with self._connected(printer):
                return REACHED
        names = ["printer-state", "printer-state-reasons"]
        answer = self._ask(printer, ipp.printer_attributes(printer.address, names))
        states = [_STATES.get(int(value), "unknown") for value in answer.attributes.get("printer-state", ())]
        reasons = [str(item) for item in answer.attributes.get("printer-state-reasons", ()) if item != "none"]
        return ": ".join([*states[:1], *([", ".join(reasons)] if reasons else [])])

    def _send_bytes(self, printer: Printer, document: bytes) -> None:
        with self._connected(printer) as connection:
            connection.sendall(document)
            connection.shutdown(socket.SHUT_WR)
            # Some printers close once they have read all, others never do.
            connection.settimeout(min(_CLOSING_SECONDS, self._seconds))
            with contextlib.suppress(TimeoutError):
                while connection.recv(4_096):
                    pass

    @contextlib.contextmanager
    def _connected(self, printer: Printer) -> Iterator[socket.socket]:
        try:
            connection = socket.create_connection((printer.host, printer.port), self._seconds)
        except OSError as error:
            raise PrinterOff(f"{printer.address} was not reached: {_reason(error)}") from error
        try:
            with connection:
                yield connection
        except OSError as error:
            raise NotPrinted(f"{printer.address} took nothing more: {_reason(error)}") from error

    def _has_job(self, printer: Printer, name: str) -> bool:
        """Whether it has a job of that name that it printed or is going to print."""
        for which in ("not-completed", "completed"):
            found = self._ask(printer, ipp.jobs(printer.address, user=_USER, which=which)).attributes
            jobs = zip(found.get("job-name", ()), found.get("job-state", ()), strict=False)
            if any(job == name and state not in _NOT_PRINTED_STATES for job, state in jobs):
                return True
        return False

    def _ask(self, printer: Printer, request: bytes) -> IppAnswer:
        try:
            answer = ipp.read_answer(self._post(printer, request))
        except (OSError, http.client.HTTPException) as error:
            raise NotPrinted(f"{printer.address} gave no answer: {error}") from error
        except IppUnreadable as error:
            raise NotPrinted(f"{printer.address}: {error}") from error
        if answer.is_refusal:
            raise PrintRefused(f"{printer.address} refuses it: {answer.message}")
        if answer.status in ipp.NOT_ALLOWED:
            raise NotPrinted(f"{printer.address} does not let {_USER} print: {answer.message}; allow it there")
        if answer.status == ipp.NOT_FOUND:
            raise NotPrinted(
                f"there is no printer at {printer.address}: {answer.message}; set it up there, or mend the address in"
                " network.yaml"
            )
        if not answer.is_successful:
            raise NotPrinted(f"{printer.address} can't print now: {answer.message}")
        return answer

    def _post(self, printer: Printer, request: bytes) -> bytes:
        with contextlib.closing(self._connection(printer)) as connection:
            try:
                connection.connect()
            except OSError as error:
                raise PrinterOff(f"{printer.address} was not reached: {_reason(error)}") from error
            connection.request("POST", printer.path, request, {"Content-Type": ipp.CONTENT_TYPE})
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK:
                raise NotPrinted(f"{printer.address} answered {answer.status} {answer.reason}")
            return answer.read(MOST_ANSWER_BYTES)

    def _connection(self, printer: Printer) -> http.client.HTTPConnection:
        if printer.scheme == "ipps":
            return http.client.HTTPSConnection(
                printer.host, printer.port, timeout=self._seconds, context=self._context()
            )
        return http.client.HTTPConnection(printer.host, printer.port, timeout=self._seconds)


def _reason(error: OSError) -> str:
    """In words, without the number that the operating system has for it."""
    return error.strerror or str(error)
