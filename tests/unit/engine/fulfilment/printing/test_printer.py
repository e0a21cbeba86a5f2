"""Addresses of printers."""

import pytest

from engine.fulfilment.printing.printer import Printer
from rules.errors import LiteralInvalid


@pytest.mark.parametrize(
    ("text", "address", "document_format"),
    [
        ("socket://10.0.0.5", "socket://10.0.0.5:9100", "zpl"),
        ("socket://10.0.0.5:9101/", "socket://10.0.0.5:9101", "zpl"),
        ("socket://[2001:db8::5]", "socket://[2001:db8::5]:9100", "zpl"),
        ("ipp://printers.example/printers/dock-2", "ipp://printers.example:631/printers/dock-2", "pdf"),
        ("ipps://printers.example:8631", "ipps://printers.example:8631/", "pdf"),
    ],
)
def test_an_address_names_scheme_host_port_and_path(text, address, document_format):
    printer = Printer.parse(text, "label")
    assert printer.address == address
    assert printer.format == document_format
    assert Printer.parse(printer.address, "label") == printer


def test_what_a_printer_understands_can_be_said():
    printer = Printer.parse("ipp://cups.example/printers/zebra zpl 12dpmm", "label")
    assert (printer.format, printer.dots_per_mm) == ("zpl", 12)
    assert Printer.parse("socket://10.0.0.5 pdf", "label").format == "pdf"
    assert Printer.parse("socket://10.0.0.5 12dpmm", "label").dots_per_mm == 12


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.0.0.5", "is no printer; write socket://"),
        ("http://10.0.0.5", "is no printer"),
        ("socket://", "is no printer"),
        ("socket://10.0.0.5:port", "is no printer"),
        ("socket://10.0.0.5:99999", "is no printer"),
        ("ipp://10.0.0.5/é", "is no printer"),
        ("ipp://me:secret@10.0.0.5/", "leave out user"),
        ("ipp://10.0.0.5/?a=b", "leave out user, query"),
        ("socket://10.0.0.5:0", "port 0"),
        ("socket://10.0.0.5/raw", "a socket has no path: write socket://10.0.0.5:9100"),
        ("", "is no printer"),
        ("socket://10.0.0.5 epl", "may stand pdf or zpl, and 8dpmm or 12dpmm; not 'epl'"),
        ("socket://10.0.0.5 zpl pdf", "not 'zpl pdf'"),
        ("socket://10.0.0.5 8dpmm 12dpmm", "not '8dpmm 12dpmm'"),
        ("socket://10.0.0.5 zpl zpl", "not 'zpl zpl'"),
        ("socket://10.0.0.5 ", "not ''"),
    ],
)
def test_what_is_no_address_is_refused(text, message):
    with pytest.raises(LiteralInvalid, match=message):
        Printer.parse(text, "label")


@pytest.mark.parametrize("paper", ["note", "manifest"])
def test_papers_of_a4_are_pdf_over_a_bare_connection_too(paper):
    assert Printer.parse("socket://10.0.0.6", paper).format == "pdf"
    with pytest.raises(LiteralInvalid, match=f"a {paper} is printed as PDF: leave zpl out behind 'ipp://10.0.0.6/'"):
        Printer.parse("ipp://10.0.0.6/ zpl", paper)
