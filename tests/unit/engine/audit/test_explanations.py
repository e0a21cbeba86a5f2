"""An explanation is given only of what was decided."""

from msgspec import structs

from engine.audit.explanations import agrees
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.record import DecisionRecord
from tests.support.explanations import explained
from tests.support.facts import LYON, PARIS, TODAY, decided, node, order, snapshot

FACTS = snapshot([node("lyon", LYON), node("paris", PARIS)], {"A": {"lyon": 3, "paris": 3}})


def record_of(placed):
    made = decided(placed, FACTS)
    return DecisionRecord.of(made, "d1", "1", facts_to_json(FactsRecord.of(made)))


def test_what_comes_out_as_recorded_agrees():
    placed = order(("A", 2))
    record, explanation = record_of(placed), explained(placed, FACTS)
    assert agrees(explanation, record)
    (shipment,) = record.shipments
    (line,) = shipment.lines
    for other in (
        structs.replace(shipment, node="paris"),
        structs.replace(shipment, service="van"),
        structs.replace(shipment, cost_micros=shipment.cost_micros + 1),
        structs.replace(shipment, co2_mg=shipment.co2_mg + 1),
        structs.replace(shipment, lines=[structs.replace(line, quantity=1)]),
        structs.replace(shipment, ships_at="2026-11-27T09:01:00Z"),
        structs.replace(shipment, arrives_by="2026-12-24T18:00:00Z"),
        structs.replace(shipment, late=True),
    ):
        assert not agrees(explanation, structs.replace(record, shipments=[other]))
    assert not agrees(explanation, structs.replace(record, shipments=[]))


def test_units_that_stay_unfilled_are_those_that_were_recorded():
    placed = order(("A", 9))
    record, explanation = record_of(placed), explained(placed, FACTS)
    (missing,) = record.unfilled
    assert agrees(explanation, record)
    assert not agrees(explanation, structs.replace(record, unfilled=[structs.replace(missing, quantity=1)]))
    assert not agrees(explanation, structs.replace(record, unfilled=[]))


def test_of_a_scheduled_decision_the_shipments_planned_count():
    placed = order(("A", 2), deliver_on=TODAY + 7)
    record = record_of(placed)
    assert record.scheduled
    assert agrees(explained(placed, FACTS), record)
