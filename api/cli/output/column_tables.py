"""Columns as tables for people: as many as the terminal's width demands, so that no heading or name is cut."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_BORDER = 3
"""Width that a column needs besides its text: a line, and a blank on either side."""
_MOST_CELLS = 10_000
"""No line is wider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`is_text`: it begins at the left, as numbers do not."""

    heading: str
    cells: Sequence[str]
    is_text: bool = False

    @property
    def width(self) -> int:
        return _BORDER + max(cell_len(text) for text in (self.heading, *self.cells))


def text_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    """Those of rows that have a text for each heading."""
    return [replace(column, is_text=True) for column in number_columns(headings, rows)]


def number_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    """Those of rows that have a number for each heading."""
    return [Column(heading=heading, cells=[row[place] for row in rows]) for place, heading in enumerate(headings)]


def column_tables(
    keys: Sequence[Column], columns: Sequence[Column], *, width: int, title: Text | None = None
) -> Iterator[Table]:
    """Each with the columns `keys` first, which name the rows; the columns that don't fit go into a table below,
    without the rows that have nothing in it. Only one that has no more than the keys and a column can be wider than
    `width`.
    """
    for number, group in enumerate(_groups(columns, width - sum(key.width for key in keys) - 1)):
        table = Table(title=title)
        shown = (*(replace(key, is_text=True) for key in keys), *group)
        for column in shown:
            table.add_column(Text(column.heading), justify="left" if column.is_text else "right", no_wrap=True)
        for row in zip(*(column.cells for column in shown), strict=True):
            if number == 0 or any(row[len(keys) :]):
                table.add_row(*map(Text, row))
        yield table
        title = None


def print_columns(keys: Sequence[Column], columns: Sequence[Column], *, title: str | None = None) -> None:
    shown = None if title is None else Text(title)
    print_each(column_tables(keys, columns, width=Console().width, title=shown))


def print_each(tables: Iterable[Table]) -> None:
    """A table that is too wide is left to the terminal to break: an id that is cut can't be copied."""
    narrow = Console()
    unlimited = narrow.options.update(max_width=_MOST_CELLS)
    for table in tables:
        needed = narrow.measure(table, options=unlimited).maximum
        Console(width=max(narrow.width, needed)).print(table)


def _groups(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """The columns in their order, in groups no wider than `width`, but of at least one column."""
    group: list[Column] = []
    for column in columns:
        if group and sum(item.width for item in group) + column.width > width:
            yield group
            group = []
        group.append(column)
    yield group
