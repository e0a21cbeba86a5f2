"""Shipments that come before tiers and money: `fewest_shipments`, and a limit that gives way to units unfilled."""

import contextlib

import pytest

from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.fewest_shipments import choose_few_shipments
from engine.decide.sourcing.problem import Choice, Score, Unproven
from engine.model.facts import OptionKey
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, NOW, decided, node, order, policies, shipped, snapshot

NODES = [node("lyon", LYON), node("lille", LILLE), node("marseille", MARSEILLE, handling=9 * EURO)]
FEWEST = "then: {fewest_shipments: true}"
AT_MOST_ONE = "then: {max_shipments: {at_most: 1, unless_needed: true}}"


def facts(**stock):
    return snapshot(NODES, {sku.upper(): units for sku, units in stock.items()})


TWO_LINES = facts(
    a={"lyon": 5, "marseille": 5},
    b={"lille": 5, "marseille": 5},
)


def test_one_shipment_comes_before_better_tiers():
    lyon_first, lille_next = "when: {node.id: lyon}, then: {tier: 1}", "when: {node.id: lille}, then: {tier: 2}"
    both = order(("A", 1), ("B", 1))
    assert shipped(decided(both, TWO_LINES, lyon_first, lille_next)) == {"lyon": 1, "lille": 1}
    assert shipped(decided(both, TWO_LINES, lyon_first, lille_next, FEWEST)) == {"marseille": 2}


def test_tiers_rank_the_choices_of_as_many_shipments():
    stock = facts(a={"lyon": 5, "lille": 5, "marseille": 5})
    last = "when: {node.id: marseille}, then: {tier: 1}"
    assert shipped(decided(order(("A", 4)), stock, last, FEWEST)) == {"marseille": 4}


def test_fewer_shipments_leave_no_unit_unfilled_and_take_none_that_is_not_needed():
    stock = facts(a={"lyon": 3, "lille": 3, "marseille": 6})
    assert sum(shipped(decided(order(("A", 8)), stock, FEWEST)).values()) == 8
    assert shipped(decided(order(("A", 6)), stock, FEWEST)) == {"marseille": 6}
    spared = "when: {node.id: marseille}, then: {exclude: unless_needed}"
    assert shipped(decided(order(("A", 6)), stock, spared, FEWEST)) == {"lyon": 3, "lille": 3}


def test_the_limit_gives_way_where_units_would_stay_unfilled_and_nowhere_else():
    both = order(("A", 1), ("B", 1))
    assert shipped(decided(both, TWO_LINES)) == {"lyon": 1, "lille": 1}
    assert shipped(decided(both, TWO_LINES, AT_MOST_ONE)) == {"marseille": 2}
    apart = facts(a={"lyon": 5}, b={"lille": 5})
    assert shipped(decided(both, apart, "then: {max_shipments: 1}")) == {"lille": 1}
    assert shipped(decided(both, apart, AT_MOST_ONE)) == {"lyon": 1, "lille": 1}


def test_no_more_shipments_go_beyond_the_limit_than_fill_the_order():
    stock = facts(a={"lyon": 4, "lille": 4, "marseille": 7})
    assert shipped(decided(order(("A", 8)), stock, AT_MOST_ONE, "when: {node.id: marseille}, then: {tier: 9}")) == {
        "lyon": 4,
        "lille": 4,
    }
    assert len(shipped(decided(order(("A", 10)), stock, AT_MOST_ONE))) == 2


def test_a_limit_that_gives_way_stays_within_one_that_does_not():
    stock = facts(a={"lyon": 2, "lille": 2, "marseille": 2})
    decision = decided(order(("A", 6)), stock, AT_MOST_ONE, "then: {max_shipments: 2}")
    assert len(shipped(decision)) == 2
    assert [reason.code for reason in decision.unfilled[0].reasons] == ["max_shipments"]


def test_a_complete_order_makes_more_shipments_than_its_limit_if_it_must():
    stock = facts(a={"lyon": 5}, b={"lille": 5})
    complete = "then: {ship_complete: true}"
    assert len(shipped(decided(order(("A", 1), ("B", 1)), stock, AT_MOST_ONE, complete, FEWEST))) == 2
    assert shipped(decided(order(("A", 1), ("B", 6)), stock, AT_MOST_ONE, complete, FEWEST)) == {}


def choice(shipments, unfilled=0, *, unproven=None, money=0):
    units = {(OptionKey(f"n{number}", "s"), 0): 1 for number in range(shipments)}
    score = Score(unfilled=unfilled, unless_needed=0, tiers=0, money=money)
    return Choice(units=units, score=score, gap=None if unproven else 0, unproven=unproven)


@pytest.mark.parametrize("fewest", [True, False])
def test_what_was_not_proven_under_a_lower_limit_is_said(fewest):
    doubt = Unproven(part="unfilled_units", most=1)
    answers = {1: choice(1, 4), 2: choice(2, 1, unproven=doubt), 3: choice(3), 4: choice(4), None: choice(4)}
    asked = {"limit": None if fewest else 1, "fewest": fewest, "most": None}
    found = choose_few_shipments(answers.__getitem__, **asked)
    assert (found.units, found.gap) == (answers[3].units, None)
    assert found.unproven == Unproven(part="shipments", most=1)


def test_what_no_limit_leaves_unproven_is_unproven():
    doubt = Unproven(part="unfilled_units", most=2)
    answers = {1: choice(1, 4), 2: choice(2, 3), None: choice(2, 3, unproven=doubt)}
    assert choose_few_shipments(answers.__getitem__, limit=1, fewest=False, most=None).unproven == doubt
    assert choose_few_shipments(answers.__getitem__, limit=1, fewest=True, most=None).unproven == doubt


def test_shipments_that_stand_count_against_a_limit_that_gives_way():
    stock = facts(a={"lyon": 3, "lille": 3, "marseille": 6})
    with contextlib.closing(Matcher(policies("then: {max_shipments: {at_most: 2, unless_needed: true}}"))) as matcher:

        def left(standing):
            return Evaluation(
                order=order(("A", 6)), snapshot=stock, matcher=matcher, now=NOW, standing_shipments=standing
            )

        assert [left(standing).shipments_unless_needed for standing in range(4)] == [2, 1, 0, 0]
        shipments = [len({key for key, _ in Candidates(left(standing)).choose().units}) for standing in (0, 1, 2)]
        assert shipments == [2, 1, 1]


def test_a_choice_found_below_one_that_is_unproven_is_unproven():
    doubt = Unproven(part="unfilled_units", most=1)
    answers = {1: choice(1, 4), 2: choice(2, 1), None: choice(4, 1, unproven=doubt)}
    found = choose_few_shipments(answers.__getitem__, limit=1, fewest=False, most=None)
    assert (found.units, found.unproven) == (answers[2].units, doubt)
