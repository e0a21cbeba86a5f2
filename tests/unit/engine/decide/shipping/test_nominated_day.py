"""Orders that are to arrive on a nominated day: when they leave, from when on their units are held, and why not."""

import pytest

from engine.decide.order_checks import check_order
from engine.decide.record import DecisionRecord, from_json, to_json
from engine.errors import OrderInvalid
from engine.model.facts import Line
from tests.support.clocks import at, date, hours, running, shown
from tests.support.facts import (
    HOUR,
    LILLE,
    LYON,
    NOW,
    PARIS,
    collected,
    decided,
    node,
    order,
    service,
    snapshot,
)

THURSDAY = date("2026-12-10")
"""Thirteen days after NOW."""
DAYS = 24 * HOUR


def for_day(*lines, day=THURSDAY, **more):
    return order(*lines, deliver_on=day, **more)


def facts(stock=5, services=None, reserve_before=None, **lyon):
    more = {} if reserve_before is None else {"reserve_before": reserve_before}
    return snapshot([node("lyon", LYON, **lyon)], {"A": {"lyon": stock}}, services=services, **more)


def plan(placed, scenario, *rules, now=NOW):
    """When the one planned shipment leaves and arrives, and when its units are reserved."""
    scheduled = decided(placed, scenario, *rules, now=now).scheduled
    (shipment,) = scheduled.shipments
    return [shown(instant)[4:20] for instant in (shipment.ships_at, shipment.arrives_by, scheduled.reserve_at)]


def codes(decision):
    return [reason.code for item in decision.unfilled for reason in item.reasons]


def test_it_leaves_as_late_as_it_still_arrives_on_the_day_and_is_reserved_two_days_before():
    assert plan(for_day(), facts()) == ["2026-12-08 23:59", "2026-12-10 23:59", "2026-12-06 23:59"]


def test_until_it_is_reserved_nothing_ships_or_is_held_but_all_of_it_is_planned():
    decision = decided(for_day(("A", 3)), facts())
    assert (decision.status, decision.shipments, decision.claims, decision.load_claims) == ("scheduled", (), (), ())
    assert (decision.unfilled, decision.waiting_units(may_wait=False)) == ((), {"1": 3})
    assert [item.node for item in decision.chosen] == ["lyon"]


@pytest.mark.parametrize(("seconds", "status"), [(-1, "scheduled"), (0, "filled"), (3_600, "filled")])
def test_from_the_instant_of_its_reservation_on_it_is_held_at_once(seconds, status):
    reserve_at = decided(for_day(), facts()).scheduled.reserve_at
    decision = decided(for_day(), facts(), now=reserve_at + seconds)
    assert (decision.status, [shown(item.ships_at)[4:] for item in decision.chosen]) == (
        status,
        ["2026-12-08 23:59 +01"],
    )
    assert [claim.units for claim in decision.claims] == ([1] if status == "filled" else [])


def test_how_long_before_is_a_fact_of_the_network():
    assert plan(for_day(), facts(reserve_before=24 * 60))[2] == "2026-12-07 23:59"
    assert decided(for_day(), facts(reserve_before=60 * 24 * 60)).status == "filled"


def test_a_long_preparation_is_begun_in_time_whatever_the_network_says():
    scenario = facts(preparation=5 * 24 * 60)
    assert plan(for_day(), scenario) == ["2026-12-08 23:59", "2026-12-10 23:59", "2026-12-03 23:59"]


def test_the_node_s_hours_and_the_service_s_days_count():
    weekdays = service(transit=((2_000_000, 24 * 60),), runs=running("monday", "tuesday", "wednesday"))
    scenario = facts(services=[weekdays], hours=hours("09:00-18:00"), cut_offs={"parcel": 12 * 60})
    # what is begun before noon leaves at once; half of a Wednesday and half of the next Monday are a day
    decision = decided(for_day(day=date("2026-12-07")), scenario)
    (shipment,) = decision.chosen
    assert shown(shipment.ships_at) == "Wed 2026-12-02 11:59 +01"
    assert shown(shipment.arrives_by) == "Mon 2026-12-07 11:59 +01"


def test_a_day_on_which_the_service_does_not_run_is_kept_by_another_service_or_not_at_all():
    resting = service(runs=running("monday", "tuesday", "wednesday", "thursday", "friday"))
    sunday = for_day(("A", 2), day=date("2026-12-06"))
    alone = decided(sunday, facts(services=[resting]))
    assert (alone.status, codes(alone), alone.unfilled[0].reasons[0].units) == ("unfilled", ["other_day"], 5)
    scenario = snapshot(
        [node("lyon", LYON, services=("courier", "parcel"))],
        {"A": {"lyon": 5}},
        services=[resting, service("courier")],
    )
    assert [item.service for item in decided(sunday, scenario).chosen] == ["courier"]


def test_a_day_that_is_too_near_is_refused_with_its_own_reason():
    soon = for_day(day=date("2026-11-28"))
    scenario = snapshot([node("lyon", LYON), node("far", LILLE, services=())], {"A": {"lyon": 2, "far": 3}})
    decision = decided(soon, scenario)
    (missing,) = decision.unfilled
    assert [(reason.code, reason.units) for reason in missing.reasons] == [("other_day", 2), ("unreachable", 3)]
    assert decided(for_day(day=date("2026-11-29")), scenario).status == "filled"


def test_what_is_collected_is_there_on_that_day():
    shop = node("shop", PARIS, services=(), hours=hours("09:00-18:00", thursday=[]))
    scenario = snapshot([node("lyon", LYON), shop], {"A": {"lyon": 5}})
    assert codes(decided(collected(at="shop", deliver_on=THURSDAY), scenario)) == ["other_day"]
    friday = decided(collected(at="shop", deliver_on=THURSDAY + 1), scenario).chosen[0]
    assert (shown(friday.ships_at), shown(friday.arrives_by)) == (
        "Wed 2026-12-09 17:59 +01",
        "Fri 2026-12-11 17:59 +01",
    )


@pytest.mark.parametrize(
    ("day", "arrives"), [("2026-10-25", "Sun 2026-10-25 23:59 +01"), ("2027-03-28", "Sun 2027-03-28 23:59 +02")]
)
def test_a_day_ends_where_it_ends_when_the_clock_is_changed(day, arrives):
    (shipment,) = decided(for_day(day=date(day), placed_at=0), facts(), now=at("2026-10-01 10:00")).chosen
    assert shown(shipment.arrives_by) == arrives


def test_units_that_are_not_there_yet_wait_with_those_that_are():
    decision = decided(for_day(("A", 7)), facts(stock=5))
    assert (decision.status, codes(decision), decision.waiting_units(may_wait=True)) == (
        "scheduled",
        ["not_enough"],
        {"1": 7},
    )


def test_an_order_of_which_nothing_is_in_stock_waits_for_the_first_shipment_that_could_keep_the_day():
    nodes = [node("lyon", LYON), node("lille", LILLE, preparation=4 * 24 * 60)]
    decision = decided(for_day(), snapshot(nodes, {"A": {}}))
    assert (decision.status, decision.chosen, codes(decision)) == ("scheduled", (), ["no_stock"])
    assert shown(decision.scheduled.reserve_at) == "Fri 2026-12-04 23:59 +01"
    assert decided(for_day(), snapshot([node("lyon", LYON, services=())], {"A": {}})).status == "unfilled"


def test_the_first_of_several_shipments_says_when_the_order_is_reserved():
    slow = service("slow", transit=((2_000_000, 6 * 24 * 60),))
    nodes = [node("lyon", LYON), node("lille", LILLE, services=("slow",))]
    scenario = snapshot(nodes, {"A": {"lyon": 1}, "B": {"lille": 1}}, services=[service(), slow])
    decision = decided(for_day(("A", 1), ("B", 1)), scenario)
    assert shown(decision.scheduled.reserve_at) == "Wed 2026-12-02 23:59 +01"


def test_rules_judge_the_planned_shipment():
    rule = "when: {route.arrives: {at_least: 300 h}}, then: {exclude: true}"
    assert codes(decided(for_day(), facts(), rule)) == ["excluded"]
    assert decided(for_day(), facts(), "when: {route.late: {known: false}}, then: {prefer: 1.00}").because.keys() == {
        "test/r1"
    }


def test_lines_for_several_places_arrive_on_the_same_day():
    shop = node("shop", PARIS, services=("pickup",), hours=hours("09:00-18:00"))
    services = [service(), service("pickup", mode="pickup", transit=((0, 60),))]
    scenario = snapshot([node("lyon", LYON), shop], {"A": {"lyon": 9, "shop": 1}}, services=services)
    lines = [Line(id="1", sku="A", quantity=1, collect_at="shop"), Line(id="2", sku="A", quantity=1)]
    chosen = decided(for_day(*lines), scenario).chosen
    assert {shown(item.arrives_by)[4:14] for item in chosen} == {"2026-12-10"}
    assert [item.collect_at for item in chosen] == [None, "shop"]


def test_the_record_says_what_is_planned_and_is_read_back():
    decision = decided(for_day(("A", 2)), facts())
    record = DecisionRecord.of(decision, "d1", "0", b"{}", may_wait=True)
    assert (record.status, record.hold, record.shipments, record.cost_micros) == ("scheduled", None, [], 0)
    assert record.scheduled.reserve_at == "2026-12-06T22:59:00Z"
    assert [item.ships_at for item in record.scheduled.shipments] == ["2026-12-08T22:59:00Z"]
    assert from_json(to_json(record)) == record
    assert b'"scheduled"' not in to_json(DecisionRecord.of(decided(order(), facts()), "d1", "0", b"{}"))


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ({"day": date("2026-11-26")}, "deliver_on", "2026-11-26 is over; it is 2026-11-27 in Europe/Paris"),
        (
            {"placed_at": NOW + DAYS, "day": date("2026-11-27")},
            "deliver_on",
            "2026-11-27 is before the day on which the order was placed",
        ),
        ({"promise_by": at("2026-12-09 23:59")}, "promise_by", "the promise ends before 2026-12-10, on which"),
    ],
)
def test_a_day_that_contradicts_other_dates_is_told(more, field, message):
    with pytest.raises(OrderInvalid) as caught:
        check_order(for_day(**more), facts(), now=NOW)
    (mistake,) = caught.value.mistakes
    assert (mistake.field, mistake.message.startswith(message)) == (field, True)


def test_a_day_is_over_only_for_new_orders_and_a_promise_may_end_on_it():
    check_order(for_day(day=date("2026-11-27"), promise_by=at("2026-11-27 00:00")), facts(), now=NOW)
    check_order(for_day(placed_at=NOW - 9 * DAYS, day=date("2026-11-26")), facts())
