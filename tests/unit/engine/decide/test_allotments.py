"""Allotments that are used up, and caps on what a channel is offered."""

from dataclasses import replace

import pytest

from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.offer import offer
from engine.decide.decision import Reason
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint.assignment import assign
from engine.decide.joint.contention import contending_groups
from engine.decide.joint.one_after_another import choose_one_after_another
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from rules.reserves import Tally
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    NOW,
    decided,
    node,
    order,
    policies,
    product,
    service,
    shipped,
    snapshot,
)

NODES = [node("lyon", LYON), node("lille", LILLE, type="store", handling=EURO)]
FIVE_FOR_THE_WEB = "then: {allocate: {channel: web, units: 5, per: day}}"
TEN_AT_MOST = "then: {cap: {channel: web, units: 10}}"


def facts(lyon=20, lille=0, taken=None, **more):
    """`taken` is what the web took today in Lyon."""
    found = snapshot(NODES, {"A": {"lyon": lyon, "lille": lille}}, **more)
    return found if taken is None else replace(found, taken={"A": {Tally("web", "day"): {"lyon": taken}}})


def most(scenario, *rules, channel="web"):
    """How many of A an order on the channel gets."""
    return sum(shipped(decided(order(("A", 1_000), channel=channel), scenario, *rules)).values())


def free(scenario, *rules, channel="web"):
    """How many of A the channel is offered."""
    matcher = Matcher(policies(*rules), guarded=True)
    try:
        return offer(StockFacts.of(scenario), matcher, channel, NOW).totals[0]
    finally:
        matcher.close()


@pytest.mark.parametrize(("taken", "left"), [(None, 15), (0, 15), (3, 18), (5, 20), (9, 20)])
def test_what_a_channel_took_is_no_longer_put_aside_for_it(taken, left):
    assert most(facts(taken=taken), FIVE_FOR_THE_WEB, channel="store") == left
    assert free(facts(taken=taken), FIVE_FOR_THE_WEB, channel="store") == left


def test_an_allotment_does_not_hold_its_channel_to_it():
    assert most(facts(taken=5), FIVE_FOR_THE_WEB) == 20


def test_what_is_left_of_an_allotment_goes_before_what_is_put_aside_for_others():
    rule = "then: {allocate: [{channel: web, units: 5, per: day}, {channel: app, units: 9, per: day}]}"
    assert [most(facts(6, taken=taken), rule) for taken in (0, 2, 5)] == [5, 3, 0]


@pytest.mark.parametrize(
    ("size", "on_hand", "left"),
    [
        ("share: 20%", 21, 16),
        ("share: 20%, min: 8", 20, 12),
        ("share: 20%, max: 2", 20, 18),
        ("share: 0%, min: 3", 20, 17),
        ("share: 100%, min: 1, max: 4", 20, 16),
        ("units: 7", 20, 13),
    ],
)
def test_an_allotment_is_a_number_or_a_share_within_bounds(size, on_hand, left):
    assert most(facts(on_hand), f"then: {{allocate: {{channel: app, {size}, per: day}}}}") == left


def test_of_several_allotments_and_protections_of_a_channel_what_is_most_counts():
    rules = (FIVE_FOR_THE_WEB, "then: {allocate: {channel: web, share: 15%, per: day}}")
    assert most(facts(taken=1), *rules, channel="app") == 16
    assert most(facts(taken=4), *rules, "then: {protect: {channel: web, units: 2}}", channel="app") == 18
    assert most(facts(taken=4), *rules, "then: {allocate: {channel: web, units: 3, per: week}}", channel="app") == 17


def test_the_record_has_what_was_taken():
    decision = decided(order(("A", 1), channel="app"), facts(taken=3), FIVE_FOR_THE_WEB)
    assert decision.stock["A"].taken == {Tally("web", "day"): [3]}
    assert decided(order(("A", 1), channel="app"), facts()).stock["A"].taken == {}


def test_what_an_order_takes_is_counted_in_the_periods_of_its_own_channel():
    rules = (
        "then: {allocate: [{channel: web, units: 5, per: day}, {channel: app, units: 1, per: day}]}",
        "then: {allocate: {channel: web, units: 5, per: week}}",
        "from: 2026-01-01, then: {allocate: {channel: web, units: 5, per: window}}",
        "until: 2026-01-01, then: {allocate: {channel: web, units: 5, per: window}}",
        "from: 2036-01-01, then: {allocate: {channel: web, units: 5, per: window}}",
    )
    decision = decided(order(("A", 1)), facts(), *rules)
    assert sorted(decision.counted.values()) == ["day:2026-11-27:web", "week:2026-W48:web", "window:2026-01-01..:web"]


# ---- caps


def test_a_channel_is_never_offered_more_than_its_cap():
    assert (most(facts(40), TEN_AT_MOST), free(facts(40), TEN_AT_MOST)) == (10, 10)
    assert (most(facts(7), TEN_AT_MOST), free(facts(7), TEN_AT_MOST)) == (7, 7)
    assert most(facts(40), TEN_AT_MOST, channel="store") == 40


def test_a_cap_is_of_all_places_together():
    assert (most(facts(8, 8), TEN_AT_MOST), free(facts(8, 8), TEN_AT_MOST)) == (10, 10)


def test_an_order_for_no_more_than_the_cap_ships_as_if_there_were_none():
    for quantity in (3, 10):
        asked = order(("A", quantity))
        assert shipped(decided(asked, facts(6, 40), TEN_AT_MOST)) == shipped(decided(asked, facts(6, 40)))


def test_a_place_without_a_cap_offers_what_it_has():
    rule = "when: {node.type: store}, then: {cap: {channel: web, units: 4}}"
    assert (most(facts(3, 30), rule), free(facts(3, 30), rule)) == (7, 7)


def test_of_several_caps_each_holds_for_the_places_it_is_the_smallest_of():
    rules = (
        "then: {cap: {channel: web, units: 10}}",
        "when: {node.type: store}, then: {cap: {channel: web, units: 4}}",
    )
    assert [most(facts(*units), *rules) for units in ((40, 40), (3, 40), (9, 40))] == [10, 7, 10]
    assert [free(facts(*units), *rules) for units in ((40, 40), (3, 40), (9, 40))] == [10, 7, 10]


def test_beyond_a_cap_units_come_from_the_best_place_that_may_ship_them():
    rules = (TEN_AT_MOST, "when: {node.id: lyon}, then: {exclude: true}")
    assert shipped(decided(order(("A", 12)), facts(40, 11), *rules)) == {"lille": 10}
    rules = (TEN_AT_MOST, "when: {node.id: lille}, then: {tier: 1}")
    assert shipped(decided(order(("A", 12)), facts(40, 11), *rules)) == {"lille": 10}
    assert shipped(decided(order(("A", 12)), facts(4, 40), TEN_AT_MOST)) == {"lille": 10}


def test_lines_of_one_sku_share_a_cap():
    assert most(facts(40), TEN_AT_MOST) == 10
    decision = decided(order(("A", 8), ("A", 8)), facts(40), TEN_AT_MOST)
    assert sum(shipped(decision).values()) == 10
    rules = ("when: {line.quantity: 8}, then: {cap: {channel: web, units: 3}}",)
    assert sum(shipped(decided(order(("A", 8), ("A", 2)), facts(40), *rules)).values()) == 3


def test_a_cap_of_nothing_offers_nothing():
    assert most(facts(40), "then: {cap: {channel: web, units: 0}}") == 0


@pytest.mark.parametrize("rule", ["then: {ship_complete: true}", "then: {keep_together: true}"])
def test_what_must_ship_whole_does_not_ship_beyond_a_cap(rule):
    decision = decided(order(("A", 12)), facts(40), TEN_AT_MOST, rule)
    assert shipped(decision) == {}
    assert [(reason.code, reason.rules) for reason in decision.unfilled[0].reasons] == [("capped", ("test/r1",))]


def test_the_reason_names_the_cap_and_what_else_there_is():
    decision = decided(order(("A", 12)), facts(11), TEN_AT_MOST)
    assert decision.unfilled[0].reasons == (
        Reason(code="capped", units=1, rules=("test/r1",)),
        Reason(code="not_enough", units=1),
    )


def test_units_that_others_hold_are_no_reason_to_offer_fewer():
    assert free(facts(StockPosition(on_hand=40, held=25)), TEN_AT_MOST) == 10
    assert free(facts(StockPosition(on_hand=40, held=35)), TEN_AT_MOST) == 5


def test_a_cap_holds_for_the_ways_that_can_carry_the_line():
    near = service("van", max_distance=1)
    nodes = [node("lyon", LYON, services=("van",)), node("lille", LILLE)]
    scenario = snapshot(nodes, {"A": {"lyon": 40, "lille": 20}}, services=[near, service("parcel")])
    assert shipped(decided(order(("A", 12)), scenario, TEN_AT_MOST)) == {"lille": 10}


def test_caps_and_allotments_of_what_is_sold_by_decimals_are_whole_units():
    cloth = product("A", decimals=3)
    scenario = snapshot(NODES, {"A": {"lyon": 12_500, "lille": 0}}, products=[cloth])
    decision = decided(order(("A", 12_000)), scenario, TEN_AT_MOST)
    assert (shipped(decision), decision.unfilled[0].reasons[0].code) == ({"lyon": 10_000}, "capped")
    assert free(scenario, TEN_AT_MOST) == 10_000
    assert shipped(decided(order(("A", 12_000), channel="app"), scenario, FIVE_FOR_THE_WEB)) == {"lyon": 7_500}
    used = replace(scenario, taken={"A": {Tally("web", "day"): {"lyon": 3_500}}})
    assert shipped(decided(order(("A", 12_000), channel="app"), used, FIVE_FOR_THE_WEB)) == {"lyon": 11_000}


def bounded_places(**more):
    """A warehouse that has most units and may ship few of them, and a store."""
    nodes = [node("warehouse", LYON, **more), node("store", LILLE, type="store")]
    return snapshot(
        nodes,
        {"A": {"warehouse": 20, "store": 12}},
        products=[product("A", weight=1_000)],
        services=[service(max_weight=10_000)],
    )


FOUR_A_DAY, IN_FIVES = "when: {node.id: warehouse}, then: {daily_units: 4}", "then: {multiple_of: 5}"


@pytest.mark.parametrize(
    ("rule", "ordered", "reasons"),
    [
        (FOUR_A_DAY, 10, []),
        (FOUR_A_DAY, 12, [("capped", 2, ("test/r1",))]),
        (FOUR_A_DAY, 15, [("capped", 4, ("test/r1",)), ("shipment_limits", 1, ())]),
        (IN_FIVES, 10, []),
        (IN_FIVES, 12, [("not_a_multiple", 2, ("test/r2",))]),
        (IN_FIVES, 15, [("capped", 5, ("test/r1",))]),
    ],
)
def test_an_order_for_more_than_a_cap_gets_as_much_as_one_for_the_cap(rule, ordered, reasons):
    decision = decided(order(("A", ordered)), bounded_places(), TEN_AT_MOST, rule)
    assert sum(shipped(decision).values()) == 10
    given = [(reason.code, reason.units, reason.rules) for item in decision.unfilled for reason in item.reasons]
    assert given == reasons


def test_only_what_a_cap_refuses_is_said_to_be_capped():
    """Of twelve, the warehouse ships no more than four: the cap of ten takes none of them."""
    rules = ("when: {node.id: warehouse}, then: {daily_units: 4}", "when: {node.id: store}, then: {exclude: true}")
    decision = decided(order(("A", 12)), bounded_places(), TEN_AT_MOST, *rules)
    assert sum(shipped(decision).values()) == 4
    assert [reason.code for reason in decision.unfilled[0].reasons] == ["excluded", "capacity_used"]


def test_of_caps_on_different_places_the_one_that_is_reached_is_named():
    rules = (
        "when: {node.type: warehouse}, then: {cap: {channel: web, units: 10}}",
        "when: {node.type: store}, then: {cap: {channel: web, units: 4}}",
    )
    (unfilled,) = decided(order(("A", 12)), facts(3, 30), *rules).unfilled
    assert [(reason.code, reason.units, reason.rules) for reason in unfilled.reasons] == [("capped", 5, ("test/r2",))]


def test_orders_that_contend_are_each_given_no_more_than_their_cap():
    """It would cost least to send all to the order that is near."""
    matcher = Matcher(policies("then: {cap: {channel: web, units: 5}}"))
    scenario = facts(4, 4, services=[service(per_km=4_000)])
    orders = [
        PlannedOrder(
            Evaluation(order=order(("A", 8), id=place_id, place=place), snapshot=scenario, matcher=matcher, now=NOW)
        )
        for place_id, place in (("near", LILLE), ("far", MARSEILLE))
    ]
    (group,) = contending_groups(orders)
    in_turn = list(choose_one_after_another(orders))
    choices = assign(orders, group.scarce, in_turn).choices or in_turn
    shipped_units = [sum(choice.units.values()) for choice in choices]
    assert (sum(shipped_units), max(shipped_units) <= 5) == (8, True)
    matcher.close()
