"""Availability is a promise: the units shown as free to a channel are what an order on that channel can take."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.availability.free_units import NodeUnits, StockColumns, StockFacts
from engine.decide.availability.offer import by_sku, circumstances, offer
from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import NetworkCaches, NodeRest, ParcelPrice, StockPosition
from tests.reference.plain_availability import free_at
from tests.support.examples import examples
from tests.support.facts import HOUR, NOW, decided, node, order, policies, product, service, shipped, snapshot

SKUS = ["A", "B", "C", "D"]
NAMES = ["a", "b", "c"]
CHANNELS = st.sampled_from(["web", "app", "store"])
CONDITIONS = st.sampled_from(
    [
        "",
        "when: {order.channel: web}, ",
        "when: {order.channel: {not: [web, app]}}, ",
        "when: {node.type: store}, ",
        "when: {node.id: a, order.channel: app}, ",
        "when: {node.load: {more_than: 3}}, ",
        "when: {stock.available: {at_most: 4}}, ",
        "when: {stock.days_of_cover: {less_than: 10}}, ",
        "when: {product.lifecycle: end_of_line, line.sku: A}, ",
        "when: {now.weekday: friday, product.tags: {has: fragile}}, ",
        "hours: ['08:00', '11:00'], ",
        "weekdays: [saturday], when: {stock.available: {more_than: 1}}, ",
        "when: {product.attributes.boxed: {known: false}}, ",
        "when: {product.attributes.boxed: true, stock.on_hand: {more_than: 5}}, ",
        "when: {stock.held: {at_least: 2}, node.load: {at_most: 5}}, ",
    ]
)
EFFECTS = st.sampled_from(
    [
        "then: {keep: 2}",
        "then: {keep: 30%}",
        "then: {protect: {channel: web, units: 3}}",
        "then: {protect: [{channel: app, share: 20%}, {channel: store, units: 1}]}",
        "then: {keep: 0}, overrides: [test/r1]",
        "then: {multiple_of: 3}",
        "then: {keep: {cover: 2 days}}",
        "then: {protect: [{channel: web, cover: 3 days}, {channel: app, units: 1}]}",
    ]
)
UPLIFTS = st.sampled_from(
    [
        "from: 2026-11-28, then: {uplift: 200%}",
        "weekdays: [saturday], when: {node.type: store}, then: {uplift: 50%}",
        "from: 2026-11-29, until: 2026-11-29, when: {product.lifecycle: end_of_line}, then: {uplift: 1000%}",
        "when: {stock.available: {at_most: 6}}, then: {uplift: 333.33%}",
        "when: {node.load: {more_than: 3}}, then: {uplift: 0%}",
    ]
)


@st.composite
def rule_lists(draw):
    rules = [condition + effect for condition, effect in draw(st.lists(st.tuples(CONDITIONS, EFFECTS), max_size=4))]
    rules += draw(st.lists(UPLIFTS, max_size=2))
    # a rule that overrides itself is no policy
    return [rule.partition(", overrides")[0] if index == 0 else rule for index, rule in enumerate(rules)]


FEW_KEPT = [
    "when: {node.type: store}, then: {keep: 2}",
    "when: {order.channel: {not: web}}, then: {keep: 30%}",
    "then: {protect: [{channel: app, share: 20%}, {channel: store, units: 1}]}",
]
WAYS_OUT = st.sampled_from(
    [
        "when: {node.type: store}, then: {exclude: true}",
        "when: {node.id: b}, then: {exclude: unless_needed}",
        "when: {service.id: parcel, product.lifecycle: core}, then: {exclude: true}",
        "when: {stock.available: {less_than: 4}, order.channel: web}, then: {exclude: unless_needed}",
        "when: {product.tags: {has: fragile}, service.mode: bike}, then: {exclude: true}",
        "when: {order.channel: app}, then: {max_shipments: 1}",
        "when: {stock.rank: {more_than: 1}}, then: {exclude: true}",
        "when: {stock.rank: 1, service.id: parcel}, then: {exclude: unless_needed}",
        "when: {node.type: store}, then: {multiple_of: 3}",
        "when: {node.type: store}, then: {cap: {channel: web, units: 4}}",
        "then: {cap: {channel: app, units: 7}}",
        "when: {node.id: a}, then: {daily_units: 4}",
        "when: {node.type: store}, then: {daily_weight: 3.2 kg}",
        "then: {max_shipments: 2}",
        "when: {product.lifecycle: end_of_line}, then: {keep_together: true}",
        "when: {line.sku: B}, then: {keep_together: true}",
        "then: {ship_complete: true}",
        "when: {node.type: warehouse}, then: {daily_orders: 3}",
        "hours: ['08:00', '11:00'], when: {node.id: a}, then: {exclude: true}",
        "weekdays: [saturday], then: {max_shipments: 1}",
        "when: {route.distance: {more_than: 1 km}, route.late: true}, then: {exclude: true}",
        "when: {shipment.units: {more_than: 4}}, then: {exclude: true}",
        "when: {service.id: parcel, shipment.weight: {more_than: 2.4 kg}}, then: {exclude: true}",
        "when: {node.type: store, shipment.units: {less_than: 3}}, then: {exclude: true}",
        "when: {order.channel: web, shipment.weight: {between: [1 kg, 2 kg]}}, then: {exclude: true}",
        "when: {shipment.units: {at_least: 2}}, then: {avoid: 3.00}",
    ]
)
"""What is silent for an order without a promise, or asks only for what is known of every order on a channel."""
RESTS = NodeRest(until=NOW + 99 * HOUR, since=NOW, reason="other", decision="d", policy_version="", because={})
SERVICES = [service(), service("bike", mode="bike", max_weight=900), service("pickup", mode="pickup")]
IN_BANDS = [
    service(max_weight=3_400),
    service(
        "bike",
        mode="bike",
        parcel_prices=(ParcelPrice(over=0, up_to=1_000, base=9), ParcelPrice(over=2_400, up_to=4_000, base=20)),
    ),
    service("pickup", mode="pickup"),
]
"""Of which a shipment bears a few units, or some numbers of units only."""


@st.composite
def places(draw):
    """Snapshots with stock everywhere, whose places differ in their ways out; some are full or rest."""
    scenario = draw(snapshots())
    nodes = {
        name: dataclasses.replace(
            item,
            services=draw(
                st.sampled_from([("parcel",), ("bike", "parcel"), ("bike",), ("parcel", "pickup"), ("pickup",)])
            ),
            daily_orders=draw(st.sampled_from([None, None, None, 5])),
        )
        for name, item in scenario.network.nodes.items()
    }
    services = draw(st.sampled_from([SERVICES, IN_BANDS]))
    network = dataclasses.replace(scenario.network, nodes=nodes, services={item.id: item for item in services})
    products = {
        sku: dataclasses.replace(item, weight=draw(st.sampled_from([500, 1_000])))
        for sku, item in scenario.products.items()
    }
    resting = draw(st.sampled_from([(), (), ("a",), ("b",)]))
    stocked = st.builds(StockPosition, on_hand=st.integers(3, 12), held=st.integers(0, 3), pace=st.none())
    positions = {sku: draw(st.fixed_dictionaries(dict.fromkeys(NAMES, stocked))) for sku in products}
    return dataclasses.replace(
        scenario,
        network=network,
        caches=NetworkCaches(network),
        products=products,
        positions=positions,
        resting=dict.fromkeys(resting, RESTS),
    )


@st.composite
def snapshots(draw):
    nodes = [node(name, type=draw(st.sampled_from(["store", "warehouse"]))) for name in NAMES]
    positions = st.builds(
        StockPosition,
        on_hand=st.integers(0, 12),
        held=st.integers(0, 12),
        pace=st.one_of(st.none(), st.integers(0, 2_000)),
    )
    skus = draw(st.lists(st.sampled_from(SKUS), min_size=1, unique=True))
    articles = [
        product(
            sku,
            lifecycle=draw(st.sampled_from(["core", "end_of_line"])),
            tags=frozenset(draw(st.sets(st.sampled_from(["fragile", "cotton"])))),
            attributes=draw(st.dictionaries(st.just("boxed"), st.booleans())),
        )
        for sku in skus
    ]
    stock = {sku: draw(st.dictionaries(st.sampled_from(NAMES), positions)) for sku in skus}
    loads = draw(st.dictionaries(st.sampled_from([*NAMES, "gone"]), st.integers(0, 9)))
    return snapshot(nodes, stock, products=articles, loads=loads)


def free(scenario, matcher, channel, now=NOW):
    """By SKU, the units free by node."""
    facts = StockFacts.of(scenario)
    listed = by_sku(facts, offer(facts, matcher, channel, now))
    return {item.sku: dict(zip(item.nodes, item.free_by_node, strict=True)) for item in listed}


@pytest.mark.slow
@examples(50)
@given(scenario=snapshots(), rules=rule_lists(), channel=CHANNELS, hours=st.integers(0, 48))
def test_many_positions_judged_at_once_are_free_as_each_is_by_itself(scenario, rules, channel, hours):
    loaded, now = policies(*rules), NOW + hours * HOUR
    matcher = Matcher(loaded)
    expected = {
        sku: {name: free_at(scenario, loaded, sku=sku, node=name, channel=channel, now=now) for name in sorted(stock)}
        for sku, stock in scenario.positions.items()
    }
    for _ in range(2):  # signatures that are new, then the same remembered
        assert free(scenario, matcher, channel, now) == expected
    facts = StockFacts.of(scenario)
    assert offer(facts, matcher, channel, now).totals == [sum(item.values()) for item in expected.values()]
    assert matcher.incidents == 0
    matcher.close()


@pytest.mark.slow
@examples(35)
@given(scenario=snapshots(), rules=rule_lists(), channel=CHANNELS)
def test_what_is_said_to_be_free_is_what_an_order_can_take(scenario, rules, channel):
    matcher = Matcher(policies(*rules))
    for sku, by_node in free(scenario, matcher, channel).items():
        taken = shipped(decide(order((sku, 10_000), channel=channel), scenario, matcher, NOW))
        assert taken == {name: units for name, units in by_node.items() if units}
    assert matcher.incidents == 0
    matcher.close()


@pytest.mark.slow
@examples(50)
@given(
    scenario=places(),
    rules=st.lists(st.sampled_from(FEW_KEPT), max_size=1),
    ways_out=st.lists(WAYS_OUT, max_size=4),
    channel=CHANNELS,
    more=st.integers(2, 30),
)
def test_an_order_for_as_many_as_are_free_is_filled_and_no_larger_one_is(scenario, rules, ways_out, channel, more):
    matcher = Matcher(policies(*rules, *ways_out))
    facts = StockFacts.of(scenario)
    for item in by_sku(facts, offer(facts, matcher, channel, NOW)):
        enough, *too_many = (
            decide(order((item.sku, units), channel=channel), scenario, matcher, NOW)
            for units in (max(1, item.free), item.free + 1, item.free + more)
        )
        assert "filled" not in {decision.status for decision in too_many}
        assert all(units <= item.free for units in item.free_by_node)
        if item.free:
            assert (enough.status, enough.score.unless_needed) == ("filled", item.unless_needed)
    assert matcher.incidents == 0
    matcher.close()


MOMENTS = st.tuples(
    st.integers(0, 48),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)),
    st.frozensets(st.sampled_from(NAMES), max_size=2),
)
"""An hour, the loads of nodes, and the nodes that rest."""


@pytest.mark.slow
@examples(50)
@given(
    scenario=places(),
    rules=st.lists(st.sampled_from(FEW_KEPT), max_size=1),
    ways_out=st.lists(WAYS_OUT, max_size=3),
    moments=st.tuples(MOMENTS, MOMENTS),
)
def test_while_the_circumstances_are_the_same_so_is_what_is_free(scenario, rules, ways_out, moments):
    loaded = policies(*rules, *ways_out)
    matcher, another_process = Matcher(loaded), Matcher(loaded)

    def seen(judge, hour, loads, rests):
        now = NOW + hour * HOUR
        later = dataclasses.replace(scenario, loads=loads, resting=dict.fromkeys(rests, RESTS))
        return circumstances(later, judge, now), free(later, judge, "web", now)

    (one, first), (other, second) = seen(matcher, *moments[0]), seen(another_process, *moments[1])
    assert one != other or first == second
    matcher.close()
    another_process.close()


def test_the_circumstances_are_those_that_rules_ask_about():
    loaded = {load: snapshot([node("a")], {}, loads={"a": load}) for load in (0, 2, 3, 4, 9)}
    matcher = Matcher(policies("when: {node.load: {at_least: 3}}, then: {keep: 1}"))
    idle, slow, full, busy, busier = (circumstances(facts, matcher, NOW) for facts in loaded.values())
    assert (idle == slow, full == slow, busy == busier) == (True, False, True)
    assert circumstances(loaded[2], matcher, NOW + 30 * HOUR) == idle, "no rule asks for the time"
    matcher.close()


def offered(scenario, *rules, now=NOW):
    matcher = Matcher(policies(*rules))
    (item,) = by_sku(StockFacts.of(scenario), offer(StockFacts.of(scenario), matcher, "web", now))
    matcher.close()
    return item.free, item.unless_needed, list(item.free_by_node)


def test_the_circumstances_change_with_what_rules_say_of_the_ways_out_at_that_time():
    scenario = snapshot([node("a")], {"A": {"a": 2}})
    for rule in (
        "hours: ['08:00', '11:00'], then: {exclude: true}",
        "hours: ['08:00', '11:00'], then: {max_shipments: 1}",
    ):
        matcher = Matcher(policies(rule))
        early, late = (circumstances(scenario, matcher, NOW + hours) for hours in (0, 6 * HOUR))
        assert early != late
        matcher.close()


def test_rules_on_the_route_are_silent_where_no_destination_is_known_whatever_was_decided_before():
    scenario = snapshot([node("a"), node("b")], {"A": {"a": 2, "b": 3}})
    matcher = Matcher(policies("when: {order.channel: web, route.distance: {at_most: 900 km}}, then: {exclude: true}"))
    for _ in range(2):
        (item,) = by_sku(StockFacts.of(scenario), offer(StockFacts.of(scenario), matcher, "web", NOW))
        assert item.free == 5
        assert decide(order(("A", 1)), scenario, matcher, NOW).status == "unfilled"
    matcher.close()


def test_of_places_with_as_many_units_those_that_are_free_without_need_count_first():
    scenario = snapshot([node("a"), node("b")], {"A": {"a": 3, "b": 3}})
    on_need = "when: {node.id: a}, then: {exclude: unless_needed}"
    assert offered(scenario, on_need) == (6, 3, [3, 3])
    assert offered(scenario, on_need, "then: {max_shipments: 1}") == (3, 0, [3, 3])


def test_of_what_a_shipment_cannot_bear_another_service_takes_its_part():
    bike, van = service("bike", mode="bike", max_weight=900), service("van", max_weight=2_600)
    scenario = snapshot(
        [node("a", services=("bike", "van")), node("b", services=("bike",))],
        {"A": {"a": 9, "b": 3}},
        products=[product("A", weight=500)],
        services=[bike, van],
    )
    assert offered(scenario) == (7, 0, [6, 1])
    assert offered(scenario, "then: {max_shipments: 1}") == (5, 0, [5, 1])
    assert offered(scenario, "when: {service.id: van}, then: {exclude: unless_needed}") == (7, 5, [6, 1])


def test_units_too_heavy_for_every_service_of_a_place_are_offered_by_others_alone():
    bike, van = service("bike", mode="bike", max_unit_weight=900), service("van", max_unit_weight=1_000)
    nodes = [node("a", services=("bike",)), node("b", services=("bike", "van"))]
    for weight, expected in ((900, (5, 0, [2, 3])), (1_000, (3, 0, [0, 3])), (1_001, (0, 0, [0, 0]))):
        heavy = [product("A", weight=weight)]
        scenario = snapshot(nodes, {"A": {"a": 2, "b": 3}}, products=heavy, services=[bike, van])
        assert offered(scenario) == expected


def test_of_two_ways_that_carry_pairs_alone_a_third_unit_goes_by_none():
    bike, van = service("bike", mode="bike"), service("van")
    scenario = snapshot([node("a", services=("bike", "van"))], {"A": {"a": 3}}, services=[bike, van])
    pairs = ["when: {shipment.units: 1}, then: {exclude: true}", "when: {shipment.units: 3}, then: {exclude: true}"]
    assert offered(scenario, *pairs) == (2, 0, [2])
    assert offered(scenario, pairs[1]) == (3, 0, [3])


def test_what_caps_keep_from_a_larger_order_a_smaller_one_may_have():
    scenario = snapshot([node("a"), node("b")], {"A": {"a": 6, "b": 4}})
    rules = ("when: {node.id: a}, then: {exclude: unless_needed}", "then: {cap: {channel: web, units: 7}}")
    assert offered(scenario, *rules)[:2] == (7, 3)
    assert offered(scenario, *rules, "then: {max_shipments: 1}")[:2] == (6, 6)


BY_NODE = st.lists(st.dictionaries(st.sampled_from([*NAMES, "gone"]), st.integers(0, 9)), min_size=1, max_size=4)


@pytest.mark.slow
@given(on_hand=BY_NODE, held=BY_NODE)
def test_a_position_is_where_units_are_counted_on_hand_at_a_node_there_is(on_hand, held):
    held = (held + [{}] * len(on_hand))[: len(on_hand)]

    def listed(stock):
        units = [(name, number) for by_node in stock for name, number in by_node.items()]
        return NodeUnits([name for name, _ in units], [number for _, number in units], list(map(len, stock)))

    numbers = {name: number for number, name in enumerate(NAMES)}
    columns = StockColumns.of(listed(on_hand), listed(held), numbers)
    rows = zip(*(part.tolist() for part in (columns.sku, columns.node, columns.on_hand, columns.held)), strict=True)
    assert list(rows) == [
        (sku, numbers[name], by_node[name], held[sku].get(name, 0))
        for sku, by_node in enumerate(on_hand)
        for name in NAMES
        if name in by_node
    ]


def test_every_node_that_carries_it_is_listed_by_name_free_or_not():
    scenario = snapshot([node("b"), node("a"), node("c")], {"A": {"b": 2, "a": 0}, "B": {"c": 1}})
    matcher = Matcher(policies("then: {keep: 9}"))
    facts = StockFacts.of(scenario)
    a, b = by_sku(facts, offer(facts, matcher, "web", NOW))
    assert (a.sku, a.free, a.nodes, a.on_hand, a.free_by_node) == ("A", 0, ["a", "b"], [0, 2], [0, 0])
    assert (b.sku, b.nodes, b.available) == ("B", ["c"], [1])
    matcher.close()


def test_a_rule_about_what_is_not_known_of_an_order_yet_does_not_fire():
    rule = "when: {order.segment: loyal}, then: {keep: 2}"
    scenario = snapshot([node("a")], {"A": {"a": 3}})
    matcher = Matcher(policies(rule))
    assert free(scenario, matcher, "web") == {"A": {"a": 3}}
    assert shipped(decided(order(("A", 3), segment="loyal"), scenario, rule)) == {"a": 1}
    matcher.close()
