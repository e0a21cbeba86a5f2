"""Keeps spreadsheets from running the text of a cell as a formula (OWASP, CSV Injection)."""

import re

_FORMULA = re.compile(r"(?!'*[+-]?[0-9]+(?:[.,][0-9]+)?\Z)'*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")
"""What a spreadsheet takes for a formula, also with full-width signs, and behind signs ' that protect it; a number is
none.
"""


def guarded(cell: str) -> str:
    """The text with a ' before it if a spreadsheet would run it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The text as it was before `guarded`."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
