"""The remainder of an order, and the order read back from a record."""

import hypothesis.strategies as st
from hypothesis import given

from engine.decide.record import order_of, order_record
from engine.decide.remainder import Remainder
from engine.model.facts import GeoPoint, Line, Order
from tests.support.facts import order

WORDS = st.text(min_size=1, max_size=5)
INSTANTS = st.integers(0, 4_000_000_000)
LINES = st.builds(Line, id=WORDS, sku=WORDS, quantity=st.integers(1, 99), unit_price=st.none() | st.integers(0, 10**15))


@given(
    st.builds(
        Order,
        id=WORDS,
        channel=WORDS,
        delivery=st.just("standard"),
        placed_at=INSTANTS,
        lines=st.lists(LINES, min_size=1, max_size=4).map(tuple),
        promise_by=st.none() | INSTANTS,
        place=st.none()
        | st.builds(
            GeoPoint,
            latitude=st.integers(-90_000_000, 90_000_000),
            longitude=st.integers(-180_000_000, 180_000_000),
        ),
        collect_at=st.none() | WORDS,
        country=st.none() | WORDS,
        postcode=st.none() | WORDS,
        region=st.none() | WORDS,
        segment=st.none() | WORDS,
        tags=st.frozensets(WORDS, max_size=3),
    )
)
def test_a_record_says_the_very_order_it_was_made_of(placed):
    assert order_of(order_record(placed)) == placed


def test_a_remainder_has_the_lines_that_something_is_left_of():
    remainder = Remainder(whole=order(("A", 4), ("B", 2), ("A", 1)), units={"3": 1, "1": 2})
    assert [(line.id, line.sku, line.quantity) for line in remainder.order.lines] == [("1", "A", 2), ("3", "A", 1)]
    assert remainder.order.id == remainder.whole.id
