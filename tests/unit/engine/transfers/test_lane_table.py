"""What units cost on all lanes at once is what `unit_cost` says of each."""

from hypothesis import given
from hypothesis import strategies as st

from engine.transfers.flow.market import FAR, MOST_WORTH
from engine.transfers.lane_table import LaneTable
from engine.transfers.lanes import TransferLanes, unit_cost
from tests.support.examples import examples
from tests.support.facts import network
from tests.unit.engine.transfers.test_lanes import HUB, NODES, SHOP, lane

AMOUNTS = st.integers(0, 10**9)
LANES = st.builds(
    lane,
    origin=st.sampled_from([HUB, SHOP]),
    goal=st.sampled_from([HUB, SHOP]),
    per_unit=AMOUNTS,
    per_kg=AMOUNTS,
    emission=st.integers(0, 10**6),
    carbon_price=AMOUNTS,
    distance=st.none() | st.integers(0, 10**7),
)


@examples(60)
@given(st.lists(LANES, min_size=1, max_size=3), st.integers(0, 10**6), st.sampled_from([1, 10, 1_000]))
def test_the_table_has_the_cost_of_each_lane(written, grams, scale):
    facts = network(NODES, transfer_lanes=tuple(written))
    table, lanes = LaneTable(facts), TransferLanes(facts)
    costs = table.costs(range(len(table.nodes)), grams, scale)
    for origin in table.nodes:
        for goal in table.nodes:
            found = lanes.between(origin, goal)
            cost = FAR if found is None else unit_cost(found, grams, scale=scale)
            assert costs[table.number[origin], table.number[goal]] == (cost if cost < MOST_WORTH else FAR)
