"""Where shipments are priced and bounded by weight, no other way to ship an order costs less, by trying them all."""

import contextlib
import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import ParcelPrice
from tests.reference.routes import Exits, routes, weight_cost
from tests.support.facts import EURO, LILLE, LYON, NOW, node, order, policies, product, service, snapshot

pytestmark = pytest.mark.slow

STOCK = st.fixed_dictionaries({"lyon": st.integers(0, 3), "lille": st.integers(0, 3)})
GRAMS = {"A": 700, "B": 2_600, "C": 0}


@st.composite
def tariffs(draw):
    """Bands with gaps, minimum charges and a price by weight; or a most weight; or both."""
    cuts = draw(st.lists(st.integers(0, 9), min_size=2, max_size=6, unique=True).map(sorted))
    bands = tuple(
        ParcelPrice(
            over=over * 1_000,
            up_to=up_to * 1_000,
            base=draw(st.integers(0, 6)) * EURO,
            per_gram=draw(st.sampled_from([0, 0, 300, 1_000])),
            at_least=draw(st.sampled_from([0, 0, 4 * EURO])),
        )
        for over, up_to in itertools.pairwise(cuts)
        if draw(st.integers(0, 4))
    )
    most = draw(st.sampled_from([None, None, 2_000, 5_000]))
    return {"parcel_prices": bands, "max_weight": most, "base": draw(st.integers(0, 3)) * EURO}


def least_money(placed, facts):
    """The fewest units unfilled, and of these the least money, of every way to ship the units one by one."""
    out = routes(placed, Exits(facts.network), sorted(facts.network.nodes), NOW)
    lines = [line for line in placed.lines for _ in range(line.quantity)]
    best = None
    for chosen in itertools.product([None, *out], repeat=len(lines)):
        taken = Counter((route.node.id, line.sku) for route, line in zip(chosen, lines, strict=True) if route)
        weights: Counter[object] = Counter()
        for route, line in zip(chosen, lines, strict=True):
            if route:
                weights[route.key] += GRAMS[line.sku]
        prices = [(route, weight_cost(route.service, weights[route.key])) for route in out if route.key in set(weights)]
        stock = {(name, sku): at.on_hand for sku, nodes in facts.positions.items() for name, at in nodes.items()}
        if all(count <= stock.get(place, 0) for place, count in taken.items()) and all(
            price is not None for _, price in prices
        ):
            rank = chosen.count(None), sum(route.fixed + price for route, price in prices)
            best = rank if best is None or rank < best else best
    return best


@settings(max_examples=120, deadline=None)
@given(
    tariffs(),
    tariffs(),
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 3)), min_size=1, max_size=2).filter(
        lambda lines: sum(quantity for _, quantity in lines) <= 4
    ),
    st.fixed_dictionaries(
        {sku: st.fixed_dictionaries({n: st.integers(0, 3) for n in ("lyon", "lille")}) for sku in "ABC"}
    ),
)
def test_nothing_costs_less_than_what_is_chosen(first, second, lines, stock):
    services = [service("post", **first), service("courier", **second)]
    nodes = [node(name, place, services=("courier", "post")) for name, place in (("lyon", LYON), ("lille", LILLE))]
    products = [product(sku, weight=grams) for sku, grams in GRAMS.items()]
    facts = snapshot(nodes, stock, services=services, products=products)
    placed = order(*lines)
    with contextlib.closing(Matcher(policies())) as matcher:
        decision = decide(placed, facts, matcher, NOW)
    assert (decision.score.unfilled, decision.score.money) == least_money(placed, facts)
    assert sum(shipment.cost for shipment in decision.shipments) == decision.score.money
    assert decision.gap == 0
