"""Rows of texts for people: a table where that fits the terminal, and otherwise a block of lines for each row."""

import textwrap
from collections.abc import Iterator, Sequence

import click
from rich.cells import cell_len
from rich.console import Console

from api.cli.output.column_tables import print_columns, text_columns

_LEAST_WIDTH = 20
"""A text is broken into lines no narrower than this, at blanks alone: an id that is broken can't be copied."""


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]], *, keys: int = 1) -> None:
    """The first columns, so many `keys`, name a row. What is empty is left out of a block."""
    columns = text_columns(headings, rows)
    if 1 + sum(column.width for column in columns) <= Console().width:
        print_columns(columns[:keys], columns[keys:])
        return
    for row in rows:
        for line in _block(headings, row, keys, Console().width):
            click.echo(line)


def _block(headings: Sequence[str], row: Sequence[str], keys: int, width: int) -> Iterator[str]:
    yield " · ".join(filter(None, row[:keys]))
    beside = 4 + max(map(cell_len, headings[keys:]), default=0)
    for heading, text in zip(headings[keys:], row[keys:], strict=True):
        lines = textwrap.wrap(text, max(width - beside, _LEAST_WIDTH), break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(lines):
            head = "" if number else f"  {heading}"
            yield f"{head}{' ' * (beside - cell_len(head))}{line}"
