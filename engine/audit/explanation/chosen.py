"""What was chosen and what it costs, as statements."""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.comparison import units_by_rule
from engine.audit.explanation.costs import rule_amounts
from engine.audit.explanation.looking_ahead import lookahead_of_shipments
from engine.audit.explanation.statement import (
    Co2,
    Date,
    Distance,
    Instant,
    Money,
    Names,
    Parts,
    Rules,
    Statement,
    Units,
    Values,
    units_by_sku,
)
from engine.decide.decide import reserve_at
from engine.decide.decision import Shipment, ShipmentLine
from engine.model.facts import Line


def chosen(explained: ExplainedChoice) -> Iterator[Statement]:
    """What ships from where, and when."""
    evaluation = explained.evaluation
    held_from = reserve_at(evaluation, explained.choice)
    if held_from > evaluation.now:
        yield Statement(kind="chosen.scheduled", values={"reserve_at": Instant(held_from)})
    for shipment in explained.shipments:
        yield _shipment(explained, shipment)
        yield from _waits(shipment)
    if evaluation.not_counted:
        yield Statement(kind="chosen.not_counted", values={"units": units_of(evaluation.not_counted)})
    if not explained.shipments and not evaluation.not_counted:
        yield Statement(kind="chosen.nothing")


def _shipment(explained: ExplainedChoice, shipment: Shipment) -> Statement:
    service = explained.case.snapshot.network.services[shipment.service]
    values: Values = {
        "node": Names.of(shipment.node),
        "units": units_of(shipment.lines),
        "service": Names.of(shipment.service),
        "arrives_by": Instant(shipment.arrives_by),
    }
    late = "_late" if shipment.late else ""
    if service.mode == "pickup":
        return Statement(kind=f"chosen.collected{late}", values=values)
    values |= {"distance": Distance(shipment.distance), "ships_at": Instant(shipment.ships_at)}
    if shipment.collect_at:
        values["collect_at"] = Names.of(shipment.collect_at)
        return Statement(kind=f"chosen.shipment_to_place{late}", values=values)
    return Statement(kind=f"chosen.shipment{late}", values=values)


def _waits(shipment: Shipment) -> Iterator[Statement]:
    """What of a shipment is still to come, and what of it is a preorder."""
    for shipped in shipment.lines:
        for receipt, units in shipped.receipts:
            values: Values = {
                "units": Units.of(shipped.sku, units),
                "receipt": Names.of(receipt),
                "expected_at": Instant(shipment.expected[receipt]),
            }
            yield Statement(kind="chosen.waits", values=values, count=units)
        if shipped.preorder_from is not None:
            values = {"units": Units.of(shipped.sku, shipped.quantity), "date": Date(shipped.preorder_from)}
            yield Statement(kind="chosen.preorder", values=values, count=shipped.quantity)


def costs(explained: ExplainedChoice) -> Iterator[Statement]:
    """What the choice costs part by part, and which rules count for or against it."""
    if not explained.shipments:
        return
    cost, score = explained.costs, explained.choice.score
    yield Statement(kind="cost.paid", values={"paid": Money(cost.paid), "parts": Parts(cost.of_paid)})
    yield Statement(kind="cost.co2", values={"co2": Co2(explained.co2)})
    if cost != cost.of_paid:
        yield Statement(kind="cost.compared", values={"compared": Money(cost.total), "parts": Parts(cost)})
    for (rule, effect, micros), units in rule_amounts(explained.evaluation, explained.choice).items():
        values: Values = {"amount": Money(micros), "units": units_by_sku(units)}
        yield Statement(kind=f"cost.{effect}", values=values, count=sum(units.values()), rules=Rules((rule,)))
    yield from lookahead_of_shipments(explained)
    unless_needed, tiers = rules_with(explained, "exclude"), rules_with(explained, "tier")
    if score.unless_needed:
        yield Statement(kind="cost.unless_needed", rules=Rules(unless_needed))
    if tiers:
        yield Statement(kind="cost.tiers", rules=Rules(tiers))


def rules_with(explained: ExplainedChoice, effect: str) -> tuple[str, ...]:
    """The rules with an effect that act on the options chosen."""
    return tuple(sorted(units_by_rule(explained.evaluation, explained.choice, (effect,))))


def units_of(shipment_lines: Iterable[ShipmentLine | Line]) -> Units:
    """What lines of shipments or orders have, by SKU."""
    units = Counter[str]()
    for shipped in shipment_lines:
        units[shipped.sku] += shipped.quantity
    return units_by_sku(units)
