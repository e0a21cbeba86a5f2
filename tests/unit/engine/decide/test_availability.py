"""Availability is a promise: the units shown as free to a channel are what an order on that channel can take."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.availability import NodeUnits, StockColumns, StockFacts, by_sku, circumstances, free_units, totals
from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from tests.reference.plain_availability import free_at
from tests.support.facts import HOUR, NOW, decided, node, order, policies, product, shipped, snapshot

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
    ]
)


@st.composite
def rule_lists(draw):
    rules = [condition + effect for condition, effect in draw(st.lists(st.tuples(CONDITIONS, EFFECTS), max_size=4))]
    # a rule that overrides itself is no policy
    return [rule.partition(", overrides")[0] if index == 0 else rule for index, rule in enumerate(rules)]


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
    listed = by_sku(facts, free_units(facts, matcher, channel, now))
    return {item.sku: dict(zip(item.nodes, item.free_by_node, strict=True)) for item in listed}


@pytest.mark.slow
@settings(max_examples=300)
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
    assert totals(facts, free_units(facts, matcher, channel, now)) == [sum(item.values()) for item in expected.values()]
    assert matcher.incidents == 0
    matcher.close()


@pytest.mark.slow
@settings(max_examples=100)
@given(scenario=snapshots(), rules=rule_lists(), channel=CHANNELS)
def test_what_is_said_to_be_free_is_what_an_order_can_take(scenario, rules, channel):
    matcher = Matcher(policies(*rules))
    for sku, by_node in free(scenario, matcher, channel).items():
        taken = shipped(decide(order((sku, 10_000), channel=channel), scenario, matcher, NOW))
        assert taken == {name: units for name, units in by_node.items() if units}
    assert matcher.incidents == 0
    matcher.close()


@pytest.mark.slow
@settings(max_examples=300)
@given(
    scenario=snapshots(),
    rules=rule_lists(),
    hours=st.tuples(st.integers(0, 48), st.integers(0, 48)),
    loads=st.tuples(*[st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9))] * 2),
)
def test_while_the_circumstances_are_the_same_so_is_what_is_free(scenario, rules, hours, loads):
    loaded = policies(*rules)
    matcher, another_process = Matcher(loaded), Matcher(loaded)
    (one, first), (other, second) = (
        (
            circumstances(judge, scenario.network, load, NOW + hour * HOUR),
            free(dataclasses.replace(scenario, loads=load), judge, "web", NOW + hour * HOUR),
        )
        for judge, hour, load in zip((matcher, another_process), hours, loads, strict=True)
    )
    assert one != other or first == second
    matcher.close()
    another_process.close()


def test_the_circumstances_are_those_that_rules_ask_about():
    network = snapshot([node("a")], {}).network
    matcher = Matcher(policies("when: {node.load: {at_least: 3}}, then: {keep: 1}"))
    idle, slow, full, busy, busier = (circumstances(matcher, network, {"a": load}, NOW) for load in (0, 2, 3, 4, 9))
    assert (idle == slow, full == slow, busy == busier) == (True, False, True)
    assert circumstances(matcher, network, {"a": 2}, NOW + 30 * HOUR) == idle, "no rule asks for the time"
    matcher.close()


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
    a, b = by_sku(facts, free_units(facts, matcher, "web", NOW))
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
