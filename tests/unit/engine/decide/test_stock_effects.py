"""What rules do to stock: keep and protect; and how many shipments a node takes on a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decision import Claim, LoadClaim
from engine.model.facts import StockPosition
from rules.reserves import Floor, Portion, Reserve
from tests.support.examples import examples
from tests.support.facts import EURO, LILLE, LYON, decided, node, order, service, shipped, snapshot

NODES = [node("lyon", LYON), node("lille", LILLE, handling=EURO)]


def facts(lyon=10, lille=0, **more):
    return snapshot(NODES, {"A": {"lyon": lyon, "lille": lille}}, **more)


def most(scenario, *rules, channel="web"):
    """How many of A an order on the channel gets."""
    return sum(shipped(decided(order(("A", 1_000), channel=channel), scenario, *rules)).values())


def test_what_is_kept_stays():
    assert most(facts(), "then: {keep: 3}") == 7
    assert most(facts(lille=2), "then: {keep: 3}") == 7
    assert most(facts(lille=2), "when: {node.id: lyon}, then: {keep: 3}") == 9


@pytest.mark.parametrize(
    ("on_hand", "share", "left"), [(10, "10%", 9), (11, "10%", 9), (1, "1%", 0), (10, "100%", 0), (10, "0%", 10)]
)
def test_a_share_that_is_kept_is_of_what_is_on_hand_rounded_up(on_hand, share, left):
    assert most(facts(on_hand), f"then: {{keep: {share}}}") == left


def test_a_share_is_of_what_is_on_hand_whatever_is_held():
    assert most(facts(StockPosition(on_hand=10, held=4)), "then: {keep: 20%}") == 4


def test_of_several_that_keep_the_most_is_kept():
    assert most(facts(), "then: {keep: 3}", "then: {keep: 40%}", "then: {keep: 1}") == 6


def test_keeping_more_than_there_is_leaves_nothing_and_no_less():
    assert most(facts(), "then: {keep: 99}") == 0
    assert most(facts(StockPosition(on_hand=3, held=5))) == 0


def test_what_is_protected_for_a_channel_is_left_to_it_alone():
    rule = "then: {protect: {channel: app, units: 4}}"
    assert [most(facts(), rule, channel=name) for name in ("web", "store", "app")] == [6, 6, 10]


def test_a_share_can_be_protected():
    rule = "then: {protect: {channel: app, share: 25%}}"
    assert [most(facts(), rule, channel=name) for name in ("web", "app")] == [7, 10]


def test_what_is_protected_for_several_channels_adds_up_and_with_what_is_kept():
    rules = [
        "then: {protect: [{channel: app, units: 4}, {channel: store, units: 2}], keep: 1}",
        "then: {protect: {channel: app, units: 3}}",
    ]
    assert [most(facts(), *rules, channel=name) for name in ("web", "store", "app")] == [3, 5, 7]


def test_the_floor_goes_into_the_claim_so_that_the_commit_can_hold_it():
    decision = decided(order(("A", 2)), facts(), "then: {keep: 1, protect: {channel: app, units: 3}}")
    floor = Floor(keep=Reserve(units=1), others=(Portion(reserve=Reserve(units=3)),))
    assert decision.claims == (Claim(sku="A", node="lyon", units=2, floor=4, floors=(floor,)),)


def test_the_last_unit_goes_to_whichever_of_the_protected_channels_comes_first():
    rule = "then: {protect: [{channel: web, share: 6%}, {channel: app, share: 3%}]}"
    assert [most(facts(1), rule, channel=name) for name in ("web", "app", "store")] == [1, 1, 0]


def test_beyond_what_is_kept_a_channel_may_take_what_is_protected_for_it():
    rule = "then: {keep: 1, protect: [{channel: web, units: 2}, {channel: app, units: 9}]}"
    assert [most(facts(5), rule, channel=name) for name in ("web", "app", "store")] == [2, 4, 0]


@pytest.mark.parametrize("quantities", [(3, 1), (1, 3)])
def test_of_lines_of_one_sku_the_largest_floor_counts_whichever_stands_first(quantities):
    rule = "when: {line.quantity: {at_least: 3}}, then: {keep: 3}"
    decision = decided(order(*(("A", quantity) for quantity in quantities)), facts(4), rule)
    assert decision.score.unfilled == 3
    assert {reason.rules for item in decision.unfilled for reason in item.reasons} == {("test/r1",)}


def test_lines_of_one_sku_claim_together():
    decision = decided(order(("A", 2), ("A", 2)), facts(3))
    assert decision.claims == (Claim(sku="A", node="lyon", units=3, floor=0),)
    assert decision.score.unfilled == 1


def test_stock_that_is_low_can_be_kept_by_its_cover():
    rule = "when: {stock.days_of_cover: {less_than: 5}}, then: {keep: 100%}"
    assert most(facts(StockPosition(on_hand=10, pace=2_500)), rule) == 0  # four days
    assert most(facts(StockPosition(on_hand=10, pace=2_000)), rule) == 10  # five days
    assert most(facts(StockPosition(on_hand=10)), rule) == 10  # nobody knows


def test_a_node_takes_so_many_shipments_a_day():
    rule = "when: {node.id: lyon}, then: {daily_orders: 3}"
    for load, winner in ((0, "lyon"), (2, "lyon"), (3, "lille"), (4, "lille")):
        decision = decided(order(("A", 1)), facts(lille=10, loads={"lyon": load}), rule)
        assert shipped(decision) == {winner: 1}


def test_of_several_limits_of_a_day_the_least_counts():
    rules = ["then: {daily_orders: 9}", "when: {node.type: warehouse, now.weekday: friday}, then: {daily_orders: 0}"]
    assert most(facts(), *rules) == 0


def test_an_order_may_not_take_more_shipments_of_a_node_than_it_has_left():
    nodes = [node("lyon", LYON, services=("light", "heavy"))]
    services = [service("light", max_weight=1_000), service("heavy", base=0, max_weight=5_000)]
    scenario = snapshot(nodes, {"A": {"lyon": 1}}, services=services, loads={"lyon": 1})
    decision = decided(order(("A", 1)), scenario, "then: {daily_orders: 2}")
    assert decision.load_claims == (LoadClaim(node="lyon", period="2026-11-27", shipments=1, most=2),)


def test_a_node_without_a_limit_is_counted_and_never_full():
    decision = decided(order(("A", 1)), facts(loads={"lyon": 10_000}))
    assert decision.load_claims == (LoadClaim(node="lyon", period="2026-11-27", shipments=1, most=None),)


AMOUNTS = st.one_of(st.integers(0, 12).map(str), st.integers(0, 100).map("{}%".format))
CHANNELS = st.sampled_from(["web", "app", "store"])


@st.composite
def protections(draw):
    amount = draw(AMOUNTS)
    size = f"share: {amount}" if amount.endswith("%") else f"units: {amount}"
    return f"then: {{protect: {{channel: {draw(CHANNELS)}, {size}}}}}"


@examples(20)
@given(
    on_hand=st.integers(0, 20),
    held=st.integers(0, 20),
    rules=st.lists(st.one_of(AMOUNTS.map("then: {{keep: {}}}".format), protections()), max_size=5),
    oversell=st.lists(st.integers(0, 9), max_size=2),
    channel=CHANNELS,
)
def test_never_more_than_is_free_above_the_floor_and_never_less(on_hand, held, rules, oversell, channel):
    def size(text):
        return -(-on_hand * int(text[:-1]) // 100) if text.endswith("%") else int(text)

    keep = max((size(rule.split("keep: ")[1].rstrip("}")) for rule in rules if "keep" in rule), default=0)
    protected = {}
    for rule in rules:
        if "protect" in rule:
            name, _, amount = rule.split("channel: ")[1].rstrip("}").partition(", ")
            protected[name] = max(protected.get(name, 0), size(amount.split(": ")[1]))
    others = sum(amount for name, amount in protected.items() if name != channel)
    floor = keep + min(others, max(0, on_hand - keep - protected.get(channel, 0)))
    rules = [*rules, *(f"when: {{node.id: lyon}}, then: {{oversell: {units}}}" for units in oversell)]
    scenario = facts(StockPosition(on_hand=on_hand, held=held))
    assert most(scenario, *rules, channel=channel) == max(0, on_hand - held - floor + min(oversell, default=0))


@pytest.mark.parametrize(("limits", "ships"), [({"daily_weight": 3_999}, 3), ({"daily_units": 2}, 2), ({}, 4)])
def test_a_place_ships_no_more_units_or_kilograms_than_it_may_a_day(limits, ships):
    stock = snapshot([node("lyon", LYON, **limits)], {"A": {"lyon": 9}})  # of a kilogram each
    assert sum(shipped(decided(order(("A", 4)), stock)).values()) == ships
