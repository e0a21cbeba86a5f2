"""Decisions as people read them: in the time of the node that the goods leave or are collected at."""

import dataclasses
import json

import pytest
from msgspec import UNSET

from api.cli.output.tables import decision_lines
from engine.decide.record import DecisionRecord, from_json, to_json
from engine.decide.record_parts import UnprovenRecord
from engine.decide.sourcing.problem import Unproven
from engine.model.facts import Line
from tests.support.clocks import at, date, hours
from tests.support.facts import LILLE, LYON, PARIS, collected, decided, node, order, service, snapshot

LONDON = {"time_zone": "Europe/London", "country": "GB"}


def lines(order, facts, now, *rules):
    decision = decided(order, facts, *rules, now=now)
    return "\n".join(decision_lines(DecisionRecord.of(decision, None, "0", b"{}"), facts.network))


def test_a_shipment_leaves_by_the_clock_of_its_node():
    home = node("leeds", LILLE, hours=hours("09:00-17:00"), **LONDON)
    shown = lines(order(place=PARIS), snapshot([home], {"A": {"leeds": 1}}), at("2026-11-27 03:00"))
    assert (
        "leaves Fri 27 Nov 2026 09:00 +00:00 (Europe/London), arrives by Sun 29 Nov 2026 09:00 +00:00 (Europe/London)"
        in shown
    )


def test_what_is_collected_arrives_by_the_clock_of_the_place_it_is_collected_at():
    nodes = [node("lyon", LYON), node("leeds", LILLE, services=(), hours=hours("09:00-17:00"), **LONDON)]
    facts = snapshot(nodes, {"A": {"lyon": 1}}, services=[service(transit=((2_000_000, 60),))])
    shown = lines(collected(at="leeds"), facts, at("2026-11-27 07:00"))
    assert "leaves Fri 27 Nov 2026 07:00 +01:00, arrives by Fri 27 Nov 2026 09:00 +00:00 (Europe/London)" in shown


def test_shipments_of_lines_with_a_destination_of_their_own_say_where_they_go():
    services = [service(), service("pickup", mode="pickup", transit=((0, 60),))]
    leeds = node("leeds", LILLE, services=("pickup",), hours=hours("09:00-17:00"), **LONDON)
    facts = snapshot([node("lyon", LYON), leeds], {"A": {"lyon": 9, "leeds": 1}}, services=services)
    home, fetched = Line(id="1", sku="A", quantity=1), Line(id="2", sku="A", quantity=1, collect_at="leeds")
    shown = lines(order(home, fetched), facts, at("2026-11-27 07:00"))
    assert "1. from leeds by pickup to be collected at leeds, 0.0 km" in shown
    assert "arrives by Fri 27 Nov 2026 10:00 +00:00 (Europe/London)" in shown
    assert "2. from lyon by parcel, 393.2 km" in shown
    delivered = dataclasses.replace(collected(fetched, at="leeds"), place=PARIS, country="FR")
    delivered = dataclasses.replace(delivered, lines=(dataclasses.replace(home, delivery="standard"), fetched))
    assert "from lyon by parcel to the destination, 393.2 km" in lines(delivered, facts, at("2026-11-27 07:00"))


def test_an_order_for_a_nominated_day_says_from_when_it_is_reserved_and_when_it_is_to_leave():
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 2}})
    placed = order(("A", 3), id="W-1", deliver_on=date("2026-12-10"))
    shown = lines(placed, facts, at("2026-11-27 07:00"))
    assert "Order W-1 (web, standard): scheduled\n" in shown
    assert (
        "  to arrive on Thu 10 Dec 2026; reserved from Sun 06 Dec 2026 23:59 +01:00\n  1. from lyon by parcel" in shown
    )
    assert "leaves Tue 08 Dec 2026 23:59 +01:00, arrives by Thu 10 Dec 2026 23:59 +01:00\n" in shown
    assert "  unfilled: 1 x A (line 1)\n" in shown
    assert "  in all 5.00 EUR" in shown
    held = lines(placed, facts, at("2026-12-07 07:00"))
    assert "partial\n  to arrive on Thu 10 Dec 2026\n  1. from lyon by parcel" in held


def test_the_installation_s_own_zone_is_not_named():
    facts = snapshot([node("lyon", LYON, time_zone="Europe/Paris")], {"A": {"lyon": 1}})
    shown = lines(order(place=PARIS), facts, at("2026-11-27 07:00"))
    assert "leaves Fri 27 Nov 2026 07:00 +01:00, arrives by Sun 29 Nov 2026 07:00 +01:00\n" in shown


def test_it_is_said_that_a_person_must_approve_the_order():
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    sentence = "a person must approve it before it ships\n     a reason (test/r1)\n"
    assert sentence in lines(order(), facts, at("2026-11-27 07:00"), "then: {approve: true}")
    assert sentence not in lines(order(), facts, at("2026-11-27 07:00"))


def test_a_node_that_is_gone_from_the_network_leaves_the_installation_s_time():
    facts = snapshot([node("leeds", LILLE, **LONDON)], {"A": {"leeds": 1}})
    decision = decided(order(place=PARIS), facts, now=at("2026-11-27 07:00"))
    other = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}}).network
    shown = "\n".join(decision_lines(DecisionRecord.of(decision, None, "0", b"{}"), other))
    assert "leaves Fri 27 Nov 2026 07:00 +01:00, arrives" in shown


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        ({"gap_micros": 0}, "(the best, proven)"),
        ({"gap_micros": 1_500_000}, "(at most 1.50 EUR from the best)"),
        (
            {"gap_micros": None, "unproven": {"part": "unfilled_units", "at_most": 1_137}},
            "(not proven: at most 1,137 units more could be filled)",
        ),
        (
            {"gap_micros": None, "unproven": {"part": "unless_needed_units", "at_most": 2}},
            '(not proven: at most 2 units fewer could be taken where rules say "unless needed")',
        ),
        (
            {"gap_micros": None, "unproven": {"part": "tiers", "at_most": 3}},
            "(not proven: the tiers' sum could be at most 3 less)",
        ),
        ({"gap_micros": None}, "(not proven the best)"),
    ],
)
def test_by_how_much_a_choice_could_be_improved_is_printed_as_a_sentence(score, sentence):
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    record = json.loads(to_json(DecisionRecord.of(decided(order(place=PARIS), facts), None, "0", b"{}")))
    record["score"] |= score
    assert sentence in "\n".join(decision_lines(from_json(json.dumps(record).encode()), facts.network))


def test_the_record_says_which_part_is_not_proven():
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    decision = decided(order(place=PARIS), facts)
    assert DecisionRecord.of(decision, None, "0", b"{}").score.unproven is UNSET
    doubted = dataclasses.replace(decision, gap=None, unproven=Unproven(part="tiers", most=3))
    assert DecisionRecord.of(doubted, None, "0", b"{}").score.unproven == UnprovenRecord(part="tiers", at_most=3)
