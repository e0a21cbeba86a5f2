"""How many units of each position rules keep there or put aside for channels, where units are to be moved."""

import numpy as np

from engine.decide.availability.expected_sales import expected_sales
from engine.decide.availability.free_units import StockFacts, channels_told_apart
from engine.decide.availability.offer import facts_of_lines
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.expected_sales import ExpectedSales
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import Integers
from rules.vocabulary import Stage

NO_CHANNEL = ""
"""No rule names it, so that what is put aside for any channel is put aside for others."""


def kept_units(facts: StockFacts, matcher: Matcher, columns: SnapshotColumns, expected: ExpectedSales) -> Integers:
    """Of each row of the stock; of any order the most, as what is moved is no channel's."""
    judge, stock = matcher.stages[Stage.POSITION], facts.stock
    floor = np.zeros(len(stock.node), dtype=np.int64)
    rows = facts.to_judge(columns.clocks)
    position_rules = (
        rule
        for rule in matcher.policies.rules.values()
        if any(effect.stage is Stage.POSITION for effect in rule.effects)
    )
    for channel in sorted({NO_CHANNEL, *channels_told_apart(position_rules)}):
        judgement = judge.judge_lines(facts_of_lines(facts, channel, columns), stock.sku, rows)
        kept = judge.table.kept_back(
            channel,
            judgement,
            stock.on_hand,
            stock.held,
            facts.taken,
            expected=expected.units,
            scale=facts.scale,
        )
        floor = np.maximum(floor, kept)
    return floor


def free_to_move(facts: StockFacts, matcher: Matcher, node: str, now: int) -> dict[str, int]:
    """By SKU, the units at a node that nobody holds and rules don't keep there, at the instant `now` (UTC seconds). A
    SKU that is not there has none.
    """
    columns = SnapshotColumns(facts.snapshot, matcher, now)
    kept, stock = kept_units(facts, matcher, columns, expected_sales(facts, matcher, columns)), facts.stock
    rows = (stock.node == facts.ways.node_index[node]).nonzero()[0]
    free = np.maximum(0, stock.on_hand[rows] - stock.held[rows] - np.maximum(0, kept[rows]))
    skus = (facts.products[product].sku for product in stock.sku[rows].tolist())
    return dict(zip(skus, free.tolist(), strict=True))
