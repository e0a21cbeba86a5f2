"""Rows are a table where that fits the terminal, and blocks of lines where it does not: nothing is cut or parted."""

import io
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.output.row_blocks import print_rows
from tests.support.examples import examples

HEADINGS = ["node", "paper", "printed for", "last problem"]
JOB = ["lyon", "label", "280a5808f13b4f7f8e1d2c3b4a596877/0/1", ""]
OFF = [*JOB[:3], "ipp://print.example:631/printers/zebra-dock-2 was not reached: Connection refused"]
WORDS = st.lists(st.text("abcdefgh-:/", min_size=1, max_size=30), max_size=12).map(" ".join)


def printed(rows, *, keys=2, width=80, headings=HEADINGS):
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as output:
        patch.setenv("COLUMNS", str(width))
        print_rows(headings, rows, keys=keys)
    return output.getvalue().splitlines()


def test_what_fits_is_one_table():
    lines = printed([JOB])
    assert lines[0].startswith("┏")
    assert [cell.strip() for cell in lines[3].strip("│").split("│")] == JOB


def test_what_does_not_fit_is_a_block_of_lines_for_each_row_without_what_is_empty():
    assert printed([OFF, JOB]) == [
        "lyon · label",
        "  printed for   280a5808f13b4f7f8e1d2c3b4a596877/0/1",
        "  last problem  ipp://print.example:631/printers/zebra-dock-2 was not reached:",
        "                Connection refused",
        "lyon · label",
        "  printed for   280a5808f13b4f7f8e1d2c3b4a596877/0/1",
    ]


def test_an_id_is_never_broken_however_narrow_the_terminal_is():
    assert any(line.endswith(JOB[2]) for line in printed([OFF], width=20))


@given(st.lists(st.lists(WORDS, min_size=4, max_size=4), min_size=1, max_size=3))
@examples(20)
def test_every_word_is_whole_and_stands_in_its_order(rows):
    lines = printed(rows, keys=1, width=40)
    if lines[0].startswith("┏"):
        return
    words = [
        word
        for line in lines
        for word in line.split()
        if word not in ["node", "paper", "printed", "for", "last", "problem"]
    ]
    assert words == [word for row in rows for cell in row for word in cell.split()]
