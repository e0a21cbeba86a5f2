"""Chances of sale and expected sales against sums of exact fractions."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.demand.chance_of_sale import CERTAIN, chance_above, expected_below
from tests.support.examples import examples

MEANS = st.integers(0, 60_000)
"""Thousandths of a unit."""


def tail(units, mean):
    """P(D > units), D being a Poisson number around `mean`, of so many terms that the rest is less than 10^-40."""
    terms, term = [], Fraction(1)
    for number in range(1, int(mean) * 4 + 140):
        terms.append(term)
        term = term * mean / number
    return sum(terms[max(0, units + 1) :], Fraction(0)) / sum(terms)


def millionths(chance):
    return round(chance * CERTAIN)  # of a Fraction: half to even


@settings(max_examples=40)
@given(MEANS, st.integers(-1, 150))
def test_the_chance_is_the_tail_of_the_poisson_distribution_rounded_once(mean, units):
    assert chance_above(units, mean) == millionths(tail(units, Fraction(mean, 1_000)))


@examples(15, in_suite=6)
@given(MEANS, st.integers(0, 90))
def test_expected_sales_are_those_of_the_smaller_of_demand_and_units(mean, units):
    exact = sum((tail(number, Fraction(mean, 1_000)) for number in range(units)), Fraction(0))
    assert abs(Fraction(expected_below(units, mean), CERTAIN) - exact) <= Fraction(units, 2 * CERTAIN)


@given(st.integers(0, 10**7), st.integers(0, 12_000))
def test_one_unit_more_is_worth_its_chance_which_is_never_more_than_that_of_the_unit_before(mean, units):
    chance = chance_above(units, mean)
    assert expected_below(units + 1, mean) - expected_below(units, mean) == chance
    assert 0 <= chance <= chance_above(units - 1, mean) <= CERTAIN


@given(st.integers(1, 10**6), st.integers(0, 1_200), st.integers(1, 10**4))
def test_more_demand_sells_more(mean, units, more):
    assert chance_above(units, mean + more) >= chance_above(units, mean)


def test_it_agrees_with_the_exponential_of_decimals():
    with localcontext() as context:
        context.prec = 60
        for mean in (Decimal("0.125"), Decimal("3.7"), Decimal("42.001")):
            nobody = (-mean).exp()
            assert chance_above(0, int(mean * 1_000)) == round((1 - nobody) * CERTAIN)
            two = nobody * (1 + mean + mean * mean / 2)
            assert chance_above(2, int(mean * 1_000)) == round((1 - two) * CERTAIN)


def test_what_does_not_sell_has_no_chance_and_a_unit_owed_has_every():
    assert [chance_above(0, 0), chance_above(-1, 0), chance_above(-3, 5_000)] == [0, CERTAIN, CERTAIN]
    assert expected_below(0, 5_000) == expected_below(-2, 5_000) == expected_below(9, 0) == 0


def test_large_means_are_neither_slow_nor_lost():
    mean = 250_000_000  # units
    spread = math.isqrt(mean)
    assert chance_above(mean - 6 * spread, mean * 1_000) == CERTAIN
    assert 490_000 < chance_above(mean, mean * 1_000) < 500_000
    assert 150_000 < chance_above(mean + spread, mean * 1_000) < 165_000  # a normal's 0.1587
    assert chance_above(mean + 6 * spread, mean * 1_000) == 0


def test_beyond_a_billion_units_what_is_expected_is_asked_for():
    assert chance_above(10**10 - 1, 10**13) == CERTAIN
    assert chance_above(10**10, 10**13) == 0
    assert expected_below(2 * 10**10, 10**13) == 10**10 * CERTAIN
