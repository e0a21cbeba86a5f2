"""Which lane leads from one node to another, and what moving units on it costs."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.model.facts import rounded
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.transfers.lanes import TransferLanes, lane_between, unit_carbon, unit_cost
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, PARIS, network, node

HUB, SHOP = NodeNames(nodes=frozenset({"lyon"})), NodeNames(groups=frozenset({"shops"}))
NODES = [
    node("lyon", LYON, tags=frozenset({"main"})),
    node("paris", PARIS, group="shops", region="IDF"),
    node("lille", LILLE, group="shops", region="HDF"),
    node("bare", None, group="shops"),
]


def lane(origin=HUB, goal=SHOP, **more):
    return TransferLane(**{"origin": origin, "goal": goal, "takes": 24 * 60, **more})


def test_a_lane_leads_from_its_nodes_to_its_goals_and_never_back_or_to_itself():
    facts = network(NODES, transfer_lanes=(lane(per_unit=1), lane(SHOP, SHOP, per_unit=2)))
    assert lane_between(facts, "lyon", "paris").per_unit == 1
    assert lane_between(facts, "paris", "lille").per_unit == 2
    assert lane_between(facts, "paris", "lyon") is None
    assert lane_between(facts, "paris", "paris") is None
    assert lane_between(facts, "paris", "nowhere") is None
    assert lane_between(network(NODES), "lyon", "paris") is None


def test_of_several_lanes_the_first_that_leads_there_counts():
    by_tag = NodeNames(tags=frozenset({"main"}))
    facts = network(NODES, transfer_lanes=(lane(by_tag, NodeNames(nodes=frozenset({"paris"})), per_unit=1), lane()))
    assert lane_between(facts, "lyon", "paris").per_unit == 1
    assert lane_between(facts, "lyon", "lille").per_unit == 0


def test_a_lane_within_a_region_leads_to_no_other_and_to_none_that_is_not_known():
    nodes = [
        *NODES,
        node("reims", PARIS, group="shops", region="IDF"),
        node("gent", PARIS, group="shops", region="IDF"),
    ]
    nodes[-1] = replace(nodes[-1], country="BE")
    lanes = TransferLanes(network(nodes, transfer_lanes=(lane(SHOP, SHOP, within="region"),)))
    assert [name for name, _ in lanes.from_node("paris")] == ["reims"]
    assert [name for name, _ in lanes.from_node("bare")] == []
    of_country = TransferLanes(network(nodes, transfer_lanes=(lane(SHOP, SHOP, within="country"),)))
    assert [name for name, _ in of_country.from_node("paris")] == ["bare", "lille", "reims"]
    assert [name for name, _ in of_country.from_node("lyon")] == []


def test_the_distance_is_the_great_circle_times_the_detour_unless_it_is_written():
    facts = network(NODES, transfer_lanes=(lane(detour=1_300),))
    assert lane_between(facts, "lyon", "paris").distance == 511_200  # 393.2 km by the great circle
    written = network(NODES, transfer_lanes=(lane(distance=620_000),))
    assert lane_between(written, "lyon", "paris").distance == 620_000


def test_a_lane_that_emits_leads_nowhere_if_nobody_knows_how_far_it_is():
    assert lane_between(network(NODES, transfer_lanes=(lane(emission=1),)), "lyon", "bare") is None
    assert lane_between(network(NODES, transfer_lanes=(lane(),)), "lyon", "bare").distance is None


def test_units_cost_by_the_piece_and_the_kilogram_and_their_carbon_whatever_the_shipment_does():
    priced = lane(
        per_unit=EURO // 10,
        per_kg=EURO // 2,
        per_shipment=6 * EURO,
        distance=400_000,
        emission=100_000,  # milligrams a tonne-kilometre: 40 g for a kilogram over 400 km
        carbon_price=EURO // 4,
    )
    assert unit_carbon(priced, 1_000) == 40_000
    assert unit_cost(priced, 1_000) == 600_000 + 10_000


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**5), st.sampled_from([1, 10, 100, 1_000]))
def test_the_smallest_part_of_a_unit_costs_its_share_rounded_once(per_unit, per_kg, grams, scale):
    priced = lane(per_unit=per_unit, per_kg=per_kg, distance=100_000, emission=50_000)
    assert unit_cost(priced, grams, scale=scale) == rounded(per_unit * 1_000 + per_kg * grams, 1_000 * scale)
    assert unit_carbon(priced, grams, scale=scale) == rounded(grams * 5 * 10**9, 10**9 * scale)


def test_places_far_away_have_the_detour_of_their_lane():
    facts = network([*NODES, node("sea", MARSEILLE, group="shops")], transfer_lanes=(lane(detour=2_000), lane()))
    near, far = (lane_between(facts, "lyon", name).distance for name in ("sea", "lille"))
    assert near == 551_700  # twice the 275.9 km of the great circle
    assert far > near
