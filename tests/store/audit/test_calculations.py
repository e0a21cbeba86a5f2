"""The cost and the CO2e of logged decisions are calculated with the network that they were made in."""

import dataclasses

from engine.errors import FactsForgotten
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order, service


def stocked(source, **more):
    offered = service(emission=84_300, drop=338_000, emission_source=source, **more)
    return inventory([node("lyon", LYON)], {"A": {"lyon": 9}}, services=[offered])


def test_a_factor_and_its_source_are_those_of_the_decision_s_network(bare):
    bare.load(stocked("a decree"))
    activate(bare)
    name = json_of(bare.decide(order(("A", 2))))["id"]
    bare.load(stocked("a certificate", base=1))
    second = json_of(bare.decide(order(("A", 1))))["id"]
    first, other = (bare.calculations.of_decision(item) for item in (name, second))
    assert [item.shipments[0].source for item in (first, other)] == ["a decree", "a certificate"]
    assert (first.agrees, other.agrees) == (True, True)


def test_a_source_is_a_remark_and_no_part_of_the_version():
    one, other = stocked("a decree"), stocked("a certificate")
    assert one.network.version == other.network.version
    assert dataclasses.replace(one.network, services={}) == dataclasses.replace(other.network, services={})


def test_decisions_whose_network_is_not_kept_are_named_among_the_others(bare, client, keys):
    bare.load(stocked("a decree"))
    activate(bare)
    bare.decide(order(("A", 2)))
    bare.load(stocked("a decree", base=1))
    bare.decide(order(("A", 2)))
    client.redis.delete(keys.former_versions)
    first, second = bare.calculations.between(None, None)
    assert isinstance(first, FactsForgotten)
    assert second.agrees
