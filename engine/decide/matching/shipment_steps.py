"""The weights and numbers of units of a shipment at which rules begin to say otherwise."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.matching.signature_table import SHIPMENT_UNITS, SHIPMENT_WEIGHT
from engine.decide.matching.value_classes import numbers
from rules.conditions import Compare, comparisons
from rules.policy import PolicySet
from rules.vocabulary import Stage


class ShipmentSteps(NamedTuple):
    """Grams and units, ascending. Between two steps no rule tells one shipment of an option from another."""

    weight: Sequence[int]
    units: Sequence[int]


def shipment_steps(policies: PolicySet) -> ShipmentSteps | None:
    """The steps of the rules that act on shipments; None: there are no such rules."""
    rules = policies.relevant_at(Stage.SHIPMENT).values()
    if not rules:
        return None
    compared = [item for rule in rules for item in comparisons(rule.condition)]
    return ShipmentSteps(*(_steps(path, compared) for path in (SHIPMENT_WEIGHT, SHIPMENT_UNITS)))


def _steps(path: str, compared: Sequence[Compare]) -> Sequence[int]:
    of_path = [item for item in compared if item.fact.path == path]
    return [int(step) for step in numbers(of_path[0].fact, of_path).steps[1:]] if of_path else []
