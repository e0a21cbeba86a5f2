"""The stock that positions should have, by the rules: a target of some days of cover, bounds of it, and an alert.

Days of cover are what is expected to sell in the dates that begin with today, with the uplift of each (see
`engine.decide.evaluation.expected_sales`). So levels rise ahead of a peak that a rule announces, and fall after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.decide.availability.expected_sales import expected_sales, level_facts
from engine.decide.availability.free_units import StockFacts
from engine.decide.evaluation.expected_sales import ExpectedSales, Moment
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.judgement_table import Judgement
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import NO_LIMIT, Integers
from rules.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Of one position, in units that are counted: the least and the most it should have (None: any number), what it
    should have, and below what it is low (0: it never is).
    """

    minimum: int
    maximum: int | None
    target: int
    alert: int


class Levels:
    """The levels of the rows of the stock, as columns. Rules may also say how a position is to be rebalanced: that is
    in the outcome of `judgements`.
    """

    def __init__(self, facts: StockFacts, matcher: Matcher, columns: SnapshotColumns) -> None:
        self._facts = facts
        self._stage = matcher.stages[Stage.LEVEL]
        self.expected: ExpectedSales = expected_sales(facts, matcher, columns)
        moment = Moment(columns.moment_facts["now"], columns.clocks)
        self._numbers = self._stage.judge_lines(
            level_facts(facts, moment), facts.stock.sku, facts.to_judge(columns.clocks)
        )

    @cached_property
    def _columns(self) -> Integers:
        return self._stage.table.levels()[:, self._numbers]

    @cached_property
    def alert(self) -> Integers:
        """What a position is low below; 0: it never is."""
        units, cover = self._columns[:2]
        alert: Integers = np.maximum(units * self._facts.scale, self.expected.units(cover))
        return alert

    @cached_property
    def minimum(self) -> Integers:
        minimum: Integers = self._columns[2] * self._facts.scale
        return minimum

    @cached_property
    def maximum(self) -> Integers:
        """Not below the minimum, which comes first; NO_LIMIT: any number."""
        most = self._columns[3]
        return np.maximum(self.minimum, np.where(most < NO_LIMIT, most * self._facts.scale, NO_LIMIT))

    def cover(self, usual: int) -> Integers:
        """Of each row, the days that its target covers, or `usual` ones where no rule says any."""
        days: Integers = np.where(self._columns[4] > 0, self._columns[4], usual)
        return days

    def target_within(self, days: Integers) -> Integers:
        """What is expected to sell in so many days, from the minimum to the maximum."""
        within: Integers = np.clip(self.expected.units(days), self.minimum, self.maximum)
        return within

    @cached_property
    def target(self) -> Integers:
        """What is expected to sell in the days of cover, from the minimum to the maximum; the minimum where no rule
        gives a cover, or no pace is known.
        """
        return self.target_within(self._columns[4])

    @cached_property
    def judgements(self) -> Sequence[Judgement]:
        """Of each row, the rules that act."""
        return [self._stage.table.judgements[number] for number in self._numbers.tolist()]

    def at(self, row: int) -> Level:
        most = int(self.maximum[row])
        return Level(
            minimum=int(self.minimum[row]),
            maximum=None if most >= NO_LIMIT else most,
            target=int(self.target[row]),
            alert=int(self.alert[row]),
        )


def levels(facts: StockFacts, matcher: Matcher, now: int) -> Levels:
    """Of each position of the stock, at the instant `now`, which is UTC seconds."""
    return Levels(facts, matcher, SnapshotColumns(facts.snapshot, matcher, now))
