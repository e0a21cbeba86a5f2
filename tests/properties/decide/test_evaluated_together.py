"""Orders that are evaluated together have the very columns, and the decision, that each has by itself."""

import contextlib

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from engine.decide.decide import decide, decision
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.evaluation.together import evaluate
from engine.decide.evaluation.together.evaluate import evaluate_together, in_parts
from engine.decide.matching.matcher import Matcher
from engine.model.facts import Lane
from tests.properties.decide.worlds import LOADS, NODE_REST, NODES, RESTING, RULES, SERVICES, STOCK
from tests.properties.decide.worlds import ORDERS as PLAIN_ORDERS
from tests.support.examples import examples
from tests.support.facts import HOUR, NOW, collected, order, policies, product, snapshot

pytestmark = pytest.mark.slow

MORE_RULES = [
    "when: {stock.rank: 1}, then: {prefer: 0.30}",
    "when: {route.rank_distance: {at_most: 2}}, then: {prefer: 0.20}",
    "when: {route.rank_cost: 1}, then: {avoid: 0.10}",
    "when: {order.segment: vip}, then: {tier: 2}",
    "then: {keep: {cover: 2 days}}",
    "then: {allocate: {channel: store, units: 3, per: day}}",
]
PRODUCTS = [product("A", weight=1_200), product("B", weight=4_000, decimals=1)]
ORDERS = st.one_of(
    PLAIN_ORDERS,
    st.builds(
        lambda units, ago, segment, region: order(
            ("A", units), ("B", 2 * units), placed_at=NOW - ago * HOUR, segment=segment, region=region
        ),
        st.integers(1, 5),
        st.integers(0, 60),
        st.sampled_from([None, "vip"]),
        st.sampled_from([None, "PACA"]),
    ),
    st.builds(
        lambda node, units: collected(("B", units), at=node), st.sampled_from(["lyon", "marseille"]), st.integers(1, 4)
    ),
    st.builds(
        lambda country, units: order(("A", units), place=None, country=country),
        st.sampled_from(["FR", "BE"]),
        st.integers(1, 9),
    ),
)
LANES = [(), (Lane(nodes=frozenset({"lille"}), region="PACA", distance=10_000),)]


def same(one, other):
    return all(
        (its is None and their is None) or (its.dtype == their.dtype and np.array_equal(its, their))
        for its, their in zip(one, other, strict=True)
    )


@examples(100, in_suite=40)
@given(
    orders=st.lists(ORDERS, min_size=1, max_size=6),
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    load_and_rest=st.tuples(LOADS, RESTING),
    rules=st.tuples(
        st.lists(st.sampled_from(RULES), max_size=6, unique=True), st.sets(st.sampled_from(MORE_RULES), min_size=2)
    ),
    lanes=st.sampled_from(LANES),
)
def test_orders_evaluated_together_are_as_if_each_was_by_itself(orders, stock, load_and_rest, rules, lanes):
    loads, resting = load_and_rest
    rests = dict.fromkeys(sorted(resting), NODE_REST)
    facts = snapshot(
        NODES, stock, services=SERVICES, products=PRODUCTS, loads=loads, resting=rests, lanes=lanes, cut_off_grace=3_000
    )
    with contextlib.closing(Matcher(policies(*rules[0], *sorted(rules[1])))) as matcher:
        columns = SnapshotColumns(facts, matcher, NOW)
        together = [
            Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW, columns=columns) for item in orders
        ]
        (part,) = in_parts(together)
        evaluate_together(part, matcher)
        for its in together:
            is_sent_now = its.order.deliver_on is None and len(its.order.destinations) == 1
            assert ("options" in its.__dict__) == is_sent_now
        event(f"of them with their options: {sum('options' in its.__dict__ for its in together)}")
        for item, its in zip(orders, together, strict=True):
            alone = Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW)
            assert same(its.reach, alone.reach)
            for ours, theirs in zip(its.positions, alone.positions, strict=True):
                assert same(ours[1:], theirs[1:])
            for ours, theirs in zip(its.options, alone.options, strict=True):
                assert same(ours, theirs)
            assert decision(its, Candidates(its).choose()) == decide(item, facts, matcher, NOW)


def test_orders_are_evaluated_in_parts_of_so_many_options(monkeypatch):
    facts = snapshot(NODES, {"A": {}}, services=SERVICES, products=PRODUCTS)
    with contextlib.closing(Matcher(policies())) as matcher:
        evaluations = [
            Evaluation(order=order(*[("A", 1)] * lines), snapshot=facts, matcher=matcher, now=NOW)
            for lines in (1, 1, 3, 1)
        ]
        monkeypatch.setattr(evaluate, "MOST_AT_ONCE", 2 * len(evaluations[0].ways.keys))
        assert [[len(its.order.lines) for its in part] for part in in_parts(evaluations)] == [[1, 1], [3], [1]]
        assert list(in_parts([])) == []
