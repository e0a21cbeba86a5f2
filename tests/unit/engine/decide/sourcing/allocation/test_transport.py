"""The transport problem of one SKU: small flows checked by hand, and random ones against every feasible flow."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.sourcing.allocation.transport import TransportProblem
from engine.model.facts import OptionKey
from tests.support.examples import examples

A, B, C = (OptionKey(node=node, service="parcel") for node in "abc")
UNFILLED = 1_000


def cheapest(transport):
    placed = transport.cheapest()
    assert placed.lower_bound == placed.cost
    return placed.flow, placed.cost


def test_one_line_is_filled_from_its_cheapest_shipments():
    transport = TransportProblem(
        quantities={0: 5}, supply={"a": 4, "b": 3}, costs={(A, 0): 3, (B, 0): -2}, unfilled=UNFILLED
    )
    assert cheapest(transport) == ({(B, 0): 3, (A, 0): 2}, 0)


def test_shipments_of_one_node_share_its_stock():
    express = OptionKey(node="a", service="express")
    transport = TransportProblem(
        quantities={0: 5}, supply={"a": 4}, costs={(A, 0): 3, (express, 0): 1}, unfilled=UNFILLED
    )
    assert cheapest(transport) == ({(express, 0): 4}, 4 + UNFILLED)


def test_a_line_that_could_go_elsewhere_makes_way_for_one_that_could_not():
    costs = {(A, 0): 1, (B, 0): 5, (A, 1): 9}
    transport = TransportProblem(quantities={0: 2, 1: 2}, supply={"a": 3, "b": 2}, costs=costs, unfilled=UNFILLED)
    assert cheapest(transport) == ({(A, 0): 1, (B, 0): 1, (A, 1): 2}, 24)


def test_units_are_rerouted_along_a_chain_if_that_fills_one_more():
    costs = {(A, 0): 0, (B, 0): 1, (B, 1): 0, (C, 1): 1, (A, 2): 7}
    transport = TransportProblem(
        quantities={0: 1, 1: 1, 2: 1}, supply={"a": 1, "b": 1, "c": 1}, costs=costs, unfilled=UNFILLED
    )
    assert cheapest(transport) == ({(B, 0): 1, (C, 1): 1, (A, 2): 1}, 9)


def test_lines_kept_together_are_placed_so_that_most_ships():
    costs = dict.fromkeys(itertools.product((A, B), range(3)), 1)
    transport = TransportProblem(
        quantities={0: 2, 1: 3, 2: 2}, together={0, 1}, supply={"a": 3, "b": 4}, costs=costs, unfilled=UNFILLED
    )
    assert transport.first_of_cheapest() == {(A, 0): 2, (B, 1): 3, (A, 2): 1, (B, 2): 1}


def test_equals_go_to_the_first_line_from_the_first_shipment():
    costs = dict.fromkeys(itertools.product((B, A), range(2)), 1)
    transport = TransportProblem(quantities={0: 2, 1: 2}, supply={"a": 1, "b": 2}, costs=costs, unfilled=UNFILLED)
    assert transport.first_of_cheapest() == {(A, 0): 1, (B, 0): 1, (B, 1): 1}


def test_nothing_ships_without_a_shipment():
    transport = TransportProblem(quantities={0: 5, 1: 1}, supply={}, costs={}, unfilled=UNFILLED)
    assert cheapest(transport) == ({}, 6 * UNFILLED)
    assert transport.first_of_cheapest() == {}


def test_lines_kept_together_are_placed_as_well_as_the_step_limit_allows():
    transport = TransportProblem(
        quantities={0: 2, 1: 3, 2: 4, 3: 5, 4: 2, 5: 3},
        together=range(6),
        supply={"a": 7, "b": 6, "c": 5},
        costs={(key, line): (3 * line + 5 * place) % 7 for place, key in enumerate((A, B, C)) for line in range(6)},
        unfilled=UNFILLED,
    )
    proven, hasty = transport.cheapest(), replace(transport, step_limit=7).cheapest()
    assert hasty.steps < proven.steps
    assert hasty.lower_bound <= proven.cost <= hasty.cost
    assert proven.lower_bound == proven.cost


def test_interchangeable_nodes_are_tried_once():
    """It makes no difference which of them takes a line, so twice as many nodes take twice as many steps, not more."""
    few, many = ([OptionKey(node=f"n{number:02}", service="parcel") for number in range(count)] for count in (20, 40))
    few_steps, many_steps = (
        TransportProblem(
            quantities=dict.fromkeys(range(8), 3),
            together=range(8),
            supply={node: 4 for node, *_ in keys},
            costs=dict.fromkeys(itertools.product(keys, range(8)), 1),
            unfilled=UNFILLED,
        )
        .cheapest()
        .steps
        for keys in (few, many)
    )
    assert many_steps == 2 * few_steps


@st.composite
def transports(draw):
    lines = range(draw(st.integers(1, 3)))
    keys = [OptionKey(node, service) for node, service in ("a1", "a2", "b1", "c1")]
    edges = draw(st.lists(st.sampled_from(list(itertools.product(keys, lines))), unique=True, max_size=6))
    return TransportProblem(
        quantities={line: draw(st.integers(1, 3)) for line in lines},
        together=draw(st.sets(st.sampled_from(lines))),
        supply={node: draw(st.integers(0, 4)) for node in "abc"},
        costs={edge: draw(st.integers(-2, 2)) for edge in edges},
        unfilled=UNFILLED,
    )


@examples(50)
@given(transports())
def test_no_flow_comes_before_the_first_of_the_cheapest(transport):
    places = sorted(transport.costs, key=lambda item: (item[1], item[0]))
    cost, quantities = min(flows(transport, places))
    first = transport.first_of_cheapest()
    assert tuple(-first.get(item, 0) for item in places) == quantities
    assert transport.cheapest().cost == cost


def flows(transport, places):
    """Every feasible flow: (its cost, its quantities in the order of `places`, with the sign turned)."""
    for counts in itertools.product(*[range(transport.quantities[line] + 1) for _, line in places]):
        if feasible(transport, places, counts):
            missing = sum(transport.quantities.values()) - sum(counts)
            cost = sum(transport.costs[item] * count for item, count in zip(places, counts, strict=True))
            yield cost + missing * transport.unfilled, tuple(-count for count in counts)


def feasible(transport, places, counts):
    left, free = dict(transport.quantities), dict(transport.supply)
    for ((node, *_), line), count in zip(places, counts, strict=True):
        if line in transport.together and count not in (0, transport.quantities[line]):
            return False
        left[line] -= count
        free[node] -= count
    return min(*left.values(), *free.values()) >= 0
