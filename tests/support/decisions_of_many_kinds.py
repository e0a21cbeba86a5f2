"""A small network whose orders lead to decisions of every kind, under rules that read what changes meanwhile."""

from engine.orders.amendment.plan import AmendRequest
from engine.orders.rejection import RejectionRequest
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, PARIS, inventory, node, order

RULES = (
    "when: {node.load: {at_least: 1}}, then: {avoid: 1.00}",
    "when: {product.category: home, stock.available: {at_most: 3}}, then: {keep: 1}",
    "when: {node.id: lille}, then: {daily_units: 9}",
    "when: {rejection.reason: no_capacity, node.load: {at_least: 1}}, then: {rest_after_rejection: 2h}",
    "then: {hold: 2h}",
)


def stocked(units=6, **more):
    places = [node("lyon", LYON, **more), node("lille", LILLE), node("paris", PARIS)]
    stock = {"A": {"lyon": units, "lille": 2, "paris": 0}, "B": {"lyon": 3, "lille": 3}}
    return inventory(places, stock, paces={"A": {"lyon": 500}})


def life(shop, clock):
    """Decisions of many kinds: filled, partial, of a batch, after a rejection, amended, offered what waited."""
    first = json_of(shop.decide(order(("A", 1), ("B", 1))))
    clock.now += 30
    other = order(("A", 2), ("B", 1), promise_by=NOW + 60 * HOUR)
    second = json_of(shop.decide(other))
    shipped_from = second["shipments"][0]["node"]
    shop.rerouting.reject(RejectionRequest(decision=second["id"], node=shipped_from, reason="no_capacity"))
    clock.now += 30
    more = order(("A", 3), id=first["order"]["id"])
    shop.amendments.amend(AmendRequest(order=more, waits=True))
    shop.decide(order(("A", 9), tags=frozenset({"gift"})), wait=True, hold_minutes=20)
    list(shop.batch([order(("B", 1)), order(("B", 3)), order(("A", 1))], now=NOW - 60).results())
    shop.decide(order(("B", 1)), now=NOW - HOUR)
