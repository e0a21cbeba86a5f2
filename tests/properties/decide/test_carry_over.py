"""An evaluation that is carried over to later facts gives the very decision that a new one gives there."""

import contextlib
import dataclasses

import hypothesis.strategies as st
import pytest
from hypothesis import event, example, given

from engine.decide.decide import decide, decision
from engine.decide.decision import Claim, LoadClaim, OutputClaim
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.carry_over import carried_over
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from engine.model.lookahead import PricesInForce
from engine.model.lots import Lot
from engine.model.node_loads import grams_field, units_field
from engine.orders.batch.projected_facts import ProjectedFacts
from rules.reserves import Tally
from tests.properties.decide.baskets import BASKETS
from tests.properties.decide.worlds import NODE_REST
from tests.support.examples import examples
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    NOW,
    PARIS,
    network,
    node,
    order,
    policies,
    product,
    receipt,
    service,
    snapshot,
)

pytestmark = pytest.mark.slow

RULES = [
    "when: {node.id: lyon}, then: {keep: 1}",
    "then: {protect: {channel: web, units: 2}}",
    "when: {stock.available: {at_most: 3}}, then: {keep: 1}",
    "when: {stock.held: {at_least: 2}}, then: {avoid: 2.00}",
    "when: {stock.days_of_cover: {more_than: 2}}, then: {prefer: 1.00}",
    "when: {node.load: {at_least: 3}}, then: {tier: 7}",
    "when: {node.id: lille, node.load: {at_least: 2}}, then: {daily_orders: 3}",
    "when: {line.quantity: 2}, then: {keep_together: true}",
    "when: {node.id: marseille}, then: {exclude: unless_needed}",
    "then: {split_penalty: 2.00}",
    "then: {max_shipments: 1}",
    "then: {daily_units: 5}",
    "when: {node.id: lyon}, then: {daily_weight: 7 kg}",
]
ALLOTMENTS = [
    "then: {allocate: [{channel: web, units: 4, per: day}, {channel: store, units: 3, per: day}]}",
    "then: {allocate: {channel: store, share: 50%, per: week}}",
    "when: {line.quantity: 2}, then: {keep: 2}",
    "then: {keep: 1, protect: {channel: web, units: 2}}",
]
CHOSEN_RULES = st.frozensets(st.sampled_from(RULES)) | st.frozensets(st.sampled_from(ALLOTMENTS), min_size=1)
CHANNELS = st.sampled_from(["web", "store"])
PLACES = {"lyon": LYON, "lille": LILLE, "marseille": MARSEILLE}
SERVICES = [service(per_km=4_000), service("express", base=9 * EURO, per_km=1_000)]
POSITIONS = st.builds(
    StockPosition, on_hand=st.integers(0, 12), held=st.integers(0, 2), pace=st.sampled_from([None, 0, 1_500])
)
STOCK = st.fixed_dictionaries({sku: st.fixed_dictionaries(dict.fromkeys(PLACES, POSITIONS)) for sku in "AB"})
ROOMS = st.fixed_dictionaries({name: st.sampled_from([None, 1, 4, 9]) for name in PLACES})
LINES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3)), min_size=1, max_size=3) | BASKETS
TAKEN = st.dictionaries(st.tuples(st.sampled_from("AB"), st.sampled_from(list(PLACES))), st.integers(1, 3), max_size=3)
LOADS = st.dictionaries(st.sampled_from(list(PLACES)), st.integers(0, 3))


def later_than(facts, taken, shipments, *, counted=()):
    """The facts after others took units, `counted` by these tallies, and gave nodes shipments."""
    positions, counts = dict(facts.positions), {sku: dict(of_sku) for sku, of_sku in facts.taken.items()}
    for (sku, name), units in taken.items():
        position = positions[sku][name]
        positions[sku] = {**positions[sku], name: position._replace(held=position.held + units)}
        for tally in counted:
            by_node = counts.setdefault(sku, {}).get(tally, {})
            counts[sku][tally] = {**by_node, name: by_node.get(name, 0) + units}
    loads = {**facts.loads, **{name: facts.loads.get(name, 0) + shipments.get(name, 0) for name in PLACES}}
    for name, count in shipments.items():
        for item in outputs(name, count):
            loads[item.field] = facts.loads.get(item.field, 0) + item.amount
    return dataclasses.replace(facts, positions=positions, loads=loads, taken=counts)


def outputs(name, shipments):
    """What so many shipments of a node have, each of two units of 700 g."""
    return (
        OutputClaim(field=units_field(name), amount=2 * shipments, most=None),
        OutputClaim(field=grams_field(name), amount=1_400 * shipments, most=None),
    )


def floors(evaluation):
    """By line and position, the units that are kept."""
    return [positions.floor.tolist() for positions in evaluation.positions]


def capacities(evaluation):
    """By node, the units and the grams that it may still ship."""
    return {name: evaluation.capacity(name) for name in PLACES}


FACTS = st.tuples(STOCK, ROOMS, LOADS)


@examples(130)
@given(LINES, CHANNELS, FACTS, st.tuples(TAKEN, LOADS), CHOSEN_RULES)
def test_a_decision_by_a_carried_over_evaluation_is_that_of_a_new_one(lines, channel, before, since, rules):
    item, (stock, rooms, loads) = order(*lines, channel=channel, place=PARIS), before
    nodes = [
        node(name, place, daily_orders=rooms[name], services=("parcel", "express")) for name, place in PLACES.items()
    ]
    facts = snapshot(nodes, stock, services=SERVICES, loads=loads)
    later = later_than(facts, *since)
    with contextlib.closing(Matcher(policies(*sorted(rules)))) as matcher:
        evaluation = Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW)
        later_columns = SnapshotColumns(later, matcher, NOW)
        choice = Candidates(evaluation).choose()
        earlier = decision(evaluation, choice)
        carried = carried_over(evaluation, choice, later_columns, judged_alike=False)
        event(f"carried over: {carried is not None}, units taken: {bool(since[0])}")
        if carried is not None and choice.gap == 0:
            assert decision(carried, choice) == decide(item, later, matcher, NOW)
        assert decision(evaluation, choice) == earlier


MANY = StockPosition(on_hand=12, held=0, pace=None)


@example(  # lines of one SKU share their floors, of which rules give each its own
    lines=[("A", 2), ("A", 1)],
    channel="web",
    before=({sku: dict.fromkeys(PLACES, MANY) for sku in "AB"}, dict.fromkeys(PLACES), {}),
    since=[({("A", "lyon"): 1}, {}, "store")],
    rules={ALLOTMENTS[1], ALLOTMENTS[2]},
)
@example(  # a node may ship fewer units after a shipment
    lines=[("A", 1)],
    channel="web",
    before=({sku: dict.fromkeys(PLACES, MANY) for sku in "AB"}, dict.fromkeys(PLACES), {}),
    since=[({}, {"lyon": 1}, "web")],
    rules={"then: {daily_units: 5}"},
)
@examples(130)
@given(
    LINES,
    CHANNELS,
    FACTS,
    st.lists(st.tuples(TAKEN, LOADS, CHANNELS), max_size=3),
    CHOSEN_RULES,
)
def test_a_decision_on_projected_facts_is_that_on_facts_read_anew(lines, channel, before, since, rules):
    item, (stock, rooms, loads) = order(*lines, channel=channel, place=PARIS), before
    nodes = [
        node(name, place, daily_orders=rooms[name], services=("parcel", "express")) for name, place in PLACES.items()
    ]
    facts = later = snapshot(nodes, stock, services=SERVICES, loads=loads)
    with contextlib.closing(Matcher(policies(*sorted(rules)))) as matcher:
        columns = SnapshotColumns(facts, matcher, NOW)
        evaluation = Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW, columns=columns)
        planned, projected = PlannedOrder(evaluation), ProjectedFacts(columns, matcher)
        for taken, shipments, by in since:
            another = decide(dataclasses.replace(item, channel=by), facts, matcher, NOW)
            projected.choose(planned)  # columns that were made before must not be taken for later ones
            later = later_than(later, taken, shipments, counted=another.counted)
            claims = [Claim(sku=sku, node=name, units=units, floor=0) for (sku, name), units in taken.items()]
            given_to = [
                LoadClaim(node=name, period="2026-11-27", shipments=count, most=None, outputs=outputs(name, count))
                for name, count in shipments.items()
            ]
            projected.take(dataclasses.replace(another, claims=tuple(claims), load_claims=tuple(given_to)))
        chosen, expected = projected.choose(planned), decide(item, later, matcher, NOW)
        event(f"filled: {not expected.unfilled}, units taken: {any(taken for taken, _, _ in since)}")
        assert chosen is not None  # nothing is of lots
        assert decision(*chosen) == expected
        anew = Evaluation(order=item, snapshot=later, matcher=matcher, now=NOW)
        assert floors(chosen[0]) == floors(anew)
        assert capacities(chosen[0]) == capacities(anew)
        assert projected.are(later, matcher)


@pytest.mark.parametrize(
    ("stock", "to_come_at", "rules"),
    [
        (
            {"lyon": 9},
            "lyon",
            [
                "when: {stock.available: {at_least: 9}}, then: {prefer: 1.00}",
                "when: {stock.incoming: {less_than: 1}}, then: {exclude: true}",
            ],
        ),
        # a place that never had any has a position by what is to come there
        ({"lyon": 9, "marseille": 9}, "lille", ["when: {stock.incoming: {at_least: 1}}, then: {avoid: 1.00}"]),
    ],
)
def test_what_is_to_come_is_part_of_projected_facts(stock, to_come_at, rules):
    nodes = [node(name, place) for name, place in PLACES.items()]
    facts = snapshot(nodes, {"A": stock}, services=SERVICES, receipts=[receipt(place=to_come_at)])
    item = order(("A", 1), place=PARIS)
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        columns = SnapshotColumns(facts, matcher, NOW)
        evaluation = Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW, columns=columns)
        planned, projected = PlannedOrder(evaluation), ProjectedFacts(columns, matcher)
        first = decide(item, facts, matcher, NOW)
        projected.take(dataclasses.replace(first, load_claims=()))
        later = later_than(facts, {("A", claim.node): claim.units for claim in first.claims}, {})
        assert decision(*projected.choose(planned)) == decide(item, later, matcher, NOW)
        assert not first.unfilled


TALLY = Tally(channel="store", per="day")
PRICES = PricesInForce(digest="one", use_until=NOW, currency="EUR", prices={})
FACTS_OF_A = {
    "positions": {"lyon": StockPosition(on_hand=9, held=1, pace=1_000)},
    "products": product("A", weight=700),
    "taken": {TALLY: {"lyon": 1}},
    "receipts": {"lyon": [receipt()]},
}
"""By field, as it was planned on."""


@pytest.mark.parametrize(
    ("field", "later"),
    [
        ("positions", {"lyon": StockPosition(on_hand=8, held=1, pace=1_000)}),
        ("positions", {"lyon": StockPosition(on_hand=9, held=2, pace=1_000)}),
        ("positions", {"lyon": StockPosition(on_hand=9, held=1, pace=2_000)}),
        ("positions", {"lyon": StockPosition(on_hand=9, held=1, pace=1_000), "lille": StockPosition(on_hand=0)}),
        ("products", product("A", weight=800)),
        ("taken", {TALLY: {"lyon": 2}}),
        ("receipts", {"lyon": [receipt(units=11)]}),
        ("lots", {"lyon": [Lot(label="2027-01-01", on_hand=9, held=1)]}),
        ("loads", {"lyon": 2}),
        ("hourly_loads", {"lyon": 3}),
        ("resting", {"lyon": NODE_REST}),
        ("lookahead", dataclasses.replace(PRICES, digest="another")),
        ("lookahead", None),
        ("network", network([node("lyon", LYON)])),
    ],
    ids=str,
)
def test_projected_facts_are_not_those_in_which_others_changed_something(field, later):
    facts = snapshot([node("lyon", LYON)], {"A": {}}, loads={"lyon": 1})
    of_a = {name: {"A": value} for name, value in FACTS_OF_A.items()}
    facts = dataclasses.replace(facts, hourly_loads={"lyon": 2}, lookahead=PRICES, **of_a)
    with contextlib.closing(Matcher(policies())) as matcher, contextlib.closing(Matcher(policies())) as another:
        projected = ProjectedFacts(SnapshotColumns(facts, matcher, NOW), matcher)
        assert projected.are(dataclasses.replace(facts), matcher)
        assert not projected.are(facts, another)
        changed = {"A": later} if field in {*FACTS_OF_A, "lots"} else later
        assert not projected.are(dataclasses.replace(facts, **{field: changed}), matcher)
