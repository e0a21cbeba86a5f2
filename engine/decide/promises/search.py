"""Finds the promises that can be kept of an order by one kind of delivery.

A promise for an instant is what would be decided of the order with that instant as its `promise_by`, were nothing
allowed to arrive later: it can be kept if all units ship and the last of them arrives just then. Each instant at which
some option arrives is asked once for the policies' own choice, and once for the greenest.

Orders that differ in `promise_by` alone are judged alike unless a rule compares it, and what arrives in time is late in
none of them. So instants that no rule tells apart share one evaluation, and where a choice arrives earlier than it
might, no instant in between has a promise.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.decide.decide import shipments_of, unfilled_of
from engine.decide.decision import PromiseTerms, Unfilled
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.kept_promise import arrivals, choose_in_time, rows_of
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.judge import PolicyJudge
from engine.decide.promises.promise import Promise
from engine.decide.rule_facts import wall_clock
from engine.decide.shipping.reach import LATE, Reach, reach
from engine.decide.sourcing.problem import Choice
from engine.model.facts import Network, Order, Snapshot
from rules.conditions import comparison_holds, comparisons

MOST_ENTRIES = 200_000
"""Options of lines that a search weighs in all its choices of one objective: a second or two."""
MOST_CHOICES = 60
FEWEST_CHOICES = 2
"""Of one objective, however many options there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFacts:
    """What the searches of several orders share whose lines go to the same places, on the same day if they nominate
    one. In `ways_there` nothing is late. `instants` are those at which some way arrives, sorted; those that no rule
    tells apart as a `promise_by` stand together.
    """

    snapshot: Snapshot
    matcher: PolicyJudge
    now: int
    ways_there: Reach
    instants: Sequence[Sequence[int]]
    columns: SnapshotColumns

    @classmethod
    def of(cls, order: Order, snapshot: Snapshot, matcher: PolicyJudge, now: int) -> "SharedFacts":
        """For orders that go where this one goes."""
        columns = SnapshotColumns(snapshot, matcher, now)
        there = reach(order, columns.ways, np.ones(len(columns.ways.nodes), dtype=bool), now)
        return cls(
            snapshot=snapshot,
            matcher=matcher,
            now=now,
            ways_there=in_time(there),
            instants=_periods(np.unique(there.arrives_by).tolist(), matcher, snapshot.network),
            columns=columns,
        )


def in_time(there: Reach) -> Reach:
    """The same ways, none of which is late."""
    return there._replace(late=np.full(len(there.late), LATE.index(False)))


def _periods(instants: Sequence[int], matcher: PolicyJudge, network: Network) -> Sequence[Sequence[int]]:
    """The instants, those together that no rule tells apart as a `promise_by`."""
    rules = matcher.policies.rules.values()
    every = (item for rule in rules for item in comparisons(rule.condition))
    compared = [item for item in every if "order.promise_by" in (fact.path for fact in item.facts)]
    alone = any(item.other is not None for item in compared)  # any instant may be the one that another fact has
    periods: dict[tuple[int, ...], list[int]] = {}
    for instant in instants:
        moment = wall_clock(network, instant) if compared else 0
        period = (instant,) if alone else tuple(comparison_holds(item, moment) for item in compared)
        periods.setdefault(period, []).append(instant)
    return list(periods.values())


@dataclass(frozen=True, kw_only=True)
class _Period:
    """Instants, sorted, that no rule tells apart, and the evaluation of the order promised for any of them."""

    evaluation: Evaluation
    instants: Sequence[int]

    @cached_property
    def candidates(self) -> Candidates:
        return Candidates(self.evaluation)

    @cached_property
    def arrivals(self) -> list[int]:
        """The instants at which some option arrives, from the first on by which each line may have arrived."""
        candidates, lines = self.candidates, len(self.evaluation.order.lines)
        if not lines:  # nothing of it has to arrive
            return []
        arrives = arrivals(candidates)
        first = np.full(lines, np.iinfo(np.int64).max)
        np.minimum.at(first, candidates.line, arrives)
        possible = np.unique(arrives[arrives >= first.max()])
        instants = set(self.instants)
        return [instant for instant in possible.tolist() if instant in instants]

    def choice(self, terms: PromiseTerms) -> Choice:
        return choose_in_time(self.candidates, terms)

    def arrival(self, choice: Choice) -> int:
        return int(self.evaluation.reach.arrives_by[rows_of(self.candidates, choice)].max())

    def fills(self, instant: int) -> bool:
        """Whether all units may arrive by the instant."""
        return not self.choice(PromiseTerms(arrives_by=instant)).score.unfilled

    def promised(self, instant: int) -> Promise | None:
        """The policies' choice for the instant, if that can be promised."""
        terms = PromiseTerms(arrives_by=instant)
        choice = self.choice(terms)
        kept = not choice.score.unfilled and self.arrival(choice) == instant
        return self.promise(choice, terms) if kept else None

    def promise(self, choice: Choice, terms: PromiseTerms) -> Promise:
        rows = rows_of(self.candidates, choice)
        return Promise(
            delivery=self.evaluation.order.delivery,
            terms=terms,
            shipments=tuple(shipments_of(self.evaluation, choice)),
            alike_until=int(self.evaluation.reach.alike_until[rows].min()),
        )


class PromiseSearch:
    """The promises of one order by its kind of delivery. `complete` becomes false if some may be missing: choices were
    not proven, or there were too many to make.
    """

    def __init__(self, order: Order, shared: SharedFacts) -> None:
        self._order = order
        self._shared = shared
        self.delivery = order.delivery
        self.complete = True

    def promises(self) -> Iterator[Promise]:
        """Those of the policies' choices, the latest first, then those of the greenest."""
        for greenest in (False, True):
            for period in self._periods:
                yield from self._within(period, greenest=greenest)

    def earliest(self) -> Promise | None:
        """The policies' choice that arrives first."""
        found = [promise for period in self._periods if (promise := self._earliest_in(period))]
        return min(found, key=lambda promise: promise.arrives_by, default=None)

    def unfilled(self) -> tuple[Unfilled, ...]:
        """What could not be promised at all, and why; nothing if all of the order can ship."""
        period = self._periods[-1]
        return tuple(unfilled_of(period.evaluation, period.candidates.choose()))

    @cached_property
    def _periods(self) -> Sequence[_Period]:
        """One if no option leads there, too."""
        return [self._period(instants) for instants in self._instants or [[]]]

    @cached_property
    def _instants(self) -> Sequence[Sequence[int]]:
        """Those at which some way of the order arrives, as `SharedFacts.instants`: where some of it may wait for goods
        that are to come, ways of its own.
        """
        shared, evaluation = self._shared, self._evaluation(self._order)
        if evaluation.incoming is None:
            return shared.instants
        arrivals = {instant for instants in shared.instants for instant in instants}
        arrivals.update(evaluation.reach.arrives_by.tolist())
        return _periods(sorted(arrivals), shared.matcher, shared.snapshot.network)

    def _evaluation(self, order: Order) -> Evaluation:
        shared = self._shared
        evaluation = Evaluation(
            order=order, snapshot=shared.snapshot, matcher=shared.matcher, now=shared.now, columns=shared.columns
        )
        # nothing is late for the instant by which it arrives
        evaluation.reach = shared.ways_there
        if evaluation.incoming is not None:
            evaluation.reach = in_time(evaluation.incoming.reach(shared.ways_there))
        return evaluation

    def _period(self, instants: Sequence[int]) -> _Period:
        order = replace(self._order, promise_by=instants[-1]) if instants else self._order
        return _Period(evaluation=self._evaluation(order), instants=instants)

    def _within(self, period: _Period, *, greenest: bool) -> Iterator[Promise]:
        left = list(period.arrivals)
        most = MOST_ENTRIES // max(1, len(period.candidates.line))
        for _ in range(max(FEWEST_CHOICES, min(most, MOST_CHOICES))):
            if not left:
                return
            terms = PromiseTerms(arrives_by=left[-1], greenest=greenest)
            choice = period.choice(terms)
            self.complete &= choice.gap == 0
            if choice.score.unfilled:
                return
            arrives = period.arrival(choice)
            if arrives == left[-1]:
                yield period.promise(choice, terms)
                left.pop()
            else:  # the next choice is the one for just that instant, with which it is taken up
                del left[bisect_right(left, arrives) :]
        self.complete &= not left

    def _earliest_in(self, period: _Period) -> Promise | None:
        instants = period.arrivals
        promise = period.promised(instants[0]) if instants else None
        if promise is None and instants:  # mostly the first can be promised
            start = bisect_left(instants, 1, lo=1, key=period.fills)
            found = filter(None, map(period.promised, instants[start:]))
            promise = next(found, None)
        return promise
