"""Promises of a cart: which are offered, for how long, and what is said of a search that is cut short."""

import contextlib
import random

import pytest

from engine.decide.decide import decide
from engine.decide.decision import PromiseTerms
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.kept_promise import choose_in_time
from engine.decide.matching.matcher import Matcher
from engine.decide.promises import search as search_module
from engine.decide.promises.promise import Promise, undominated
from engine.decide.promises.search import PromiseSearch, SharedFacts
from engine.model.facts import Lane, NetworkCaches, Snapshot, StockPosition
from tests.support.facts import EURO, HOUR, LILLE, LYON, NOW, PARIS, decided, node, order, policies, service, snapshot
from tests.support.hexagone import hexagone

SLOW = service("slow", base=2 * EURO, emission=0, transit=((2_000_000, 72 * 60),))
QUICK = service("quick", base=9 * EURO, emission=500_000, transit=((2_000_000, 24 * 60),))
GREEN = service("green", base=5 * EURO, emission=1_000, transit=((2_000_000, 24 * 60),))
SERVICES = [SLOW, QUICK, GREEN, service(emission=90_000)]


def searched(cart, facts, *rules, now=NOW):
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        search = PromiseSearch(cart, SharedFacts.of(cart, facts, matcher, now))
        return search, list(search.promises())


def shown(promises):
    return [(promise.arrives_by - NOW, promise.cost, promise.shipments[0].service) for promise in promises]


def test_each_instant_has_the_choice_of_the_policies_and_the_greenest():
    facts = snapshot([node("lyon", services=("green", "quick", "slow"))], {"A": {"lyon": 1}}, services=SERVICES)
    search, promises = searched(order(), facts, "when: {service.id: quick}, then: {prefer: 5.00}")
    by_policies, greenest = promises[:2], promises[2:]
    assert shown(by_policies) == [(72 * HOUR, 2 * EURO, "slow"), (24 * HOUR, 9 * EURO, "quick")]
    assert shown(greenest) == [(72 * HOUR, 2 * EURO, "slow"), (24 * HOUR, 5 * EURO, "green")]
    assert [promise.terms.greenest for promise in promises] == [False, False, True, True]
    assert shown(undominated(promises)) == [(24 * HOUR, 5 * EURO, "green"), (72 * HOUR, 2 * EURO, "slow")]
    assert (search.complete, search.unfilled()) == (True, ())


def test_of_equally_green_choices_the_cheapest_is_the_greenest():
    dear = service("alpha", base=8 * EURO)  # first by its id
    facts = snapshot([node("lyon", services=("alpha", "parcel"))], {"A": {"lyon": 1}}, services=[dear, service()])
    _, promises = searched(order(), facts)
    assert shown(promises) == [(48 * HOUR, 5 * EURO, "parcel")] * 2


def test_tiers_come_before_carbon():
    facts = snapshot([node("lyon", services=("green", "quick"))], {"A": {"lyon": 1}}, services=SERVICES)
    _, promises = searched(order(), facts, "when: {service.id: quick}, then: {tier: 1}")
    assert {item[2] for item in shown(promises)} == {"quick"}


def test_the_score_of_the_greenest_choice_is_in_money():
    facts = snapshot([node("lyon", services=("green", "slow"))], {"A": {"lyon": 2}}, services=SERVICES)
    cart = order(("A", 2))
    terms = PromiseTerms(arrives_by=NOW + 24 * HOUR, greenest=True)
    by_money = decided(cart, facts, "then: {avoid: 1.00}", "when: {service.id: slow}, then: {exclude: true}")
    with contextlib.closing(Matcher(policies("then: {avoid: 1.00}"))) as matcher:
        decision = decide(cart, facts, matcher, NOW, terms=terms)
    assert (decision.shipments, decision.score) == (by_money.shipments, by_money.score)


def test_a_cart_that_ships_only_in_part_is_not_promised_and_says_why():
    facts = snapshot([node("lyon")], {"A": {"lyon": 1}, "B": {}})
    search, promises = searched(order(("A", 2), ("B", 1)), facts)
    assert (promises, search.earliest()) == ([], None)
    assert [(item.line, item.quantity, item.reasons[0].code) for item in search.unfilled()] == [
        ("1", 1, "not_enough"),
        ("2", 1, "no_stock"),
    ]


def test_nothing_that_leads_there_is_nothing_promised():
    facts = snapshot([node("lyon", services=("bike",))], {"A": {"lyon": 1}}, services=[service("bike", max_distance=1)])
    search, promises = searched(order(), facts)
    assert promises == []
    assert [reason.code for reason in search.unfilled()[0].reasons] == ["unreachable"]


def test_in_a_country_that_is_not_known_only_ways_with_a_lane_of_known_distance_are_promised():
    lanes = (
        Lane(nodes=frozenset({"lyon"}), country="XK", distance=465_000),
        Lane(nodes=frozenset({"lille"}), country="XK", takes=60),
    )
    nodes = [node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)]
    facts = snapshot(nodes, {"A": {"lyon": 1, "lille": 1, "paris": 1}}, lanes=lanes)
    _, promises = searched(order(place=None, country="XK"), facts)
    assert {(item.shipments[0].node, item.shipments[0].distance) for item in promises} == {("lyon", 465_000)}
    assert searched(order(place=None, country="XX"), facts)[1] == []


def test_a_search_that_makes_too_many_choices_says_that_it_is_not_complete(monkeypatch):
    services = [
        service(f"s{hours}", base=(99 - hours) * EURO, transit=((2_000_000, hours * 60),)) for hours in range(10, 20)
    ]
    facts = snapshot(
        [node("lyon", services=tuple(item.id for item in services))], {"A": {"lyon": 1}}, services=services
    )
    search, promises = searched(order(), facts)
    assert (len(promises), search.complete) == (20, True)
    monkeypatch.setattr(search_module, "MOST_ENTRIES", 60)
    search, promises = searched(order(), facts)
    assert [promise.arrives_by - NOW for promise in promises] == [hours * HOUR for hours in range(19, 13, -1)] * 2
    assert not search.complete
    monkeypatch.setattr(search_module, "MOST_ENTRIES", 0)
    assert len(searched(order(), facts)[1]) == 2 * search_module.FEWEST_CHOICES, "some are made of each objective"


@pytest.mark.parametrize(
    ("arrives", "costs", "kept"),
    [
        ([1, 2], [5, 4], [1, 2]),
        ([1, 2], [5, 5], [1]),
        ([2, 2, 1], [5, 4, 6], [1, 2]),
    ],
)
def test_a_promise_that_is_nowhere_better_is_left_out(arrives, costs, kept):
    promises = [
        Promise(
            delivery="standard",
            terms=PromiseTerms(arrives_by=instant),
            shipments=decided(order(), snapshot([node("lyon", handling=cost)], {"A": {"lyon": 1}})).shipments,
            alike_until=99,
        )
        for instant, cost in zip(arrives, costs, strict=True)
    ]
    assert [promise.arrives_by for promise in undominated(promises)] == kept


@pytest.mark.slow
def test_a_large_cart_has_a_proven_greenest_choice_where_the_cheapest_of_equal_ones_cannot_be_proven():
    inventory = hexagone()
    dice = random.Random(3)
    lines = [(sku, dice.choice([1, 1, 2, 3])) for sku in dice.sample(sorted(inventory.products), 20)]
    facts = Snapshot(
        network=inventory.network,
        caches=NetworkCaches(inventory.network),
        products={sku: inventory.products[sku] for sku, _ in lines},
        positions={
            sku: {name: StockPosition(on_hand=units) for name, units in inventory.stock[sku].items()}
            for sku, _ in lines
        },
        loads={},
    )
    with contextlib.closing(Matcher(policies())) as matcher:
        evaluation = Evaluation(order=order(*lines, place=LYON), snapshot=facts, matcher=matcher, now=NOW)
        choice = choose_in_time(Candidates(evaluation), PromiseTerms(arrives_by=NOW + 999 * HOUR, greenest=True))
    assert (choice.score.unfilled, choice.gap) == (0, 0)
