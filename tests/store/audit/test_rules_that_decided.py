"""Decisions are found by the rule without which another choice would have been made; idle rules are told apart."""

import pytest

from engine.audit.search import decisions as searching
from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.search.rule_uses import rule_uses
from engine.orders.rejection import RejectionRequest
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, PARIS, inventory, node, order

NEVER, DECIDES, IDLE = "test/r1", "test/r2", "test/r3"


@pytest.fixture
def shop(bare):
    """Without rule r2, orders of the app would ship from Lille, which is nearer; r3 prefers what is best anyway."""
    stock = {"A": {"lyon": 50, "lille": 50}}
    bare.load(inventory([node("lyon", LYON, handling=1), node("lille", LILLE)], stock))
    activate(
        bare,
        "when: {order.channel: store}, then: {avoid: 1.00}",
        "when: {node.id: lyon, order.channel: app}, then: {prefer: 9.00}",
        "when: {node.id: lille}, then: {prefer: 0.01}",
    )
    return bare


def decide_some(shop):
    return [shop.decide(order(("A", 1), channel=channel, place=PARIS)).id for channel in ("app", "web", "app", "web")]


def found(shop, limit=10, **filters):
    after, decisions = None, []
    while True:
        page = shop.decisions.page(DecisionFilter(**filters), after=after, limit=limit)
        decisions += [summary.decision for summary in page.decisions]
        if page.after is None:
            return decisions
        after = page.after


def test_the_rule_that_decided_is_told_from_one_that_fired_alone(shop):
    made = decide_some(shop)
    assert shop.decision(made[0]).record.shipments[0].node == "lyon"
    assert found(shop, fired=IDLE) == made[::-1]
    assert found(shop, decisive=IDLE) == []
    assert found(shop, decisive=DECIDES) == [made[2], made[0]]
    assert found(shop, decisive=DECIDES, fired=NEVER) == []
    assert found(shop, decisive=NEVER) == []


@pytest.mark.parametrize("most", [1, 2, 3])
def test_pages_bound_how_many_are_made_again_and_leave_none_out(shop, monkeypatch, most):
    made = decide_some(shop)
    monkeypatch.setattr(searching, "MOST_REPLAYED", most)
    assert found(shop, limit=1, decisive=DECIDES) == [made[2], made[0]]


def test_a_decision_that_can_not_be_made_again_is_named(shop, redis_client, network):
    made = decide_some(shop)
    redis_client.delete(f"{{{network}}}:policies")
    shop._facts.forget()
    page = shop.decisions.page(DecisionFilter(decisive=DECIDES), limit=10)
    assert (page.decisions, page.not_replayable) == ((), (made[2], made[0]))


def test_a_decision_of_an_erased_order_is_named_for_nobody_knows_where_it_went(shop):
    made = shop.decide(order(("A", 1), id="O-1", channel="app", place=PARIS)).id
    shop.holds.confirm(made)
    shop.erasures.erase("O-1", note="")
    page = shop.decisions.page(DecisionFilter(decisive=DECIDES), limit=10)
    assert (page.decisions, page.not_replayable) == ((), (made,))


def test_idle_rules_are_those_that_never_fired_and_those_that_decided_nothing(shop):
    decide_some(shop)
    uses = rule_uses(shop.decisions, shop.versions, start=0, end=1 << 40, weigh=10)
    assert (uses.decisions, uses.never_fired) == (4, [NEVER])
    assert [(use.rule, use.fired, use.weighed) for use in uses.never_decided] == [(IDLE, 4, 4)]
    assert [(use.fired, use.decided) for use in uses.rules if use.rule == DECIDES] == [(2, True)]
    few = rule_uses(shop.decisions, shop.versions, start=0, end=1 << 40, weigh=3)
    assert [use.weighed for use in few.never_decided] == [3]
    assert rule_uses(shop.decisions, shop.versions, start=0, end=1, weigh=3).decisions == 0


def test_a_rule_decides_too_by_the_rest_that_it_gave_a_place(shop):
    activate(shop, "then: {hold: 1h, rest_after_rejection: 1h}", "when: {node.id: lille}, then: {avoid: 9.00}")
    (rejected, *_) = decide_some(shop)
    assert shop.decision(rejected).record.shipments[0].node == "lyon"
    shop.rerouting.reject(RejectionRequest(decision=rejected, node="lyon", reason="no_capacity"))
    after = shop.decide(order(("A", 1), place=PARIS))
    assert after.record.shipments[0].node == "lille"
    assert found(shop, decisive="test/r1") == [after.id]


def test_rules_about_rejections_alone_are_named_and_not_counted(shop):
    activate(shop, "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2h}", "then: {hold: 1h}")
    uses = rule_uses(shop.decisions, shop.versions, start=shop.now + 1, end=1 << 40, weigh=0)
    assert (uses.on_rejection, [use.rule for use in uses.rules][-1:]) == (("test/r1",), ["test/r2"])
