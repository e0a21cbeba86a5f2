"""Nodes are ranked as the policies would have an order shipped from each of them alone."""

import dataclasses

import pytest

from tests.conftest import activate
from tests.support.facts import LILLE, LYON, MARSEILLE, PARIS, inventory, node, order

BEHIND = "when: {node.id: lille}, then: {tier: 9}"


@pytest.fixture
def shop(bare):
    places = [node("lyon", LYON), node("lille", LILLE), node("marseille", MARSEILLE), node("paris", PARIS)]
    stock = {"A": {"lyon": 5, "lille": 5, "marseille": 1}, "B": {"lyon": 5, "lille": 5}}
    bare.load(inventory(places, stock))
    activate(bare)
    return bare


def ranks(shop, *nodes, **more):
    return dict(shop.quotes.rank_nodes(order(("A", 2), ("B", 1), **more), nodes))


def test_units_that_stay_unfilled_come_first_and_equals_share_a_rank(shop):
    assert ranks(shop, "paris", "marseille", "lyon", "lille") == {"lyon": 0, "lille": 0, "marseille": 1, "paris": 2}


def test_policies_have_their_say(shop):
    activate(shop, BEHIND)
    assert ranks(shop, "lille", "lyon") == {"lyon": 0, "lille": 1}


def test_what_is_no_node_has_no_rank_and_one_alone_is_the_best(shop):
    assert ranks(shop, "lille", "nowhere") == {"lille": 0}


def test_what_is_held_is_not_counted(shop):
    shop.decide(dataclasses.replace(order(("A", 5)), id="W-1"))
    found = ranks(shop, "lyon", "lille")
    assert sorted(found.values()) == [0, 1]
