"""What spreadsheets make of CSV (RFC 4180, and the ways of Excel in countries with a decimal comma): its encoding, its
separator, its numbers. Tables of rules and the files of a network are read alike.
"""

import re

from rules.syntax.yaml_document import refusal, refuse_wide_encodings

BOM = "\ufeff"
COMMA_IN_NUMBER = re.compile(r"(?<=[0-9]),(?=[0-9])", re.ASCII)
"""Where the comma is the decimal sign."""
_FIRST_CELL = re.compile(r'(?:"[^"]*"|[^",;\t\r\n]*)[ ]*([,;\t])')
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?:,[0-9]+)?", re.ASCII)
_BLANKS = re.compile("[ \u00a0\u202f]")
_WITH_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+", re.ASCII)


def decoded(file: str, content: bytes) -> str:
    """The text of a CSV file, a byte order mark included: UTF-8, or else Windows-1252, in which Excel writes such files
    in western Europe. Raises PolicyInvalid if it is neither.
    """
    refuse_wide_encodings(file, content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return _decoded_as_windows(file, content)


def separator(text: str) -> str | None:
    """The sign after the first cell: a comma, a semicolon or a tab. None: there is one cell alone."""
    first = _FIRST_CELL.match(text)
    return first[1] if first else None


def number_text(cell: str) -> str:
    """A cell of a file with decimal commas, with its number as programs write it: 1 250,5 is 1250.5. Any other text
    stays as it is.
    """
    if _GROUPED.fullmatch(cell):
        cell = _BLANKS.sub("", cell)
    return cell.replace(",", ".") if _WITH_COMMA.fullmatch(cell) else cell


def _decoded_as_windows(file: str, content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = "this is neither UTF-8 nor Windows-1252; save it as 'CSV UTF-8'"
        raise refusal(file, line, 1, "not-utf-8", message) from None
