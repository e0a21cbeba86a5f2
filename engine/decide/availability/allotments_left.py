"""What channels have of their allotments: units put aside for them in a period, and what they took of these."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.decide.availability.expected_sales import expected_sales
from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.offer import facts_of_lines
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.expected_sales import ExpectedSales
from engine.decide.matching.matcher import Matcher
from rules.effects import PositionOutcome
from rules.reserves import Allotment, Tally
from rules.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class AllotmentLeft:
    """Units of a position that rules allot to a channel in the period that counts now, and what it took in it."""

    tally: Tally
    units: int
    taken: int

    @property
    def left(self) -> int:
        return max(0, self.units - self.taken)


def allotments_left(facts: StockFacts, matcher: Matcher, now: int) -> Sequence[Sequence[AllotmentLeft]]:
    """Of each row of the stock, the allotments of all channels; of several of one channel and period, the largest."""
    by_row: list[list[AllotmentLeft]] = [[] for _ in facts.nodes]
    columns, stage = SnapshotColumns(facts.snapshot, matcher, now), matcher.stages[Stage.POSITION]
    expected = expected_sales(facts, matcher, columns)
    for channel in sorted({item.tally.channel for item in matcher.policies.allotments}):
        lines = facts_of_lines(facts, channel, columns)
        judgement = stage.judge_lines(lines, facts.stock.sku, facts.to_judge(columns.clocks))
        for number in np.unique(judgement).tolist():  # of many rows, few judgements
            outcome = cast("PositionOutcome", stage.table.judgements[number].outcome)
            allotments = outcome.floor(channel).own.allotments
            for row in (judgement == number).nonzero()[0].tolist() if allotments else ():
                by_row[row] += _of_position(facts, row, allotments, expected)
    return by_row


def _of_position(
    facts: StockFacts, row: int, allotments: Sequence[Allotment], expected: ExpectedSales
) -> Iterator[AllotmentLeft]:
    scale = facts.products[int(facts.stock.sku[row])].scale
    sizes: dict[Tally, int] = {}
    for item in allotments:
        size = item.scaled(scale).in_units(expected.at(row)).size(int(facts.stock.on_hand[row]))
        sizes[item.tally] = max(size, sizes.get(item.tally, 0))
    for tally, units in sorted(sizes.items()):
        taken = int(facts.taken[tally][row]) if tally in facts.taken else 0
        yield AllotmentLeft(tally=tally, units=units, taken=taken)
