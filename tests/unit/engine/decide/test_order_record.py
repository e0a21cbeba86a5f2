"""An order's JSON says the very order it was made of."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.order_record import OrderRecord, order_of
from engine.model.facts import GeoPoint, Line, Order
from rules.vocabulary import DELIVERIES

WORDS = st.text(min_size=1, max_size=5)
INSTANTS = st.integers(0, 4_000_000_000)
LINES = st.builds(
    Line,
    id=WORDS,
    sku=WORDS,
    quantity=st.integers(1, 99),
    unit_price=st.none() | st.integers(0, 10**15),
    delivery=st.none() | st.sampled_from(DELIVERIES),
    collect_at=st.none() | WORDS,
)


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
        customer=st.none() | WORDS,
        segment=st.none() | WORDS,
        tags=st.frozensets(WORDS, max_size=3),
        deliver_on=st.none() | st.dates().map(datetime.date.toordinal),
    )
)
def test_a_record_says_the_very_order_it_was_made_of(placed):
    assert order_of(OrderRecord.of(placed)) == placed
