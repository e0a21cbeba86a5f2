"""What two networks differ in is told by the names of what was added, changed and taken out."""

from dataclasses import fields, replace

import pytest

from engine.model.facts import Lane, Network
from engine.model.network_difference import difference
from tests.support.facts import LILLE, LYON, network, node, service
from tests.support.parcels import LYON_ADDRESS, dpd, parcel_terms

BEFORE = network([node("lyon", LYON), node("lille", LILLE)], carriers={"dpd": dpd(0, 99)})


def test_two_networks_that_are_the_same_differ_in_nothing():
    assert not difference(BEFORE, replace(BEFORE, version="another"))


def test_places_services_and_carriers_are_told_by_name_with_what_is_other_in_them():
    after = network(
        [node("lyon", LYON, address=LYON_ADDRESS, printers={"label": "ipp://p/a"}), node("nice", LYON)],
        services=[service("express"), *BEFORE.services.values()],
        carriers={},
    )
    found = difference(BEFORE, after)
    assert (found.nodes.added, found.nodes.removed) == (("nice",), ("lille",))
    assert found.nodes.changed == {"lyon": ("address", "printers")}
    assert (found.services.added, found.services.changed) == (("express",), {})
    assert found.carriers.removed == ("dpd",)
    assert found.others == ()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("lanes", (Lane(nodes=frozenset({"lyon"}), served=False),)),
        ("rates", {"GBP": 1_180_000_000}),
        ("parcels", parcel_terms()),
        ("postcodes", {"FR": {"69": LYON}}),
        ("time_zone", "Europe/London"),
    ],
)
def test_what_else_is_other_is_named(part, value):
    found = difference(BEFORE, replace(BEFORE, **{part: value}))
    assert found.others == (part,)
    assert found


@pytest.mark.parametrize("part", sorted({each.name for each in fields(Network)} - {"version", "decimals"}))
def test_every_part_of_a_network_is_compared(part):
    other = {} if part in ("nodes", "services", "carriers") else object()
    assert difference(BEFORE, replace(BEFORE, **{part: other}))
