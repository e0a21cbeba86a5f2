"""Drafts are tried on logged decisions of every kind, each on its own facts, and compared with what stands."""

import dataclasses
from collections import Counter

import pytest

from engine.decide.order_record import seconds
from engine.errors import NotFound
from engine.orders.rejection import RejectionRequest
from engine.simulation.draft import Draft
from engine.simulation.outcome import NOTHING
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.decisions_of_many_kinds import RULES, stocked
from tests.support.facts import EURO, HOUR, LILLE, LYON, NOW, PARIS, inventory, node, order, policy_file, product
from tests.support.whatif import active, draft, same_meaning, tried

NOT_FROM_LYON = "when: {node.id: lyon}, then: {exclude: true}"


def logged(shop):
    return list(shop.replays.between(None, None))


def test_the_active_policies_change_nothing_and_come_out_as_they_were_logged_byte_for_byte(shop):
    made = tried(shop, active(shop))
    comparison = made.drafts[0].comparison
    assert made.decisions == comparison.same_bytes == len(logged(shop)) >= 8
    assert (made.made_again, comparison.changed, comparison.orders_changed) == (0, 0, [])
    assert comparison.difference == NOTHING
    assert set(comparison.intervals().values()) == {(0, 0, 0)}
    assert (made.drafts[0].worst, made.drafts[0].best) == ((), ())


def test_the_same_rules_in_another_version_come_to_the_same_in_every_figure(shop):
    """The figures of a draft are taken from its choices, those of the baseline from the logged records."""
    made = tried(shop, same_meaning())
    comparison = made.drafts[0].comparison
    assert (made.made_again, comparison.changed, comparison.same_bytes) == (0, 0, 0)
    assert comparison.sides.baseline == comparison.sides.draft
    assert comparison.sides.draft.waiting > 0
    assert comparison.sides.draft.units_waiting > 0
    assert {name: (use.baseline, use.cost) for name, use in comparison.rules.items()} == {
        name: (use.draft, 0) for name, use in comparison.rules.items()
    }
    assert all(sides.baseline == sides.draft for sides in comparison.nodes.values())
    assert comparison.breakdown.baseline == comparison.breakdown.draft
    assert comparison.breakdown.causes == {}
    assert made.drafts[0].changes.changes == ()


def test_the_same_rules_under_other_names_change_nothing(shop):
    texts = {"renamed.yaml": policy_file(*RULES)["test.yaml"].decode().replace("policy: test", "policy: renamed")}
    comparison = tried(shop, Draft(name="renamed", texts=texts)).drafts[0].comparison
    assert (comparison.changed, comparison.difference) == (0, NOTHING)
    assert comparison.rules["test/r5"].draft == 0 < comparison.rules["renamed/r5"].draft


@pytest.mark.parametrize(
    "rules",
    [
        (NOT_FROM_LYON,),
        (*RULES, "then: {approve: true}"),
        (*RULES, "then: {split_penalty: 3.00, carbon_price: 1.00}"),
        (*RULES, "when: {product.sku: A}, then: {backorder: true}"),
        (*RULES, "then: {ship_complete: true}"),
    ],
)
def test_a_draft_comes_to_what_replay_says_of_the_same_policies(shop, rules):
    tests_own = {name: text.encode() for name, text in draft(*rules).texts.items()}
    version = shop.publish(tests_own, who="a test", note="").version
    replays = [item.by_other_policies.record for item in shop.replays.between(None, None, policies=version)]
    comparison = tried(shop, draft(*rules)).drafts[0].comparison
    amounts = comparison.sides.draft
    cost = sum(record.cost_micros for record in replays)
    assert (amounts.cost, amounts.carriage + amounts.handling) == (cost, cost)
    assert amounts.policy_amounts == sum(record.score.money_micros for record in replays) - cost
    assert amounts.co2 == sum(record.co2_mg for record in replays)
    assert amounts.shipments == sum(len(record.shipments) for record in replays)
    assert amounts.units_shipped == sum(record.units_shipped for record in replays)
    assert amounts.units_unfilled == sum(item.quantity for record in replays for item in record.unfilled)
    assert amounts.units_waiting == sum(record.units_waiting for record in replays if record.waiting)
    assert amounts.waiting == sum(bool(record.waiting) for record in replays)
    assert amounts.parked == sum(bool(record.awaiting_approval) for record in replays)
    for status in ("filled", "partial", "unfilled"):
        assert getattr(amounts, status) == sum(record.status == status for record in replays)
    fired = Counter(rule for record in replays for rule in record.rules.fired)
    assert {rule: use.draft for rule, use in comparison.rules.items() if use.draft} == {
        rule: number for rule, number in fired.items() if rule != "test/r4"
    }, "r4 is about rejections"


def test_a_draft_that_only_has_orders_approved_changes_decisions(shop):
    """Nothing ships otherwise, but not before a person says so."""
    comparison = tried(shop, draft(*RULES, "then: {approve: true}")).drafts[0].comparison
    assert comparison.changed == comparison.sides.draft.parked > 0
    assert comparison.sides.draft.cost == comparison.sides.baseline.cost


def test_a_draft_that_leaves_a_place_out_ships_nothing_from_there(shop):
    comparison = tried(shop, draft(NOT_FROM_LYON)).drafts[0].comparison
    assert comparison.nodes["lyon"].draft.shipments == 0 < comparison.nodes["lyon"].baseline.shipments
    assert 0 < comparison.changed < comparison.sides.draft.decisions


def test_flows_days_and_products_come_to_what_the_decisions_do(shop):
    comparison = tried(shop, draft(NOT_FROM_LYON)).drafts[0].comparison
    breakdown, amounts = comparison.breakdown, comparison.sides.draft
    assert {node for node, _ in breakdown.draft.flows} == {node for node, _ in breakdown.draft.days}
    assert "lyon" not in {node for node, _ in breakdown.draft.flows}
    for rows in (breakdown.draft.flows, breakdown.draft.days):
        assert sum(row.shipments for row in rows.values()) == amounts.shipments
    for kinds in (breakdown.draft.lifecycles, breakdown.draft.categories):
        assert sum(row.unfilled for row in kinds.values()) == amounts.units_unfilled
    assert sum(of_cause.decisions for of_cause in breakdown.causes.values()) == comparison.changed
    assert sum(of_cause.more.cost for of_cause in breakdown.causes.values()) == comparison.difference.cost
    assert sum(area.decisions for area in breakdown.areas.values()) == amounts.decisions
    arrivals = [
        (seconds(max(item.arrives_by for item in made.record.shipments)) - seconds(made.record.order.placed_at))
        for made in logged(shop)
        if made.record.shipments and not made.record.scheduled
    ]
    assert comparison.sides.baseline.arrival_seconds >= sum(arrivals) > 0
    assert comparison.sides.baseline.arriving >= len(arrivals)


def test_handling_and_carriage_are_what_the_calculation_says(bare_shop):
    """Also of articles that are counted in hundredths."""
    places = [node("lyon", LYON, handling=1_500_000, unit_handling=250_005)]
    metres = product("M", decimals=2, unit="metre")
    bare_shop.load(inventory(places, {"B": {"lyon": 9}, "M": {"lyon": 900}}, products=[metres], decimals={"M": 2}))
    bare_shop.decide(order(("M", 123), ("B", 1)))
    bare_shop.decide(order(("B", 3)))
    amounts = tried(bare_shop, same_meaning()).drafts[0].comparison.sides
    rows = [row for made in bare_shop.calculations.between(None, None) for its in made.shipments for row in its.costs]
    handling = sum(row.amount for row in rows if row.part in ("handling", "unit_handling"))
    assert amounts.baseline == amounts.draft
    assert amounts.draft.handling == handling > 0
    assert amounts.draft.carriage == sum(row.amount for row in rows) - handling > 0


def test_the_split_penalty_of_a_shipment_beside_those_that_stand_counts(bare):
    places = [node("lyon", LYON), node("lille", LILLE), node("paris", PARIS, handling=EURO)]
    bare.load(inventory(places, {"A": {"lyon": 1, "paris": 1}, "B": {"lille": 1}}))
    rule = "then: {split_penalty: 3.00}"
    activate(bare, rule)
    first = json_of(bare.decide(order(("A", 1), ("B", 1))))
    bare.rerouting.reject(RejectionRequest(decision=first["id"], node="lyon", reason="no_capacity"))
    sides = tried(bare, draft(rule, "then: {hold: 1h}")).drafts[0].comparison.sides
    assert sides.baseline == sides.draft
    assert (sides.draft.shipments, sides.draft.policy_amounts) == (3, 6 * EURO)


def test_what_other_policies_decided_is_decided_again_by_those_that_the_draft_is_compared_with(shop):
    """So a draft is never blamed for what others changed before."""
    activate(shop, NOT_FROM_LYON)
    shop.decide(order(("B", 1)))
    of_these = tried(shop, draft(NOT_FROM_LYON))
    comparison = of_these.drafts[0].comparison
    assert (of_these.made_again, comparison.changed) == (of_these.decisions - 1, 0)
    assert comparison.same_bytes == 1, "the one that these very policies made"


def test_the_baseline_may_be_any_published_version(shop):
    first = shop.versions.find("active")
    activate(shop, NOT_FROM_LYON)
    made = tried(shop, draft(NOT_FROM_LYON), against=first)
    assert (made.made_again, made.request.against) == (0, first)
    assert made.drafts[0].comparison.changed > 0


def test_what_an_order_was_decided_in_several_steps_counts_once_among_the_orders(shop):
    comparison = tried(shop, draft(NOT_FROM_LYON)).drafts[0].comparison
    firsts = {item.record.first for item in logged(shop)}
    assert comparison.orders == len(firsts) < comparison.sides.draft.decisions
    assert 0 < len(comparison.orders_changed) <= comparison.changed


def test_orders_that_come_late_are_counted_once_and_paired(bare_shop):
    promised = order(("A", 1), ("B", 3), promise_by=NOW + 49 * HOUR)
    bare_shop.decide(promised)
    bare_shop.decide(order(("B", 1), promise_by=NOW + HOUR))
    comparison = tried(bare_shop, draft("when: {node.id: lyon}, then: {prefer: 50.00}")).drafts[0].comparison
    late = [any(shipment.late for shipment in item.record.shipments) for item in logged(bare_shop)]
    assert comparison.orders_late[0] == sum(late) == 1
    assert comparison.intervals()["late_orders"].difference == comparison.orders_late[1] - comparison.orders_late[0]


def test_only_decisions_of_the_period_are_tried(shop, clock):
    at = clock.now + 3_600
    clock.now = at
    shop.decide(order(("B", 1)))
    assert tried(shop, active(shop), since=at).decisions == 1
    assert tried(shop, active(shop), until=at).decisions == len(logged(shop)) - 1


def test_a_period_without_decisions_says_when_there_are_some(shop):
    with pytest.raises(NotFound, match=r"from 2026-11-27 09:00 to 2026-11-27 10:01: name a time"):
        tried(shop, active(shop), since=NOW + 90_000)


def test_a_log_without_decisions_says_so(bare_shop):
    with pytest.raises(NotFound, match="no decision is logged yet"):
        tried(bare_shop, active(bare_shop))


def test_erased_orders_are_counted_and_the_others_tried(bare_shop):
    made = bare_shop.decide(order(("B", 1), id="W-GONE"))
    bare_shop.decide(order(("B", 1)))
    bare_shop.holds.release(json_of(made)["id"])
    bare_shop.erasures.erase("W-GONE", note="asked for")
    result = tried(bare_shop, active(bare_shop))
    assert (result.decisions, dict(result.untried.counts)) == (1, {"erased": 1})
    assert result.untried.named[0].decision == json_of(made)["id"]


def test_a_damaged_entry_is_counted_and_the_others_tried(shop, redis_client, keys):
    (place, fields), *_ = [item for item in redis_client.xrange(keys.log) if item[1][b"kind"] == b"decided"]
    everything = redis_client.xrange(keys.log)
    redis_client.delete(keys.log)
    for name, its in everything:
        redis_client.xadd(keys.log, {**its, b"body": b"\x00broken"} if name == place else its, id=name)
    result = tried(shop, active(shop))
    assert dict(result.untried.counts) == {"damaged": 1}
    assert result.untried.named[0].decision == place.decode()
    assert result.decisions > 6
    assert fields


def test_decisions_of_a_network_that_is_not_kept_are_counted_and_the_others_tried(shop, opened, client, keys):
    before = len(logged(shop))
    shop.load(stocked(5, handling=1))
    shop.decide(order(("B", 1)))
    client.redis.delete(keys.former_versions)
    result = tried(opened(), active(shop))
    assert (result.decisions, dict(result.untried.counts)) == (1, {"not_replayable": before})
    assert "is not kept any more" in result.untried.named[0].why


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("when: {node.id: lyon}, then: {hourly_orders: 5}", "hourly_loads"),
        ("when: {node.id: paris}, then: {daily_units: 9}", None),
        ("then: {allocate: {channel: web, units: 2, per: day}}", "allotments"),
        ("then: {promise_from: confirmed}", "receipts"),
    ],
)
def test_facts_that_a_draft_asks_for_and_the_log_does_not_have_are_said(shop, rule, facts):
    comparison = tried(shop, draft(rule)).drafts[0].comparison
    decisions = comparison.sides.draft.decisions
    assert dict(comparison.not_kept) == ({facts: decisions} if facts else {})
    assert comparison.incomplete == (decisions if facts else 0)


def test_units_of_a_day_that_no_rule_counted_then_are_said(bare):
    bare.load(stocked())
    activate(bare)
    bare.decide(order(("B", 1)))
    comparison = tried(bare, draft("when: {node.id: lille}, then: {daily_units: 9}")).drafts[0].comparison
    assert dict(comparison.not_kept) == {"daily_output": 1}


def test_several_drafts_come_out_as_each_does_alone(shop):
    drafts = draft(NOT_FROM_LYON, name="one"), draft(*RULES, "then: {carbon_price: 9.00}", name="two")
    together = tried(shop, *drafts)
    for number, its in enumerate(drafts):
        (alone,) = tried(shop, its).drafts
        assert together.drafts[number].comparison.sides == alone.comparison.sides
        assert together.drafts[number].weighed == alone.weighed
        assert [item.record.id for _, item in together.drafts[number].worst] == [
            item.record.id for _, item in alone.worst
        ]


def test_nothing_is_changed(shop):
    before = logged_state(shop)
    tried(shop, draft(NOT_FROM_LYON))
    assert logged_state(shop) == before
    assert dataclasses.replace(shop.check(), seal=None).clean


def logged_state(shop):
    return [item.record for item in logged(shop)], shop.versions.timeline(), shop.versions.published()
