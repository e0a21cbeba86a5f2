"""Which order goes first: by priority, promise, age, id."""

import contextlib
import itertools
import random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from engine.decide.matching.matcher import Matcher
from engine.decide.priority import newcomer_text, priority, priority_of, rank, rank_text, ranked
from tests.support.facts import NOW, node, order, policies, snapshot
from tests.support.facts import collected as collected_order

STANDINGS = st.tuples(
    st.integers(0, 100), st.none() | st.integers(NOW, NOW + 2), st.integers(NOW, NOW + 2), st.sampled_from("abc")
)


@given(st.lists(STANDINGS, unique=True), st.randoms(use_true_random=False))
def test_the_ranking_is_of_the_orders_and_not_of_their_list(drawn, dice):
    ranks = [
        rank(order(id=name, promise_by=promise, placed_at=placed), urgency) for urgency, promise, placed, name in drawn
    ]
    shuffled = random.Random(dice.random()).sample(ranks, len(ranks))
    ranking = ranked(shuffled, lambda item: item)
    assert ranking == ranked(ranks, lambda item: item)
    for first, second in itertools.pairwise(ranking):
        assert priority_of(first) >= priority_of(second)


INSTANTS = st.integers(0, 253_370_764_800)  # to the year 9999
NAMES = st.text(st.characters(exclude_categories=("C",)), min_size=1)
RANKS = st.builds(
    lambda urgency, promise, placed, order_id, name: rank(
        order(id=order_id, promise_by=promise, placed_at=placed), urgency, name
    ),
    st.integers(0, 100),
    st.none() | INSTANTS,
    INSTANTS,
    NAMES,
    NAMES,
)


@given(RANKS, RANKS, st.integers(0, 100))
def test_texts_of_ranks_sort_as_the_ranks_do(one, other, urgency):
    texts = [rank_text(item).encode() for item in (one, other)]
    assert (texts[0] < texts[1], texts[0] == texts[1]) == (one < other, one == other)
    assert (texts[0] < newcomer_text(urgency).encode()) == (priority_of(one) >= urgency)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((80, None, NOW, "b"), (79, NOW, NOW - 9, "a")),
        ((50, NOW + 1, NOW, "b"), (50, NOW + 2, NOW - 9, "a")),
        ((50, NOW + 1, NOW, "b"), (50, None, NOW - 9, "a")),
        ((50, None, NOW - 1, "b"), (50, None, NOW, "a")),
        ((50, None, NOW, "a"), (50, None, NOW, "b")),
    ],
)
def test_priority_then_promise_then_age_then_id(first, second):
    one, other = (
        rank(order(id=name, promise_by=promise, placed_at=placed), urgency)
        for urgency, promise, placed, name in (first, second)
    )
    assert one < other


def test_the_policies_say_the_priority_of_the_whole_order():
    rules = ["when: {order.weight: {more_than: 3 kg}}, then: {priority: 70}", "then: {priority: 20}"]
    facts = snapshot([node("lyon")], {"A": {}})
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        assert priority(order(("A", 3)), facts, matcher, NOW) == 20
        assert priority(order(("A", 4)), facts, matcher, NOW) == 70
        assert priority(collected_order(("A", 4), at="lyon"), facts, matcher, NOW) == 70


def test_an_order_that_can_not_be_described_any_more_has_the_default():
    facts = snapshot([node("lyon")], {"A": {}})
    with contextlib.closing(Matcher(policies("then: {priority: 70}"))) as matcher:
        assert priority(order(("B", 4)), facts, matcher, NOW) == 50
        gone = collected_order(("A", 4), at="paris")
        assert priority(gone, facts, matcher, NOW) == 50
