"""What rules kept back of the stock of an order's articles, at which places and for whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from engine.audit.explanation.case import ExplainedChoice
from engine.decide.evaluation.evaluation import Evaluation
from rules.effects import PositionOutcome
from rules.reserves import Allotment, Protection
from rules.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUnits:
    """Units of a SKU on hand at `nodes` that nobody holds and that the order could not take, because of these rules:
    for the `channels`, and, if `safety`, as safety stock.
    """

    sku: str
    units: int
    rules: tuple[str, ...]
    nodes: tuple[str, ...]
    channels: tuple[str, ...]
    safety: bool


def kept_units(explained: ExplainedChoice) -> Iterator[KeptUnits]:
    """By SKU, in the order of lines, and by rules."""
    evaluation, seen = explained.evaluation, set[str]()
    for line in evaluation.order.lines:
        if line.sku not in seen:
            seen.add(line.sku)
            yield from _kept_of(evaluation, line.sku)


def _kept_of(evaluation: Evaluation, sku: str) -> Iterator[KeptUnits]:
    of_lines = [
        positions
        for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
        if line.sku == sku
    ]
    stock, free = of_lines[0].stock, of_lines[0].free
    kept = stock.available - free
    rows = (kept > 0).nonzero()[0].tolist()
    by_judgements: dict[tuple[int, ...], list[int]] = {}
    numbers = zip(*[positions.judgement[rows].tolist() for positions in of_lines], strict=True)
    for row, of_row in zip(rows, numbers, strict=True):
        by_judgements.setdefault(of_row, []).append(row)
    by_rules: dict[tuple[str, ...], list[int]] = {}
    for of_rows, those in by_judgements.items():
        acting = {*_keeping(evaluation, of_rows), *_uplifting(evaluation, sku, of_rows, those)}
        by_rules.setdefault(tuple(sorted(acting)), []).extend(those)
    for rules, unsorted in sorted(by_rules.items()):
        rows = sorted(unsorted)
        effects = [effect for rule in rules for effect in evaluation.matcher.policies.rules[rule].effects]
        values = [effect.value for effect in effects if isinstance(effect.value, Protection | Allotment)]
        channels = {str(value.channel) for value in values} - {evaluation.order.channel}
        yield KeptUnits(
            sku=sku,
            units=int(kept[rows].sum()),
            rules=rules,
            nodes=tuple(evaluation.ways.node_ids[node] for node in stock.node[rows].tolist()),
            channels=tuple(sorted(channels)),
            safety=any(effect.name == "keep" for effect in effects),
        )


def _uplifting(evaluation: Evaluation, sku: str, judgements: tuple[int, ...], rows: list[int]) -> Iterator[str]:
    """The rules that say that more or less than usual sells, where units are kept by what is expected to."""
    table = evaluation.matcher.stages[Stage.POSITION].table.judgements
    floors = (cast("PositionOutcome", table[number].outcome).floor(evaluation.order.channel) for number in judgements)
    if any(floor.has_cover for floor in floors):
        for judgement in evaluation.columns.expected_sales_of(sku).uplifts_of(rows):
            yield from evaluation.matcher.with_effect(judgement, "uplift")


def _keeping(evaluation: Evaluation, judgements: tuple[int, ...]) -> tuple[str, ...]:
    """The rules behind what is kept of a position that is judged so for each line of its SKU, by number."""
    table, with_effect = evaluation.matcher.stages[Stage.POSITION].table.judgements, evaluation.matcher.with_effect
    fired = {rule for number in judgements for rule in with_effect(table[number], "keep", "protect", "allocate")}
    return tuple(sorted(rule for rule in fired if _keeps_from(evaluation, rule)))


def _keeps_from(evaluation: Evaluation, rule: str) -> bool:
    """Whether a rule keeps something from the order's channel: an allotment of its own does, too, once it is used."""
    effects = evaluation.matcher.policies.rules[rule].effects
    return any(
        effect.name in ("keep", "allocate")
        or (isinstance(effect.value, Protection) and effect.value.channel != evaluation.order.channel)
        for effect in effects
    )
