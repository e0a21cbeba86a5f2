"""Where shipments come before tiers, the choice is the best of all by that comparison, found by enumeration."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.fewest_shipments import choose_few_shipments
from tests.properties.decide.test_sourcing import problems
from tests.reference.enumerated_choice import best_by_enumeration
from tests.support.examples import examples

pytestmark = pytest.mark.slow


@examples(20)
@given(problem=problems(most_candidates=5), limit=st.none() | st.integers(0, 3), fewest=st.booleans())
def test_the_choice_is_the_best_where_shipments_come_first(problem, limit, fewest):
    assume(limit is not None or fewest)

    def compared(choice):
        shipments, score = len({key for key, _ in choice.units}), choice.score
        extra = 0 if limit is None else max(0, shipments - limit)
        return (
            (score.unfilled, extra, score.unless_needed, shipments if fewest else 0, score.tiers, score.money),
            shipments,
            sorted({key for key, _ in choice.units}),
        )

    most = len(problem.candidates) if problem.max_shipments is None else problem.max_shipments
    # of the choices of a number of shipments, the best is the best of at most so many, or that one is better
    best = min(
        (best_by_enumeration(replace(problem, max_shipments=number)) for number in range(most + 1)), key=compared
    )
    found = choose_few_shipments(
        lambda number: choose(replace(problem, max_shipments=number)),
        limit=limit,
        fewest=fewest,
        most=problem.max_shipments,
    )
    assert found == best
