"""Cursors are read as they were written, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from api.shapes.cursors import (
    BacklogCursor,
    ChangedOrdersCursor,
    HoldsCursor,
    PackingsCursor,
    backlog_cursor,
    holds_cursor,
    packings_cursor,
)
from engine.model.parcels import ShipmentKey

NUMBERS = st.integers(0, 10**19 - 1)
IDS = st.text("0123456789abcdef", min_size=1, max_size=32)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, st.text(), IDS))
def test_a_place_in_the_backlog_is_read_as_it_was_written_whatever_the_order_is_called(rank):
    assert BacklogCursor().deserialize(backlog_cursor(rank)) == rank


@given(st.tuples(st.integers(0, 10**12 - 1), IDS))
def test_a_place_among_the_holds_is_read_as_it_was_written(after):
    assert HoldsCursor().deserialize(holds_cursor(after)) == after


@given(st.integers(0, 10**12 - 1), st.builds(ShipmentKey, IDS, st.integers(0, 99)), st.integers(1, 99))
def test_a_place_among_the_packings_is_read_as_it_was_written(packed_at, shipment, number):
    place = packed_at, shipment, number
    assert PackingsCursor().deserialize(packings_cursor(place)) == place


@pytest.mark.parametrize("text", ["", ":", "1:2:", "1:2:a", "1:2:/0", "1:2:a/", "1:x:a/0", "-1:2:a/0", 5])
def test_what_is_no_place_among_the_packings_is_refused(text):
    with pytest.raises(ValidationError, match="no 'next' of a page before"):
        PackingsCursor().deserialize(text)


def test_the_last_page_has_no_cursor():
    assert (backlog_cursor(None), holds_cursor(None)) == (None, None)


@pytest.mark.parametrize("text", ["", ":", "1:2:3:a", "-1:2:3:a:b", "1:2:²:a:b", "1:2:" + "3" * 20 + ":a:b", 5])
def test_what_is_no_place_in_the_backlog_is_refused(text):
    with pytest.raises(ValidationError, match="no 'next' of a page before"):
        BacklogCursor().deserialize(text)


@pytest.mark.parametrize("text", ["", ":", "1:", ":a", "x:a", "1" * 13 + ":a", 5])
def test_what_is_no_place_among_the_holds_is_refused(text):
    with pytest.raises(ValidationError, match="no 'next' of a page before"):
        HoldsCursor().deserialize(text)


@pytest.mark.parametrize("text", ["", ":", "1:2:", "1:a", "--1:2:a", "1:x:a", "1:" + "3" * 20 + ":a", 5])
def test_what_is_no_place_among_the_orders_of_a_trial_is_refused(text):
    with pytest.raises(ValidationError, match="no 'next' of a page before"):
        ChangedOrdersCursor().deserialize(text)
