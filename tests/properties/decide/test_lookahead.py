"""Look-ahead prices are a part of the money of units and of nothing before it, in each way of choosing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.lookahead import Lookahead
from engine.decide.matching.matcher import Matcher
from engine.model.facts import rounded
from engine.model.lookahead import MOST_PRICE
from tests.properties.decide.worlds import LOADS, NODES, ORDERS, RESTING, RULES, STOCK, snapshot
from tests.reference.plain_choice import PlainEvaluation
from tests.support.examples import examples
from tests.support.facts import HOUR, NOW, order, policies, product
from tests.support.lookahead import in_force

pytestmark = pytest.mark.slow

ON = ["then: {lookahead: on}", "then: {lookahead: 37.31%}", "when: {order.channel: web}, then: {lookahead: 80%}"]
PLACES = st.tuples(st.sampled_from("AB"), st.sampled_from([*(item.id for item in NODES), "gone"]))
PRICES = st.dictionaries(PLACES, st.integers(0, 9_000_000) | st.sampled_from([1, 5_000, MOST_PRICE]), max_size=8)
WORLDS = st.builds(snapshot, st.fixed_dictionaries({"A": STOCK, "B": STOCK}), loads=LOADS, resting=RESTING)
OTHER_RULES = st.lists(st.sampled_from(RULES), max_size=6, unique=True)
RULES_THAT_LOOK_AHEAD = st.builds(
    lambda rules, on: [*rules, *sorted(on)], OTHER_RULES, st.sets(st.sampled_from(ON), min_size=1)
)


@examples(100)
@given(ORDERS, WORLDS, RULES_THAT_LOOK_AHEAD, PRICES, st.integers(-2, 2))
def test_the_choice_is_that_of_a_plain_reference_and_filling_comes_first(placed, facts, rules, prices, late):
    matcher = Matcher(policies(*rules))
    facts = replace(facts, lookahead=in_force(prices, use_until=NOW + late * HOUR))
    evaluation = Evaluation(order=placed, snapshot=facts, matcher=matcher, now=NOW)
    choice = Candidates(evaluation).choose()
    assert choice == PlainEvaluation(placed, facts, matcher, NOW).choose()
    without = Candidates(
        Evaluation(order=placed, snapshot=replace(facts, lookahead=None), matcher=matcher, now=NOW)
    ).choose()
    assert _before_money(choice) == _before_money(without)
    if late < 0:
        assert choice == without, "the table is too old"
    matcher.close()


@examples(50)
@given(ORDERS, WORLDS, OTHER_RULES, PRICES)
def test_prices_change_nothing_where_no_rule_lets_them_count(placed, facts, rules, prices):
    matcher = Matcher(policies(*rules))
    assert decide(placed, replace(facts, lookahead=in_force(prices)), matcher, NOW) == decide(
        placed, facts, matcher, NOW
    )
    matcher.close()


@examples(100)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"), st.integers(0, MOST_PRICE)), max_size=6),
    st.integers(1, 10_000),
    st.lists(st.sampled_from([0, 1, 3]), min_size=3, max_size=3),
)
def test_columns_of_amounts_are_rounded_once_half_to_even_as_one_amount_is(prices, weight, decimals):
    products = {sku: product(sku, decimals=places) for sku, places in zip("ABC", decimals, strict=True)}
    lines = order(("A", 1), ("B", 1), ("C", 1)).lines
    by_place = {(sku, node): price for sku, node, price in prices}
    facts = replace(snapshot({"A": {}, "B": {}}, {}, ()), lookahead=in_force(by_place))
    lookahead = Lookahead.of(weight, facts, NOW)
    columns = lookahead.amounts(lines, products, {"x": 0, "y": 1})
    for row, line in enumerate(lines):
        for column, node in enumerate("xy"):
            scale = products[line.sku].scale
            exact = rounded(by_place.get((line.sku, node), 0) * weight, 10_000 * scale)
            assert columns[row, column] == lookahead.amount(line.sku, node, scale) == exact


def _before_money(choice):
    score = choice.score
    return score.unfilled, score.unless_needed, score.tiers
