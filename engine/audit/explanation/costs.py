"""What a choice costs part by part: the parts add up to the money of its score, to the micro."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from engine.decide.decide import cost_of_weight
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judgement_table import Judgement
from engine.decide.shipping.pricing import KILOGRAM
from engine.decide.sourcing.problem import Choice
from engine.model.facts import OptionKey, rounded
from rules.effects import OptionOutcome, ShipmentOutcome
from rules.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Micros. `carriage` and `handling` are paid; `carbon` is what the policies' price of CO2e adds, `rules` what
    `avoid` adds less what `prefer` takes away, `lookahead` what look-ahead prices add, and `splits` what the shipments
    after the order's first add.
    """

    carriage: int = 0
    handling: int = 0
    carbon: int = 0
    rules: int = 0
    lookahead: int = 0
    splits: int = 0

    @property
    def paid(self) -> int:
        """What the decision's record has as its cost."""
        return self.carriage + self.handling

    @property
    def of_paid(self) -> "Costs":
        """The parts that are paid, alone."""
        return Costs(carriage=self.carriage, handling=self.handling)

    @property
    def total(self) -> int:
        """What choices are compared by."""
        return self.paid + self.carbon + self.rules + self.lookahead + self.splits

    def __sub__(self, other: "Costs") -> "Costs":
        return Costs(
            carriage=self.carriage - other.carriage,
            handling=self.handling - other.handling,
            carbon=self.carbon - other.carbon,
            rules=self.rules - other.rules,
            lookahead=self.lookahead - other.lookahead,
            splits=self.splits - other.splits,
        )

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(
            carriage=self.carriage + other.carriage,
            handling=self.handling + other.handling,
            carbon=self.carbon + other.carbon,
            rules=self.rules + other.rules,
            lookahead=self.lookahead + other.lookahead,
            splits=self.splits + other.splits,
        )


def costs_of(evaluation: Evaluation, choice: Choice) -> Costs:
    """Those of a choice on the evaluation."""
    by_key: dict[OptionKey, list[tuple[int, int]]] = {}
    for (key, index), units in choice.units.items():
        by_key.setdefault(key, []).append((index, units))
    shipments = len(by_key) + (1 if evaluation.standing_shipments else 0)
    total = Costs(splits=evaluation.order_outcome.split_penalty * (shipments - 1) if by_key else 0)
    for key, parts in by_key.items():
        total += costs_of_shipment(evaluation, key, parts)
    return total


def costs_of_shipment(evaluation: Evaluation, key: OptionKey, parts: list[tuple[int, int]]) -> Costs:
    """Those of a shipment of so many units of lines, by index, without what it costs that it is not the first."""
    out, row, carbon_price = evaluation.reach, evaluation.row(key), evaluation.order_outcome.carbon_price
    node = evaluation.snapshot.network.nodes[key.node]
    fixed = int(out.fixed[row])
    carriage = fixed - node.handling + cost_of_weight(evaluation, key, parts)
    total = Costs(
        carriage=carriage,
        handling=node.handling,
        carbon=rounded(int(out.drop[row]) * carbon_price, KILOGRAM),
        rules=_rules_of_shipment(evaluation, row, parts),
    )
    for index, units in parts:
        total += _costs_of_units(evaluation, key, index, units)
    return total


def _costs_of_units(evaluation: Evaluation, key: OptionKey, index: int, units: int) -> Costs:
    options, line = evaluation.options[index], evaluation.order.lines[index]
    option = int(options.reach.searchsorted(evaluation.row(key)))
    scale = evaluation.snapshot.products[line.sku].scale
    handling = evaluation.snapshot.network.nodes[key.node].unit_handling
    outcome = cast("OptionOutcome", judged_option(evaluation, index, option).outcome)
    adjustment = outcome.adjustment
    if scale > 1:
        handling, adjustment = rounded(handling, scale), rounded(adjustment, scale)
    carbon = int(options.unit_carbon[option]) * evaluation.order_outcome.carbon_price
    return Costs(
        carriage=units * (int(options.unit_cost[option]) - handling),
        handling=units * handling,
        carbon=units * rounded(carbon, KILOGRAM),
        rules=units * adjustment,
        lookahead=0 if evaluation.lookahead is None else units * evaluation.lookahead.amount(line.sku, key.node, scale),
    )


def judged_option(evaluation: Evaluation, index: int, option: int) -> Judgement:
    """What the rules say of an option of a line, by its number."""
    judgements = evaluation.matcher.stages[Stage.OPTION].table.judgements
    return judgements[int(evaluation.options[index].judgement[option])]


def _rules_of_shipment(evaluation: Evaluation, row: int, parts: list[tuple[int, int]]) -> int:
    bands = evaluation.judged_bands
    if bands is None or evaluation.matcher.shipment_steps is None:
        return 0
    weights = evaluation.ordered_units.weights
    weight, units = sum(weights[line] * count for line, count in parts), sum(count for _, count in parts)
    number = int(bands.judgement[((bands.row == row) & bands.allow(weight, units)).argmax()])
    judgement = evaluation.matcher.stages[Stage.SHIPMENT].table.judgements[number]
    return cast("ShipmentOutcome", judgement.outcome).cost


def rule_amounts(evaluation: Evaluation, choice: Choice) -> Mapping[tuple[str, str, int], Mapping[str, int]]:
    """How many units, by SKU, each amount of a rule counts for: by rule, effect (`prefer`, `avoid`) and micros a whole
    unit.
    """
    amounts: dict[tuple[str, str, int], Counter[str]] = {}
    rules = evaluation.matcher.policies.rules
    for (key, index), units in sorted(choice.units.items()):
        option = int(evaluation.options[index].reach.searchsorted(evaluation.row(key)))
        for rule in judged_option(evaluation, index, option).fired:
            for effect in rules[rule].effects:
                if (
                    effect.name in ("prefer", "avoid")
                    and effect.stage is Stage.OPTION
                    and isinstance(effect.value, int)
                ):
                    place = rule, effect.name, effect.value
                    amounts.setdefault(place, Counter())[evaluation.order.lines[index].sku] += units
    return amounts
