"""The stock that the positions of many articles should have.

Days of cover are what is expected to sell in the dates that begin with today, with the uplift of each (see
`engine.decide.levels.expected_sales`). So levels rise ahead of a peak that a rule announces, and fall after it.
"""

from engine.decide.availability.expected_sales import expected_sales, level_facts
from engine.decide.availability.free_units import StockFacts
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.stock_levels import StockLevels
from engine.decide.matching.matcher import Matcher
from rules.vocabulary import Stage


class Levels(StockLevels):
    """Of the rows of the stock."""

    def __init__(self, facts: StockFacts, matcher: Matcher, columns: SnapshotColumns) -> None:
        stage = matcher.stages[Stage.LEVEL]
        numbers = stage.judge_lines(level_facts(facts, columns.moment), facts.stock.sku, facts.to_judge(columns.clocks))
        super().__init__(stage, numbers, expected_sales(facts, matcher, columns), facts.scale)


def levels(facts: StockFacts, matcher: Matcher, now: int) -> Levels:
    """Of each position of the stock, at the instant `now`, which is UTC seconds."""
    return Levels(facts, matcher, SnapshotColumns(facts.snapshot, matcher, now))
