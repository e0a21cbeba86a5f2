"""Paces of sale from days, against the formulas in fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.demand.forecast import method_for, pace
from engine.model.facts import MAX_PACE
from rules.syntax.channel_effects import MOST_COVER
from rules.syntax.effect_parser import MOST_UPLIFT

DAYS = st.lists(st.integers(-2, 40), min_size=1, max_size=60)
ALPHA = Fraction(1, 10)


def smoothing(values):
    """Simple exponential smoothing as statsforecast's TSB has it: it begins with the first value."""
    level = Fraction(values[0]) if values else Fraction(0)
    for value in values[1:]:
        level = ALPHA * value + (1 - ALPHA) * level
    return level


@given(DAYS)
def test_tsb_is_the_smoothed_chance_of_a_sale_times_the_smoothed_size_of_one(sold):
    chance = smoothing([int(units > 0) for units in sold])
    size = smoothing([units for units in sold if units > 0])
    assert pace(sold, "tsb") == round(chance * size * 1_000)


@given(DAYS)
def test_the_mean_is_the_sum_over_the_days_and_never_below_nothing(sold):
    assert pace(sold, "mean") == max(0, round(Fraction(sum(sold), len(sold)) * 1_000))


def test_tsb_of_a_known_series():
    """0 0 4 0 0 0 2 0: by hand, chance 0.1 * 0.9^5 + 0.1 * 0.9, size 0.9 * 4 + 0.1 * 2."""
    chance = Fraction(1, 10) * (Fraction(9, 10) ** 5 + Fraction(9, 10))
    assert pace([0, 0, 4, 0, 0, 0, 2, 0], "tsb") == round(chance * Fraction(38, 10) * 1_000) == 566


def test_what_does_not_sell_any_more_is_forecast_lower_each_day():
    falling = [pace([3, 0, 2, 0, 3] + [0] * days, "tsb") for days in range(30)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] < falling[0] / 15


@pytest.mark.parametrize(
    ("sold", "method"),
    [
        ([1] * 28, "mean"),
        ([0] * 28, "mean"),
        ([1] * 25 + [0] * 8, "tsb"),  # 33 days, 25 of them with sales: 1.32 exactly
        ([1] * 25 + [0] * 7, "mean"),
        ([0] * 27 + [9], "tsb"),
        ([0] * 27 + [-1], "mean"),
    ],
)
def test_what_sells_seldom_is_forecast_by_tsb(sold, method):
    assert method_for(sold, "auto") == method
    assert method_for(sold, "mean") == "mean"
    assert method_for(sold, "tsb") == "tsb"


@pytest.mark.parametrize("method", ["mean", "tsb"])
def test_a_pace_is_small_enough_for_a_year_of_the_largest_uplift(method):
    assert pace([10**15] * 3, method) == MAX_PACE
    assert MAX_PACE * MOST_COVER * MOST_UPLIFT < 2**63
