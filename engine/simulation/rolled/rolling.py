"""A what-if that is rolled forward: the baseline and each draft in a process of its own, then order beside order. Where
stretches of the time begin again, each of them is rolled forward so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.lookahead.hindsight import Captured
from engine.parallel.work import Executor, Task
from engine.simulation.comparison import ChangedDecision, Comparison, Sides
from engine.simulation.rolled.end_stock import EndStock
from engine.simulation.rolled.hindsight import Hindsight, hindsights
from engine.simulation.rolled.merging import pairs, tried
from engine.simulation.rolled.run import RolledRun, RollRequest
from engine.simulation.rolled.stretches import Stretch
from engine.simulation.rolled.tasks import explain_task, roll_task, weigh_task
from engine.simulation.rolled.units.stock_difference import StockDifference
from engine.simulation.tried_decision import UntriedDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchFigures:
    """What a draft comes to beside the baseline in a stretch that began again. `decisions` are those of the log."""

    since: int
    until: int
    decisions: int
    as_logged: int
    sides: Sides
    baseline: EndStock
    draft: EndStock


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledFigures:
    """What a draft comes to beside the baseline at the end: the stock of both, and units that were cancelled.
    `as_logged`: how many decisions of the log come out the same. `orders` are those that the draft has. `hindsight`: of
    a draft that looks ahead. If stretches began again, the stock is that at the end of the last one, but for the
    shortfall, which is of all; and each of them is in `stretches`.
    """

    baseline: EndStock
    draft: EndStock
    cancelled_baseline: int
    cancelled_draft: int
    as_logged: int
    orders: int
    hindsight: Hindsight | None
    stretches: tuple[StretchFigures, ...] = ()


class RolledPart(NamedTuple):
    """All variants, rolled forward over the whole time, or over one `stretch` of it."""

    baseline: RolledRun
    drafts: Sequence[RolledRun]
    hindsight: Sequence[Hindsight | None]
    stretch: Stretch | None = None


class Rolled:
    """All variants, rolled forward."""

    def __init__(self, parts: Sequence[RolledPart]) -> None:
        self.parts = parts
        sides = zip(*((part.baseline, *part.drafts) for part in parts), strict=True)
        self._differences = [_differences(runs) for runs in sides]

    @property
    def decisions(self) -> int:
        """Those of the log."""
        return sum(part.baseline.decisions for part in self.parts)

    @property
    def made_again(self) -> int:
        """Decisions of the log that the baseline does not make as they were logged."""
        return self.decisions - sum(part.baseline.made_as_logged for part in self.parts)

    def figures(self, draft: int) -> RolledFigures:
        runs = [part.drafts[draft] for part in self.parts]
        baselines = [part.baseline for part in self.parts]
        return RolledFigures(
            baseline=_last_stock(baselines),
            draft=_last_stock(runs),
            cancelled_baseline=_cancelled(baselines),
            cancelled_draft=_cancelled(runs),
            as_logged=sum(run.made_as_logged for run in runs),
            orders=len({order.key for run in runs for order in run.orders}),
            hindsight=_added([part.hindsight[draft] for part in self.parts]),
            stretches=tuple(_of_stretch(part, part.stretch, draft) for part in self.parts if part.stretch),
        )

    def add_to(self, comparisons: Sequence[Comparison]) -> None:
        """Each draft to its comparison, order by order."""
        for draft, comparison in enumerate(comparisons):
            for part in self.parts:
                for pair in pairs(part.baseline, part.drafts[draft]):
                    comparison.add(*tried(pair))

    def explain(self, draft: int, changed: ChangedDecision, language: str) -> Task:
        """The task that explains why the draft decides so, on what it differed by there."""
        entry = changed.entry
        baseline, its = (self._differences[number].get((changed.order, entry)) for number in (0, draft + 1))
        return explain_task(draft, entry, baseline=baseline, its=its, language=language)

    def weigh(self, draft: int, rule: str, entries: Sequence[str]) -> Task:
        """The task that says whether a rule decided one of these decisions."""
        by_entry = {entry: difference for (_, entry), difference in self._differences[draft + 1].items()}
        return weigh_task(draft, rule, [(entry, by_entry.get(entry)) for entry in entries])


def roll_forward(
    pool: Executor,
    request: RollRequest,
    drafts: int,
    *,
    stretches: Sequence[Stretch],
    on_untried: Callable[[UntriedDecision], None],
    on_missing: Callable[[str], None],
    progress: Callable[[int], None],
) -> Rolled:
    """Roll the baseline and so many drafts, over the time of the request or, if there are some, over each of the
    `stretches` by itself. `on_missing` is told why archived entries can't be read.
    """
    requests = [request.of(stretch) for stretch in stretches] or [request]
    runs: list[RolledRun] = []
    for run in pool.each(task for its in requests for task in _tasks(its, drafts)):
        runs.append(run)
        progress(run.decisions)
    for decision in dict.fromkeys(item for run in runs for item in run.untried):
        on_untried(decision)
    for reason in dict.fromkeys(run.archive for run in runs if run.archive):
        on_missing(reason)
    sides = drafts + 1
    parts = enumerate(stretches or [None])
    return Rolled([_part(pool, runs[number * sides : (number + 1) * sides], stretch) for number, stretch in parts])


def _tasks(request: RollRequest, drafts: int) -> Iterator[Task]:
    yield roll_task(None, request)
    every = replace(request, as_logged=False)
    yield from (roll_task(draft, every) for draft in range(drafts))


def _part(pool: Executor, runs: Sequence[RolledRun], stretch: Stretch | None) -> RolledPart:
    baseline, *drafts = runs
    hindsight = hindsights(pool, baseline.orders, [(run.orders, run.known) for run in drafts])
    return RolledPart(baseline, drafts, hindsight, stretch)


def _of_stretch(part: RolledPart, stretch: Stretch, draft: int) -> StretchFigures:
    sides, run = Sides(), part.drafts[draft]
    for pair in pairs(part.baseline, run):
        decision, its = tried(pair)
        sides.add(decision.baseline.amounts, its.outcome.amounts)
    return StretchFigures(
        since=stretch.since,
        until=stretch.until,
        decisions=part.baseline.decisions,
        as_logged=run.made_as_logged,
        sides=sides,
        baseline=part.baseline.stock,
        draft=run.stock,
    )


def _last_stock(runs: Sequence[RolledRun]) -> EndStock:
    return replace(runs[-1].stock, shortfall=sum(run.stock.shortfall for run in runs))


def _cancelled(runs: Sequence[RolledRun]) -> int:
    return sum(order.cancelled for run in runs for order in run.orders)


def _added(parts: Sequence[Hindsight | None]) -> Hindsight | None:
    """Each stretch has a bound of its own, on the stock that it had."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    captured = (part.captured for part in known)
    baseline, achieved, bound = map(
        sum, zip(*((its.baseline, its.achieved, its.bound) for its in captured), strict=True)
    )
    return Hindsight(
        orders=sum(part.orders for part in known),
        captured=Captured(baseline=baseline, achieved=achieved, bound=bound),
    )


def _differences(runs: Sequence[RolledRun]) -> Mapping[tuple[str, str], StockDifference]:
    """By order and entry; an entry is of one stretch alone."""
    return {
        (order.order, entry): its for run in runs for order in run.orders for entry, its in order.differences.items()
    }
