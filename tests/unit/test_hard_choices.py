"""How much work the choice is where it is hard, in steps: the same on every machine."""

import pytest

from engine.decide.sourcing.merging import alike, merged
from engine.decide.sourcing.search import searched
from tests import hard_choices
from tests.hard_choices import PROBLEMS

MOST = {
    "few_shipments": 2_000_000,
    "equal_prices_and_scarce_stock": 6_000_000,
    "together_lines_at_equal_prices": 100_000,
}
"""Steps, with some to spare; of the others fewer than `USUAL`."""
USUAL = 20_000


def search_of(problem):
    return searched(merged(problem, alike(problem)))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.__name__)
def test_a_hard_choice_is_proven_in_so_many_steps(problem):
    search = search_of(problem())
    assert search.floor == min(search.best, search.useless)
    assert search.steps <= MOST.get(problem.__name__, USUAL)


def test_lines_kept_together_do_not_make_a_choice_explode():
    """Eight on ten nodes are ten to the eighth ways to place them."""
    assert search_of(hard_choices.together_lines()).steps < 20_000
