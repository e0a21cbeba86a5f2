"""Orders are listed once each, whatever is added and removed while they are read."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.orders import order_list
from engine.store.orders.order_list import placed_last
from tests.support.examples import examples

NAMES = "abcdefgh"
PLACES = st.tuples(st.integers(0, 2), st.sampled_from(NAMES))
CHANGES = st.lists(st.tuples(st.integers(0, 6), PLACES, st.booleans()), max_size=6)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(order_list, "_BATCH", 2)


def test_orders_that_come_in_between_show_none_twice(client, keys, redis_client):
    redis_client.zadd(keys.orders, dict.fromkeys(NAMES, 1))
    listed = []
    for placed, name in placed_last(client, keys.orders, after=None):
        listed.append(name)
        redis_client.zadd(keys.orders, {f"later than {name}": placed + 1})
    assert listed == sorted(NAMES, reverse=True)


def test_all_orders_are_listed_once_whatever_is_added_and_removed_meanwhile(client, keys, redis_client):
    @examples(70)
    @given(
        places=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2)),
        changes=CHANGES,
        after=st.none() | PLACES,
    )
    def check(places, changes, after):
        redis_client.delete(keys.orders)
        if places:
            redis_client.zadd(keys.orders, places)
        throughout = {(placed, name) for name, placed in places.items()}
        throughout = {place for place in throughout if after is None or place < after}
        listing, listed = placed_last(client, keys.orders, after=after), []
        for turn in itertools.count():
            for at, (placed, name), is_added in changes:
                if at == turn and is_added:
                    redis_client.zadd(keys.orders, {name: placed}, nx=True)
                elif at == turn:
                    redis_client.zrem(keys.orders, name)
                    throughout = {place for place in throughout if place[1] != name}
            place = next(listing, None)
            if place is None:
                break
            listed.append(place)
        assert all(earlier > later for earlier, later in itertools.pairwise(listed))
        assert throughout <= set(listed)

    check()
