"""The whole days before today, by the clock of a place, also where a day has 23 or 25 hours."""

import zoneinfo

from hypothesis import given
from hypothesis import strategies as st

from engine.demand.node_days import NodeDays
from tests.support.clocks import at

PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def test_days_end_at_the_midnights_of_the_place():
    days = NodeDays.before(at("2026-03-31 09:00"), days=3, zone=PARIS)
    assert (days.count, days.first.isoformat()) == (3, "2026-03-28")
    assert days.day_of(at("2026-03-27 23:59")) == -1
    assert days.day_of(at("2026-03-28 00:00")) == 0
    assert days.day_of(at("2026-03-29 23:59")) == 1  # of 23 hours
    assert days.day_of(at("2026-03-30 00:00")) == 2
    assert days.day_of(at("2026-03-31 00:00")) == 3


def test_a_day_that_began_before_the_instant_is_not_whole():
    days = NodeDays.before(at("2026-11-20 09:00"), days=4, zone=PARIS)
    assert list(days.whole_days_from(at("2026-11-01 00:00"))) == [0, 1, 2, 3]
    assert list(days.whole_days_from(at("2026-11-16 00:00"))) == [0, 1, 2, 3]
    assert list(days.whole_days_from(at("2026-11-16 00:01"))) == [1, 2, 3]
    assert list(days.whole_days_from(at("2026-11-19 00:00"))) == [3]
    assert list(days.whole_days_from(at("2026-11-19 10:00"))) == []
    assert list(days.whole_days_from(at("2026-11-20 08:00"))) == []


@given(st.integers(0, 4_000_000_000), st.integers(1, 400), st.integers(-400, 400))
def test_each_instant_is_of_the_day_that_the_clock_shows(now, count, offset):
    days = NodeDays.before(now, days=count, zone=PARIS)
    instant = now + offset * 40_000
    number = days.day_of(instant)
    assert -1 <= number <= count
    if number >= 0:
        assert days.midnights[number] <= instant
    if number < count:
        assert instant < days.midnights[number + 1]
