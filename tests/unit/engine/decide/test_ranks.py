"""The ranks of a line's options by units available, by distance and by cost, as conditions of rules."""

import numpy as np
import pytest

from engine.decide.evaluation.ranks import rank_of_options, rank_of_places
from engine.decide.matching.volatile_facts import volatile_facts
from engine.model.facts import StockPosition
from rules.vocabulary import Stage
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    decided,
    node,
    order,
    policies,
    service,
    shipped,
    snapshot,
)

SERVICES = [service(), service("courier", base=9 * EURO)]
BOTH = ("parcel", "courier")
NODES = [
    node("lyon", LYON, services=BOTH),
    node("lille", LILLE, services=BOTH),
    node("marseille", MARSEILLE, services=BOTH),
]


def facts(**units):
    return snapshot(NODES, {"A": units}, services=SERVICES)


def preferred(condition, **units):
    """Which places ship a unit if the ways that meet the condition are of the best tier."""
    return shipped(decided(order(("A", 1)), facts(**units), f"when: {{{condition}}}, then: {{tier: 1}}"))


def test_equal_ones_share_a_rank_and_each_place_counts_once():
    nodes = np.array([7, 7, 4, 2, 2])
    assert rank_of_places(np.array([5, 5, 5, 3, 9]), nodes).tolist() == [2, 2, 2, 1, 4]
    assert rank_of_options(np.array([5, 5, 8, 3])).tolist() == [2, 2, 4, 1]


def test_the_fullest_place_goes_first():
    assert preferred("stock.rank: 1", lyon=7, lille=9, marseille=8) == {"lille": 1}
    assert preferred("stock.rank: 3", lyon=7, lille=9, marseille=8) == {"lyon": 1}


def test_what_is_held_is_not_available_to_a_rank():
    held = StockPosition(on_hand=20, held=15)
    assert preferred("stock.rank: 1", lyon=held, lille=9, marseille=8) == {"lille": 1}


@pytest.mark.parametrize(("rank", "place"), [(1, "lille"), (2, "lyon"), (3, "marseille")])
def test_places_are_ranked_by_distance_not_their_services(rank, place):
    assert preferred(f"route.rank_distance: {rank}", lyon=5, lille=5, marseille=5) == {place: 1}


def test_a_place_that_can_ship_nothing_has_no_rank():
    assert preferred("route.rank_distance: 1", lyon=5, lille=0, marseille=5) == {"lyon": 1}


def test_ways_are_ranked_by_what_they_cost():
    courier = "when: {route.rank_cost: {at_least: 4}}, then: {tier: 1}"  # three parcels share rank 1
    decision = decided(order(("A", 1)), facts(lyon=5, lille=5, marseille=5), courier)
    assert [shipment.service for shipment in decision.shipments] == ["courier"]


def test_an_order_of_a_batch_is_judged_again_if_stock_that_ranks_depend_on_changed():
    ranked = policies("when: {stock.rank: 1}, then: {tier: 1}")
    position = StockPosition(on_hand=9, held=2)
    every_stage = volatile_facts(ranked, tuple(Stage)).stock_ranges(position)
    assert every_stage.available == (7, 7)
    assert volatile_facts(ranked).stock_ranges(position).available is None  # the commit checks floors, not ranks
