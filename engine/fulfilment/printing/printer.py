"""A printer of a node, as network.yaml names it."""

import re
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, cast
from urllib.parse import urlsplit

from engine.fulfilment.printing.print_job import LABELS, Paper
from rules.errors import LiteralInvalid

PrinterScheme: TypeAlias = Literal["socket", "ipp", "ipps"]
PrintFormat: TypeAlias = Literal["pdf", "zpl"]
_FORMATS: tuple[PrintFormat, ...] = ("pdf", "zpl")
_DOTS_PER_MM = {"8dpmm": 8, "12dpmm": 12}
"""Of heads of thermal printers with 203 and 300 dots an inch."""
_WORDS = {*_FORMATS, *_DOTS_PER_MM}
_PORTS = {"socket": 9100, "ipp": 631, "ipps": 631}
"""9100 is what printers listen on for bytes to print, 631 that of IPP (IANA)."""
_VISIBLE = re.compile(r"[!-~]{1,500}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """Where papers are sent: over a bare TCP connection (`socket`), or by the Internet Printing Protocol. `format` is
    what it understands; `dots_per_mm` is of its head, for ZPL.
    """

    scheme: PrinterScheme
    host: str
    port: int
    path: str
    format: PrintFormat
    dots_per_mm: int = 8

    @classmethod
    def parse(cls, written: str, paper: Paper) -> Self:
        """Of an address such as `socket://10.0.0.5`, `ipp://printers.example/printers/dock-2` or `ipps://...`, after
        which may stand what it understands, and how fine its head is: `ipp://printers.example/printers/zebra zpl
        12dpmm`. Unless it is said, labels go over a bare connection as ZPL with 8 dots a millimetre, and all else is
        PDF. Raises LiteralInvalid, also for a printer of notes or manifests, which are A4, that understands only ZPL.
        """
        text, *words = written.split(" ")
        parts = urlsplit(text) if _VISIBLE.fullmatch(text) else None
        try:
            port = None if parts is None else parts.port
        except ValueError:
            parts = port = None
        if parts is None or parts.scheme not in _PORTS or not parts.hostname:
            raise LiteralInvalid(
                f"'{text}' is no printer; write socket://10.0.0.5:9100, or ipp://HOST/printers/NAME or ipps://..."
            )
        if parts.username is not None or parts.query or parts.fragment or port == 0:
            raise LiteralInvalid(f"leave out user, query, fragment and port 0 in '{text}'")
        if parts.scheme == "socket" and parts.path.strip("/"):
            raise LiteralInvalid(f"a socket has no path: write socket://{parts.hostname}:{port or 9100}")
        if (
            len(set(words)) < len(words)
            or not set(words) <= _WORDS
            or any(set(pair) <= set(words) for pair in (_FORMATS, _DOTS_PER_MM))
        ):
            raise LiteralInvalid(
                f"after the address '{text}' may stand pdf or zpl, and 8dpmm or 12dpmm; not '{' '.join(words)}'"
            )
        chosen: PrintFormat | None = next((name for name in _FORMATS if name in words), None)
        if chosen == "zpl" and paper not in LABELS:
            raise LiteralInvalid(f"a {paper} is printed as PDF: leave zpl out behind '{text}'")
        return cls(
            scheme=cast("PrinterScheme", parts.scheme),
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            path="" if parts.scheme == "socket" else parts.path or "/",
            format=chosen or ("zpl" if parts.scheme == "socket" and paper in LABELS else "pdf"),
            dots_per_mm=next((dots for word, dots in _DOTS_PER_MM.items() if word in words), 8),
        )

    @property
    def address(self) -> str:
        """As it is written in network.yaml, with its port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"
