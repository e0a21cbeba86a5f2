"""What would have changed a decision: the smallest of each kind, exactly, and nothing that would not."""

import dataclasses

import pytest

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.changes import search
from engine.audit.explanation.changes.change import AmountMoved, FewerParcels, MoreUnits, MovedInTime, RuleOff
from engine.audit.explanation.changes.search import changes
from engine.model.facts import StockPosition
from rules.effects import Exclusion
from tests.support.explanations import case_of, explained, would_change
from tests.support.facts import (
    EURO,
    HOUR,
    LYON,
    NOW,
    PARIS,
    lots,
    node,
    order,
    product,
    rest,
    service,
    snapshot,
)

ONE = ("A", 1)
DEAR = service("dear", base=8 * EURO)
"""Three euros more than the parcel."""
SERVICES = [service(), DEAR]
NODES = [node("lyon", LYON, services=("dear",)), node("paris", PARIS)]


def facts(nodes=NODES, lyon=5, paris=5, services=SERVICES, **more):
    return snapshot(list(nodes), {"A": {"lyon": lyon, "paris": paris}}, services=list(services), **more)


def found(placed, made_on, *rules, now=NOW, kind=object):
    """The changes of a kind."""
    each = changes(ExplainedChoice(case_of(placed, made_on, *rules, now=now))).each
    return [item.change for item in each if isinstance(item.change, kind)]


def moved(placed, made_on, *rules):
    """Amounts, before and after."""
    return {(item.before, item.after) for item in found(placed, made_on, *rules, kind=AmountMoved)}


def test_a_rule_is_named_without_which_the_choice_is_another_one():
    rules = ["when: {node.id: lyon}, then: {prefer: 4.00}", "when: {node.id: paris}, then: {prefer: 0.10}"]
    assert found(order(ONE), facts(), *rules, kind=RuleOff) == [RuleOff(rule="test/r1")]
    explanation = explained(order(ONE), facts(), *rules, what_if=True)
    assert would_change(explanation)[0] == (
        'Without the rule test/r1 ("a reason"), paris would have shipped 1 unit of A by parcel.'
    )


def test_a_rule_that_other_rules_silence_may_be_decisive_by_overriding():
    rules = ["when: {node.id: paris}, then: {exclude: true}", "overrides: [test/r1], then: {hold: 1 h}"]
    assert found(order(ONE), facts(), *rules, kind=RuleOff) == [RuleOff(rule="test/r2")]


def test_without_a_rule_the_rests_that_it_alone_gave_are_gone():
    rule = "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 1 h}"
    case = case_of(order(ONE), facts(), rule)
    version = case.matcher.policies.version
    resting = facts(resting={"paris": rest(NOW + HOUR, "test/r1", version=version)})
    assert found(order(ONE), resting, rule, kind=RuleOff) == [RuleOff(rule="test/r1")]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # lyon is 3.00 dearer: at 3.00 they are alike, and lyon comes first by its name
        (["when: {node.id: lyon}, then: {prefer: 4.00}"], {(4_000_000, 2_990_000)}),
        (["when: {node.id: lyon}, then: {prefer: 1.00}"], {(1_000_000, 3_000_000)}),
        (["when: {node.id: paris}, then: {avoid: 1.00}"], {(1_000_000, 3_000_000)}),
        (["when: {node.id: paris}, then: {avoid: 5.00}"], {(5_000_000, 2_990_000)}),
        # an amount that is no whole number of cents moves by the micro
        (["when: {node.id: lyon}, then: {prefer: 4.000001}"], {(4_000_001, 2_999_999)}),
        (["when: {node.id: lyon}, then: {tier: 4}"], {(4, 5)}),
        (["when: {node.id: lyon}, then: {tier: 6}"], {(6, 4)}),
        (["when: {node.id: paris}, then: {keep: 2}"], {(2, 5)}),
        (["when: {node.id: paris}, then: {keep: 7}"], {(7, 4)}),
        (["when: {node.id: paris}, then: {protect: {channel: app, units: 3}}"], {(3, 5)}),
        (["when: {node.id: paris}, then: {daily_orders: 2}"], {(2, 0)}),
        (["when: {node.id: paris}, then: {cap: {channel: web, units: 2}}"], {(2, 0)}),
        (["when: {node.id: paris}, then: {keep: 40%}"], set()),
        (["when: {node.id: lyon}, then: {exclude: true}"], set()),
        (["then: {hold: 1 h, priority: 70}"], set()),
    ],
)
def test_an_amount_is_moved_to_the_nearest_that_changes_the_choice(rules, expected):
    assert moved(order(ONE), facts(), *rules) == expected


def test_the_price_of_carbon_and_of_splitting_have_a_threshold_too():
    green = service("dear", base=8 * EURO, drop=0)
    dirty = service(drop=10_000_000)  # 10 kg
    made_on = facts(services=[dirty, green])
    assert moved(order(ONE), made_on, "then: {carbon_price: 0.10}") == {(100_000, 300_000)}
    halves = facts(lyon=5, paris=1)
    # two parcels cost 5 + 8, one from lyon 8: splitting never pays unless lyon is avoided
    rules = ["then: {split_penalty: 1.00}", "when: {node.id: lyon}, then: {avoid: 7.00}"]
    assert (1_000_000, 2_000_000) in moved(order(("A", 2)), halves, *rules)


def test_a_limit_of_parcels_moves_by_one():
    made_on = facts(lyon=1, paris=1)
    assert moved(order(("A", 2)), made_on, "then: {max_shipments: 1}") == {(1, 2)}
    assert moved(order(("A", 2)), made_on, "then: {max_shipments: {at_most: 2, unless_needed: true}}") == set()


def test_the_fewest_units_more():
    assert found(order(("A", 3)), facts(lyon=5, paris=1), kind=MoreUnits) == [MoreUnits(sku="A", node="paris", units=2)]
    empty = facts(lyon=5, paris=StockPosition(on_hand=1, held=40))
    assert found(order(ONE), empty, kind=MoreUnits) == [MoreUnits(sku="A", node="paris", units=40)]
    keeping = "when: {node.id: paris}, then: {keep: 20}"
    assert found(order(ONE), facts(lyon=5, paris=0), keeping, kind=MoreUnits) == [
        MoreUnits(sku="A", node="paris", units=21)
    ]


def test_units_are_added_in_whole_ones_and_not_to_lots():
    cloth = product("A", decimals=1)
    made_on = facts(lyon=500, paris=5, products=[cloth], decimals={"A": 1})
    assert found(order(("A", 20)), made_on, kind=MoreUnits) == [MoreUnits(sku="A", node="paris", units=20)]
    of_lots = facts(lyon=5, paris=0, lots={"A": {"lyon": lots(a=(5, 90))}})
    assert found(order(ONE), of_lots, kind=MoreUnits) == []


def test_the_fewest_parcels_fewer_at_a_place_that_is_full():
    rule = "when: {node.id: paris}, then: {daily_orders: 3}"
    assert found(order(ONE), facts(loads={"paris": 5}), rule, kind=FewerParcels) == [
        FewerParcels(node="paris", parcels=3)
    ]
    explanation = explained(order(ONE), facts(loads={"paris": 5}), rule, what_if=True)
    assert "If paris had been given 3 parcels fewer, paris would have shipped 1 unit of A by parcel." in would_change(
        explanation
    )
    assert found(order(ONE), facts(loads={"paris": 5}), kind=FewerParcels) == []


def test_the_fewest_minutes_earlier_and_later():
    # it is 10:00 in Paris; parcels from there leave by 09:30, and are avoided if they are late
    places = [NODES[0], node("paris", PARIS, cut_offs={"parcel": 9 * 60 + 30})]
    promise = NOW + 49 * HOUR
    placed = order(ONE, promise_by=promise)
    rule = "when: {route.late: true}, then: {avoid: 9.00}"
    assert found(placed, facts(nodes=places), rule, kind=MovedInTime)[0] == MovedInTime(minutes=-31)
    window = "when: {node.id: lyon}, then: {prefer: 9.00}, hours: ['12:00', '18:00']"
    later = found(order(ONE), facts(), window, kind=MovedInTime)
    assert later == [MovedInTime(minutes=-16 * 60 - 1), MovedInTime(minutes=120)]
    explanation = explained(order(ONE), facts(), window, what_if=True)
    assert (
        "If the order had been placed and decided 2 hours later, on 27 November 2026 12:00,"
        " lyon would have shipped 1 unit of A by dear." in (would_change(explanation))
    )


def test_what_stays_unfilled_then_is_said():
    rule = "when: {node.id: lyon}, then: {exclude: true}"
    explanation = explained(order(("A", 3)), facts(lyon=2, paris=2), rule, "then: {max_shipments: 1}", what_if=True)
    (sentence,) = [item for item in would_change(explanation) if item.startswith("If paris had had")]
    assert sentence == "If paris had had 1 unit of A more, paris would have shipped 3 units of A by parcel."
    keep = "when: {node.id: paris}, then: {keep: 1}"
    alone = snapshot(NODES[1:], {"A": {"paris": 2}})
    without = would_change(explained(order(("A", 3)), alone, keep, what_if=True))[0]
    assert without.endswith(
        "paris would have shipped 2 units of A by parcel, and 1 unit of A would have stayed unfilled."
    )


def test_nothing_is_said_to_change_a_decision_without_alternative():
    alone = snapshot(NODES[1:], {"A": {"paris": 5}})
    assert found(order(ONE), alone, "then: {hold: 1 h}") == []


def test_how_often_it_decides_is_bounded_and_said(monkeypatch):
    rules = ["when: {node.id: lyon}, then: {prefer: 4.00}", "when: {node.id: paris}, then: {prefer: 0.10}"]
    case = case_of(order(ONE), facts(), *rules)
    whole = changes(ExplainedChoice(case))
    assert whole.complete
    monkeypatch.setattr(search, "MOST_DECISIONS", 2)
    some = changes(ExplainedChoice(case))
    assert not some.complete
    assert [item.change for item in some.each] == [RuleOff(rule="test/r1")]


def test_a_decision_that_takes_a_search_counts_more():
    searched, direct = case_of(order(("A", 2)), facts(lyon=1, paris=1)), case_of(order(ONE), facts())
    decider = search.Decider(direct, ExplainedChoice(direct), 2)
    assert not decider.decide(direct).searches
    assert decider.left == 1
    assert decider.decide(searched).searches
    assert decider.left == 1 - search.SEARCH
    with pytest.raises(search.BudgetSpent):
        decider.decide(direct)


def test_what_has_no_number_is_not_moved():
    assert search.number_in(Exclusion.YES) is None
    assert search.number_in(True) is None  # noqa: FBT003  # an effect's value


def test_only_the_amounts_that_move_least_are_told(monkeypatch):
    monkeypatch.setattr(search, "_MOST_AMOUNTS", 1)
    rules = ["when: {node.id: lyon}, then: {prefer: 3.10}", "when: {node.id: paris}, then: {avoid: 1.00}"]
    # r1 may lose 1.11 of its 3.10, and r2 more than all it has
    assert moved(order(ONE), facts(), *rules) == {(3_100_000, 1_990_000)}


def test_a_change_is_applied_to_the_case_and_leaves_it_as_it_was():
    case = case_of(order(ONE), facts())
    before = dataclasses.replace(case)
    assert MoreUnits(sku="A", node="paris", units=4).applied(case).snapshot.positions["A"]["paris"].on_hand == 9
    later = MovedInTime(minutes=5).applied(case)
    assert (later.now, later.remainder.whole_order.placed_at) == (NOW + 300, NOW + 300)
    assert case == before
