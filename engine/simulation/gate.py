"""Runs the gate of a policy version: a what-if in one step against the active version, held against its bounds."""

from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import UNSET, structs

from engine.decide.order_record import timestamp
from engine.errors import NotFound, PolicyUnreadable
from engine.parallel.work import Spread
from engine.policies.gate_result import GateFigureRecord, GateResultRecord, Verdict
from engine.policies.gates import GateOf
from engine.service import Pointsman
from engine.simulation.comparison import Comparison, Figure, Interval
from engine.simulation.draft import Draft
from engine.simulation.whatif import WhatIf, WhatIfRequest, what_if
from rules.gate import Bound, GateFigure
from rules.wording.catalogue import ENGLISH

FIGURES: dict[GateFigure, Figure] = {
    "cost": "cost",
    "co2": "co2",
    "late": "late_orders",
    "unfilled": "units_unfilled",
    "shipments": "shipments",
}
"""By the word of a gate, the figure of a comparison."""
_MINUTE = 60


def run_gate(
    service: Pointsman,
    version: str,
    *,
    who: str,
    workers: int,
    progress: Callable[[int], None] = lambda _: None,
) -> GateResultRecord | None:
    """Run the gate of a published version in so many processes, and keep what came of it; None if it has to pass none.
    Raises as `judged`.
    """
    result = judged(service, version, who=who, at=service.now, spread=Spread(workers=workers), progress=progress)
    if result is not None:
        service.versions.keep_gate(result)
    return result


def judged(
    service: Pointsman,
    version: str,
    *,
    who: str,
    at: int,
    spread: Spread,
    progress: Callable[[int], None] = lambda _: None,
    begun: Callable[[int, int], None] = lambda *_: None,
    checkpoint: Path | None = None,
) -> GateResultRecord | None:
    """What comes of the gate of a published version, run as of the instant `at`; None if it has to pass none. `begun`
    is told which time it tries, if there is a version to compare it with; the rest as `what_if` has it. Raises NotFound
    and PolicyUnreadable of the version, StoreUnavailable, and PointsmanError if the processes die.
    """
    active = service.versions.timeline().active
    gate_of = service.versions.gates.gate_of(version, active)
    if gate_of is None:
        return None
    period = at - gate_of.gate.period * _MINUTE, at + 1
    blank = _blank(version, active, gate_of, period, who=who, now=at)
    if active is None:
        return _passed_unseen(blank)
    begun(*period)
    return _tried(service, blank, gate_of, period, spread=spread, progress=progress, checkpoint=checkpoint)


def not_run(service: Pointsman, version: str, *, who: str, at: int, why: str) -> GateResultRecord | None:
    """That a version could not be judged because its gate could not be run to its end; None if it has to pass none.
    Raises NotFound, PolicyUnreadable, StoreUnavailable.
    """
    active = service.versions.timeline().active
    gate_of = service.versions.gates.gate_of(version, active)
    if gate_of is None:
        return None
    period = at - gate_of.gate.period * _MINUTE, at + 1
    return structs.replace(_blank(version, active, gate_of, period, who=who, now=at), why=why)


def _blank(
    version: str, active: str | None, gate_of: GateOf, period: tuple[int, int], *, who: str, now: int
) -> GateResultRecord:
    """A result of which nothing is known yet."""
    since, until = period
    return GateResultRecord(
        version=version,
        verdict="not_judged",
        why="",
        against=active,
        gate_of=gate_of.version,
        since=timestamp(since),
        until=timestamp(until),
        run_at=timestamp(now),
        run_by=who,
        valid_until=timestamp(now + gate_of.gate.validity * _MINUTE),
        decisions=0,
        orders=0,
        orders_changed=0,
        untried=0,
        incomplete=0,
        bounds=[],
    )


def figure_rows(bounds: tuple[Bound, ...], comparison: Comparison) -> Iterator[GateFigureRecord]:
    """Each bound, with what came of it."""
    intervals = comparison.intervals()
    for bound in bounds:
        interval = intervals[FIGURES[bound.figure]]
        yield figure_row(bound, before(bound.figure, comparison), interval)


def figure_row(bound: Bound, before: int, interval: Interval) -> GateFigureRecord:
    return GateFigureRecord(
        figure=bound.figure,
        at_most=bound.text,
        before=before,
        difference=interval.difference,
        low=interval.low,
        high=interval.high,
        passed=bound.allows(interval.difference, before),
    )


def before(figure: GateFigure, comparison: Comparison) -> int:
    """What the baseline comes to."""
    if figure == "late":
        return comparison.orders_late[0]
    return int(getattr(comparison.sides.baseline, FIGURES[figure]))


def _passed_unseen(blank: GateResultRecord) -> GateResultRecord:
    return structs.replace(blank, verdict="passed", why="no version is active that it could be compared with")


def _tried(
    service: Pointsman,
    blank: GateResultRecord,
    gate_of: GateOf,
    period: tuple[int, int],
    *,
    spread: Spread,
    progress: Callable[[int], None],
    checkpoint: Path | None,
) -> GateResultRecord:
    version, active = blank.version, blank.against or ""
    request = WhatIfRequest(
        against=active,
        drafts=(Draft(name=version, texts=service.versions.texts(version)),),
        since=period[0],
        until=period[1],
        shown=0,
        weighed=0,
        language=ENGLISH,
        says_protection=False,
    )
    try:
        service.versions.read(active)
        made = what_if(service, request, spread=spread, progress=progress, checkpoint=checkpoint)
    except (NotFound, PolicyUnreadable) as error:  # of the period, or of the active version
        return structs.replace(blank, why=str(error))
    return _of(blank, gate_of, made)


def _of(blank: GateResultRecord, gate_of: GateOf, made: WhatIf) -> GateResultRecord:
    (draft,) = made.drafts
    comparison, gate = draft.comparison, gate_of.gate
    untried = sum(made.untried.counts.values())
    rows = list(figure_rows(gate.bounds, comparison))
    verdict: Verdict = "passed" if all(row.passed for row in rows) else "failed"
    why = ""
    if made.untried.archive:
        verdict, why = "not_judged", f"a part of the period can't be read: {made.untried.archive}"
    elif not made.decisions:
        verdict, why = "not_judged", "none of the decisions of the period can be tried"
    elif not gate.allows_untried(untried, made.decisions):
        share = f"{gate.most_untried / 100:g}%"
        verdict = "not_judged"
        why = f"{untried} of {untried + made.decisions} decisions can't be tried, and at most {share} may be"
    return structs.replace(
        blank,
        verdict=verdict,
        why=why,
        decisions=made.decisions,
        orders=comparison.orders,
        orders_changed=len(comparison.orders_changed),
        untried=untried,
        incomplete=comparison.incomplete,
        bounds=rows,
        untried_reasons=dict(sorted(made.untried.counts.items())) or UNSET,
    )
