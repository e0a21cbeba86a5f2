"""The members of a sorted set are listed once each, whatever is added and removed while they are read."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.connection import sorted_sets
from tests.support.examples import examples

NAMES = "abcdefgh"
PLACES = st.tuples(st.integers(0, 2), st.sampled_from(NAMES))
CHANGES = st.lists(st.tuples(st.integers(0, 6), PLACES, st.booleans()), max_size=6)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(sorted_sets, "_BATCH", 2)


def test_members_that_come_in_between_show_none_twice(client, keys, redis_client):
    redis_client.zadd(keys.orders, dict.fromkeys(NAMES, 1))
    listed = []
    for score, name in sorted_sets.places(client, keys.orders, last_first=True):
        listed.append(name)
        redis_client.zadd(keys.orders, {f"later than {name}": score + 1})
    assert listed == sorted(NAMES, reverse=True)


@pytest.mark.parametrize("last_first", [False, True])
def test_all_are_listed_once_whatever_is_added_and_removed_meanwhile(client, keys, redis_client, last_first):
    def follows(place, other):
        return place < other if last_first else place > other

    @examples(50)
    @given(
        stored=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2)),
        changes=CHANGES,
        after=st.none() | PLACES,
    )
    def check(stored, changes, after):
        redis_client.delete(keys.orders)
        if stored:
            redis_client.zadd(keys.orders, stored)
        throughout = {(score, name) for name, score in stored.items()}
        throughout = {place for place in throughout if after is None or follows(place, after)}
        listing, listed = sorted_sets.places(client, keys.orders, after=after, last_first=last_first), []
        for turn in itertools.count():
            for at, (score, name), is_added in changes:
                if at == turn and is_added:
                    redis_client.zadd(keys.orders, {name: score}, nx=True)
                elif at == turn:
                    redis_client.zrem(keys.orders, name)
                    throughout = {place for place in throughout if place[1] != name}
            place = next(listing, None)
            if place is None:
                break
            listed.append(place)
        assert all(follows(later, earlier) for earlier, later in itertools.pairwise(listed))
        assert throughout <= set(listed)

    check()
