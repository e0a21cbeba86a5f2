"""Which amendments ask for nothing but fewer units."""

from dataclasses import replace

import pytest

from engine.model.facts import Line
from engine.orders.amendment.plan import only_fewer_units
from tests.support.facts import LILLE, order

ONE, OTHER = Line(id="1", sku="A", quantity=2, unit_price=5), Line(id="2", sku="B", quantity=1)
BEFORE = order(ONE, OTHER)


@pytest.mark.parametrize(
    ("lines", "fewer"),
    [
        ((ONE, OTHER), True),
        ((replace(ONE, quantity=1), OTHER), True),
        ((OTHER,), True),
        ((replace(ONE, quantity=3), OTHER), False),
        ((replace(ONE, unit_price=6), OTHER), False),
        ((replace(ONE, sku="B"), OTHER), False),
        ((ONE, OTHER, Line(id="3", sku="A", quantity=1)), False),
    ],
)
def test_lower_quantities_and_dropped_lines_are_fewer_units(lines, fewer):
    assert only_fewer_units(BEFORE, replace(BEFORE, lines=lines)) == fewer


def test_another_address_is_more_than_fewer_units():
    assert not only_fewer_units(BEFORE, replace(BEFORE, lines=(OTHER,), place=LILLE))
