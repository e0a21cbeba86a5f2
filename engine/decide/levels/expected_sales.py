"""What is expected to sell at positions: their pace of sale, with the uplift that rules announce for each day.

Days are whole dates of the installation, of which today is the first. A date's uplift is what the rules say at its
noon, of the stock as it is now.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.decide.matching.judge import Judge
from engine.decide.matching.judgement_table import Judgement
from engine.decide.shipping.columns import Integers
from engine.decide.shipping.node_clocks import ClockFacts
from engine.model.facts import UNIT_MILLIS
from rules.reserves import FULL_SHARE, ExpectedUnits
from rules.vocabulary import Facts


class Moment(NamedTuple):
    """What the installation's clock shows, and what the nodes' clocks show, at an instant."""

    now: Facts
    clocks: ClockFacts

    @property
    def shared(self) -> Mapping[str, Facts]:
        """The facts that all nodes share, by group."""
        return {"now": self.now, **self.clocks.shared}

    def codes(self, judge: Judge) -> tuple[tuple[int, ...], ...]:
        """Where they are equal, the rules of the judge tell no difference between two moments."""
        return tuple(judge.codes(facts) for facts in (self.now, *self.clocks.by_zone))


class ExpectedSales:
    """Of rows; `pace` makes the column of thousandths of a unit a day that they sell, below 0 where it is not known.
    `noon` answers the noon of the date so many days from today; `judged_at` the numbers of the rows' judgements by
    `judge`, that of the level stage. Without `judge` nothing has an uplift.
    """

    def __init__(
        self,
        pace: Callable[[], Integers],
        judge: Judge | None,
        *,
        noon: Callable[[int], Moment],
        judged_at: Callable[[Moment], Integers],
    ) -> None:
        self._make_pace = pace
        self._judge = judge
        self._noon = noon
        self._judged_at = judged_at
        self._numbers: dict[Hashable, Integers] = {}
        """By what rules tell apart of dates, the numbers of the rows' judgements."""
        self._units: dict[int, Integers] = {}

    @cached_property
    def _pace(self) -> Integers:
        return np.maximum(self._make_pace(), 0)

    def units(self, days: Integers) -> Integers:
        """Of each row, the units that are expected to sell in its number of `days`, rounded up: no unit less is enough.
        0 where the pace is not known.
        """
        if self._judge is None:
            return -(-self._pace * days // UNIT_MILLIS)
        return -(-self._uplifted(self._judge, days) // (UNIT_MILLIS * FULL_SHARE))

    def thousandths(self, days: Integers) -> Integers:
        """The same in thousandths of a unit, rounded half up."""
        if self._judge is None:
            return self._pace * days
        return (self._uplifted(self._judge, days) + FULL_SHARE // 2) // FULL_SHARE

    def _uplifted(self, judge: Judge, days: Integers) -> Integers:
        """Of each row, what is expected to sell in its days, in thousandths of a unit times basis points."""
        total = np.zeros(len(self._pace), dtype=np.int64)
        for day in range(int(days.max(initial=0))):
            total += np.where(day < days, self._pace * self._uplift(judge, day), 0)
        return total

    def at(self, row: int) -> ExpectedUnits:
        """The same of one row."""

        def units(days: int) -> int:
            if days not in self._units:
                self._units[days] = self.units(np.full(len(self._pace), days, dtype=np.int64))
            return int(self._units[days][row])

        return units

    def _uplift(self, judge: Judge, day: int) -> Integers:
        """Of each row, in basis points. Dates that no rule tells apart are judged once."""
        moment = self._noon(day)
        key = moment.codes(judge)
        if key not in self._numbers:
            self._numbers[key] = self._judged_at(moment)  # before the table is asked, for judging adds to it
        return judge.table.uplifts()[self._numbers[key]]

    def uplifts_of(self, rows: Sequence[int] | None = None) -> list[Judgement]:
        """The judgements that give some of the rows, by default of all, an uplift of a date that was asked about."""
        if self._judge is None:
            return []
        table, those = self._judge.table, slice(None) if rows is None else list(rows)
        seen = {number for numbers in self._numbers.values() for number in numbers[those].tolist()}
        return [table.judgements[number] for number in sorted(seen) if int(table.uplifts()[number]) != FULL_SHARE]
