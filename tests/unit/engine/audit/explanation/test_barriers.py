"""What keeps a place from shipping is named, with the rules behind it."""

import dataclasses

import pytest

from engine.audit.explanation.barriers import BARRIER_CODES, barriers
from engine.audit.explanation.case import ExplainedChoice
from engine.decide.decision import LeftToOthers, PromiseTerms
from engine.decide.remainder import Remainder
from engine.model.facts import Line, StockPosition
from tests.support.explanations import case_of, explained, said
from tests.support.facts import (
    HOUR,
    LYON,
    NOW,
    PARIS,
    TODAY,
    lots,
    node,
    order,
    product,
    receipt,
    rest,
    service,
    snapshot,
)

OURS = node("lyon", LYON)
OTHER = node("paris", PARIS)
ONE, TWO = ("A", 1), ("A", 2)


def facts(there, *, other=OTHER, here=9, **more):
    """A at Lyon, and so much of it at the place in question."""
    return snapshot([OURS, other], {"A": {"lyon": here, "paris": there}}, **more)


def with_lots(units, days):
    return snapshot([OURS, OTHER], {"A": {"lyon": 9, "paris": units}}, lots={"A": {"paris": lots(a=(units, days))}})


def set_of(*skus):
    return order(*[Line(id=sku, sku=sku, quantity=1, set_name="s") for sku in skus])


SCENES = {
    "no_stock": (order(ONE), facts(0), ()),
    "not_promised": (order(ONE), facts(0, receipts=[receipt(place="paris")]), ()),
    "promises_used_up": (
        order(ONE),
        facts(0, receipts=[receipt(place="paris", units=5, promised=4)]),
        ("then: {promise_from: confirmed, haircut: 20%}",),
    ),
    "held_for_others": (order(ONE), facts(StockPosition(on_hand=2, held=2)), ()),
    "kept_back": (order(ONE), facts(2), ("when: {node.id: paris}, then: {keep: 2}",)),
    "unreachable": (order(ONE), facts(5, other=node("paris", None)), ()),
    "shipment_limits": (
        order(ONE),
        facts(
            5, other=node("paris", PARIS, services=("van",)), services=[service(), service("van", max_unit_weight=10)]
        ),
        (),
    ),
    "resting": (order(ONE), facts(5, resting={"paris": rest(NOW + HOUR)}), ()),
    "node_full": (
        order(ONE),
        facts(5, loads={"paris": 3}),
        ("when: {node.id: paris}, then: {daily_orders: 3}",),
    ),
    "capacity_used": (order(ONE), facts(5), ("when: {node.id: paris}, then: {daily_weight: 0 kg}",)),
    "excluded": (order(ONE), facts(5), ("when: {node.id: paris}, then: {exclude: true}",)),
    "capped": (order(ONE), facts(5), ("when: {node.id: paris}, then: {cap: {channel: web, units: 0}}",)),
    "expire_too_soon": (order(ONE), with_lots(3, 1), ()),
    "not_a_multiple": (order(TWO), facts(5), ("when: {node.id: paris}, then: {multiple_of: 3}",)),
    "kept_together": (order(TWO), facts(1), ("then: {keep_together: true}",)),
    "set_apart": (
        set_of("A", "B"),
        snapshot(
            [OURS, OTHER], {"A": {"lyon": 5, "paris": 5}, "B": {"lyon": 5}}, products=[product("A"), product("B")]
        ),
        (),
    ),
}


@pytest.mark.parametrize("code", SCENES)
def test_a_place_that_could_not_ship_says_why(code):
    placed, made_on, rules = SCENES[code]
    chosen = ExplainedChoice(case_of(placed, made_on, *rules))
    given, _ = barriers(chosen)
    (barrier,) = [item for item in given if item.nodes == ("paris",) and 0 in item.lines]
    assert barrier.code == code
    expected = ("busy/r7",) if code == "resting" else ("test/r1",) if rules else ()
    assert barrier.rules == expected
    explanation = explained(placed, made_on, *rules)
    for language in ("en", "fr"):
        (sentence,) = [
            item for item in said(explanation, explanation.places, language) if "A" in item and "paris" in item
        ]
        assert ("test/r1" in sentence) == bool(rules)


@pytest.mark.parametrize(
    ("comes", "rule", "code"),
    [
        ({"promised": 5}, "then: {promise_from: confirmed}", "promises_used_up"),
        ({"promised": 4}, "then: {promise_from: in_transit}", "not_promised"),
        ({"promised": 4, "days": -1}, "then: {promise_from: confirmed}", "not_promised"),
    ],
)
def test_what_no_rule_lets_be_promised_is_told_from_what_is_promised_already(comes, rule, code):
    made_on = facts(0, receipts=[receipt(place="paris", units=5, **comes)])
    given, _ = barriers(ExplainedChoice(case_of(order(ONE), made_on, rule)))
    assert [item.code for item in given] == [code]


def test_a_place_that_is_barred_rejected_units():
    placed = order(ONE)
    remainder = Remainder(whole_order=placed, units={"1": 1}, barred={"A": frozenset({"paris"})})
    given, _ = barriers(ExplainedChoice(case_of(placed, facts(5), remainder=remainder)))
    assert [(item.code, item.nodes) for item in given] == [("rejected", ("paris",))]


def test_a_place_whose_units_the_plan_of_a_batch_leaves_to_others_says_so():
    left = LeftToOthers(units={("A", "paris"): 5})
    given, _ = barriers(ExplainedChoice(case_of(order(ONE), facts(5), left=left)))
    assert [(item.code, item.nodes) for item in given] == [("left_to_others", ("paris",))]


def test_a_place_that_would_be_later_than_was_promised_says_so():
    slow = service("slow", transit=((2_000_000, 90 * 60),))
    made_on = facts(5, other=node("paris", PARIS, services=("slow",)), services=[service(), slow])
    terms = PromiseTerms(arrives_by=NOW + 60 * HOUR)
    given, _ = barriers(ExplainedChoice(case_of(order(ONE), made_on, terms=terms)))
    assert [(item.code, item.nodes) for item in given] == [("late_for_promise", ("paris",))]


def test_a_place_from_which_it_arrives_on_another_day_than_the_nominated_one_says_so():
    slow = service("slow", transit=((2_000_000, 10 * 24 * 60),))
    made_on = facts(5, other=node("paris", PARIS, services=("slow",)), services=[service(), slow])
    given, _ = barriers(ExplainedChoice(case_of(order(ONE, deliver_on=TODAY + 4), made_on)))
    assert [(item.code, item.nodes) for item in given] == [("other_day", ("paris",))]


def test_every_barrier_has_a_test():
    others = {"rejected", "left_to_others", "late_for_promise", "other_day"}
    assert set(BARRIER_CODES) == SCENES.keys() | others


def test_lines_that_the_same_places_lack_are_named_together():
    made_on = snapshot([OURS, OTHER], {"A": {"lyon": 5}, "B": {"lyon": 5}})
    explanation = explained(order(("A", 1), ("B", 1)), made_on)
    assert said(explanation, explanation.places) == ["paris has no stock of A and B."]


def test_what_a_rest_was_for_is_said_as_it_was_when_it_began():
    explanation = explained(order(ONE), dataclasses.replace(facts(5), resting={"paris": rest(NOW + HOUR)}))
    assert said(explanation, explanation.places) == [
        'paris has A, but is given no orders for a while, because it rejected some. The rule is busy/r7 ("Too busy").'
    ]
    assert "« Débordé »" in said(explanation, explanation.places, "fr")[0].replace("\xa0", " ")


def test_the_last_unit_may_be_kept_back():
    given, _ = barriers(ExplainedChoice(case_of(order(ONE), facts(1), "when: {node.id: paris}, then: {keep: 1}")))
    assert [item.code for item in given] == ["kept_back"]


def test_a_place_that_rests_says_so_also_if_it_is_full():
    rule = "when: {node.id: paris}, then: {daily_orders: 3}"
    made_on = facts(5, loads={"paris": 3}, resting={"paris": rest(NOW + HOUR)})
    given, _ = barriers(ExplainedChoice(case_of(order(ONE), made_on, rule)))
    assert [item.code for item in given] == ["resting"]
