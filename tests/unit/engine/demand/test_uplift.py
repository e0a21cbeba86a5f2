"""Expected demand over days of which some sell more than others."""

from hypothesis import given
from hypothesis import strategies as st

from engine.demand.uplift import AS_USUAL, expected_demand


@given(st.integers(0, 10**6), st.integers(0, 400))
def test_without_uplift_it_is_the_pace_of_each_day(pace, days):
    assert expected_demand(pace, range(days), lambda _: AS_USUAL) == pace * days


def test_a_day_of_uplift_counts_for_more_and_the_sum_is_rounded_once_half_to_even():
    peak = {3: 250, 4: 150}
    assert expected_demand(1_000, range(1, 6), lambda day: peak.get(day, AS_USUAL)) == 7_000
    assert expected_demand(1, range(2), lambda _: 75) == 2  # 1.5
    assert expected_demand(1, range(1), lambda _: 150) == 2  # 1.5
    assert expected_demand(1, range(1), lambda _: 250) == 2  # 2.5


def test_a_day_on_which_nothing_sells_adds_nothing():
    assert expected_demand(1_000, range(3), lambda day: 0 if day == 1 else AS_USUAL) == 2_000
