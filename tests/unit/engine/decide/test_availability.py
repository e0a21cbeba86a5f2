"""Availability is a promise: the units shown as free to a channel are what an order on that channel can take."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.availability import available
from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from tests.support.facts import NOW, decided, node, order, policies, product, shipped, snapshot

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
    ]
)
EFFECTS = st.sampled_from(
    [
        "then: {keep: 2}",
        "then: {keep: 30%}",
        "then: {protect: {channel: web, units: 3}}",
        "then: {protect: [{channel: app, share: 20%}, {channel: store, units: 1}]}",
        "then: {keep: 0}, overrides: [test/r1]",
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
    stock = draw(st.dictionaries(st.sampled_from(NAMES), positions))
    article = product(
        "A",
        lifecycle=draw(st.sampled_from(["core", "end_of_line"])),
        tags=frozenset(draw(st.sets(st.sampled_from(["fragile", "cotton"])))),
    )
    loads = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)))
    return snapshot(nodes, {"A": stock}, products=[article], loads=loads)


@pytest.mark.slow
@settings(max_examples=100)
@given(scenario=snapshots(), rules=rule_lists(), channel=CHANNELS)
def test_what_is_said_to_be_free_is_what_an_order_can_take(scenario, rules, channel):
    matcher = Matcher(policies(*rules))
    promised = {item.node: item.free for item in available(scenario, matcher, "A", channel, NOW) if item.free}
    taken = shipped(decide(order(("A", 10_000), channel=channel), scenario, matcher, NOW))
    assert taken == promised
    assert matcher.incidents == 0
    matcher.close()


def test_every_node_that_carries_it_is_listed_by_name_free_or_not():
    scenario = snapshot([node("b"), node("a"), node("c")], {"A": {"b": 2, "a": 0}, "B": {"c": 1}})
    matcher = Matcher(policies("then: {keep: 9}"))
    listed = available(scenario, matcher, "A", "web", NOW)
    assert [(item.node, item.position.on_hand, item.free) for item in listed] == [("a", 0, 0), ("b", 2, 0)]
    matcher.close()


def test_a_rule_about_what_is_not_known_of_an_order_yet_does_not_fire():
    rule = "when: {order.segment: loyal}, then: {keep: 2}"
    scenario = snapshot([node("a")], {"A": {"a": 3}})
    matcher = Matcher(policies(rule))
    assert [item.free for item in available(scenario, matcher, "A", "web", NOW)] == [3]
    assert shipped(decided(order(("A", 3), segment="loyal"), scenario, rule)) == {"a": 1}
    matcher.close()
