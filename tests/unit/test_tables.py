"""Decisions as people read them: by the clock on the wall where the goods leave and are collected."""

import json

from api.tables import decision_lines
from engine.decide.decision import canonical, record
from tests.building import LILLE, LYON, PARIS, collected, decided, node, order, service, snapshot
from tests.unit.decide.clocks import at, hours

LONDON = {"time_zone": "Europe/London", "country": "GB"}


def lines(wanted, facts, now):
    decision = decided(wanted, facts, now=now)
    return "\n".join(decision_lines(json.loads(canonical(record(decision, None, "0"))), facts.network))


def test_a_shipment_leaves_by_the_clock_of_its_node():
    home = node("leeds", LILLE, hours=hours("09:00-17:00"), **LONDON)
    shown = lines(order(place=PARIS), snapshot([home], {"A": {"leeds": 1}}), at("2026-11-27 03:00"))
    assert "leaves Fri 27 Nov 2026 09:00 (Europe/London), arrives by Sun 29 Nov 2026 09:00 (Europe/London)" in shown


def test_what_is_collected_arrives_by_the_clock_of_the_place_it_is_collected_at():
    nodes = [node("lyon", LYON), node("leeds", LILLE, services=(), hours=hours("09:00-17:00"), **LONDON)]
    facts = snapshot(nodes, {"A": {"lyon": 1}}, services=[service(transit=((2_000_000, 60),))])
    shown = lines(collected(at="leeds"), facts, at("2026-11-27 07:00"))
    assert "leaves Fri 27 Nov 2026 07:00, arrives by Fri 27 Nov 2026 09:00 (Europe/London)" in shown


def test_the_installation_s_own_zone_is_not_named():
    facts = snapshot([node("lyon", LYON, time_zone="Europe/Paris")], {"A": {"lyon": 1}})
    shown = lines(order(place=PARIS), facts, at("2026-11-27 07:00"))
    assert "leaves Fri 27 Nov 2026 07:00, arrives by Sun 29 Nov 2026 07:00\n" in shown


def test_a_node_that_is_gone_from_the_network_leaves_the_installation_s_time():
    facts = snapshot([node("leeds", LILLE, **LONDON)], {"A": {"leeds": 1}})
    decision = decided(order(place=PARIS), facts, now=at("2026-11-27 07:00"))
    other = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}}).network
    shown = "\n".join(decision_lines(json.loads(canonical(record(decision, None, "0"))), other))
    assert "leaves Fri 27 Nov 2026 07:00, arrives" in shown
