"""Graphics of ZPL are the dots that they were made of, and letters stay in their boxes."""

import re

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.fulfilment.labels.layouts.labels import parcel_label_page
from engine.fulfilment.labels.writers.zpl_graphics import graphic, text_graphic
from tests.support.examples import examples
from tests.support.papers import labels

COUNTS = {letter: number for number, letter in enumerate("GHIJKLMNOPQRSTUVWXY", 1)}
COUNTS |= {letter: 20 * number for number, letter in enumerate("ghijklmnopqrstuvwxyz", 1)}
ROWS = st.integers(1, 120).flatmap(
    lambda width: st.lists(
        st.binary(min_size=width, max_size=width) | st.sampled_from((bytes(width), b"\xff" * width)),
        min_size=1,
        max_size=6,
    )
)


def unpacked(command):
    """The rows of a `^GFA`, as the ZPL II programming guide says how they are compressed."""
    total, size, width, data = re.fullmatch(r"\^GFA,(\d+),(\d+),(\d+),(.*)", command).groups()
    assert total == size
    rows, row, count = [], "", 0
    for letter in data:
        if letter == ":":
            rows.append(rows[-1])
        elif letter == ",":
            rows.append(row.ljust(2 * int(width), "0"))
            row = ""
        elif letter in COUNTS:
            count += COUNTS[letter]
        else:
            row, count = row + letter * max(1, count), 0
        if len(row) == 2 * int(width):
            rows.append(row)
            row = ""
    assert len(rows) * int(width) == int(size)
    return [bytes.fromhex(one) for one in rows]


@given(ROWS)
def test_what_is_unpacked_is_what_was_packed(rows):
    assert unpacked(graphic(rows)) == rows


def test_long_runs_and_rows_that_repeat_take_little():
    rows = [b"\xff" * 400 + bytes(400)] * 9
    assert graphic(rows) == "^GFA,7200,7200,800,zFzF,::::::::"


@examples(10, suppress_health_check=[HealthCheck.too_slow])
@given(labels(), st.sampled_from((2, 3)))
def test_letters_that_are_drawn_stay_in_their_box_as_those_of_pdf_do(label, dot):
    for box in parcel_label_page(label).texts:
        for line, baseline in box.baselines():
            left, top, rows = text_graphic(box, line, baseline, dot)
            width = max(len(f"{int.from_bytes(row):0{8 * len(row)}b}".rstrip("0")) for row in rows)
            overhang = 1 + box.size // dot // 8  # as of a J, to the left
            assert box.area.left // dot - overhang <= left
            assert left + width <= box.area.right // dot + overhang
            assert box.area.top // dot - 1 <= top
            assert top + len(rows) <= box.area.bottom // dot + 1
