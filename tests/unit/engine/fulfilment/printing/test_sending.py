"""Documents reach real printers: CUPS, and one that takes bytes over a bare connection."""

import contextlib
import socket
import struct
import threading

import pytest

from engine.fulfilment.printing import sending
from engine.fulfilment.printing.printer import Printer
from engine.fulfilment.printing.sending import NotPrinted, PrinterConnections, PrinterOff, PrintRefused
from tests.support.free_port import free_port
from tests.support.print_servers import running_cups, running_socket_printer
from tests.support.wait_until import wait_until

PDF = b"%PDF-1.4\n% a label\n"


@pytest.fixture(scope="module")
def cups(tmp_path_factory):
    with running_cups(tmp_path_factory.mktemp("cups")) as server:
        server.add("dock")
        yield server


@pytest.fixture
def connections():
    return PrinterConnections(seconds=10)


def test_cups_gets_the_very_bytes_and_the_name(cups, connections):
    before = len(cups.documents())
    connections.send(Printer.parse(cups.uri("dock"), "label"), PDF, name="label 1", tried=False)
    assert cups.documents()[before:] == [PDF]
    assert "pointsman" in cups.admin("lpstat", "-W", "all", "-o", "dock")


def test_a_raw_queue_of_cups_takes_zpl(cups, connections):
    before = len(cups.documents())
    printer = Printer.parse(cups.uri("dock") + " zpl", "label")
    connections.send(printer, b"^XA^FDlabel^XZ", name="zpl 1", tried=False)
    assert cups.documents()[before:] == [b"^XA^FDlabel^XZ"]


def test_what_cups_has_already_is_not_sent_again(cups, connections):
    printer = Printer.parse(cups.uri("dock"), "label")
    connections.send(printer, PDF, name="label 2", tried=False)
    before = len(cups.documents())
    connections.send(printer, PDF, name="label 2", tried=True)
    assert len(cups.documents()) == before
    connections.send(printer, PDF, name="label 3", tried=True)
    assert len(cups.documents()) == before + 1


def test_what_waits_at_cups_is_not_sent_again(cups, connections):
    cups.add("stopped")
    cups.admin("cupsdisable", "stopped")
    printer = Printer.parse(cups.uri("stopped"), "label")
    connections.send(printer, PDF, name="waits", tried=False)
    before = len(cups.documents())
    connections.send(printer, PDF, name="waits", tried=True)
    assert len(cups.documents()) == before


def test_what_was_cancelled_at_cups_is_sent_again(cups, connections):
    cups.add("halted")
    cups.admin("cupsdisable", "halted")
    printer = Printer.parse(cups.uri("halted"), "label")
    connections.send(printer, PDF, name="torn", tried=False)
    cups.admin("cancel", "-a", "halted")
    before = len(cups.documents())
    connections.send(printer, PDF, name="torn", tried=True)
    assert len(cups.documents()) == before + 1


def test_a_queue_that_cups_does_not_have_may_be_set_up_later(cups, connections):
    printer = Printer.parse(cups.uri("later"), "label")
    with pytest.raises(NotPrinted, match=r"no printer at .*: 0x0406 \(The printer or class does not exist.\); set"):
        connections.send(printer, PDF, name="early", tried=False)
    cups.add("later")
    before = len(cups.documents())
    connections.send(printer, PDF, name="early", tried=True)
    assert len(cups.documents()) == before + 1


def test_a_queue_of_cups_that_lets_others_print_may_let_us_later(cups, connections):
    cups.add("theirs")
    cups.admin("lpadmin", "-p", "theirs", "-u", "allow:somebody")
    printer = Printer.parse(cups.uri("theirs"), "label")
    with pytest.raises(NotPrinted, match=r"does not let pointsman print: 0x0403 \(.+\); allow it there"):
        connections.send(printer, PDF, name="denied", tried=False)
    cups.admin("lpadmin", "-p", "theirs", "-u", "allow:all")
    before = len(cups.documents())
    connections.send(printer, PDF, name="denied", tried=True)
    assert len(cups.documents()) == before + 1


def test_a_queue_of_cups_whose_quota_is_used_up_prints_later(cups, connections):
    cups.add("scarce")
    cups.admin("lpadmin", "-p", "scarce", "-o", "job-quota-period=3600", "-o", "job-k-limit=1")
    printer = Printer.parse(cups.uri("scarce"), "label")
    connections.send(printer, PDF + b" " * 2_048, name="first", tried=False)
    with pytest.raises(NotPrinted, match="can't print now: 0x0404"):
        connections.send(printer, PDF, name="second", tried=False)


def test_a_document_of_a_format_that_cups_does_not_know_is_refused(cups, connections, monkeypatch):
    monkeypatch.setitem(sending._MIME, "pdf", "application/x-unheard-of")
    with pytest.raises(PrintRefused, match="refuses it: 0x040a"):
        connections.send(Printer.parse(cups.uri("dock"), "label"), PDF, name="odd", tried=False)


@contextlib.contextmanager
def answering(answer):
    """The address of a printer that reads a document and answers so."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answers():
            connection, _ = server.accept()
            with connection:
                read = b""
                while PDF not in read:
                    read += connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=answers)
        thread.start()
        yield f"ipp://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


_LATER = {
    0x0401: "does not let pointsman print",
    0x0402: "does not let pointsman print",
    0x0403: "does not let pointsman print",
    0x0404: "can't print now",
    0x0405: "can't print now",
    0x0406: "there is no printer",
    **dict.fromkeys(range(0x0500, 0x050A), "can't print now"),
}
"""Codes of RFC 8011, appendix B, and what is said of each; the other client errors are about the document."""


@pytest.mark.parametrize("status", [*range(0x0400, 0x0414), 0x04FF, *range(0x0500, 0x050A)])
def test_a_printer_that_minds_the_document_is_told_from_one_that_can_not_print_as_it_stands(connections, status):
    body = struct.pack(">2sHi", b"\x01\x01", status, 1) + b"\x01\x03"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    kind = NotPrinted if status in _LATER else PrintRefused
    with answering(head + body) as address, pytest.raises(kind, match=_LATER.get(status, "refuses it")) as raised:
        connections.send(Printer.parse(address, "label"), PDF, name="any", tried=False)
    assert f"0x{status:04x}" in str(raised.value)


def test_a_queue_that_takes_no_jobs_now_may_take_them_later(cups, connections):
    cups.add("closed")
    cups.admin("cupsreject", "closed")
    with pytest.raises(NotPrinted, match="can't print now: 0x0506"):
        connections.send(Printer.parse(cups.uri("closed"), "label"), PDF, name="early", tried=False)


def test_cups_says_how_a_printer_is(cups, connections):
    assert connections.state(Printer.parse(cups.uri("dock"), "label")) == "idle"
    cups.add("paused")
    cups.admin("cupsdisable", "paused")
    assert connections.state(Printer.parse(cups.uri("paused"), "label")) == "stopped: paused"


@pytest.mark.parametrize("closes", [True, False])
def test_a_bare_connection_gets_the_very_bytes(connections, closes):
    with running_socket_printer(closes=closes) as printer:
        connections.send(Printer.parse(printer.uri, "label"), b"^XA^XZ" * 50_000, name="any", tried=False)
        if not closes:
            wait_until(lambda: printer.documents, "the printer has read")
        assert printer.documents == [b"^XA^XZ" * 50_000]


def test_a_bare_connection_can_only_be_reached(connections):
    with running_socket_printer() as printer:
        assert connections.state(Printer.parse(printer.uri, "label")) == "reached"


@pytest.mark.parametrize("address", ["socket://127.0.0.1:{}", "ipp://127.0.0.1:{}/printers/dock"])
def test_a_printer_that_is_off_is_asked_again_later(connections, address):
    printer = Printer.parse(address.format(free_port()), "label")
    with pytest.raises(PrinterOff, match=r"was not reached: .*refused"):
        connections.send(printer, PDF, name="any", tried=False)
    with pytest.raises(NotPrinted):
        connections.state(printer)


def test_a_printer_that_takes_nothing_is_given_up():
    """One without paper keeps the connection and reads no more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        printer = Printer.parse(f"socket://127.0.0.1:{server.getsockname()[1]}", "label")
        with pytest.raises(NotPrinted, match="took nothing more: timed out"):
            PrinterConnections(seconds=0.2).send(printer, b"^XA^XZ" * 2_000_000, name="any", tried=False)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "answered 401 Unauthorized"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno!", "the answer is no IPP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n", "the answer is no IPP"),
        (b"hello\r\n", "gave no answer"),
    ],
)
def test_an_answer_that_makes_no_sense_is_no_print(connections, answer, message):
    with answering(answer) as address, pytest.raises(NotPrinted, match=message):
        connections.send(Printer.parse(address, "label"), PDF, name="any", tried=False)
