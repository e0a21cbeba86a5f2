"""What a decision comes to: the figures that what-if adds up, and what of it makes another decision of it.

Pure. The outcome of a logged decision is taken from its record, that of a draft from the choice that it makes, without
the parts of a decision that nobody adds up; both come out alike (tests/store/simulation).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import UNSET, structs

from engine.audit.replay import WHOLE, ChoiceAgain
from engine.decide.decide import acting_rules, reserve_at, score_of, shipments_of
from engine.decide.decision import Status
from engine.decide.facts_record import FactsRecord
from engine.decide.order_record import seconds
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.model.facts import Network, Product, rounded
from engine.simulation.outcome_parts import NodeDay, ProductUnits, arrival_seconds, node_days, product_units


class Amounts(NamedTuple):
    """What decisions come to, in numbers that add up. Micros, milligrams of CO2e, and units in the smallest parts that
    are counted. Shipments of a scheduled order are those that are planned.
    """

    decisions: int = 0
    filled: int = 0
    partial: int = 0
    unfilled: int = 0
    scheduled: int = 0
    waiting: int = 0
    """Decisions of which units wait for stock or for their day."""
    parked: int = 0
    """Decisions that a person must approve first."""
    late: int = 0
    """Decisions with a shipment that comes later than was promised."""
    units_ordered: int = 0
    units_shipped: int = 0
    units_unfilled: int = 0
    units_waiting: int = 0
    shipments: int = 0
    shipments_promised: int = 0
    shipments_late: int = 0
    cost: int = 0
    carriage: int = 0
    handling: int = 0
    policy_amounts: int = 0
    """What the policies counted beside cost: a price of carbon, what they prefer and avoid, split penalties."""
    co2: int = 0
    arriving: int = 0
    """Decisions of which something ships, now or later."""
    arrival_seconds: int = 0
    """Of these, from when the order was placed until the last of their shipments arrives."""


NOTHING = Amounts()


def added(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(*map(int.__add__, one, other))


def subtracted(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(*map(int.__sub__, one, other))


class NodeAmounts(NamedTuple):
    """What a node ships."""

    shipments: int = 0
    shipments_late: int = 0
    units: int = 0
    cost: int = 0
    co2: int = 0


NO_SHIPMENTS = NodeAmounts()


class Outcome(NamedTuple):
    """What one decision comes to. `fired` are the rules that acted on it."""

    amounts: Amounts
    nodes: tuple[tuple[str, NodeAmounts], ...]
    fired: tuple[str, ...]
    days: tuple[NodeDay, ...] = ()
    """In the order of nodes and dates."""
    products: tuple[ProductUnits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided: the shipments, now or later, and the units that stay unfilled, by line. Two decisions of the
    same are one decision, whatever rules led to it and however long its hold lasts.
    """

    status: Status
    shipments: tuple[ShipmentRecord, ...]
    unfilled: Mapping[str, int]
    units_waiting: int
    waits: bool
    parked: bool

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset(shipment.node for shipment in self.shipments)


def recorded(record: DecisionRecord) -> Decided:
    """What a logged decision decided."""
    return Decided(
        status=record.status,
        shipments=_shipments(record.scheduled.shipments if record.scheduled else record.shipments),
        unfilled={item.line: item.quantity for item in record.unfilled},
        units_waiting=record.units_waiting if record.waiting else 0,
        waits=bool(record.waiting),
        parked=bool(record.awaiting_approval),
    )


def decided(record: DecisionRecord, facts: FactsRecord, again: ChoiceAgain) -> Decided:
    """What is decided of the same order by the choice made `again`. Units that stay unfilled may wait if some of
    `record` did; if it had none, the log doesn't tell, and only those wait that rules put on backorder.
    """
    parked = is_parked(record, facts, approve=again.evaluation.order_outcome.approve)
    return decided_by_choice(again, may_wait=record.may_wait, parked=parked)


def decided_by_choice(again: ChoiceAgain, *, may_wait: bool, parked: bool) -> Decided:
    """What a choice decides. `may_wait`: all units that stay unfilled wait."""
    evaluation, choice, order = again.evaluation, again.choice, again.evaluation.ordered
    scheduled = reserve_at(evaluation, choice) > evaluation.now
    chosen = [ShipmentRecord.of(shipment, order) for shipment in shipments_of(evaluation, choice)]
    missing = [line.quantity for line in evaluation.order.lines]
    for (_, index), units in choice.units.items():
        missing[index] -= units
    lines = [(index, line.id, missing[index]) for index, line in enumerate(evaluation.order.lines) if missing[index]]
    may_wait = may_wait or scheduled
    waiting = sum(units for index, _, units in lines if may_wait or evaluation.backorders(index))
    if scheduled:
        waiting += sum(item.quantity for shipment in chosen for item in shipment.lines)
    return Decided(
        status=_status(scheduled=scheduled, fills=bool(chosen or evaluation.not_counted), missing=bool(lines)),
        shipments=_shipments(chosen),
        unfilled={line: units for _, line, units in lines},
        units_waiting=waiting,
        waits=scheduled or waiting > 0,
        parked=parked,
    )


def outcome_of_record(
    record: DecisionRecord, made: Decided, rules: frozenset[str], network: Network, products: Mapping[str, Product]
) -> Outcome:
    """`made` is what it decided; `rules` are those that may act on a decision."""
    return outcome_of(
        made,
        MadeBy(
            network=network,
            products=products,
            placed_at=seconds(record.order.placed_at),
            skus={line.id: line.sku for line in record.order.lines},
            money=record.score.money_micros,
            fired=rules.intersection(record.rules.fired),
            filled_without_stock=sum(item.quantity for item in record.not_counted or ()),
        ),
    )


def outcome_of_choice(again: ChoiceAgain, made: Decided, rules: frozenset[str]) -> Outcome:
    """`made` is what the choice decided; `rules` are those that may act on a decision."""
    evaluation = again.evaluation
    return outcome_of(
        made,
        MadeBy(
            network=evaluation.snapshot.network,
            products=evaluation.snapshot.products,
            placed_at=evaluation.order.placed_at,
            skus={line.id: line.sku for line in evaluation.order.lines},
            money=score_of(evaluation, again.choice).money,
            fired=rules.intersection(acting_rules(evaluation)[0]),
            filled_without_stock=sum(line.quantity for line in evaluation.not_counted),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """What else is known of a decision: `skus` by line, and what its policies counted and which of them acted."""

    network: Network
    products: Mapping[str, Product]
    placed_at: int
    skus: Mapping[str, str]
    money: int
    fired: Iterable[str]
    filled_without_stock: int


def outcome_of(made: Decided, by: MadeBy) -> Outcome:
    nodes: dict[str, NodeAmounts] = {}
    for shipment in made.shipments:
        units = sum(item.quantity for item in shipment.lines)
        row = NodeAmounts(1, bool(shipment.late), units, shipment.cost_micros, shipment.co2_mg)
        nodes[shipment.node] = NodeAmounts(*map(int.__add__, nodes.get(shipment.node, NO_SHIPMENTS), row))
    cost = sum(row.cost for row in nodes.values())
    handling = sum(_handling(shipment, by.network, by.products) for shipment in made.shipments)
    planned, late = sum(row.units for row in nodes.values()), sum(row.shipments_late for row in nodes.values())
    unfilled = sum(made.unfilled.values())
    amounts = Amounts(
        decisions=1,
        filled=made.status == "filled",
        partial=made.status == "partial",
        unfilled=made.status == "unfilled",
        scheduled=made.status == "scheduled",
        waiting=made.waits,
        parked=made.parked,
        late=late > 0,
        units_ordered=planned + unfilled + by.filled_without_stock,
        units_shipped=0 if made.status == "scheduled" else planned + by.filled_without_stock,
        units_unfilled=unfilled,
        units_waiting=made.units_waiting,
        shipments=len(made.shipments),
        shipments_promised=sum(shipment.late is not None for shipment in made.shipments),
        shipments_late=late,
        cost=cost,
        carriage=cost - handling,
        handling=handling,
        policy_amounts=by.money - cost,
        co2=sum(row.co2 for row in nodes.values()),
        arriving=bool(made.shipments),
        arrival_seconds=arrival_seconds(made.shipments, by.placed_at),
    )
    return Outcome(
        amounts=Amounts(*map(int, amounts)),
        nodes=tuple(sorted(nodes.items())),
        fired=tuple(sorted(by.fired)),
        days=node_days(made.shipments, by.network),
        products=product_units(made.shipments, _unfilled_skus(made, by.skus), by.products),
    )


def _unfilled_skus(made: Decided, skus: Mapping[str, str]) -> Iterable[tuple[str, int]]:
    return ((skus[line], units) for line, units in made.unfilled.items())


def _handling(shipment: ShipmentRecord, network: Network, products: Mapping[str, Product]) -> int:
    """What the node charges for handling, of a shipment and of each unit."""
    node = network.nodes[shipment.node]
    of_units = (item.quantity * rounded(node.unit_handling, products[item.sku].scale) for item in shipment.lines)
    return node.handling + sum(of_units)


def _shipments(shipments: Iterable[ShipmentRecord]) -> tuple[ShipmentRecord, ...]:
    """Without the rules that acted on them: other policies have others."""
    return tuple(structs.replace(shipment, rules=[]) for shipment in shipments)


def _status(*, scheduled: bool, fills: bool, missing: bool) -> Status:
    if scheduled:
        return "scheduled"
    if not missing:
        return "filled"
    return "partial" if fills else "unfilled"


def is_parked(record: DecisionRecord, facts: FactsRecord, *, approve: bool) -> bool:
    """As its record would say: of an amendment, whether the order is parked from then on; else of a first decision."""
    remainder = facts.remainder or WHOLE
    if remainder.units is not UNSET:
        return bool(remainder.parked) or approve
    return approve and record.follows is UNSET
