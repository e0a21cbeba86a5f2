"""Columns as tables in which nothing is cut, however narrow the terminal is."""

import io
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.output.column_tables import number_columns, print_columns, text_columns

WORDS = st.text("abcdefgh-:", min_size=1, max_size=30)
NARROW = 80


def printed(headings, rows, *, keys):
    """At 80 columns; so many of the columns name the row."""
    names = text_columns(headings[:keys], [row[:keys] for row in rows])
    figures = number_columns(headings[keys:], [row[keys:] for row in rows])
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as output:
        patch.setenv("COLUMNS", str(NARROW))
        print_columns(names, figures)
    return output.getvalue().splitlines()


def tables(lines):
    """The cells of each table, its headings first."""
    found = []
    for line in lines:
        if line.startswith("┏"):
            found.append([])
        if line.startswith(("┃", "│")):
            row = line.replace("┃", "│").strip("│").split("│")
            found[-1].append([cell.strip() for cell in row])
    return found


@given(st.data())
def test_every_cell_is_whole_and_every_row_is_named(data):
    keys, figures = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 8))
    headings = [f"column {number}" for number in range(keys + figures)]
    rows = data.draw(st.lists(st.lists(WORDS, min_size=len(headings), max_size=len(headings)), min_size=1, max_size=3))
    lines = printed(headings, rows, keys=keys)
    shown = tables(lines)
    for number, row in enumerate((headings, *rows)):
        assert all(table[number][:keys] == list(row[:keys]) for table in shown)
        assert [cell for table in shown for cell in table[number][keys:]] == list(row[keys:])
    assert max(map(len, lines)) <= NARROW or any(len(table[0]) == keys + 1 for table in shown)


def test_columns_that_fit_are_one_table():
    assert len(tables(printed(["sku", "units", "days"], [["SHIRT", "12", "3"]], keys=1))) == 1


def test_a_table_that_is_too_wide_for_the_terminal_is_not_cut():
    name = "a-receipt-of-a-long-name" * 4
    assert tables(printed(["receipt", "units"], [[name, "12"]], keys=1)) == [[["receipt", "units"], [name, "12"]]]
