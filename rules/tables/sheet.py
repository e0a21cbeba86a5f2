"""A table of rules as rows of texts, and the bounds within which one is read."""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_BYTES = 8 << 20
"""Of a file."""
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_LETTERS = 4_000
"""In one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The cells of a table, stripped of blanks around them; rows and columns count from 1. `decimal_comma` says that
    numbers and dates are written as spreadsheets of continental Europe do: 2,5 and 03/12/2026.
    """

    rows: tuple[tuple[str, ...], ...]
    decimal_comma: bool = False

    def filled_rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The rows that hold something, with their numbers; rows whose first cell begins with # are comments."""
        for number, cells in enumerate(self.rows, start=1):
            if any(cells) and not cells[0].startswith("#"):
                yield number, cells


def column_letters(column: int) -> str:
    """The name that spreadsheets give to a column: C for 3, AA for 27."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
