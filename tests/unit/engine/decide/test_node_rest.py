"""Which rest a rejection gives a node, and how nodes that rest change a decision."""

from dataclasses import replace
from typing import get_args

import pytest

from engine.decide.decide import decide
from engine.decide.decision import Reason
from engine.decide.impact.rule_impact import deciding_rules
from engine.decide.matching.matcher import Matcher
from engine.decide.node_rest import rest_after, resting_record
from engine.decide.record import DecisionRecord, to_json
from engine.model.facts import NodeRest
from engine.orders.rejection import COUNTED
from engine.orders.rejection import Reason as Rejected
from rules.vocabulary import REJECTION_REASONS
from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    NOW,
    decided,
    network,
    node,
    order,
    policies,
    rest,
    shipped,
    snapshot,
)

NODES = [node("lyon", LYON), node("lille", LILLE, type="store", handling=1 * EURO)]
BECAUSE = {"busy/r7": {"en": "Too busy", "fr": "Débordé"}}


def facts(resting=None, **stock):
    rests_by_node = {name: rest(until) for name, until in (resting or {}).items()}
    return snapshot(NODES, {"A": stock or {"lyon": 5, "lille": 5}}, loads={"lille": 40}, resting=rests_by_node)


def begun(*rules, node="lille", reason="no_capacity", now=NOW, snapshot=None):
    matcher = Matcher(policies(*rules))
    try:
        return rest_after(snapshot or facts(), matcher, now, node=node, reason=reason, decision="d2")
    finally:
        matcher.close()


def rests(duration, when=""):
    return f"{when}{', ' if when else ''}then: {{rest_after_rejection: {duration}}}"


def test_a_rest_lasts_as_long_as_the_rule_says_from_the_rejection_on():
    begun_rest = begun(rests("90 min"))
    assert begun_rest == NodeRest(
        until=NOW + 5_400,
        since=NOW,
        reason="no_capacity",
        decision="d2",
        policy_version=policies(rests("90 min")).version,
        because={"test/r1": {"en": "a reason"}},
    )


def test_without_a_rule_that_fires_there_is_no_rest():
    assert begun() is None
    assert begun(rests("1 h", "when: {node.type: warehouse}")) is None
    assert begun("when: {node.type: store}, then: {daily_orders: 5}") is None


def test_of_several_rests_the_longest_counts_and_is_the_one_that_is_named():
    begun_rest = begun(rests("1 h"), rests("4 h"), rests("240 min", "when: {node.type: store}"), rests("2 h"))
    assert (begun_rest.until, sorted(begun_rest.because)) == (NOW + 4 * HOUR, ["test/r2", "test/r3"])


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("rejection.reason: no_capacity", ["no_capacity"]),
        ("rejection.reason: {not: [not_in_stock, damaged]}", ["no_capacity", "other"]),
        ("node.load: {at_least: 40}", list(REJECTION_REASONS)),
        ("node.load: {at_least: 41}", []),
        ("now.weekday: friday, rejection.reason: other", ["other"]),
    ],
)
def test_a_rule_may_ask_for_the_reason_the_node_and_the_moment(when, expected):
    rule = rests("1 h", f"when: {{{when}}}")
    assert [reason for reason in REJECTION_REASONS if begun(rule, reason=reason)] == expected


def test_a_rule_that_is_overridden_gives_no_rest():
    exception = "when: {node.id: lille}, then: {rest_after_rejection: 1 h}, overrides: [test/r1]"
    assert begun(rests("4 h"), exception).until == NOW + HOUR


def test_a_node_that_already_rests_as_long_begins_no_other_rest():
    assert begun(rests("1 h"), snapshot=facts({"lille": NOW + HOUR})) is None
    assert begun(rests("1 h"), snapshot=facts({"lille": NOW + HOUR - 1})).until == NOW + HOUR


def test_a_node_that_is_no_longer_in_the_network_does_not_rest():
    assert begun(rests("1 h"), node="paris") is None


def test_the_reasons_a_rule_may_ask_for_are_those_a_node_may_give():
    assert get_args(Rejected) == REJECTION_REASONS
    assert set(REJECTION_REASONS) >= COUNTED


def test_the_record_of_a_rest_names_the_node_the_end_and_the_reason():
    record = resting_record("lyon", rest(NOW + HOUR), network(NODES))
    assert (record.until, record.since) == ("2026-11-27T10:00:00Z", "2026-11-27T08:00:00Z")
    assert record.en == "lyon rests until 27 November 2026 11:00: it rejected units because it is too busy"
    assert record.fr.startswith("lyon ne se voit rien confier jusqu'au 27 novembre 2026 à 11:00")
    assert (record.policy_version, record.rules) == ("v0", BECAUSE)


def test_a_node_that_rests_ships_nothing_however_cheap_it_is():
    decision = decided(order(("A", 2)), facts({"lyon": NOW + 1}))
    assert shipped(decision) == {"lille": 2}
    (taken,) = decision.exclusions
    assert (taken.nodes, taken.rules, taken.unless_needed) == ({"parcel": ("lyon",)}, ("busy/r7",), False)
    assert taken.resting.node == "lyon"
    assert decision.because == BECAUSE


def test_what_only_a_resting_node_has_stays_unfilled_and_says_why():
    decision = decided(order(("A", 8)), facts({"lyon": NOW + 1}))
    (left,) = decision.unfilled
    assert left.reasons == (Reason(code="resting", units=5, rules=("busy/r7",)),)


def test_an_option_excluded_unless_needed_is_not_used_while_its_node_rests():
    rule = "when: {node.id: lyon}, then: {exclude: unless_needed}"
    decision = decided(order(("A", 8)), facts({"lyon": NOW + 1}), rule)
    assert shipped(decision) == {"lille": 5}
    assert [(item.rules, item.unless_needed, bool(item.resting)) for item in decision.exclusions] == [
        (("test/r1",), True, False),
        (("busy/r7",), False, True),
    ]


def test_a_rule_decides_if_without_its_rest_another_node_would_ship():
    matcher = Matcher(policies(rests("1 h")))

    def deciding(name):
        rests_by_node = {name: rest(NOW + 1, "test/r1", version=matcher.policies.version)}
        return deciding_rules(order(("A", 2)), replace(facts(), resting=rests_by_node), matcher, NOW)

    try:
        assert (deciding("lyon"), deciding("lille")) == (("test/r1",), ())
    finally:
        matcher.close()


def test_a_rest_begun_under_this_version_counts_as_its_rule_firing():
    rule = rests("1 h")
    rests_by_node = {"lyon": rest(NOW + 1, "test/r1", version=policies(rule).version)}
    assert decided(order(("A", 2)), replace(facts(), resting=rests_by_node), rule).fired == {"test/r1": 1}


def test_a_rest_has_the_reasons_of_the_rule_that_gave_it_and_not_of_a_rule_of_that_id_in_another_version():
    matcher = Matcher(policies("then: {hold: 20 min}"))
    resting_facts = replace(facts(), resting={"lyon": rest(NOW + 1, "test/r1")})
    reasons = {"test/r1": {"en": "Too busy", "fr": "Débordé"}}
    try:
        decision = decide(order(("A", 2)), resting_facts, matcher, NOW)
        assert (decision.because, decision.fired) == (reasons, {"test/r1": 1})
        assert (decision.exclusions[0].resting.rest.because, decision.exclusions[0].resting.rest.policy_version) == (
            reasons,
            "v0",
        )
        assert deciding_rules(order(("A", 2)), resting_facts, matcher, NOW) == ()
    finally:
        matcher.close()


def test_two_rules_of_one_id_in_two_versions_are_each_named_with_their_own_reason():
    resting_facts = replace(facts(), resting={"lyon": rest(NOW + 1, "test/r1")})
    decision = decided(order(("A", 2)), resting_facts, "when: {node.id: lille}, then: {prefer: 1.00}")
    assert decision.shipments[0].rules == ("test/r1",)
    assert decision.because == {"test/r1": {"en": "a reason"}}
    assert decision.exclusions[0].resting.rest.because == {"test/r1": {"en": "Too busy", "fr": "Débordé"}}


def test_the_rest_of_a_node_without_stock_changes_nothing_about_a_decision():
    sent = order()
    plain, elsewhere = (decided(sent, facts(resting, lyon=5)) for resting in ({}, {"lille": NOW + 1}))
    assert to_json(DecisionRecord.of(plain, "d", "1", b"{}")) == to_json(DecisionRecord.of(elsewhere, "d", "1", b"{}"))
