"""The choice between what is there and what is to come, against one that tries every way to ship each unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from tests.reference.plain_waiting import PlainWaiting
from tests.support.clocks import hours
from tests.support.examples import examples
from tests.support.facts import EURO, HOUR, LILLE, LYON, NOW, node, order, policies, receipt, service, snapshot

pytestmark = pytest.mark.slow

NODES = [
    node("lille", LILLE, services=("parcel",), hours=hours("09:00-19:00", sunday=[]), daily_orders=2),
    node("lyon", LYON, services=("bike", "parcel")),
]
SERVICES = [service(per_km=1_000), service("bike", mode="bike", base=4 * EURO, transit=((2_000_000, 24 * 60),))]
RULES = [
    "when: {node.id: lyon}, then: {promise_from: confirmed}",
    "when: {node.id: lille}, then: {promise_from: in_transit, slack: 1 day}",
    "when: {order.channel: web}, then: {haircut: 25%}",
    "then: {slack: 2 days}",
    "then: {keep: 1}",
    "when: {product.sku: B}, then: {preorder_from: 2026-12-02}",
    "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 1.50}",
    "when: {route.arrives: {more_than: 8 d}}, then: {exclude: unless_needed}",
    "when: {route.late: true}, then: {tier: 7}",
    "when: {stock.incoming: {at_least: 3}}, then: {prefer: 0.40}",
    "when: {stock.next_arrival: {at_most: 3 d}}, then: {avoid: 0.30}",
    "when: {service.id: bike}, then: {avoid: 2.00}",
    "then: {split_penalty: 1.00}",
    "then: {max_shipments: 1}",
    "then: {ship_complete: true}",
    "when: {line.quantity: {at_least: 3}}, then: {keep_together: true}",
    "then: {daily_orders: 3}",
]
SOMETHING_WAITS = "then: {promise_from: planned}"
POSITIONS = st.builds(StockPosition, on_hand=st.integers(0, 3), held=st.sampled_from([0, 0, 0, 1, 3]))
STOCK = st.dictionaries(st.sampled_from(["lille", "lyon"]), POSITIONS)


@st.composite
def receipts(draw):
    """Some, of A and B, at both nodes; some of their units are promised."""
    some = []
    for number in range(draw(st.integers(1, 5))):
        units = draw(st.integers(1, 3))
        some.append(
            receipt(
                f"R{number}",
                units + draw(st.sampled_from([0, 0, 2])),
                days=draw(st.sampled_from([0, 1, 2, 3, 4, 6, 9])),
                sku=draw(st.sampled_from("AB")),
                place=draw(st.sampled_from(["lille", "lyon"])),
                status=draw(st.sampled_from(["planned", "confirmed", "confirmed", "in_transit"])),
                promised=min(units, draw(st.sampled_from([0, 0, 0, 1, 3]))),
            )
        )
    return some


@examples(100)
@given(
    lines=st.lists(st.tuples(st.sampled_from("AAB"), st.integers(1, 4)), min_size=1, max_size=2),
    stock=st.fixed_dictionaries({"A": STOCK, "B": STOCK}),
    coming=receipts(),
    loads=st.dictionaries(st.sampled_from(["lille", "lyon"]), st.integers(0, 3)),
    rules=st.lists(st.sampled_from(RULES), max_size=5, unique=True),
)
def test_the_choice_is_the_best_of_all_ways_to_ship_or_to_wait(lines, stock, coming, loads, rules):
    placed = order(*lines, promise_by=NOW + 70 * HOUR)
    facts = snapshot(NODES, stock, services=SERVICES, receipts=coming, loads=loads)
    matcher = Matcher(policies(SOMETHING_WAITS, *rules))
    plain = PlainWaiting(placed, facts, matcher, NOW)
    score, units = plain.best()
    choice = Candidates(Evaluation(order=placed, snapshot=facts, matcher=matcher, now=NOW)).choose()
    its = choice.score
    assert (its.unfilled, its.unless_needed, its.tiers, its.money) == score
    chosen = {(key.ready_at, key.node, key.service, line): count for (key, line), count in choice.units.items()}
    assert chosen == {(*way, line): count for line, of_line in enumerate(units) for way, count in of_line.items()}
    decision = decide(placed, facts, matcher, NOW)
    _each_unit_is_of_a_receipt_that_is_there(decision, facts)
    matcher.close()


def _each_unit_is_of_a_receipt_that_is_there(decision, facts):
    """No receipt is promised beyond what is to come of it, or to a shipment that leaves before it is there."""
    by_id = {item.id: item for by_node in facts.receipts.values() for its in by_node.values() for item in its}
    promised = {name: item.promised for name, item in by_id.items()}
    for shipment in decision.shipments:
        for parcel in shipment.lines:
            for name, units in parcel.receipts:
                promised[name] += units
                assert by_id[name].expected_at <= shipment.ready_at
                assert (by_id[name].node, by_id[name].sku) == (shipment.node, parcel.sku)
    assert all(units <= max(by_id[name].promised, by_id[name].to_come) for name, units in promised.items())
    claimed = {name: units for claim in decision.claims for name, units in claim.receipts}
    assert claimed == {
        name: units - by_id[name].promised for name, units in promised.items() if units > by_id[name].promised
    }
