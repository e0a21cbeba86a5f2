"""What processes do of a what-if that is rolled forward: roll a variant, and explain and weigh what it decided."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from engine.audit.comparison.contradictions import contradictions_named
from engine.audit.deciding import decides_choice
from engine.audit.replay import DecisionFacts, left_to_others
from engine.parallel.work import Task
from engine.simulation.changed_decision import ExplainedChange, explain_change
from engine.simulation.one_step import OneStep, side_of
from engine.simulation.rolled.answering import as_variant
from engine.simulation.rolled.run import RolledRun, RollRequest, roll
from engine.simulation.rolled.units.stock_difference import StockDifference

Differences: TypeAlias = Mapping[str, StockDifference]
"""By entry, what was not as in the log when a variant decided there."""
_NONE = StockDifference()


def roll_task(draft: int | None, request: RollRequest) -> Task:
    """Answers a RolledRun; None: of what the drafts are compared with."""
    return functools.partial(_roll, draft=draft, request=request)


def explain_task(
    draft: int, entry: str, *, baseline: StockDifference | None, its: StockDifference | None, language: str
) -> Task:
    """Answers an ExplainedChange of the decision at that entry, on what each side differed by there."""
    return functools.partial(_explain, draft=draft, entry=entry, differences=(baseline, its), language=language)


def weigh_task(draft: int, rule: str, entries: Sequence[tuple[str, StockDifference | None]]) -> Task:
    """Answers whether the rule decides some of these decisions, the last first, and how many were made again."""
    return functools.partial(_weigh, draft=draft, rule=rule, entries=entries)


def _roll(one_step: OneStep, draft: int | None, request: RollRequest) -> RolledRun:
    not_kept = functools.partial(one_step.not_kept, draft)
    return roll(one_step.replays, one_step.matcher(draft), one_step.network(draft).change, request, not_kept)


def _explain(
    one_step: OneStep,
    draft: int,
    entry: str,
    differences: tuple[StockDifference | None, StockDifference | None],
    language: str,
) -> ExplainedChange:
    logged = one_step.logged(entry)
    sides: list[Any] = []
    with contradictions_named(logged.entry.decision):
        for side, difference in zip((None, draft), differences, strict=True):
            made_on = _made_on(one_step, side, logged.made_on, difference)
            sides.append(side_of(logged.record, logged.facts, made_on, one_step.matcher(side)))
        return explain_change(logged.record, *sides, language=language)


def _weigh(
    one_step: OneStep, draft: int, rule: str, entries: Sequence[tuple[str, StockDifference | None]]
) -> tuple[bool, int]:
    matcher = one_step.matcher(draft)
    for weighed, (entry, difference) in enumerate(reversed(entries), start=1):
        logged = one_step.logged(entry)
        with contradictions_named(logged.entry.decision):
            made_on = _made_on(one_step, draft, logged.made_on, difference)
            side = side_of(logged.record, logged.facts, made_on, matcher)
            if decides_choice(rule, made_on, side.again, matcher, left_to_others(logged.record)):
                return True, weighed
    return False, len(entries)


def _made_on(
    one_step: OneStep, draft: int | None, logged: DecisionFacts, difference: StockDifference | None
) -> DecisionFacts:
    snapshot = as_variant(
        logged.snapshot, logged.now, one_step.network(draft), difference or _NONE, one_step.matcher(draft)
    )
    return replace(logged, snapshot=snapshot)
