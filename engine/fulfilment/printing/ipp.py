"""Messages of the Internet Printing Protocol, as RFC 8010 encodes and RFC 8011 defines them: the few that a print job
needs.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from rules.wording.catalogue import ENGLISH

Attribute: TypeAlias = tuple[int, str, str]
"""Its tag (RFC 8010, 3.5.2), name and value."""
CONTENT_TYPE = "application/ipp"

_VERSION = b"\x01\x01"
"""1.1, which every printer and server of today understands."""
_OPERATION_ATTRIBUTES, _END = 0x01, 0x03
_LAST_DELIMITER = 0x0F
_INTEGER, _BOOLEAN, _ENUM = 0x21, 0x22, 0x23
_KEYWORD, _URI, _CHARSET, _LANGUAGE, _MIME, _NAME = 0x44, 0x45, 0x47, 0x48, 0x49, 0x42
_SUCCESSFUL = range(0x0100)
_CLIENT_ERRORS = range(0x0400, 0x0500)
NOT_ALLOWED = frozenset({0x0401, 0x0402, 0x0403})
"""Forbidden, not authenticated, not authorized (RFC 8011, B.1.4.2 to B.1.4.4): so the printer says whoever sends, and
whatever; it does not mind the document.
"""
NOT_POSSIBLE, TIMEOUT, NOT_FOUND = 0x0404, 0x0405, 0x0406
"""Not possible as the printer stands: CUPS says so where a quota is used up. It had waited for the request long enough,
which may be sent again. There is no such printer, and it is not said whether that is for good; what is gone for good
has another code (RFC 8011, B.1.4.5 to B.1.4.8).
"""


class Operation(IntEnum):
    """RFC 8011, 5.4.15."""

    PRINT_JOB = 0x0002
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


class IppUnreadable(Exception):
    """Bytes that are no answer of IPP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IppAnswer:
    """What was answered: its status code (RFC 8011, appendix B), and by name the values of attributes, of all groups in
    their order.
    """

    status: int
    attributes: Mapping[str, Sequence[str | int]]

    @property
    def is_successful(self) -> bool:
        return self.status in _SUCCESSFUL

    @property
    def is_refusal(self) -> bool:
        """Whether the printer minds the request, so that it would refuse the same again: not where it says how it is
        itself, or set up, which others may mend. Codes that are not known here are as the first of their class.
        """
        return self.status in _CLIENT_ERRORS and self.status not in {*NOT_ALLOWED, NOT_POSSIBLE, TIMEOUT, NOT_FOUND}

    @property
    def message(self) -> str:
        texts = self.attributes.get("status-message", ())
        return f"0x{self.status:04x}" + (f" ({texts[0]})" if texts else "")


def print_job(printer: str, *, user: str, name: str, mime: str) -> bytes:
    """The beginning of a request to print; the document's bytes follow it. `printer` is its URI."""
    job = [(_NAME, "requesting-user-name", user), (_NAME, "job-name", name), (_MIME, "document-format", mime)]
    return _request(Operation.PRINT_JOB, printer, job)


def jobs(printer: str, *, user: str, which: str) -> bytes:
    """A request for the names and states of jobs: `completed` or `not-completed` ones of that user."""
    attributes: list[Attribute] = [
        (_NAME, "requesting-user-name", user),
        (_KEYWORD, "which-jobs", which),
        (_KEYWORD, "requested-attributes", "job-name"),
        (_KEYWORD, "", "job-state"),
        (_BOOLEAN, "my-jobs", "true"),
    ]
    return _request(Operation.GET_JOBS, printer, attributes)


def printer_attributes(printer: str, names: Sequence[str]) -> bytes:
    attributes = [(_KEYWORD, "requested-attributes" if not place else "", name) for place, name in enumerate(names)]
    return _request(Operation.GET_PRINTER_ATTRIBUTES, printer, attributes)


def _request(operation: Operation, printer: str, attributes: Sequence[Attribute]) -> bytes:
    first: list[Attribute] = [
        (_CHARSET, "attributes-charset", "utf-8"),
        (_LANGUAGE, "attributes-natural-language", ENGLISH),
        (_URI, "printer-uri", printer),
    ]
    head = _VERSION + struct.pack(">hi", operation, 1) + bytes([_OPERATION_ATTRIBUTES])
    return head + b"".join(map(_encoded, [*first, *attributes])) + bytes([_END])


def _encoded(attribute: Attribute) -> bytes:
    """A further value of the attribute before has an empty name."""
    tag, name, value = attribute
    written = (b"\x01" if value == "true" else b"\x00") if tag == _BOOLEAN else value.encode()
    label = name.encode("ascii")
    return struct.pack(">bH", tag, len(label)) + label + struct.pack(">H", len(written)) + written


def read_answer(body: bytes) -> IppAnswer:
    """Raises IppUnreadable."""
    attributes: dict[str, list[str | int]] = {}
    try:
        _, status, _ = struct.unpack_from(">2sHi", body)
        for name, value in _attributes(body, struct.calcsize(">2sHi")):
            attributes.setdefault(name, []).append(value)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise IppUnreadable("the answer is no IPP") from error
    return IppAnswer(status=status, attributes=attributes)


def _attributes(body: bytes, at: int) -> Iterator[tuple[str, str | int]]:
    """A value without a name is a further one of the attribute before it."""
    name = ""
    while (tag := body[at]) != _END:
        at += 1
        if tag <= _LAST_DELIMITER:  # a group begins
            continue
        label, at = _bytes(body, at)
        value, at = _bytes(body, at)
        name = label.decode() or name
        yield name, struct.unpack(">i", value)[0] if tag in (_INTEGER, _ENUM) else value.decode(errors="replace")


def _bytes(body: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", body, at)
    end = at + 2 + length
    if end > len(body):
        raise IndexError
    return body[at + 2 : end], end
