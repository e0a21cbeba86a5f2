"""What rules do to options: exclude, unless_needed, prefer, avoid, tier, overrides; and what such rules can be about.

Lyon is cheapest, a euro a shipment dearer is Lille, two euros Marseille.
"""

import pytest

from engine.decide.decision import ExcludedOptions
from engine.model.facts import Line, StockPosition
from rules.vocabulary import Kind
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    NOW,
    decided,
    node,
    order,
    product,
    service,
    shipped,
    snapshot,
)

NODES = [
    node("lyon", LYON),
    node("lille", LILLE, type="store", handling=1 * EURO),
    node("marseille", MARSEILLE, type="supplier", handling=2 * EURO),
]


def facts(lyon=5, lille=5, marseille=5, **more):
    return snapshot(NODES, {"A": {"lyon": lyon, "lille": lille, "marseille": marseille}}, **more)


def test_without_rules_the_cheapest_ships():
    assert shipped(decided(order(("A", 2)), facts())) == {"lyon": 2}


def test_what_is_excluded_ships_nothing_and_the_rule_is_named():
    decision = decided(order(("A", 2)), facts(), "when: {node.id: lyon}, then: {exclude: true}")
    assert shipped(decision) == {"lille": 2}
    assert decision.exclusions == (
        ExcludedOptions(lines=("1",), rules=("test/r1",), unless_needed=False, nodes={"parcel": ("lyon",)}),
    )
    assert decision.fired == {"test/r1": 1}


def test_a_rule_counts_as_often_as_it_acted():
    decision = decided(order(("A", 2), ("A", 1)), facts(), "when: {node.id: [lyon, lille]}, then: {prefer: 1.00}")
    assert decision.fired == {"test/r1": 4}  # two nodes for each of two lines


def test_what_is_excluded_ships_nothing_even_if_units_stay_unfilled():
    decision = decided(order(("A", 12)), facts(), "when: {node.id: lyon}, then: {exclude: true}")
    assert shipped(decision) == {"lille": 5, "marseille": 5}
    assert decision.score.unfilled == 2


def test_unless_needed_ships_only_what_nothing_else_can_fill():
    rule = "when: {node.id: lyon}, then: {exclude: unless_needed}"
    assert shipped(decided(order(("A", 2)), facts(), rule)) == {"lille": 2}
    assert shipped(decided(order(("A", 10)), facts(), rule)) == {"lille": 5, "marseille": 5}
    decision = decided(order(("A", 12)), facts(), rule)
    assert shipped(decision) == {"lille": 5, "marseille": 5, "lyon": 2}
    assert decision.score.unless_needed == 2
    assert decision.exclusions[0].unless_needed


def test_excluded_wins_over_unless_needed():
    rules = ["when: {node.id: lyon}, then: {exclude: unless_needed}", "when: {node.id: lyon}, then: {exclude: true}"]
    for given in (rules, rules[::-1]):
        assert shipped(decided(order(("A", 15)), facts(), *given)) == {"lille": 5, "marseille": 5}


@pytest.mark.parametrize(("worth", "winner"), [("0.49", "lyon"), ("0.51", "lille")])
def test_a_preference_is_worth_so_much_a_unit(worth, winner):
    # a euro dearer, two units
    decision = decided(order(("A", 2)), facts(), f"when: {{node.id: lille}}, then: {{prefer: {worth}}}")
    assert shipped(decision) == {winner: 2}


@pytest.mark.parametrize(("worth", "winner"), [("0.49", "lyon"), ("0.51", "lille")])
def test_what_is_to_be_avoided_costs_so_much_a_unit(worth, winner):
    decision = decided(order(("A", 2)), facts(), f"when: {{node.id: lyon}}, then: {{avoid: {worth}}}")
    assert shipped(decision) == {winner: 2}


def test_preferences_add_up_and_what_is_avoided_is_taken_off():
    rules = [
        "when: {node.id: lille}, then: {prefer: 1.00}",
        "when: {node.type: store}, then: {prefer: 0.70}",
        "when: {node.type: store}, then: {avoid: 0.80}",
    ]
    assert shipped(decided(order(), facts(), *rules[:2])) == {"lille": 1}
    decision = decided(order(), facts(), *rules)
    assert shipped(decision) == {"lyon": 1}
    assert decided(order(), facts(lyon=0), *rules).score.money == 6 * EURO - 900_000


def test_what_rules_add_is_in_the_score_and_not_in_the_cost():
    decision = decided(order(("A", 2)), facts(), "when: {node.id: lyon}, then: {prefer: 3.00}")
    assert decision.score.money == 5 * EURO - 2 * 3 * EURO
    assert decision.shipments[0].cost == 5 * EURO


def test_a_better_tier_goes_first_whatever_it_costs():
    rules = ["when: {node.id: marseille}, then: {tier: 4}", "when: {node.id: lille}, then: {tier: 6, prefer: 1000}"]
    decision = decided(order(("A", 11)), facts(), *rules)
    assert shipped(decision) == {"marseille": 5, "lyon": 5, "lille": 1}
    assert decision.score.tiers == 5 * 4 + 5 * 5 + 6


def test_of_several_tiers_the_best_counts():
    rules = ["when: {node.id: marseille}, then: {tier: 9}", "when: {node.type: supplier}, then: {tier: 1}"]
    assert shipped(decided(order(), facts(), *rules)) == {"marseille": 1}


def test_filling_goes_before_tiers_and_tiers_before_money():
    rules = ["when: {node.id: marseille}, then: {tier: 9}", "when: {node.id: lille}, then: {exclude: unless_needed}"]
    assert shipped(decided(order(("A", 15)), facts(), *rules)) == {"lyon": 5, "lille": 5, "marseille": 5}
    # six units: the sixth from the worst tier rather than from where it is not needed
    assert shipped(decided(order(("A", 6)), facts(), *rules)) == {"lyon": 5, "marseille": 1}


def test_a_rule_that_overrides_silences_the_other_wherever_it_fires():
    rules = [
        "when: {node.type: [store, warehouse]}, then: {exclude: true}",
        "when: {node.id: lille}, then: {prefer: 0}, overrides: [test/r1]",
    ]
    decision = decided(order(("A", 12)), facts(), *rules)
    assert shipped(decision) == {"lille": 5, "marseille": 5}
    assert (dict(decision.fired), decision.silenced) == ({"test/r1": 1, "test/r2": 1}, ("test/r1",))


def test_a_rule_that_is_silenced_itself_silences_nothing():
    rules = [
        "when: {node.id: lyon}, then: {exclude: true}",
        "when: {node.id: lyon}, then: {prefer: 0}, overrides: [test/r1]",
        "when: {node.id: lyon}, then: {prefer: 0}, overrides: [test/r2]",
    ]
    assert shipped(decided(order(), facts(), *rules)) == {"lille": 1}


def test_the_rules_that_fired_on_a_shipment_stand_with_it():
    rules = ["when: {node.id: lyon}, then: {prefer: 1}", "when: {node.id: lille}, then: {prefer: 1}"]
    (shipment,) = decided(order(), facts(), *rules).shipments
    assert shipment.rules == ("test/r1",)


def test_rules_look_at_attributes_of_products_and_nodes():
    kinds = {"product.attributes.hazmat": Kind.FLAG, "node.attributes.brands": Kind.TAGS}
    nodes = [node("lyon", LYON, attributes={"brands": frozenset({"acme"})}), node("lille", LILLE, handling=EURO)]
    products = [product("A", attributes={"hazmat": True}), product("B", attributes={"hazmat": False}), product("C")]
    scenario = snapshot(nodes, {sku: {"lyon": 1, "lille": 1} for sku in "ABC"}, products=products, attributes=kinds)
    rule = "when: {product.attributes.hazmat: true, node.attributes.brands: {has: acme}}, then: {exclude: true}"
    for sku, ships in (("A", "lille"), ("B", "lyon"), ("C", "lyon")):
        assert shipped(decided(order((sku, 1)), scenario, rule)) == {ships: 1}


@pytest.mark.parametrize(
    "when",
    [
        "order.channel: web, order.delivery: standard, order.country: FR, order.segment: loyal",
        "order.postcode: {matches: '75*'}, order.region: IDF, order.tags: {has: gift}, order.id: {matches: 'W-?'}",
        "order.units: 3, order.lines: 1, order.value: 60 EUR, order.weight: 3 kg",
        "order.placed_at: {at_most: 2026-11-27 10:00}, order.promise_by: {more_than: 2026-11-28 00:00}",
        "line.sku: A, line.quantity: {between: [3, 3]}, line.unit_price: 20.00, line.value: {at_least: 60}",
        "product.category: home, product.brand: acme, product.season: winter, product.lifecycle: core",
        "product.weight: {less_than: 2 kg}, product.tags: {has_all: [a, b]}, product.sku: A",
        "node.id: lyon, node.type: warehouse, node.country: FR, node.region: ARA, node.tags: {has: robots}",
        "node.load: 7",
        "stock.on_hand: 9, stock.held: 2, stock.available: 7, stock.days_of_cover: 28",
        "service.id: parcel, service.mode: truck",
        "route.distance: {between: [390 km, 395 km]}, route.arrives: 50 h, route.late: true",
        "route.cost: {between: [4.99, 5.00]}",
        "route.co2: {between: [1170 g, 1190 g]}",
        "now.date: 2026-11-27, now.weekday: friday, now.time: {between: ['09:59', '10:01']}",
        "none: [{order.segment: {known: false}}, {node.type: store}]",
    ],
)
def test_every_fact_of_the_vocabulary_is_put_to_the_rules(when):
    home = node("lyon", LYON, region="ARA", tags=frozenset({"robots"}), preparation=120)
    article = product("A", brand="acme", season="winter", tags=frozenset({"a", "b", "c"}))
    scenario = snapshot(
        [home],
        {"A": {"lyon": StockPosition(on_hand=9, held=2, pace=250)}},
        services=[service(emission=1_000_000)],
        products=[article],
        loads={"lyon": 7},
    )
    priced = Line(id="1", sku="A", quantity=3, unit_price=20 * EURO)
    request = order(
        priced,
        id="W-1",
        postcode="75001",
        region="IDF",
        segment="loyal",
        tags=frozenset({"gift"}),
        promise_by=NOW + 24 * 3_600,
    )
    assert decided(request, scenario).shipments
    decision = decided(request, scenario, f"when: {{{when}}}, then: {{exclude: true}}")
    assert decision.fired == {"test/r1": 1}
    assert not decision.shipments
