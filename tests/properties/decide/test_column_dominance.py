"""What is left out before a search, because another candidate dominates it, is in no best choice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.choose import choose
from tests.properties.decide.worlds import LOADS, ORDERS, RULES, STOCK, snapshot
from tests.support.examples import examples
from tests.support.facts import NOW, policies

pytestmark = pytest.mark.slow


@examples(150, in_suite=60)
@given(
    order=ORDERS,
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    loads=LOADS,
    rules=st.lists(st.sampled_from(RULES), max_size=6, unique=True),
    most=st.sampled_from([None, 1, 2, 3]),
)
def test_without_dominated_candidates_the_choice_is_the_same(order, stock, loads, rules, most):
    matcher = Matcher(policies(*rules), guarded=False)
    evaluation = Evaluation(order=order, snapshot=snapshot(stock, loads, set()), matcher=matcher, now=NOW)
    candidates = Candidates(evaluation)
    if len(candidates.line):
        assert choose(candidates.undominated.problem(most)) == choose(candidates.problem(most))
    matcher.close()
