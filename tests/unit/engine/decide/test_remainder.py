"""What is left of an order."""

from engine.decide.remainder import Remainder
from tests.support.facts import order


def test_a_remainder_has_the_lines_that_something_is_left_of():
    remainder = Remainder(whole_order=order(("A", 4), ("B", 2), ("A", 1)), units={"3": 1, "1": 2})
    assert [(line.id, line.sku, line.quantity) for line in remainder.order.lines] == [("1", "A", 2), ("3", "A", 1)]
    assert remainder.order.id == remainder.whole_order.id
