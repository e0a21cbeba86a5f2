"""Which orders contend, and for what: nobody else needs a joint plan."""

import contextlib

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint.contention import contending_groups
from engine.decide.joint.planned_order import LOADS, PlannedOrder
from engine.decide.matching.matcher import Matcher
from tests.support.facts import LILLE, LYON, NOW, PARIS, node, order, policies, service, snapshot

PLACES = [node("lyon", LYON), node("lille", LILLE)]
SERVICES = [service(per_km=10_000)]


def groups_of(orders, stock, nodes=PLACES, *rules):
    facts = snapshot(nodes, stock, services=SERVICES)
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        planned = [PlannedOrder(Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW)) for item in orders]
        return [(list(group.orders), set(group.scarce)) for group in contending_groups(planned)]


def test_orders_that_find_all_they_want_contend_for_nothing():
    orders = [order(("A", 2), id="a"), order(("A", 2), id="b"), order(("B", 1), id="c")]
    assert groups_of(orders, {"A": {"lyon": 2, "lille": 4}, "B": {"lyon": 1}}) == []


def test_orders_that_want_the_same_units_contend():
    orders = [order(("A", 2), id="a"), order(("B", 1), id="b"), order(("A", 1), id="c")]
    assert groups_of(orders, {"A": {"lyon": 2}, "B": {"lyon": 1}}) == [([0, 2], {("A", "lyon")})]


def test_an_order_contends_if_those_that_contend_could_turn_to_what_it_takes():
    near_lyon = [order(("A", 1), id=name, place=LYON) for name in "ab"]
    of_lille = order(("A", 1), id="c", place=LILLE)
    enough = {"A": {"lyon": 1, "lille": 3}}
    assert groups_of([*near_lyon, of_lille], enough) == [([0, 1], {("A", "lyon")})]
    scarce = {"A": {"lyon": 1, "lille": 2}}
    assert groups_of([*near_lyon, of_lille], scarce) == [([0, 1, 2], {("A", "lyon"), ("A", "lille")})]


def test_shipments_of_a_node_are_contended_for_like_units():
    nodes = [node("lyon", LYON, daily_orders=1), node("lille", LILLE)]
    orders = [order((sku, 1), id=sku, place=LYON) for sku in "AB"]
    stock = {sku: {"lyon": 5, "lille": 5} for sku in "AB"}
    assert groups_of(orders, stock, nodes) == [([0, 1], {(LOADS, "lyon")})]


def test_orders_that_share_nothing_scarce_are_groups_of_their_own():
    orders = [order((sku, 1), id=f"{sku}{number}", place=PARIS) for number in range(2) for sku in "AB"]
    groups = groups_of(orders, {"A": {"lyon": 1}, "B": {"lille": 1}})
    assert groups == [([0, 2], {("A", "lyon")}), ([1, 3], {("B", "lille")})]


def test_units_that_must_stay_for_a_channel_are_scarce_for_the_others():
    orders = [order(("A", 1), id=name, channel="store") for name in "ab"]
    rule = "then: {protect: {channel: web, units: 2}}"
    assert groups_of(orders, {"A": {"lyon": 3}}, PLACES, rule) == [([0, 1], {("A", "lyon")})]
