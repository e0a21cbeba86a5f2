"""The promises of random carts against brute force: none is missing, none can't be kept; and they are taken up as they
were quoted.
"""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.decide.promises.promise import undominated
from engine.decide.promises.search import PromiseSearch, SharedFacts
from engine.model.facts import StockPosition
from tests.properties.decide.baskets import baskets
from tests.reference.plain_promises import PlainPromise, kept_promises, plain_promises
from tests.support.clocks import date, hours
from tests.support.examples import examples
from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    NOW,
    PARIS,
    collected,
    node,
    order,
    policies,
    product,
    rest,
    service,
    snapshot,
)

pytestmark = pytest.mark.slow

DELIVERIES = ("standard", "express")
RULES = [
    "then: {keep: 1}",
    "when: {order.delivery: express, service.id: parcel}, then: {exclude: true}",
    "when: {order.delivery: standard}, then: {carbon_price: 0.25}",
    "when: {node.type: store}, then: {tier: 3}",
    "when: {node.type: store}, then: {exclude: unless_needed}",
    "when: {service.id: van}, then: {prefer: 6.00}",
    "when: {route.late: true}, then: {exclude: true}",
    "when: {route.late: false, node.id: lyon}, then: {avoid: 3.00}",
    "when: {order.promise_by: {less_than: '2026-11-28 12:00'}, node.id: lille}, then: {avoid: 4.00}",
    "when: {order.promise_by: {less_than: '2026-11-28 18:00'}}, then: {keep: 1}",
    "when: {order.promise_by: {known: false}}, then: {max_shipments: 1}",
    "when: {line.quantity: {at_least: 2}}, then: {keep_together: true}",
    "when: {node.id: lyon}, then: {daily_orders: 1}",
    "then: {split_penalty: 2.00}",
    "then: {max_shipments: 1}",
    "then: {ship_complete: true}",
]
SERVICES = [
    service(emission=60_000, drop=90_000, per_kg=EURO // 3),
    service("van", mode="van", base=9 * EURO, emission=300_000, drop=200_000, transit=((2_000_000, 20 * 60),)),
    service("bike", mode="bike", base=6 * EURO, max_distance=30_000, transit=((30_000, 180),)),
    service("collect", mode="pickup", base=EURO // 2, transit=((1_000, 30),)),
]
NODES = [
    node("lille", LILLE, services=("parcel", "van"), preparation=300, cut_offs={"parcel": 600}),
    node("lyon", LYON, type="store", services=("parcel",), hours=hours("09:00-19:00", sunday=[])),
    node("paris", PARIS, type="store", services=("bike", "collect", "van"), preparation=60),
]
PRODUCTS = [product("A", weight=1_200), product("B", weight=4_000)]
POSITIONS = st.builds(StockPosition, on_hand=st.integers(0, 4), held=st.integers(0, 1))
STOCK = st.dictionaries(st.sampled_from(["lille", "lyon", "paris"]), POSITIONS)
LINES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3)), min_size=1, max_size=2)
DAYS = st.sampled_from([None, date("2026-11-28"), date("2026-11-30")])
CARTS = (
    st.builds(lambda lines: order(*lines, id=""), LINES)
    | st.builds(lambda lines: collected(*lines, at="paris", id=""), LINES)
    | st.builds(lambda lines, day: order(*lines, id="", deliver_on=day), baskets("paris", "lyon", most_lines=2), DAYS)
)
NOWS = st.sampled_from([NOW, NOW - 2 * HOUR, NOW + 9 * HOUR])


def searched(cart, facts, matcher, now):
    shared = SharedFacts.of(cart, facts, matcher, now)
    deliveries = DELIVERIES if cart.collect_at is None else ("click_and_collect",)
    return [PromiseSearch(replace(cart, delivery=delivery), shared) for delivery in deliveries]


@examples(70)
@given(
    cart=CARTS,
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    loads_and_rest=st.tuples(
        st.dictionaries(st.just("lyon"), st.integers(0, 1)), st.sets(st.sampled_from(["lille"]), max_size=1)
    ),
    rules=st.lists(st.sampled_from(RULES), max_size=5, unique=True),
    now=NOWS,
)
def test_no_promise_is_missing_none_cannot_be_kept_and_each_is_taken_up_as_it_was_quoted(
    cart, stock, loads_and_rest, rules, now
):
    loads, resting = loads_and_rest
    facts = snapshot(
        NODES,
        stock,
        services=SERVICES,
        products=PRODUCTS,
        loads=loads,
        resting=dict.fromkeys(resting, rest(NOW + 99 * HOUR)),
    )
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        searches = searched(cart, facts, matcher, now)
        promises = undominated(promise for search in searches for promise in search.promises())
        deliveries = [search.delivery for search in searches]
        offered = [PlainPromise(promise.arrives_by, promise.cost, promise.co2) for promise in promises]
        assert set(offered) == plain_promises(cart, deliveries, facts, matcher, now)
        assert offered == sorted(set(offered)), "the earliest first, each once"
        assert all(search.complete for search in searches)
        for promise in promises:
            taken = replace(cart, id="W-1", delivery=promise.delivery, promise_by=promise.arrives_by)
            decision = decide(taken, facts, matcher, now, terms=promise.terms)
            assert (decision.unfilled, decision.chosen) == ((), promise.shipments)
            if cart.deliver_on is not None:
                latest = decide(taken, facts, matcher, promise.alike_until - 1, terms=promise.terms)
                assert latest.chosen == promise.shipments


@examples(50)
@given(
    line=st.tuples(st.sampled_from("AB"), st.integers(1, 4)),
    at=st.none() | st.just("paris"),
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    rules=st.lists(st.sampled_from(RULES), max_size=4, unique=True),
    now=NOWS,
)
def test_a_product_page_promises_the_earliest_that_brute_force_finds(line, at, stock, rules, now):
    cart = order(line, id="") if at is None else collected(line, at=at, id="")
    facts = snapshot(NODES, stock, services=SERVICES, products=PRODUCTS)
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        for search in searched(cart, facts, matcher, now):
            order_alone = replace(cart, delivery=search.delivery)
            kept = kept_promises(order_alone, facts, matcher, now, greenest=False)
            earliest = search.earliest()
            assert (earliest and earliest.arrives_by) == min((promise.arrives_by for promise in kept), default=None)
