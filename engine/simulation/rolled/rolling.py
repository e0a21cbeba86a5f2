"""A what-if that is rolled forward: the baseline and each draft in a process of its own, then order beside order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.parallel.work import Executor, Task
from engine.simulation.comparison import ChangedDecision, Comparison
from engine.simulation.rolled.end_stock import EndStock
from engine.simulation.rolled.hindsight import Hindsight, hindsights
from engine.simulation.rolled.merging import pairs, tried
from engine.simulation.rolled.run import RolledRun, RollRequest
from engine.simulation.rolled.stock_difference import StockDifference
from engine.simulation.rolled.tasks import explain_task, roll_task, weigh_task
from engine.simulation.tried_decision import UntriedDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledFigures:
    """What a draft comes to beside the baseline at the end: the stock of both, and units that were cancelled.
    `as_logged`: how many decisions of the log come out the same. `orders` are those that the draft has. `hindsight`: of
    a draft that looks ahead.
    """

    baseline: EndStock
    draft: EndStock
    cancelled_baseline: int
    cancelled_draft: int
    as_logged: int
    orders: int
    hindsight: Hindsight | None


class Rolled:
    """All variants, rolled forward."""

    def __init__(self, baseline: RolledRun, drafts: Sequence[RolledRun], hindsight: Sequence[Hindsight | None]) -> None:
        self.baseline = baseline
        self._hindsight = hindsight
        self._drafts = drafts
        self._differences = [_differences(run) for run in (baseline, *drafts)]

    @property
    def made_again(self) -> int:
        """Decisions of the log that the baseline does not make as they were logged."""
        return self.baseline.decisions - self.baseline.made_as_logged

    def figures(self, draft: int) -> RolledFigures:
        run = self._drafts[draft]
        return RolledFigures(
            baseline=self.baseline.stock,
            draft=run.stock,
            cancelled_baseline=sum(order.cancelled for order in self.baseline.orders),
            cancelled_draft=sum(order.cancelled for order in run.orders),
            as_logged=run.made_as_logged,
            orders=len(run.orders),
            hindsight=self._hindsight[draft],
        )

    def add_to(self, comparisons: Sequence[Comparison]) -> None:
        """Each draft to its comparison, order by order."""
        for comparison, run in zip(comparisons, self._drafts, strict=True):
            for pair in pairs(self.baseline, run):
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
    on_untried: Callable[[UntriedDecision], None],
    on_missing: Callable[[str], None],
    progress: Callable[[int], None],
) -> Rolled:
    """Roll the baseline and so many drafts. `on_missing` is told why archived entries can't be read."""
    every = replace(request, as_logged=False)
    tasks = [roll_task(None, request), *(roll_task(draft, every) for draft in range(drafts))]
    runs: list[RolledRun] = []
    for run in pool.each(tasks):
        runs.append(run)
        progress(run.decisions)
    baseline, *others = runs
    for decision in dict.fromkeys(item for run in runs for item in run.untried):
        on_untried(decision)
    for reason in dict.fromkeys(run.archive for run in runs if run.archive):
        on_missing(reason)
    return Rolled(baseline, others, hindsights(pool, baseline.orders, [(run.orders, run.known) for run in others]))


def _differences(run: RolledRun) -> Mapping[tuple[str, str], StockDifference]:
    """By order and entry."""
    return {(order.order, entry): its for order in run.orders for entry, its in order.differences.items()}
