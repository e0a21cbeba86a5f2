"""Units are allocated exactly to shipments that are bounded in weight, also hundreds of one line."""

from engine.decide.sourcing.bounded.allocation import BoundedAllocation
from engine.decide.sourcing.bounded.primal import STEPS
from engine.decide.sourcing.problem import Bounds, Candidate, Demand, Problem
from engine.decide.sourcing.weighted_candidates import NodeStock, WeightedCandidate
from engine.model.facts import OptionKey

UNFILLED = 1_000
WEIGHT = 2
NODES = {"a": (9, 40), "b": (15, 30), "c": (65, 20), "d": (65, 10)}
"""By place, how many units its shipment may carry at most, and what a unit costs from it."""


def allocation(quantity):
    """One line, and a shipment from each place that opens for 5 and carries 10 g at least."""
    bounds = {node: Bounds(10, WEIGHT * most) for node, (most, _) in NODES.items()}
    problem = Problem(
        demands=[Demand(sku="article", quantity=quantity, weight=WEIGHT)],
        candidates=[
            Candidate(key=OptionKey(node, "parcel"), fixed=5, prices={}, bounds=bounds[node]) for node in sorted(NODES)
        ],
        supply={(node, "article"): quantity for node in NODES},
    )
    stock = NodeStock({0: quantity}, [])
    candidates = [
        WeightedCandidate(OptionKey(node, "parcel"), 5, {0: cost}, stock, bounds[node])
        for node, (_, cost) in NODES.items()
    ]
    return BoundedAllocation(problem, candidates, range(len(NODES)), UNFILLED, {"article": 0})


def units(found):
    return {key.node: count for (key, _), count in found.flow.items()}


def test_a_line_of_hundreds_of_units_is_allocated_within_the_steps():
    found = allocation(250).cheapest(step_limit=STEPS)
    assert found.is_exact
    assert units(found) == {"a": 9, "b": 15, "c": 65, "d": 65}
    assert found.cost == 4 * 5 + 9 * 40 + 15 * 30 + 65 * 20 + 65 * 10 + 96 * UNFILLED


def test_the_cheapest_carry_most_and_the_others_what_is_left():
    found = allocation(140).cheapest(step_limit=STEPS)
    assert found.is_exact
    assert units(found) == {"b": 10, "c": 65, "d": 65}


def test_no_shipment_weighs_less_than_it_must():
    found = allocation(132).cheapest(step_limit=STEPS)
    assert units(found) == {"b": 5, "c": 62, "d": 65}


def test_once_the_steps_are_used_up_nothing_is_known():
    found = allocation(250).cheapest(step_limit=500)
    assert (found.flow, found.is_exact) == (None, False)
    assert found.steps <= 501
