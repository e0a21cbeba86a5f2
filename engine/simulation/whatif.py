"""What-if in one step: tries drafts on the decisions of a time, and says what they would have come to."""

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from engine.errors import NotFound
from engine.model.facts import Node
from engine.parallel.executor import executor
from engine.parallel.work import Executor, Spread, Task, tasks_of
from engine.service import Pointsman
from engine.simulation.changed_decision import ExplainedChange
from engine.simulation.checkpoint import Checkpoint
from engine.simulation.comparison import ChangedDecision, Comparison
from engine.simulation.draft import Draft, deciding_rules
from engine.simulation.one_step import OneStep, OneStepWork
from engine.simulation.protection import DraftProtection, protection_of
from engine.simulation.rolled.orders_to_try import OrdersToTry
from engine.simulation.rolled.rolling import Rolled, RolledFigures, roll_forward
from engine.simulation.rolled.run import RollRequest
from engine.simulation.rolled.stretches import BeginsAgain, Stretch, stretches
from engine.simulation.rolled.units.kinds import KINDS
from engine.simulation.tried_decision import UntriedDecision
from engine.store.log.stored_entry import RawEntry
from rules.diff.compare import Changes, compare

_AT_ONCE: Final = 50
"""Decisions that a process is given at a time."""
_WORTH_PROCESSES: Final = 4
"""Fewer pieces are tried sooner than processes start."""
_MOST_NAMED: Final = 100
"""Of the decisions that can't be tried, at most so many are named."""


Way: TypeAlias = Literal["one_step", "rolled_forward", "orders"]
"""one_step: each logged decision alone, on the facts that were kept with it. rolled_forward: one after another, on the
stock as the draft left it. orders: the orders of a file instead, one after another, from the stock of now on.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfRequest:
    """Tries `drafts` beside the policy version `against` on the decisions from the instant `since` on and before
    `until`. Of each draft, `shown` decisions that come out worst and best are explained in a `language` that has a
    catalogue, and of each of its rules the last `weighed` decisions in which it acts are made again without it.
    """

    against: str
    drafts: tuple[Draft, ...]
    since: int | None
    until: int | None
    shown: int
    weighed: int
    language: str
    way: Way = "one_step"
    orders: OrdersToTry | None = None
    """Only of the way `orders`."""
    begins_again: BeginsAgain | None = None
    """Only of the way `rolled_forward`: each such stretch begins again from the stock of the log."""
    says_protection: bool = True
    """Whether it is worked out what protecting more units would cost, for which the stock of now is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedRule:
    """Whether a rule decided one of so many decisions that were made again without it."""

    rule: str
    weighed: int
    decided: bool


@dataclass(slots=True, kw_only=True)
class UntriedCounts:
    """The decisions that could not be tried: how many by reason, and the first of them by name. `archive` says why
    archived ones could not be read.
    """

    counts: Counter[str] = field(default_factory=Counter)
    named: list[UntriedDecision] = field(default_factory=list)
    archive: str = ""

    def add(self, untried: UntriedDecision) -> None:
        self.counts[untried.reason] += 1
        if len(self.named) < _MOST_NAMED:
            self.named.append(untried)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftResult:
    """What came of a draft. `changes` are from the policies compared with; `rules` those of its rules that may act on a
    decision; `worst` and `best` explain the decisions that it changes most.
    """

    draft: Draft
    version: str
    changes: Changes
    comparison: Comparison
    rules: tuple[str, ...]
    weighed: tuple[WeighedRule, ...]
    worst: tuple[tuple[ChangedDecision, ExplainedChange], ...]
    best: tuple[tuple[ChangedDecision, ExplainedChange], ...]
    rolled: RolledFigures | None = None
    """What is known at the end, if it was rolled forward."""
    protection: DraftProtection | None = None

    @property
    def never_fired(self) -> list[str]:
        """The rules that acted on none of the decisions."""
        uses = self.comparison.rules
        return [rule for rule in self.rules if rule not in uses or not uses[rule].draft]

    @property
    def never_decided(self) -> list[WeighedRule]:
        """The rules that acted, and decided none of the decisions that were weighed."""
        return [item for item in self.weighed if item.weighed and not item.decided]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What came of all drafts. `decisions` were tried, of which the baseline of `made_again` is not what was logged.
    `nodes` are those of the network now, for where they lie.
    """

    request: WhatIfRequest
    currency: str
    time_zone: str
    decisions: int
    made_again: int
    untried: UntriedCounts
    drafts: tuple[DraftResult, ...]
    nodes: Mapping[str, Node]


def what_if(
    service: Pointsman,
    request: WhatIfRequest,
    *,
    spread: Spread,
    progress: Callable[[int], None] = lambda _: None,
    checkpoint: Path | None = None,
) -> WhatIf:
    """Try the drafts where `spread` says. `progress` is told of so many more decisions that were tried. In the folder
    `checkpoint` is kept what was tried, and what is kept there is not tried again. Raises NotFound if the time has no
    decisions, or if there is no such policy version; PolicyUnreadable, StoreUnavailable.
    """
    untried = UntriedCounts()
    comparisons = [Comparison(shown=request.shown, weighed=request.weighed) for _ in request.drafts]
    pieces = _pieces(service, request, untried)
    first = list(itertools.islice(pieces, _WORTH_PROCESSES))
    if not first:
        raise _no_decisions(service, untried)
    where = spread if len(first) == _WORTH_PROCESSES else Spread()
    work = OneStepWork(against=request.against, drafts=request.drafts)
    decisions = made_again = 0
    if request.way == "rolled_forward":
        return _rolled_forward(
            service, request, comparisons, untried, spread=where, progress=progress, checkpoint=checkpoint
        )
    with executor(work, where, service) as pool:
        every = itertools.chain(first, pieces)
        tried_pieces = (
            pool.each(map(_try, every)) if checkpoint is None else Checkpoint(checkpoint, work).each(pool, every, _try)
        )
        for results in tried_pieces:
            for tried in results:
                if isinstance(tried, UntriedDecision):
                    untried.add(tried)
                    continue
                decisions += 1
                made_again += tried.made_again
                for comparison, draft in zip(comparisons, tried.drafts, strict=True):
                    comparison.add(tried, draft)
            progress(len(results))
        made = tuple(draft_results(service, request, comparisons, pool, _OneStepTasks()))
    return all_results(service, request, untried, made, decisions=decisions, made_again=made_again)


def _rolled_forward(
    service: Pointsman,
    request: WhatIfRequest,
    comparisons: Sequence[Comparison],
    untried: UntriedCounts,
    *,
    spread: Spread,
    progress: Callable[[int], None],
    checkpoint: Path | None,
) -> WhatIf:
    """Each variant in a process of its own: one decision comes after another."""

    def missing(reason: str) -> None:
        untried.archive = reason

    rolls = RollRequest(
        since=request.since,
        until=request.until,
        offers=service.settings.backlog == "auto",
        as_logged=True,
        checkpoint=checkpoint,
    )
    parts = _stretches(service, request, missing)
    work = OneStepWork(against=request.against, drafts=request.drafts)
    where = replace(spread, workers=min(spread.workers, (len(request.drafts) + 1) * max(1, len(parts))))
    with executor(work, where, service) as pool:
        rolled = roll_forward(
            pool,
            rolls,
            len(request.drafts),
            stretches=parts,
            on_untried=untried.add,
            on_missing=missing,
            progress=progress,
        )
        rolled.add_to(comparisons)
        results = tuple(
            replace(result, rolled=rolled.figures(number))
            for number, result in enumerate(draft_results(service, request, comparisons, pool, rolled))
        )
    return all_results(service, request, untried, results, decisions=rolled.decisions, made_again=rolled.made_again)


def _stretches(service: Pointsman, request: WhatIfRequest, on_missing: Callable[[str], None]) -> list[Stretch]:
    """None if the variants are rolled forward from the beginning of the time to its end."""
    if request.begins_again is None:
        return []
    entries = service.replays.log_as_stored(request.since, request.until, KINDS, on_missing=on_missing)
    return stretches(entries, service.network(), request.begins_again, request.since, request.until)


def all_results(
    service: Pointsman,
    request: WhatIfRequest,
    untried: UntriedCounts,
    results: tuple[DraftResult, ...],
    *,
    decisions: int,
    made_again: int,
) -> WhatIf:
    inventory = request.orders.inventory if request.orders else None
    network = inventory.network if inventory else service.network()
    asking = results if request.says_protection else ()
    protection = protection_of(service, [(result.draft.policies(), result.changes) for result in asking])
    protection += [None] * (len(results) - len(asking))
    return WhatIf(
        request=request,
        currency=network.currency,
        time_zone=network.time_zone,
        decisions=decisions,
        made_again=made_again,
        untried=untried,
        drafts=tuple(replace(result, protection=its) for result, its in zip(results, protection, strict=True)),
        nodes=network.nodes,
    )


def _pieces(service: Pointsman, request: WhatIfRequest, untried: UntriedCounts) -> Iterator[Sequence[RawEntry]]:
    def missing(reason: str) -> None:
        untried.archive = reason

    return tasks_of(service.replays.as_stored(request.since, request.until, on_missing=missing), _AT_ONCE)


def _no_decisions(service: Pointsman, untried: UntriedCounts) -> NotFound:
    """Says when there are decisions, if there are any."""
    if untried.archive:
        return NotFound(f"no decision of this time can be read: {untried.archive}")
    instants = [
        at for batch in service.replays.as_stored(None, None, on_missing=_ignore) for at in map(_at, batch) if at
    ]
    if not instants:
        return NotFound("no decision is logged yet; what-if needs decided orders")
    network = service.network()
    first, last = (f"{network.local(at):%Y-%m-%d %H:%M}" for at in (min(instants), max(instants)))
    return NotFound(
        f"no decision was made in this time; the log has decisions from {first} to {last}: name a time with some of"
        " these"
    )


def _at(raw: RawEntry) -> int:
    text = raw[1].get(b"at", b"")
    return int(text) if text.isdigit() else 0


def _ignore(_reason: str) -> None:
    """That something is missing was said before."""


def draft_results(
    service: Pointsman,
    request: WhatIfRequest,
    comparisons: Sequence[Comparison],
    pool: Executor,
    tasks: "_OneStepTasks | Rolled",
) -> Iterator[DraftResult]:
    baseline = service.versions.read(request.against)
    for number, (draft, comparison) in enumerate(zip(request.drafts, comparisons, strict=True)):
        policies = draft.policies()
        rules = deciding_rules(policies)
        worst, best = comparison.worst, comparison.best
        explained = list(pool.each(tasks.explain(number, item, request.language) for item in (*worst, *best)))
        yield DraftResult(
            draft=draft,
            version=policies.version,
            changes=compare(baseline, policies),
            comparison=comparison,
            rules=tuple(rules),
            weighed=tuple(_weighed(number, rules, comparison, pool, tasks)),
            worst=tuple(zip(worst, explained[: len(worst)], strict=True)),
            best=tuple(zip(best, explained[len(worst) :], strict=True)),
        )


def _weighed(
    draft: int, rules: Sequence[str], comparison: Comparison, pool: Executor, tasks: "_OneStepTasks | Rolled"
) -> Iterator[WeighedRule]:
    uses = comparison.rules
    acting = [rule for rule in rules if rule in uses and uses[rule].last]
    weighings = pool.each(tasks.weigh(draft, rule, tuple(uses[rule].last)) for rule in acting)
    for rule, (decided, weighed) in zip(acting, weighings, strict=True):
        yield WeighedRule(rule=rule, weighed=weighed, decided=decided)


def _try(batch: Sequence[RawEntry]) -> Task:
    return functools.partial(OneStep.try_decisions, batch=batch)


class _OneStepTasks:
    """What is asked of the processes about decisions that were tried in one step."""

    @staticmethod
    def explain(draft: int, changed: ChangedDecision, language: str) -> Task:
        return functools.partial(OneStep.explain, draft=draft, entry_id=changed.entry, language=language)

    @staticmethod
    def weigh(draft: int, rule: str, entries: Sequence[str]) -> Task:
        return functools.partial(OneStep.weigh, draft=draft, rule=rule, entries=entries)
