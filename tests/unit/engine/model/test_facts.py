"""A network is a plain value: equal, hashed and copied as one; what is derived of it is kept beside it."""

import dataclasses
import pickle
from pathlib import Path

from api.files.inventory_folder import load_inventory
from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import NetworkCaches
from tests.reference.routes import Exits
from tests.support.facts import LYON, NOW, network, node, order, policies, snapshot

EXAMPLE = Path("examples/hexagone")


def test_two_networks_of_the_same_facts_are_equal_and_of_one_hash():
    one, other = (load_inventory(EXAMPLE).network for _ in range(2))
    assert one is not other
    assert one == other
    assert {one: "found"}[other] == "found"


def test_a_network_with_another_node_is_another_network():
    assert network([node("lyon", LYON)]) != network([node("lyon", LYON, handling=1)])


def test_a_network_that_was_pickled_is_equal_to_what_it_was():
    facts = load_inventory(EXAMPLE).network
    assert pickle.loads(pickle.dumps(facts)) == facts


def test_deciding_leaves_the_network_as_it_was():
    facts = snapshot([node("lyon")], {"A": {"lyon": 3}})
    before = pickle.dumps(facts.network)
    matcher = Matcher(policies("then: {prefer: 1.00}"))
    decide(order(), facts, matcher, NOW)
    matcher.close()
    assert pickle.dumps(facts.network) == before


def test_what_is_derived_of_a_network_is_made_once():
    caches = NetworkCaches(network([node("lyon")]))
    assert caches.get(Exits) is caches.get(Exits)
    assert caches.get(Exits).network is caches.network


def test_caches_are_no_part_of_what_makes_two_snapshots_equal():
    facts = snapshot([node("lyon")], {"A": {"lyon": 3}})
    assert dataclasses.replace(facts, caches=NetworkCaches(facts.network)) == facts
