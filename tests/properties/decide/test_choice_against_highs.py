"""The choice against the MILP solver HiGHS, with every constraint in play. `python -m tests.bench --only choosing`
compares 30,000 instances.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.bench.highs import allowed, choose_by_highs, score
from tests.bench.preference import NO_PREFERENCE
from tests.bench.random_problems import capped, constrained, coupled, everything, weighed
from tests.support.examples import examples

pytestmark = pytest.mark.slow


@examples(35)
@given(st.integers(0, 10**9))
@example(4959)  # no shipment has room for one line of a set, so the other line can't ship, either
def test_highs_finds_no_better_choice_where_shipments_are_bounded_in_weight(seed):
    check(weighed(seed))


@examples(20)
@given(st.integers(0, 10**9))
@example(4454)  # of a set that no shipment has room for, a single line did ship
@example(4188)
@example(4907)
def test_highs_finds_no_better_choice_with_everything_and_few_shipments_preferred(seed):
    check(*everything(seed))


@examples(50)
@given(st.integers(0, 10**9))
@example(31024)  # reduced costs fix two shipments open at a node that has room for one
def test_highs_finds_no_better_choice_and_ours_scores_what_it_says(seed):
    check(constrained(seed))


@examples(50)
@given(st.integers(0, 10**9))
@example(1116)  # a line may leave a shipment part of a multiple
@example(31714)  # of a line, only the node is left that ships it in multiples
@example(2351)  # two services of a node ship different SKUs, and share its capacity
def test_highs_finds_no_better_choice_with_multiples_sets_and_capacities(seed):
    check(coupled(seed))


@examples(40)
@given(st.integers(0, 10**9))
def test_highs_finds_no_better_choice_where_several_nodes_ship_no_more_than_a_cap(seed):
    check(*capped(seed))


def check(problem, preference=NO_PREFERENCE):
    choice = preference.choose(problem)
    # of three in ten thousand it stays open which of equally good choices is preferred, which counts as a micro
    assert (choice.gap in (0, 1), choice.unproven) == (True, None)
    assert allowed(problem, choice.units)
    assert score(problem, choice.units) == choice.score
    by_highs = choose_by_highs(problem, preference)
    assert allowed(problem, by_highs.units)
    assert preference.compared(by_highs.units, by_highs.score) == preference.compared(choice.units, choice.score)
