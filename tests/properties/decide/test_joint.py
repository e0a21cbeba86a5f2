"""A batch that is planned jointly is never worse than one decided one after another, whatever the rules and the stock;
what the plan says it proved, trying every assignment confirms.
"""

import contextlib
import dataclasses
import itertools
from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from engine.decide.decide import decide
from engine.decide.decision import NOTHING_LEFT
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint.assignment import total
from engine.decide.joint.plan import plan
from engine.decide.matching.matcher import Matcher
from engine.model.facts import ParcelPrice
from tests.properties.decide.baskets import BASKETS, SETS
from tests.support.examples import examples
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    NOW,
    PARIS,
    node,
    order,
    policies,
    product,
    service,
    snapshot,
)

pytestmark = pytest.mark.slow

RULES = [
    "then: {protect: {channel: web, units: 2}}",
    "when: {order.channel: store}, then: {max_shipments: 1}",
    "when: {order.tags: {has: whole}}, then: {ship_complete: true}",
    "when: {line.quantity: 3}, then: {keep_together: true}",
    "when: {node.id: lille}, then: {tier: 4}",
    "when: {node.id: marseille}, then: {exclude: unless_needed}",
    "when: {product.sku: B}, then: {avoid: 1.50}",
    "then: {split_penalty: 2.00}",
    "when: {node.id: lyon}, then: {keep: 1}",
    "when: {node.id: [lyon, lille]}, then: {multiple_of: 2}",
    "then: {daily_units: 3}",
    "when: {node.id: lyon}, then: {daily_weight: 4 kg}",
    "then: {cap: {channel: web, units: 2}}",
    "when: {node.id: [lyon, lille]}, then: {cap: {channel: store, units: 1}}",
]
PLACES = {"lyon": LYON, "lille": LILLE, "marseille": MARSEILLE}
SERVICES = [service(per_km=4_000), service("express", base=9 * EURO, per_km=1_000)]
BY_WEIGHT = [
    service(
        base=0,
        per_km=1_000,
        parcel_prices=(
            ParcelPrice(over=0, up_to=1_000, base=3 * EURO),
            ParcelPrice(over=1_000, up_to=4_000, base=4 * EURO, per_gram=200),
            ParcelPrice(over=6_000, up_to=20_000, base=6 * EURO),
        ),
    ),
    service("express", base=5 * EURO, per_km=1_000, max_weight=5_000),
]
PRODUCTS = [product("A", weight=700), product("B", weight=1_900)]
STOCK = st.fixed_dictionaries(
    {sku: st.fixed_dictionaries({name: st.integers(0, 4) for name in PLACES}) for sku in "AB"}
)
ROOMS = st.fixed_dictionaries({name: st.none() | st.integers(0, 3) for name in PLACES})
ORDERS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3)), min_size=1, max_size=3) | BASKETS | SETS,
        st.sampled_from(["web", "store"]),
        st.frozensets(st.just("whole")),
        st.sampled_from([PARIS, LYON, LILLE]),
    ),
    min_size=2,
    max_size=6,
)


def facts_of(stock, rooms, loads=None, services=SERVICES):
    nodes = [
        node(name, place, daily_orders=rooms[name], services=("parcel", "express")) for name, place in PLACES.items()
    ]
    return snapshot(nodes, stock, services=services, loads=loads, products=PRODUCTS)


def after(facts, decision):
    """The facts after the decision's holds are taken."""
    held = Counter((claim.sku, claim.node) for claim in decision.claims for _ in range(claim.units))
    positions = {
        sku: {name: item._replace(held=item.held + held[sku, name]) for name, item in nodes.items()}
        for sku, nodes in facts.positions.items()
    }
    loads = Counter(facts.loads) + Counter(shipment.node for shipment in decision.shipments)
    loads += Counter({item.field: item.amount for claim in decision.load_claims for item in claim.outputs})
    return dataclasses.replace(facts, positions=positions, loads=loads)


def decided_in_turn(turns, facts, matcher):
    decisions = []
    for item, left in turns:
        decisions.append(decide(item, facts, matcher, NOW, left=left))
        facts = after(facts, decisions[-1])
    return decisions


def planned(orders, facts, matcher):
    made = plan([Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW) for item in orders])
    assert sorted(made.sequence) == list(range(len(orders)))
    return made, [(orders[index], made.left_by(index)) for index in made.sequence]


@examples(50)
@given(ORDERS, STOCK, ROOMS, st.frozensets(st.sampled_from(RULES)), st.sampled_from([SERVICES, BY_WEIGHT]))
def test_a_plan_is_never_worse_than_one_after_another_and_each_order_gets_what_it_says(
    drawn, stock, rooms, rules, services
):
    orders = [
        order(*lines, id=f"W-{number}", channel=channel, tags=tags, place=place)
        for number, (lines, channel, tags, place) in enumerate(drawn)
    ]
    facts = facts_of(stock, rooms, services=services)
    with contextlib.closing(Matcher(policies(*sorted(rules)))) as matcher:
        greedy = total(item.score for item in decided_in_turn([(it, NOTHING_LEFT) for it in orders], facts, matcher))
        made, turns = planned(orders, facts, matcher)
        jointly = total(item.score for item in decided_in_turn(turns, facts, matcher))
    assert jointly <= made.summary.score <= greedy
    assert made.summary.orders == len(orders)
    gap, unproven = made.summary.gap, made.summary.unproven
    assert (gap is None) == (unproven is not None)


def best_of_all(orders, facts, matcher):
    """The least score of one-unit orders, by trying every node and service for each."""
    nodes = facts.network.nodes
    free = {name: facts.positions["A"][name].on_hand for name in nodes}
    ways = []
    for item in orders:
        its = [(None, total([]), 1)]
        for name in nodes:
            alone = {
                key: item if key == name else item._replace(on_hand=0) for key, item in facts.positions["A"].items()
            }
            decision = decide(item, dataclasses.replace(facts, positions={"A": alone}), matcher, NOW)
            if decision.shipments:
                its.append((name, decision.score, 0))
        ways.append(its)

    def scores():
        for chosen in itertools.product(*ways):
            used = Counter(name for name, _, _ in chosen if name)
            fits = all(
                count <= free[name] and (nodes[name].daily_orders is None or count <= nodes[name].daily_orders)
                for name, count in used.items()
            )
            if fits:
                score = total(its for _, its, _ in chosen)
                yield dataclasses.replace(score, unfilled=sum(unfilled for _, _, unfilled in chosen))

    return min(scores())


@examples(20)
@given(
    st.lists(st.sampled_from([PARIS, LYON, LILLE, MARSEILLE]), min_size=2, max_size=5),
    st.fixed_dictionaries({name: st.integers(0, 2) for name in PLACES}),
    ROOMS,
    st.frozensets(st.sampled_from(RULES[4:6])),
)
def test_orders_of_one_unit_get_the_best_assignment_of_all(places, stock, rooms, rules):
    orders = [order(("A", 1), id=f"W-{number}", place=place) for number, place in enumerate(places)]
    facts = facts_of({"A": stock}, rooms)
    with contextlib.closing(Matcher(policies(*sorted(rules)))) as matcher:
        made, turns = planned(orders, facts, matcher)
        best = best_of_all(orders, facts, matcher)
        assert total(item.score for item in decided_in_turn(turns, facts, matcher)) == best
    summary = made.summary
    assert summary.score == best
    if summary.unproven is None:
        assert summary.gap >= 0
