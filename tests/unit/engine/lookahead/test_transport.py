"""What one unit less at a node costs: the largest duals of a transportation problem."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.lookahead.expected_orders import NOT_REACHED
from engine.lookahead.transport import supply_values
from tests.support.examples import examples

PENALTY = 1_000
COSTS = st.integers(0, 40) | st.just(NOT_REACHED)


@st.composite
def problems(draw):
    """Up to three nodes with up to three units, up to four demands of one unit each."""
    nodes, demands = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    supply = draw(st.lists(st.integers(1, 3), min_size=nodes, max_size=nodes))
    cost = draw(st.lists(st.lists(COSTS, min_size=demands, max_size=demands), min_size=nodes, max_size=nodes))
    return supply, cost


def least(supply, cost):
    """What all demands cost at least, by trying each way to send them."""
    nodes, demands = len(cost), len(cost[0])
    best = None
    for sent in itertools.product(range(nodes + 1), repeat=demands):
        if all(sent.count(node) <= supply[node] for node in range(nodes)):
            total = sum(
                PENALTY if node == nodes else min(cost[node][place], PENALTY * 2) for place, node in enumerate(sent)
            )
            best = total if best is None else min(best, total)
    return best


def values(supply, cost):
    demand = np.ones(len(cost[0]), dtype=np.int64)
    return supply_values(np.array(supply), demand, np.array(cost, dtype=np.int64), PENALTY)


@examples(150)
@given(problems())
def test_a_nodes_value_is_what_one_unit_less_there_costs(problem):
    supply, cost = problem
    found = values(supply, cost)
    for node in range(len(supply)):
        fewer = [units - (place == node) for place, units in enumerate(supply)]
        assert found.node[node] == least(fewer, cost) - least(supply, cost)


@examples(50)
@given(problems(), st.randoms(use_true_random=False))
def test_the_values_do_not_depend_on_the_order_of_nodes_and_demands(problem, dice):
    supply, cost = problem
    nodes, places = list(range(len(supply))), list(range(len(cost[0])))
    dice.shuffle(nodes)
    dice.shuffle(places)
    found = values(supply, cost)
    again = values([supply[node] for node in nodes], [[cost[node][place] for place in places] for node in nodes])
    assert again.node.tolist() == found.node[nodes].tolist()
    assert again.demand.tolist() == found.demand[places].tolist()


def test_units_of_which_there_are_more_than_anybody_asks_for_are_worth_nothing():
    assert values([5, 5], [[1, 9], [9, 1]]).node.tolist() == [0, 0]


def test_where_all_units_are_needed_one_less_leaves_a_demand_unfilled():
    assert values([1, 1], [[1, 5, 9], [9, 5, 2]]).node.tolist() == [PENALTY - 1, PENALTY - 2]
