"""A shop that looks ahead: a unit in Paris is cheaper to ship, and is expected to be needed there later."""

import pytest

from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, service
from tests.support.lookahead import table

LOOKS_AHEAD = "then: {lookahead: on}"
DEAR = {("A", "paris"): 9 * EURO, ("B", "paris"): 9 * EURO}


def stocked(*more_nodes):
    stock = {sku: {"lyon": 50, "paris": 50} for sku in ("A", "B", "C")}
    nodes = [node("lyon", LYON), node("paris", PARIS), *(node(name, LILLE) for name in more_nodes)]
    return inventory(nodes, stock, services=[service(per_km=10_000)])


@pytest.fixture
def shop(bare):
    bare.load(stocked())
    activate(bare, LOOKS_AHEAD)
    return bare


@pytest.fixture
def publish(shop, clock):
    """Publishes a table of these prices, learnt now; its digest."""

    def publish(prices=DEAR, **of_table):
        made = table(prices, learnt_at=clock.now, **of_table)
        return shop.flows.lookahead_tables.publish(made, now=clock.now)

    return publish
