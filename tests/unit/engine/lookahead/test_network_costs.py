"""What learning counts for shipments is what decisions pay for them."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.shipping.ways import Ways
from engine.lookahead.expected_orders import NOT_REACHED, BasketLine
from engine.lookahead.network_costs import LeastCosts, NetworkCosts
from engine.lookahead.regions import regions_of
from engine.model.facts import ParcelPrice
from tests.support.examples import examples
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    PARIS,
    collected,
    decided,
    network,
    node,
    order,
    product,
    service,
    snapshot,
)

SERVICES = [
    service(base=5 * EURO, per_km=3_000, per_kg=200_000),
    service("slow", base=2 * EURO, per_km=9_000, max_distance=500_000),
    service("banded", base=EURO, parcel_prices=(ParcelPrice(over=0, up_to=3_000, base=3 * EURO, per_gram=400),)),
]
PRODUCTS = {"A": product("A", weight=700), "B": product("B", weight=1_300)}
PLACES = {"lyon": LYON, "paris": PARIS, "lille": LILLE}


def nodes():
    every = tuple(item.id for item in SERVICES)
    return [node(name, place, services=every, handling=EURO, unit_handling=90_000) for name, place in PLACES.items()]


def costs(kind, asked):
    facts = network(nodes(), SERVICES)
    return kind(Ways(facts), PRODUCTS, regions_of([("there", asked, asked.collect_at)], facts))


@examples(40)
@given(st.integers(1, 3), st.integers(0, 2), st.sampled_from([MARSEILLE, PARIS, LILLE]))
def test_a_shipment_costs_what_a_decision_pays_if_one_node_has_everything(first, second, place):
    """Where one node has all units, in one parcel by its cheapest service."""
    wanted = [(sku, units) for sku, units in (("A", first), ("B", second)) if units]
    asked = order(*wanted, place=place)
    lines = [BasketLine(*line) for line in wanted]
    counted = costs(NetworkCosts, asked).of_basket("there", lines)
    least = costs(LeastCosts, asked).of_basket("there", lines)
    for number, name in enumerate(sorted(PLACES)):
        stock = {sku: {name: units} for sku, units in wanted}
        made = decided(asked, snapshot(nodes(), stock, services=SERVICES, products=list(PRODUCTS.values())))
        units = sum(line.quantity * int(unit[number]) for line, unit in zip(lines, counted.unit, strict=True))
        if len(made.shipments) == 1:
            assert counted.fixed[number] + units == made.shipments[0].cost
        paid = sum(shipment.cost for shipment in made.shipments)
        at_least = sum(line.quantity * int(unit[number]) for line, unit in zip(lines, least.unit, strict=True))
        assert least.fixed[number] * len(made.shipments) + at_least <= paid


def test_other_processes_work_out_the_same_costs():
    made = costs(NetworkCosts, order(("A", 1), place=MARSEILLE))
    again = pickle.loads(pickle.dumps(made))
    lines = [BasketLine("A", 2)]
    assert again.nodes == made.nodes
    assert again.of_basket("there", lines).fixed.tolist() == made.of_basket("there", lines).fixed.tolist()


@pytest.mark.parametrize("kind", [NetworkCosts, LeastCosts])
def test_what_is_too_far_is_not_reached(kind):
    near = [service("slow", base=EURO, max_distance=250_000)]
    facts = network([node(name, place, services=("slow",)) for name, place in PLACES.items()], near)
    asked = order(("A", 1), place=LILLE)
    made = kind(Ways(facts), PRODUCTS, regions_of([("there", asked, None)], facts))
    fixed = made.of_basket("there", [BasketLine("A", 1)]).fixed.tolist()
    assert [cost < NOT_REACHED for cost in fixed] == [True, False, True], "lille, lyon, paris"


def test_what_is_collected_at_a_node_costs_what_bringing_it_there_does():
    asked = collected(("A", 1), at="paris")
    fixed = costs(NetworkCosts, asked).of_basket("there", [BasketLine("A", 1)]).fixed
    assert fixed[1] > fixed[0], "lyon is farther from paris than lille"
