"""Whether the place that ships a parcel has a cheaper service for it, and why that was not chosen."""

from collections import Counter
from dataclasses import replace
from typing import cast

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.comparison import loss, rules_between
from engine.audit.explanation.costs import costs_of, judged_option
from engine.audit.explanation.statement import Money, Names, Rules, Statement, Values
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.sourcing.problem import Choice, Score
from engine.model.facts import OptionKey
from rules.effects import Exclusion, OptionOutcome


def cheaper_service(explained: ExplainedChoice, key: OptionKey) -> Statement:
    """Of the shipment that the choice makes by this option. If its place ships something by the other service already,
    both would have been one shipment.
    """
    evaluation = explained.evaluation
    lines = [index for its, index in explained.choice.units if its == key]
    cheaper = [
        (costs_of(evaluation, instead).paid, other)
        for other in _others(evaluation, key, lines)
        if _takes(explained, other, instead := _instead(evaluation, explained.choice, key, other))
    ]
    cost, other = min(cheaper, default=(explained.costs.paid, key))
    values: Values = {"node": Names.of(key.node), "service": Names.of(key.service)}
    if cost >= explained.costs.paid:
        return Statement(kind="service.cheapest", values=values)
    values |= {"other": Names.of(other.service), "less": Money(explained.costs.paid - cost)}
    excluding = _excluding(evaluation, other, lines)
    if excluding:
        return Statement(kind="service.excluded", values=values, rules=Rules(excluding))
    if explained.keeps and int(evaluation.reach.arrives_by[evaluation.row(other)]) > explained.keeps.arrives_by:
        return Statement(kind="service.late", values=values)
    instead = _instead(evaluation, explained.choice, key, other)
    outcome = loss(explained, instead)
    rules = Rules(rules_between(explained, instead, outcome.part))
    return Statement(kind="service.compared", values=values | {"outcome": outcome}, rules=rules)


def _others(evaluation: Evaluation, key: OptionKey, lines: list[int]) -> list[OptionKey]:
    """The other options of the node that can carry all the lines."""
    rows: set[int] | None = None
    for index in lines:
        its = set(evaluation.options[index].reach.tolist())
        rows = its if rows is None else rows & its
    keys = [evaluation.key(row) for row in sorted(rows or ())]
    return [other for other in keys if other._replace(service=key.service) == key and other.service != key.service]


def _takes(explained: ExplainedChoice, key: OptionKey, choice: Choice) -> bool:
    """Whether what the choice ships by an option can be one shipment: by its weight and number, and by what of each
    line can ship by it, even if rules exclude it.
    """
    evaluation, everybody = explained.evaluation, explained.everybody
    parts = [(index, units) for (its, index), units in choice.units.items() if its == key]
    row, bands = evaluation.row(key), evaluation.shipment_bands
    weights = evaluation.ordered_units.weights
    weight, units = sum(weights[line] * count for line, count in parts), sum(count for _, count in parts)
    if bands is not None and not ((bands.row == row) & bands.allow(weight, units)).any():
        return False
    of_row = everybody.rows[everybody.candidate] == row
    return all(
        evaluation.options[line].excluded[_option(evaluation, line, key)]
        or (everybody.units[of_row & (everybody.line == line)] >= count).any()
        for line, count in parts
    )


def _excluding(evaluation: Evaluation, key: OptionKey, lines: list[int]) -> tuple[str, ...]:
    """The rules that exclude an option for some of the lines."""
    rules = set[str]()
    for index in lines:
        judgement = judged_option(evaluation, index, _option(evaluation, index, key))
        if cast("OptionOutcome", judgement.outcome).exclude == Exclusion.YES:
            rules.update(evaluation.matcher.with_effect(judgement, "exclude"))
    return tuple(sorted(rules))


def _option(evaluation: Evaluation, index: int, key: OptionKey) -> int:
    return int(evaluation.options[index].reach.searchsorted(evaluation.row(key)))


def _instead(evaluation: Evaluation, choice: Choice, key: OptionKey, other: OptionKey) -> Choice:
    """The choice with one shipment by another service of its node."""
    units = Counter[tuple[OptionKey, int]]()
    for (its, index), count in choice.units.items():
        units[other if its == key else its, index] += count
    unless_needed = tiers = 0
    for (its, index), count in units.items():
        outcome = cast("OptionOutcome", judged_option(evaluation, index, _option(evaluation, index, its)).outcome)
        unless_needed += count * (outcome.exclude == Exclusion.UNLESS_NEEDED)
        tiers += count * outcome.tier
    score = Score(unfilled=choice.score.unfilled, unless_needed=unless_needed, tiers=tiers, money=0)
    return replace(choice, units=units, score=score)
