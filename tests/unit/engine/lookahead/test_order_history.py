"""Which part of the log orders are read from, and which of them count where some SKUs alone are learnt."""

import pytest

from engine.lookahead.order_history import DAY, OrderHistory, first_millisecond
from tests.support.expected_orders import basket

NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("ahead", "first"),
    [
        pytest.param(0, NOW - 30 * DAY, id="two days more than the window, as clocks differ"),
        pytest.param(-90 * DAY, NOW - 30 * DAY, id="decided by a clock that is behind"),
        pytest.param(90 * DAY, NOW - 120 * DAY, id="decided by a clock that is ahead"),
    ],
)
def test_the_log_is_read_from_where_the_first_order_of_the_window_may_be(ahead, first):
    assert first_millisecond(NOW - 28 * DAY, NOW, (NOW - ahead) * 1_000) == first * 1_000


def test_orders_with_some_of_the_skus_keep_all_their_lines():
    parts = (basket("north", "X", "Y"), basket("north", "Z"), basket("south", "X"))
    history = OrderHistory(since=0, until=DAY, orders=3, unplaced=0, damaged=0, channel="web", parts=parts, regions={})
    assert history.with_some_of({"Y", "Z"}).parts == parts[:2]
    assert history.with_some_of({"Y", "Z"}).orders == 3
