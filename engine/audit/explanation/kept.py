"""What rules kept back of the stock of an order's articles, at which places and for whom."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.audit.explanation.case import ExplainedChoice
from engine.decide.evaluation.evaluation import Evaluation
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
    judgements = evaluation.matcher.stages[Stage.POSITION].table.judgements
    of_lines = [
        positions
        for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
        if line.sku == sku
    ]
    stock, free = of_lines[0].stock, of_lines[0].free
    kept = stock.available - free
    by_rules: dict[tuple[str, ...], list[int]] = {}
    for row in (kept > 0).nonzero()[0].tolist():
        fired = {
            rule
            for positions in of_lines
            for rule in evaluation.matcher.with_effect(
                judgements[int(positions.judgement[row])], "keep", "protect", "allocate"
            )
            if _keeps_from(evaluation, rule)
        }
        by_rules.setdefault(tuple(sorted(fired)), []).append(row)
    for rules, rows in sorted(by_rules.items()):
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


def _keeps_from(evaluation: Evaluation, rule: str) -> bool:
    """Whether a rule keeps something from the order's channel: an allotment of its own does, too, once it is used."""
    effects = evaluation.matcher.policies.rules[rule].effects
    return any(
        effect.name in ("keep", "allocate")
        or (isinstance(effect.value, Protection) and effect.value.channel != evaluation.order.channel)
        for effect in effects
    )
