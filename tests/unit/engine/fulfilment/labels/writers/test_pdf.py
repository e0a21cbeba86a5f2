"""Texts of a PDF stand where the page says."""

from datetime import date

import pypdfium2
import pytest

from engine.fulfilment.labels.page import MM, Area, Line, Page, TextBox
from engine.fulfilment.labels.writers.pdf import DocumentTexts, pdf

TEXTS = DocumentTexts(title="t", author="a", subject="s", made_on=date(2026, 11, 27), language="fr")
POINTS_A_MM = 72 / 25.4
AREA = Area(10 * MM, 20 * MM, 80 * MM, 10 * MM)


def bounds(text, **fields):
    """Left, right and lower edge of a text on a page of 100 by 50 mm, in millimetres from its upper left corner."""
    box = TextBox(area=AREA, size=4 * MM, lines=(Line(text),), **fields)
    document = pypdfium2.PdfDocument(pdf([Page(width=100 * MM, height=50 * MM, texts=(box,))], TEXTS))
    textpage = document[0].get_textpage()
    boxes = [textpage.get_charbox(number) for number in range(textpage.count_chars())]
    height = document[0].get_height()
    edges = (min(one[0] for one in boxes), max(one[2] for one in boxes), height - min(one[1] for one in boxes))
    return [edge / POINTS_A_MM for edge in edges]


@pytest.mark.parametrize(("align", "edge"), [("left", 10), ("right", 90)])
def test_a_text_begins_or_ends_at_the_edge_of_its_box(align, edge):
    left, right, _ = bounds("HHHH", align=align)
    assert (left if align == "left" else right) == pytest.approx(edge, abs=0.5)


def test_a_text_in_the_middle_has_as_much_room_on_either_side():
    left, right, _ = bounds("HHHH", align="centre")
    assert left - 10 == pytest.approx(90 - right, abs=0.2)
    assert left > 30


def test_its_baseline_is_a_letter_below_the_top_of_its_box():
    assert bounds("HHHH")[2] == pytest.approx(24, abs=0.2)
