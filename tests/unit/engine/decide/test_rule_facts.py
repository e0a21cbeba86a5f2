"""Orders, products, nodes, stock and routes as facts: each in its unit, and unknown if it was not given."""

import pytest

from engine.decide import rule_facts
from engine.model.facts import MAX_COVER, Line, StockPosition
from rules.syntax.literals import SECONDS_A_DAY, date
from rules.vocabulary import IN_TRANSIT, NODE_CLOCK, NOW_CLOCK, RANKS, VOCABULARY, Kind
from rules.windows import ClockReading
from tests.reference.routes import Exits, Option, routes
from tests.support.facts import EURO, NOW, PARIS, collected, network, node, order, product, receipt, service

NODES = [node("lyon"), node("shop", PARIS, country="BE", region="BRU", services=("parcel",))]
NETWORK = network(NODES, time_zone="America/New_York")
PRODUCTS = {"A": product("A", weight=300), "B": product("B", weight=1_000)}


def route_facts_of(option, now):
    """The facts of an option of the reference, as seen at `now`."""
    route = option.route
    return rule_facts.route_facts(
        distance=route.distance,
        arrives=-(-(route.arrives_by - now) // 60),
        late=route.late,
        cost=option.cost,
        co2=option.carbon,
        on_time=9_500,
    )


def every_fact(order):
    """All facts of the first line of an order, shipped from Lyon."""
    (route,) = routes(order, Exits(NETWORK), ["lyon"], NOW)
    line, article = order.lines[0], PRODUCTS[order.lines[0].sku]
    option = Option.of(line, article, route)
    return {
        **rule_facts.order_facts(order, PRODUCTS, NETWORK),
        **rule_facts.now_facts(NETWORK, NOW),
        **rule_facts.line_facts(line, PRODUCTS[line.sku], order, NETWORK),
        **rule_facts.product_facts(article),
        **rule_facts.node_facts(NODES[0], 7),
        **rule_facts.node_clock_facts(NETWORK.clock_of(NODES[0]), NOW),
        **rule_facts.stock_facts(StockPosition(on_hand=5, held=2, pace=1_500)),
        **rule_facts.incoming_facts([receipt()], NOW),
        **rule_facts.service_facts(route.service),
        **route_facts_of(option, NOW),
        **rule_facts.rejection_facts("other"),
        **rule_facts.promise_facts("not_picked", late=True),
        **rule_facts.shipment_facts(1_000, 1),
        **rule_facts.return_facts(reason="other", grade="a", days=3, node="lyon"),
        **rule_facts.need_facts(shortfall=2, chance=5_000),
    }


def test_every_fact_of_the_vocabulary_is_said_and_no_other():
    ranks = set(RANKS)  # which an option has among others, see test_ranks.py
    said = {*every_fact(order()), IN_TRANSIT}  # which is said where a returned unit may go, see returned_unit.py
    assert said == {*VOCABULARY, NOW_CLOCK.path, NODE_CLOCK.path} - ranks


@pytest.mark.parametrize("placed_order", [order(), order(("A", 2), ("B", 3), promise_by=NOW), collected(at="shop")])
def test_every_fact_is_of_its_kind_or_unknown(placed_order):
    words, sets = {Kind.WORD, Kind.CHOICE}, {Kind.TAGS}
    for path, value in every_fact(placed_order).items():
        kind = VOCABULARY[path].kind if path in VOCABULARY else Kind.CLOCK
        expected = str if kind in words else frozenset if kind in sets else bool if kind is Kind.FLAG else int
        expected = ClockReading if kind is Kind.CLOCK else expected
        assert value is None or type(value) is expected, path


def test_an_order_s_sums_are_over_its_lines():
    lines = [Line(id="1", sku="A", quantity=2, unit_price=3 * EURO), Line(id="2", sku="B", quantity=1, unit_price=0)]
    facts = rule_facts.order_facts(order(*lines), PRODUCTS, NETWORK)
    assert [facts[f"order.{name}"] for name in ("units", "lines", "value", "weight")] == [3, 2, 6 * EURO, 1_600]


def test_the_value_of_an_order_is_unknown_if_one_price_is():
    lines = [Line(id="1", sku="A", quantity=2, unit_price=3 * EURO), Line(id="2", sku="B", quantity=1)]
    placed = order(*lines)
    assert rule_facts.order_facts(placed, PRODUCTS, NETWORK)["order.value"] is None
    assert rule_facts.line_facts(lines[0], PRODUCTS[lines[0].sku], placed, NETWORK)["line.value"] == 6 * EURO
    assert rule_facts.line_facts(lines[1], PRODUCTS[lines[1].sku], placed, NETWORK)["line.value"] is None


def test_instants_are_of_the_installation_s_wall_clock():
    # 09:00 UTC is 04:00 in New York
    four = date("2026-11-27") * SECONDS_A_DAY + 4 * 3_600
    facts = rule_facts.order_facts(order(placed_at=NOW, promise_by=NOW + 61), PRODUCTS, NETWORK)
    assert (facts["order.placed_at"], facts["order.promise_by"]) == (four, four + 61)
    assert rule_facts.now_facts(NETWORK, NOW) == {
        "now.date": date("2026-11-27"),
        "now.time": 240,
        "now.weekday": "friday",
        "now.clock": ClockReading(four // 60, four // 60),
    }
    # 02:59 UTC is still the day before
    assert rule_facts.now_facts(NETWORK, NOW - 7 * 3_600 + 3_599)["now.weekday"] == "thursday"


def test_a_collected_order_goes_to_its_node_s_country_and_region():
    facts = rule_facts.order_facts(collected(at="shop"), PRODUCTS, NETWORK)
    assert (facts["order.country"], facts["order.region"], facts["order.postcode"]) == ("BE", "BRU", None)


@pytest.mark.parametrize(
    ("position", "days"),
    [
        (StockPosition(on_hand=10), None),
        (StockPosition(on_hand=10, pace=0), MAX_COVER),
        (StockPosition(on_hand=0, pace=0), MAX_COVER),
        (StockPosition(on_hand=10, pace=1_000), 10),
        (StockPosition(on_hand=10, held=4, pace=1_000), 6),
        (StockPosition(on_hand=10, pace=3_000), 3),
        (StockPosition(on_hand=1, held=3, pace=1_000), 0),
        (StockPosition(on_hand=10**9, pace=1), MAX_COVER),
    ],
)
def test_days_of_cover_are_whole_days_of_what_is_available_at_today_s_pace(position, days):
    assert rule_facts.stock_facts(position)["stock.days_of_cover"] == days


def test_attributes_go_by_their_path():
    facts = rule_facts.product_facts(product(attributes={"hazmat": True, "size": "L"}))
    assert (facts["product.attributes.hazmat"], facts["product.attributes.size"]) == (True, "L")
    assert rule_facts.node_facts(node("lyon", attributes={"rank": 5}), 0)["node.attributes.rank"] == 5


def test_a_route_s_facts_are_of_the_line_shipped_whole():
    (route,) = routes(
        order(place=PARIS),
        Exits(network([node("lyon")], [service(per_kg=EURO, emission=100_000, drop=50)])),
        ["lyon"],
        NOW,
    )
    option = Option.of(Line(id="1", sku="A", quantity=3), product(weight=500), route)
    facts = route_facts_of(option, NOW)
    assert facts["route.cost"] == 5 * EURO + 3 * 500_000
    assert facts["route.co2"] == 50 + 3 * 19_660  # 0.5 kg x 393.2 km x 100 g
    assert (facts["route.distance"], facts["route.late"]) == (393_200, None)


def test_the_id_of_a_cart_that_is_only_quoted_is_unknown():
    assert rule_facts.order_facts(order(id=""), PRODUCTS, NETWORK)["order.id"] is None
    assert rule_facts.order_facts(order(id="W-1"), PRODUCTS, NETWORK)["order.id"] == "W-1"
