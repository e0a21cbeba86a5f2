"""What is expected to sell at the positions of many SKUs, and when that changes with the date."""

from collections.abc import Mapping, Sequence

from engine.decide import rule_facts
from engine.decide.availability.free_units import StockFacts
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.expected_sales import ExpectedSales, Moment
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import Integers
from rules.vocabulary import Facts, Stage


def expected_sales(facts: StockFacts, matcher: Matcher, columns: SnapshotColumns) -> ExpectedSales:
    """Of each row of the stock. `columns` are those of the snapshot at the instant of today."""
    level = matcher.stages[Stage.LEVEL]

    def judged_at(moment: Moment) -> Integers:
        return level.judge_lines(level_facts(facts, moment), facts.stock.sku, facts.to_judge(moment.clocks))

    judge = level if matcher.policies.has_uplifts else None
    return ExpectedSales(lambda: facts.pace, judge, noon=columns.noon, judged_at=judged_at)


def level_facts(facts: StockFacts, moment: Moment) -> Sequence[Mapping[str, Facts]]:
    """By product, what its positions share where levels are judged."""
    return [{**moment.shared, "product": rule_facts.product_facts(item)} for item in facts.products]


def uplift_codes(matcher: Matcher, columns: SnapshotColumns, days: int) -> Sequence[object]:
    """What so many days of cover depend on of their dates: nothing if no rule has an uplift."""
    if not matcher.policies.has_uplifts:
        return ()
    return [columns.noon(day).codes(matcher.stages[Stage.LEVEL]) for day in range(days)]
