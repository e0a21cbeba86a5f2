"""The interval of a sum of paired differences, by drawing the orders again."""

import random
import statistics

from engine.simulation.bootstrap import DRAWS, intervals


def test_of_equal_differences_nothing_is_unsure():
    assert intervals([[5, -7]] * 40, 40) == [(200, 200), (-280, -280)]


def test_without_differences_there_is_no_interval():
    assert intervals([], 1_000) == []


def test_it_comes_out_the_same_each_time_and_in_integers():
    rows = [[number * 1_000_003, -number] for number in range(1, 60)]
    first = intervals(rows, 500)
    assert first == intervals(rows, 500)
    assert all(type(bound) is int for pair in first for bound in pair)


def test_it_is_that_of_the_percentile_method_as_written_down():
    """Drawn by other random numbers, one order at a time: the bounds lie within a few standard errors."""
    differences = [3, -2, 10, 0, 0, 0, 7, -1, 0, 4] * 20
    draw = random.Random(4711)
    sums = sorted(sum(draw.choices(differences, k=len(differences))) for _ in range(DRAWS))
    ((low, high),) = intervals([[value] for value in differences if value], len(differences))
    spread = statistics.stdev(sums)
    assert abs(low - sums[49]) < spread / 7
    assert abs(high - sums[1949]) < spread / 7
    assert low < sum(differences) < high


def test_orders_without_a_difference_count_among_those_drawn():
    """One of ten orders costs 100 more: of ten drawn, none is that in a third of the draws, seldom over three."""
    ((low, high),) = intervals([[100]], 10)
    assert (low, high) == (0, 300)
