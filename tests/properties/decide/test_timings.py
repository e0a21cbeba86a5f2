"""Timings remembered from other instants are those computed anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.shipping.columns import NOWHERE
from engine.decide.shipping.schedule import Calendars, travel
from engine.decide.shipping.timings import NEVER, Timings
from tests.properties.decide.test_calendars import cases
from tests.support.examples import examples
from tests.support.facts import network

pytestmark = pytest.mark.slow

MINUTES = st.integers(0, 3_000) | st.just(NOWHERE)


def expected(schedules, hours, now, number, minutes, *, came_in=None):
    """Step by step, at this instant alone."""
    departures, travels = schedules[number]
    leaving = departures.stretch(now, came_in)
    if minutes == NOWHERE or leaving is None:
        return NEVER, NEVER
    ships_at = leaving.at(now)
    arriving = travel(travels, ships_at, minutes * 60)
    arrives_by = arriving and arriving.at(ships_at)
    if arrives_by is not None and hours is not None:
        opening = hours.stretch(arrives_by, 0)
        arrives_by = opening and opening.at(arrives_by)
    return (NEVER, NEVER) if arrives_by is None else (ships_at, arrives_by)


@given(
    st.lists(cases(), min_size=1, max_size=3),
    st.booleans(),
    st.lists(MINUTES, min_size=1, max_size=3),
    st.sampled_from((60, 1_800, 3_600, 7_000)),
    st.lists(st.integers(-2 * 86_400, 2 * 86_400), max_size=4),
)
@examples(70)
def test_timings_remembered_from_other_instants_are_those_computed_anew(places, collected, minutes, stride, jumps):
    calendars = Calendars(network([places[0][1]], [places[0][2]]))
    schedules = [(calendars.departures(home, way), calendars.of_service(way, home)) for _, home, way in places]
    hours = calendars.of_node(places[0][1]) if collected else None
    timings = Timings(schedules, hours)
    walk = [places[0][0] + stride * step for step in range(40)]
    for now in [*walk, *(places[0][0] + jump for jump in jumps)]:
        rows = [(number, takes) for number in range(len(schedules)) for takes in minutes]
        *answer, alike_until = timings.at(now, *np.array(rows, dtype=np.int64).T)
        assert list(zip(*(column.tolist() for column in answer), strict=True)) == [
            expected(schedules, hours, now, *row) for row in rows
        ]
        for row, until, *times in zip(rows, alike_until.tolist(), *answer, strict=True):
            later = min(until - 1, now + 86_400)
            moved = zip(times, expected(schedules, hours, later, *row), strict=True)
            assert until > now
            assert all(then - before in (0, later - now) for before, then in moved)


@given(
    st.lists(cases(), min_size=1, max_size=3),
    st.lists(MINUTES, min_size=1, max_size=2),
    st.lists(st.tuples(st.integers(0, 3 * 1_440), st.sampled_from((0, 1, 60, 120, 1_440))), min_size=1, max_size=30),
)
@examples(35)
def test_timings_of_orders_that_came_in_before_are_those_computed_anew(places, minutes, moments):
    calendars = Calendars(network([places[0][1]], [places[0][2]]))
    schedules = [(calendars.departures(home, way), calendars.of_service(way, home)) for _, home, way in places]
    timings = Timings(schedules, None)
    for later, ago in moments:
        now = places[0][0] + 60 * later
        rows = [(number, takes) for number in range(len(schedules)) for takes in minutes]
        came_in = now - 60 * ago
        *answer, _ = timings.at(now, *np.array(rows, dtype=np.int64).T, came_in)
        found = list(zip(*(column.tolist() for column in answer), strict=True))
        assert found == [expected(schedules, None, now, *row, came_in=came_in) for row in rows]
        assert all(ships_at == NEVER or ships_at >= now for ships_at, _ in found)
        assert timings.cut_off_missed(came_in, now) == Timings(schedules, None).cut_off_missed(came_in, now)


@given(st.lists(cases(), min_size=1, max_size=3), st.permutations(range(10)))
@examples(20)
def test_a_cut_off_that_an_order_missed_is_the_same_whatever_was_asked_before(places, days):
    calendars = Calendars(network([places[0][1]], [places[0][2]]))
    schedules = [(calendars.departures(home, way), calendars.of_service(way, home)) for _, home, way in places]
    timings = Timings(schedules, None)
    for day in days:
        came_in, now = places[0][0] + 86_400 * day, places[0][0] + 86_400 * day + 40_000
        assert timings.cut_off_missed(came_in, now) == Timings(schedules, None).cut_off_missed(came_in, now)
