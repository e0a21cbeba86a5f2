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
from engine.model.facts import NodeRest, ParcelPrice, StockPosition
from rules.effects import Exclusion
from rules.vocabulary import Stage
from tests.properties.decide.baskets import BASKETS, SETS
from tests.reference.enumerated_choice import best_by_enumeration
from tests.reference.plain_choice import PlainEvaluation
from tests.support.clocks import date, hours, running
from tests.support.examples import examples
from tests.support.facts import EURO, HOUR, LILLE, LYON, MARSEILLE, NOW, PARIS, node, order, policies, product, service
from tests.support.facts import snapshot as snapshot_of

pytestmark = pytest.mark.slow

RULES = [
    "then: {keep: 2}",
    "then: {keep: 15%}",
    "when: {node.id: lille}, then: {protect: [{channel: app, units: 3}, {channel: store, share: 20%}]}",
    "when: {stock.days_of_cover: {more_than: 3}}, then: {prefer: 1.50}",
    "when: {stock.days_of_cover: {known: false}}, then: {avoid: 0.70}",
    "when: {stock.available: {between: [2, 6]}}, then: {avoid: 0.30}",
    "when: {stock.held: {at_least: 2}}, then: {keep: 1}",
    "when: {node.type: store}, then: {tier: 3}",
    "when: {node.load: {at_least: 2}}, then: {avoid: 2.00}",
    "when: {node.load: {at_least: 1}, node.type: store}, then: {daily_orders: 2}",
    "when: {node.tags: {has: outlet}}, then: {exclude: unless_needed}",
    "when: {service.mode: bike}, then: {prefer: 0.40}",
    "when: {service.id: van, order.channel: app}, then: {exclude: true}",
    "when: {route.distance: {more_than: 300 km}}, then: {avoid: 1.10}",
    "when: {route.late: true}, then: {avoid: 3.00}",
    "when: {route.late: {known: false}}, then: {tier: 4}",
    "when: {route.cost: {at_least: 6.00 EUR}}, then: {exclude: unless_needed}",
    "when: {route.co2: {less_than: 1 kg}}, then: {prefer: 0.20}",
    "when: {route.arrives: {at_most: 24 h}}, then: {prefer: 0.60}",
    "when: {line.quantity: {more_than: 4}}, then: {keep_together: true}",
    "when: {order.delivery: click_and_collect, service.mode: {not: pickup}}, then: {avoid: 0.90}",
    "when: {order.delivery: express, service.id: parcel}, then: {exclude: true}",
    "when: {order.region: PACA}, then: {keep: 1}",
    "then: {carbon_price: 0.25}",
    "then: {split_penalty: 1.00}",
    "then: {max_shipments: 2}",
    "then: {ship_complete: true}",
    "then: {multiple_of: 2}",
    "when: {node.id: [lille, lyon]}, then: {daily_units: 6}",
    "then: {daily_weight: 9 kg}",
    "when: {node.type: store}, then: {multiple_of: 3}",
    "then: {cap: {channel: web, units: 5}}",
    "when: {node.type: store}, then: {cap: {channel: web, units: 3}}",
    "when: {product.sku: A, stock.available: {at_least: 5}}, then: {multiple_of: 4}",
]
SERVICES = [
    service(per_kg=EURO // 2, drop=300_000_000, per_km=2_000),
    service("van", mode="van", base=7 * EURO, max_weight=3_000, runs=running("monday", "friday", "saturday")),
    service("bike", mode="bike", base=4 * EURO, max_distance=400_000, drop=1_000),
    service(
        "tariff",
        base=0,
        parcel_prices=(
            ParcelPrice(over=0, up_to=2_000, base=3 * EURO),
            ParcelPrice(over=2_000, up_to=9_000, base=1 * EURO, per_gram=500, at_least=4 * EURO),
            ParcelPrice(over=12_000, up_to=40_000, base=9 * EURO),
        ),
    ),
    service("counter", mode="pickup", base=EURO // 2, transit=((0, 60),)),
]
NODES = [
    node("lille", LILLE, type="warehouse", services=("bike", "parcel", "tariff", "van"), unit_handling=EURO // 10),
    node("lyon", LYON, type="store", tags=frozenset({"outlet"}), services=("counter", "parcel", "van"), daily_orders=3),
    node(
        "marseille",
        MARSEILLE,
        type="store",
        hours=hours("09:00-19:00", sunday=[]),
        cut_offs={"parcel": 900},
        region="PACA",
        daily_units=9,
        daily_weight=15_000,
    ),
    node("paris", PARIS, type="supplier", services=("bike", "parcel", "tariff"), handling=EURO, preparation=90),
]
POSITIONS = st.builds(
    StockPosition, on_hand=st.integers(0, 14), held=st.integers(0, 4), pace=st.none() | st.integers(0, 4_000)
)
STOCK = st.dictionaries(st.sampled_from([item.id for item in NODES]), POSITIONS)
TODAY = date("2026-11-27")
ORDERS = st.builds(
    lambda lines, channel, promise, place, day: order(
        *lines,
        channel=channel,
        promise_by=None if promise is None else NOW + promise * HOUR,
        place=place,
        deliver_on=None if day is None else TODAY + day,
    ),
    lines=st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9)), min_size=1, max_size=3) | BASKETS | SETS,
    channel=st.sampled_from(["web", "app", "store"]),
    promise=st.none() | st.integers(1, 100),
    place=st.sampled_from([PARIS, LYON, LILLE]),
    day=st.none() | st.integers(0, 9),
)
NODE_REST = NodeRest(
    until=NOW + HOUR, since=NOW - HOUR, reason="other", decision="d", policy_version="v", because={"test/r": {}}
)


@examples(100)
@given(
    orders=st.lists(ORDERS, min_size=1, max_size=3),
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    load_and_rest=st.tuples(
        st.dictionaries(
            st.sampled_from(["lille", "lyon", "marseille", "lyon\tunits", "lille\tgrams"]), st.integers(0, 3)
        ),
        st.sets(st.sampled_from(["lyon", "paris"]), max_size=1),
    ),
    rules=st.lists(st.sampled_from(RULES), max_size=8, unique=True),
    later=st.integers(0, 200),
)
def test_columns_and_choice_are_those_of_a_plain_reference(orders, stock, load_and_rest, rules, later):
    loads, resting = load_and_rest
    products = [product("A", weight=1_200), product("B", weight=4_000)]
    facts = snapshot_of(
        NODES, stock, services=SERVICES, products=products, loads=loads, resting=dict.fromkeys(resting, NODE_REST)
    )
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


@examples(35)
@given(
    lines=BASKETS,
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
