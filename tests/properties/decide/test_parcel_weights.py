"""Where shipments are priced and bounded by weight, no other way to ship an order costs less, by trying them all."""

import contextlib
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide import rule_facts
from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import ParcelPrice
from rules.conditions import holds
from tests.reference.routes import Exits, routes, weight_cost
from tests.support.examples import examples
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


RULES = [
    "when: {shipment.weight: {more_than: 2 kg}, service.id: post}, then: {exclude: true}",
    "when: {shipment.weight: {between: [1400 g, 3300 g]}, node.id: lyon}, then: {avoid: 2.50}",
    "when: {shipment.units: {at_least: 2}}, then: {avoid: 1.00}",
    "when: {shipment.units: {more_than: 2}, node.type: warehouse}, then: {exclude: true}",
    "when: {none: [{shipment.weight: {at_least: 700 g}}, {shipment.units: 3}]}, then: {avoid: 4.00}",
    "when: {shipment.weight: 2600 g, order.channel: web}, then: {exclude: true}",
]


def counted(route, load, placed, facts, rules):
    """What a shipment of so many (grams, units) costs and counts as dearer; None if it is not allowed."""
    weight, units = load
    known = {
        **rule_facts.order_facts(placed, facts.products, facts.network),
        **rule_facts.node_facts(route.node, 0),
        **rule_facts.service_facts(route.service),
        **rule_facts.shipment_facts(weight, units),
    }
    effects = [effect for rule in rules if holds(rule.condition, known) for effect in rule.effects]
    price = weight_cost(route.service, weight)
    if price is None or any(effect.name == "exclude" for effect in effects):
        return None
    return route.fixed + price + sum(effect.value for effect in effects)


def least_money(placed, facts, rules):
    """The fewest units unfilled, and of these the least money, of every way to ship the units one by one."""
    out = routes(placed, Exits(facts.network), sorted(facts.network.nodes), NOW)
    lines = [line for line in placed.lines for _ in range(line.quantity)]
    stock = {(name, sku): at.on_hand for sku, nodes in facts.positions.items() for name, at in nodes.items()}
    best = None
    for chosen in itertools.product([None, *out], repeat=len(lines)):
        taken, grams, units = Counter(), Counter(), Counter()
        for route, line in zip(chosen, lines, strict=True):
            if route:
                taken[route.node.id, line.sku] += 1
                grams[route.key] += GRAMS[line.sku]
                units[route.key] += 1
        if all(count <= stock.get(place, 0) for place, count in taken.items()):
            used = [route for route in out if units[route.key]]
            prices = [counted(route, (grams[route.key], units[route.key]), placed, facts, rules) for route in used]
            if None not in prices:
                rank = chosen.count(None), sum(prices)
                best = rank if best is None or rank < best else best
    return best


@examples(35)
@given(
    tariffs(),
    tariffs(),
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 3)), min_size=1, max_size=2).filter(
        lambda lines: sum(quantity for _, quantity in lines) <= 4
    ),
    st.fixed_dictionaries(dict.fromkeys("ABC", STOCK)),
    st.lists(st.sampled_from(RULES), unique=True, max_size=3),
)
def test_nothing_costs_less_than_what_is_chosen(first, second, lines, stock, rules):
    services = [service("post", **first), service("courier", **second)]
    nodes = [node(name, place, services=("courier", "post")) for name, place in (("lyon", LYON), ("lille", LILLE))]
    products = [product(sku, weight=grams) for sku, grams in GRAMS.items()]
    facts = snapshot(nodes, stock, services=services, products=products)
    placed = order(*lines)
    judged = policies(*rules)
    with contextlib.closing(Matcher(judged)) as matcher:
        decision = decide(placed, facts, matcher, NOW)
    best = least_money(placed, facts, judged.rules.values())
    assert (decision.score.unfilled, decision.score.money) == best
    if not rules:
        assert sum(shipment.cost for shipment in decision.shipments) == decision.score.money
    assert decision.gap == 0
