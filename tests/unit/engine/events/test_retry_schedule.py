"""Events are sent again when Standard Webhooks says, and when the receiver says."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events.webhooks.retry_schedule import LONGEST_RETRY_AFTER, MOST_ATTEMPTS, SCHEDULE, next_attempt


def test_without_jitter_the_attempts_are_those_of_the_published_table():
    waits = [next_attempt(attempts, now=0, retry_after=None, chance=0.5) for attempts in range(1, MOST_ATTEMPTS)]
    published = ["0:05", "5:05", "35:05", "2:35:05", "7:35:05", "17:35:05", "31:35:05", "51:35:05", "75:35:05"]
    assert list(itertools.accumulate(waits)) == [_seconds(text) for text in published]
    assert next_attempt(MOST_ATTEMPTS, now=0, retry_after=None, chance=0.5) is None


def _seconds(text):
    total = 0
    for part in text.split(":"):
        total = 60 * total + int(part)
    return total


@given(st.integers(1, MOST_ATTEMPTS - 1), st.floats(0, 1), st.none() | st.integers(0, 10**9))
def test_jitter_is_a_tenth_at_most_and_what_the_receiver_asked_for_is_kept(attempts, chance, retry_after):
    wait = next_attempt(attempts, now=1_000, retry_after=retry_after, chance=chance) - 1_000
    assert wait >= min(retry_after or 0, LONGEST_RETRY_AFTER)
    if retry_after is None:
        assert abs(wait - SCHEDULE[attempts]) <= SCHEDULE[attempts] / 10 + 1


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 270), (1.0, 330)])
def test_both_ends_of_the_jitter(chance, wait):
    assert next_attempt(2, now=0, retry_after=None, chance=chance) == wait
