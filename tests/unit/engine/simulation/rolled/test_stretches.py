"""The days, weeks and months of a time that are rolled forward apart."""

import datetime
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.simulation.rolled.stretches import Stretch, stretches
from tests.support.examples import examples
from tests.support.facts import network, node

PARIS_TIME = ZoneInfo("Europe/Paris")
NETWORK = network([node("lyon")])
YEAR = int(datetime.datetime(2026, 1, 1, tzinfo=PARIS_TIME).timestamp())
UNREAD = None
"""An entry whose instant can't be read."""


def log(*instants):
    """Its entries in two batches."""
    entries = [
        (f"{number}-0".encode(), {b"at": b"?" if at is UNREAD else b"%d" % at})
        for number, at in enumerate(instants, start=1)
    ]
    return [entries[:2], entries[2:]]


def at(*date, hour=0):
    return int(datetime.datetime(*date, hour, tzinfo=PARIS_TIME).timestamp())


INSTANTS = st.lists(st.integers(YEAR, YEAR + 90 * 86_400), min_size=1, max_size=12)


@given(instants=INSTANTS, every=st.sampled_from(("day", "week", "month")))
@examples(40)
def test_each_entry_is_in_the_one_stretch_in_whose_time_and_between_whose_ids_it_is(instants, every):
    found = stretches(log(*instants), NETWORK, every, None, None)
    assert sorted(found) == found
    for number, instant in enumerate(instants, start=1):
        (its,) = [item for item in found if item.since <= instant < item.until]
        assert int(its.first.split("-")[0]) <= number <= int(its.last.split("-")[0])
    for item in found:
        assert datetime.datetime.fromtimestamp(item.since, tz=PARIS_TIME).hour == 0
    assert all(before.until <= after.since for before, after in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("day", [(at(2026, 3, 29), at(2026, 3, 30))]),  # of 23 hours
        ("week", [(at(2026, 3, 23), at(2026, 3, 30))]),
        ("month", [(at(2026, 3, 1), at(2026, 4, 1))]),
    ],
)
def test_it_goes_from_midnight_to_midnight_of_the_installation_also_where_the_clock_changes(every, expected):
    found = stretches(log(at(2026, 3, 29, hour=12)), NETWORK, every, None, None)
    assert [(item.since, item.until) for item in found] == expected


def test_the_first_and_the_last_end_where_the_time_does():
    since, until = at(2026, 10, 20), at(2026, 11, 10)
    found = stretches(log(at(2026, 10, 21), at(2026, 11, 9)), NETWORK, "month", since, until)
    first_of_november = at(2026, 11, 1)
    assert found == [Stretch(since, first_of_november, "1-0", "1-0"), Stretch(first_of_november, until, "2-0", "2-0")]


def test_an_entry_that_can_not_be_read_is_of_the_stretch_before_or_else_of_the_first():
    found = stretches(log(UNREAD, at(2026, 10, 21), UNREAD, at(2026, 11, 9), UNREAD), NETWORK, "month", None, None)
    assert [(item.first, item.last) for item in found] == [("1-0", "3-0"), ("4-0", "5-0")]


def test_where_no_entry_can_be_read_there_is_no_stretch():
    assert stretches(log(UNREAD), NETWORK, "day", None, None) == []
