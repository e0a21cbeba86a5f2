"""What an order costs if one of its lines ships from a given node."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.shipping.columns import integers
from engine.lookahead.expected_orders import NOT_REACHED, BasketCosts
from engine.lookahead.marginal_costs import costs_from_each_node
from tests.support.examples import examples

NODES = 3


@examples(100)
@given(st.data())
def test_it_is_the_least_of_all_plans_of_up_to_three_lines(data):
    lines = data.draw(st.integers(1, 3))
    number = st.integers(0, 30)
    fixed = data.draw(st.lists(number, min_size=NODES, max_size=NODES))
    unit = data.draw(st.lists(st.lists(number, min_size=NODES, max_size=NODES), min_size=lines, max_size=lines))
    cell = number | st.just(NOT_REACHED)
    prices = data.draw(st.lists(st.lists(cell, min_size=NODES, max_size=NODES), min_size=lines, max_size=lines))
    quantities = data.draw(st.lists(st.integers(1, 3), min_size=lines, max_size=lines))
    found = costs_from_each_node(
        BasketCosts(integers(fixed), np.array(unit)), integers(quantities), 0, np.array(prices)
    )
    others = [line for line in range(1, lines) if min(prices[line]) < NOT_REACHED]
    for node in range(NODES):
        plans = itertools.product(
            *([place for place in range(NODES) if prices[line][place] < NOT_REACHED] for line in others)
        )
        least = min(
            sum(fixed[place] for place in {node, *plan})
            + quantities[0] * unit[0][node]
            + sum(quantities[line] * (unit[line][p] + prices[line][p]) for line, p in zip(others, plan, strict=True))
            for plan in plans
        )
        assert found[node] == least


def test_a_node_that_nothing_goes_out_of_costs_as_much_as_none():
    costs = BasketCosts(integers([5, NOT_REACHED]), np.array([[1, NOT_REACHED]]))
    assert costs_from_each_node(costs, integers([2]), 0, np.zeros((1, 2), dtype=np.int64)).tolist() == [7, NOT_REACHED]
