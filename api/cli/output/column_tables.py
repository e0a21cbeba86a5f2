"""Columns as tables for people: as many as the terminal's width demands, so that no heading or name is cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

_BORDER = 3
"""Width that a column needs besides its text: a line, and a blank on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`is_text`: it begins at the left, as numbers do not."""

    heading: str
    cells: Sequence[str]
    is_text: bool = False

    @property
    def width(self) -> int:
        return _BORDER + max(cell_len(text) for text in (self.heading, *self.cells))


def column_tables(key: Column, columns: Sequence[Column], *, width: int, title: Text | None = None) -> Iterator[Table]:
    """Each with the column `key` first, which names the rows; the columns that don't fit go into a table below."""
    for group in _groups(columns, width - key.width - 1):
        table = Table(title=title)
        table.add_column(Text(key.heading), overflow="fold")
        for column in group:
            table.add_column(Text(column.heading), justify="left" if column.is_text else "right", no_wrap=True)
        for row in zip(key.cells, *(column.cells for column in group), strict=True):
            table.add_row(*map(Text, row))
        yield table
        title = None


def _groups(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """The columns in their order, in groups no wider than `width`, but of at least one column."""
    group: list[Column] = []
    for column in columns:
        if group and sum(item.width for item in group) + column.width > width:
            yield group
            group = []
        group.append(column)
    yield group
