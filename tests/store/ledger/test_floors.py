"""Safety stock and daily limits hold in the commit, whatever others do between a decision's snapshot and its commit."""

import json

import pytest

from engine.store.outcomes import Committed
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.order_json import shipped_units


@pytest.fixture
def others(bare):
    return bare


@pytest.fixture
def meanwhile(opened, before_commit):
    """`meanwhile(act, item)`: the decision for the order `item` with its facts, with `act()` done by others before its
    first commit, which then does not go through.
    """

    def decide(act, item):
        outcomes = before_commit(act)
        made = json.loads(opened().decide(item).whole)
        first, *others = outcomes
        assert first != Committed(), "committed at the first try"
        assert others == [Committed()]
        return made

    return decide


def stocked(others, units, *rules, **more):
    others.load(inventory([node("lyon", LYON)], {"A": {"lyon": units}}, **more), counts=True)
    activate(others, *rules)


def put(units, number=1):
    return Count(node="lyon", sku="A", on_hand=units, stamp=Stamp(kind="s", number=number))


def test_a_share_is_of_what_is_on_hand_at_the_commit(others, meanwhile):
    # of 3, 1 and 1 stay; of 4, 2 and 2
    stocked(others, 3, "then: {keep: 30%, protect: {channel: app, share: 30%}}")
    made = meanwhile(lambda: others.stock.set_count(put(4)), order(("A", 1)))
    assert made["status"] == "unfilled"
    assert made["facts"]["document"]["stock"] == {"A": {"nodes": ["lyon"], "on_hand": [4], "held": [0], "floor": [4]}}


def test_the_floor_of_the_commit_leaves_a_channel_its_own(others, meanwhile):
    # of 9, 4 stay for app and store together; of 2, none: one of them is the web's own, and one it keeps
    stocked(others, 9, "then: {keep: 1, protect: [{channel: app, units: 3}, {channel: store, units: 1}]}")
    assert shipped_units(meanwhile(lambda: others.stock.set_count(put(5)), order(("A", 9)))) == 0
    stocked(others, 9, "then: {protect: [{channel: app, units: 3}, {channel: web, units: 2}]}")
    assert shipped_units(meanwhile(lambda: others.stock.set_count(put(3)), order(("A", 9)))) == 2


def test_of_lines_of_one_sku_the_largest_floor_counts_at_the_commit(others, meanwhile):
    rules = ["when: {line.quantity: {at_least: 3}}, then: {keep: 50%}", "then: {keep: 10%}"]
    stocked(others, 10, *rules)
    made = meanwhile(lambda: others.stock.set_count(put(6)), order(("A", 4), ("A", 1)))
    assert (shipped_units(made), made["stock"]["A"]["lyon"]["floor"]) == (3, 3)


def test_stock_that_sank_meanwhile_is_not_taken(others, meanwhile):
    stocked(others, 9, "then: {keep: 2}")
    assert shipped_units(meanwhile(lambda: others.stock.set_count(put(3)), order(("A", 5)))) == 1


def test_goods_that_left_meanwhile_are_not_taken(others, meanwhile):
    stocked(others, 9)
    held = json_of(others.decide(order(("A", 4))))["id"]

    def confirmed():
        others.holds.confirm(held)
        others.stock.move([Movement(op="a", node="lyon", sku="A", delta=-3)])

    assert shipped_units(meanwhile(confirmed, order(("A", 5)))) == 2


@pytest.mark.parametrize("fact", ["stock.available: {at_most: 3}", "stock.held: {at_least: 3}"])
def test_safety_stock_that_hangs_on_what_others_hold_is_judged_by_what_they_hold_at_the_commit(others, meanwhile, fact):
    stocked(others, 6, f"when: {{{fact}}}, then: {{keep: 2}}")
    made = meanwhile(lambda: others.decide(order(("A", 3))), order(("A", 3)))
    assert (shipped_units(made), made["stock"]["A"]["lyon"]["floor"]) == (1, 2)


def test_safety_stock_that_hangs_on_cover_or_count_is_judged_by_the_count_at_the_commit(others, meanwhile):
    stocked(others, 10, "when: {stock.on_hand: {more_than: 10}}, then: {keep: 100%}")
    assert shipped_units(meanwhile(lambda: others.stock.set_count(put(11)), order(("A", 1)))) == 0


def test_safety_stock_that_another_rule_lifts_hangs_on_what_that_one_asks(others, meanwhile):
    stocked(
        others,
        6,
        "then: {keep: 4}",
        "when: {stock.held: 0}, overrides: [test/r1], then: {keep: 0}",
    )
    made = meanwhile(lambda: others.decide(order(("A", 1))), order(("A", 2)))
    assert (shipped_units(made), made["stock"]["A"]["lyon"]["floor"]) == (1, 4)


def test_safety_stock_that_hangs_on_the_load_is_judged_by_the_load_at_the_commit(others, meanwhile):
    stocked(others, 6, "when: {node.load: {at_least: 1}}, then: {keep: 4}")
    assert shipped_units(meanwhile(lambda: others.decide(order(("A", 1))), order(("A", 3)))) == 1


def test_the_last_room_of_a_day_is_given_once(others, meanwhile):
    stocked(others, 6, "then: {daily_orders: 1}")
    made = meanwhile(lambda: others.decide(order(("A", 1))), order(("A", 1)))
    assert made["unfilled"][0]["reasons"][0]["code"] == "node_full"


def test_a_policy_activated_meanwhile_decides(others, meanwhile):
    stocked(others, 6)
    made = meanwhile(lambda: activate(others, "then: {keep: 5}"), order(("A", 3)))
    assert shipped_units(made) == 1


def test_facts_loaded_meanwhile_decide(others, meanwhile):
    stocked(others, 6)
    nodes = [node("lyon", LYON, services=()), node("lille", LILLE)]
    again = inventory(nodes, {"A": {"lyon": 6, "lille": 2}})
    assert [shipment["node"] for shipment in meanwhile(lambda: others.load(again), order(("A", 3)))["shipments"]] == [
        "lille"
    ]


def test_where_no_rule_asks_for_stock_others_do_not_make_it_decide_again(others, opened, before_commit):
    stocked(others, 100, "then: {keep: 3}")
    outcomes = before_commit(lambda: others.holds.confirm(json_of(others.decide(order(("A", 1))))["id"]))
    assert json_of(opened().decide(order(("A", 3))))["status"] == "filled"
    assert outcomes == [Committed()]


@pytest.mark.parametrize(
    "rule",
    [
        "when: {stock.available: {at_most: 3}}, then: {keep: 2}",
        "when: {stock.held: {at_least: 9}}, then: {keep: 2}",
        "when: {stock.on_hand: {less_than: 50}}, then: {keep: 2}",
        "when: {node.load: {at_least: 8}}, then: {daily_orders: 9}",
    ],
)
def test_where_others_change_stock_and_load_but_no_condition_on_them_they_do_not_make_it_decide_again(
    others, opened, before_commit, rule
):
    stocked(others, 100, rule)
    outcomes = before_commit(lambda: (others.decide(order(("A", 1))), others.stock.set_count(put(90))))
    assert json_of(opened().decide(order(("A", 3))))["status"] == "filled"
    assert outcomes == [Committed()]
