"""The columns of an evaluation, and the choice made from them, are those of a plain reference: an option at a time."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.judgements import judged_positions
from engine.decide.matching.matcher import Matcher
from rules.effects import Exclusion
from rules.vocabulary import Stage
from tests.properties.decide.baskets import baskets
from tests.properties.decide.worlds import LOADS, NODE_REST, NODES, ORDERS, RESTING, RULES, SERVICES, STOCK, snapshot
from tests.reference.enumerated_choice import best_by_enumeration
from tests.reference.plain_choice import PlainEvaluation
from tests.support.examples import TIMES, examples
from tests.support.facts import HOUR, NOW, order, policies, product
from tests.support.facts import snapshot as snapshot_of

pytestmark = pytest.mark.slow


@examples(100, in_suite=40)
@given(
    orders=st.lists(ORDERS, min_size=1, max_size=3),
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    load_and_rest=st.tuples(LOADS, RESTING),
    rules=st.lists(st.sampled_from(RULES), max_size=8, unique=True),
    later=st.integers(0, 200),
)
def test_columns_and_choice_are_those_of_a_plain_reference(orders, stock, load_and_rest, rules, later):
    loads, resting = load_and_rest
    facts = snapshot(stock, loads, resting)
    now = NOW + later * HOUR // 2
    matcher = Matcher(policies(*rules))
    for placed in orders:  # what is remembered of one must be right for the next
        evaluation = Evaluation(order=placed, snapshot=facts, matcher=matcher, now=now)
        plain = PlainEvaluation(placed, facts, matcher, now)
        for index in range(len(placed.lines)):
            assert [
                (p.node, p.floor, p.free, p.judgement) for p in judged_positions(evaluation, index)
            ] == plain.positions[index]
            assert _options(evaluation, index) == [
                (o.route.key, o.unit_cost, o.unit_carbon, o.judgement, o.excluded) for o in plain.options[index]
            ]
        assert {name: evaluation.room(name) for name in plain.nodes} == {name: plain.room(name) for name in plain.nodes}
        assert Candidates(evaluation).choose() == plain.choose()
    matcher.close()


@examples(100)
@given(
    order=ORDERS,
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    resting=st.sets(st.sampled_from(["lyon", "paris"])),
    rules=st.lists(st.sampled_from([rule for rule in RULES if "exclude" in rule or "keep" in rule]), unique=True),
)
def test_the_facts_of_a_decision_are_those_of_a_plain_reference(order, stock, resting, rules):
    products = [product("A", weight=1_200), product("B", weight=4_000)]
    rests = dict.fromkeys(sorted(resting), NODE_REST)
    facts = snapshot_of(NODES, stock, services=SERVICES, products=products, resting=rests)
    matcher = Matcher(policies(*rules))
    plain = PlainEvaluation(order, facts, matcher, NOW)
    decision = decide(order, facts, matcher, NOW)
    assert {
        (sku, *row)
        for sku, stock in decision.stock.items()
        for row in zip(stock.nodes, stock.on_hand, stock.held, stock.floor, strict=True)
    } == {
        (line.sku, item.node, at.on_hand, at.held, item.floor)
        for line, positions in {line.sku: (line, plain.positions[i]) for i, line in enumerate(order.lines)}.values()
        for item in positions
        if (at := facts.positions[line.sku][item.node]).on_hand
    }
    listed = [
        (line, item.rules, item.unless_needed, item.resting and item.resting.node, node, service)
        for item in decision.exclusions
        for line in item.lines
        for service, nodes in item.nodes.items()
        for node in nodes
    ]
    assert sorted(listed, key=str) == sorted(_excluded(plain, matcher, rests), key=str)
    causes = [(item.rules, item.unless_needed, item.resting and item.resting.node) for item in decision.exclusions]
    assert len(list(itertools.groupby(causes))) == len(set(causes)), "those of one cause stand together"
    matcher.close()


@examples(35, in_suite=10)
@given(
    lines=baskets("lyon", "marseille", most_lines=3 if TIMES == 1 else 4),
    stock=st.fixed_dictionaries(
        {sku: st.dictionaries(st.sampled_from(["lille", "lyon", "marseille"]), st.integers(0, 3)) for sku in "AB"}
    ),
    rules=st.lists(st.sampled_from(RULES), max_size=6, unique=True),
)
def test_the_choice_for_lines_to_several_places_is_the_best_of_all(lines, stock, rules):
    facts = snapshot_of(NODES, stock, services=SERVICES)
    matcher = Matcher(policies(*rules))
    best = best_by_enumeration(PlainEvaluation(order(*lines), facts, matcher, NOW).problem())
    units = {(key.option, line): count for (key, line), count in best.units.items()}
    assert Candidates(Evaluation(order=order(*lines), snapshot=facts, matcher=matcher, now=NOW)).choose() == (
        replace(best, units=units)
    )
    matcher.close()


def _excluded(plain, matcher, rests):
    for line, options in zip(plain.order.lines, plain.options, strict=True):
        for option in options:
            key, exclude = option.route.key, option.judgement.outcome.exclude
            if exclude:
                rules = matcher.with_effect(option.judgement, "exclude")
                yield line.id, rules, exclude is Exclusion.UNLESS_NEEDED, None, *key[:2]
            if key.node in rests:
                yield line.id, tuple(rests[key.node].because), False, key.node, *key[:2]


def _options(evaluation, index):
    options = evaluation.options[index]
    judgements = evaluation.matcher.stages[Stage.OPTION].table.judgements
    columns = (options.reach, options.unit_cost, options.unit_carbon, options.judgement, options.excluded)
    return [
        (evaluation.key(row), cost, carbon, judgements[number], excluded)
        for row, cost, carbon, number, excluded in zip(*(column.tolist() for column in columns), strict=True)
    ]
