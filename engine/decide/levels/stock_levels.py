"""The stock that positions should have, by the rules: a target of some days of cover, bounds of it, and an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.expected_sales import ExpectedSales
from engine.decide.matching.judge import Judge, PolicyJudge
from engine.decide.matching.judgement_table import Judgement
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


class StockLevels:
    """The levels of some positions, as columns. `numbers` are those of their judgements by `judge`, of the level stage;
    `scale` of the units that are counted are in one of a rule's. Rules may also say how a position is to be rebalanced:
    that is in the outcome of `judgements`.
    """

    def __init__(self, judge: Judge, numbers: Integers, expected: ExpectedSales, scale: int | Integers) -> None:
        self._judge = judge
        self._numbers = numbers
        self.expected = expected
        self._scale = scale

    @cached_property
    def _columns(self) -> Integers:
        return self._judge.table.levels()[:, self._numbers]

    @cached_property
    def alert(self) -> Integers:
        """What a position is low below; 0: it never is."""
        units, cover = self._columns[:2]
        alert: Integers = np.maximum(units * self._scale, self.expected.units(cover))
        return alert

    @cached_property
    def minimum(self) -> Integers:
        minimum: Integers = self._columns[2] * self._scale
        return minimum

    @cached_property
    def maximum(self) -> Integers:
        """Not below the minimum, which comes first; NO_LIMIT: any number."""
        most = self._columns[3]
        return np.maximum(self.minimum, np.where(most < NO_LIMIT, most * self._scale, NO_LIMIT))

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
        return [self._judge.table.judgements[number] for number in self._numbers.tolist()]

    @property
    def rules(self) -> set[str]:
        """Those that act on some row today, or give it its uplift of a day that a level hangs on."""
        self.alert, self.target  # noqa: B018  # so that the days they hang on are judged
        return {rule for item in (*self.judgements, *self.expected.uplifts_of()) for rule in item.fired}

    def at(self, row: int) -> Level:
        most = int(self.maximum[row])
        return Level(
            minimum=int(self.minimum[row]),
            maximum=None if most >= NO_LIMIT else most,
            target=int(self.target[row]),
            alert=int(self.alert[row]),
        )


def levels_of(sku: str, columns: SnapshotColumns, matcher: PolicyJudge) -> StockLevels:
    """Of the positions of a SKU, in the order of their nodes."""
    judge, stock = matcher.stages[Stage.LEVEL], columns.stock_of(sku)
    numbers = judge.judge_rows(columns.level_facts(sku), columns.rows_of(sku))
    return StockLevels(judge, numbers, columns.expected_sales_of(sku), stock.scale)
