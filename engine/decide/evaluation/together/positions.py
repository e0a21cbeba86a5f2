"""The positions of the lines of several orders as one table, and what the rules keep of them back."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from engine.decide.evaluation.positions import Positions, Stock, node_facts_at
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.evaluation.together.lines import LinesTogether, parts_of
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.signature_table import LOAD, Rows
from engine.decide.shipping.columns import Integers, Once, integers
from rules.reserves import Tally
from rules.vocabulary import Facts, Stage


def judge_positions_together(matcher: Matcher, lines: LinesTogether, columns: SnapshotColumns) -> list[Positions]:
    """By line, as `judge_positions` does."""
    stocks = [columns.stock_of(line.sku) for line in lines.lines]
    counts = integers(len(stock.node) for stock in stocks)
    line, ends = np.arange(len(stocks)).repeat(counts), counts.cumsum()
    judge = matcher.stages[Stage.POSITION]
    judgement = judge.judge_lines(lines.facts, line, _rows(stocks, line, ends - counts, columns))
    floor, parts = np.empty(len(line), dtype=np.int64), parts_of(ends)
    for channel in dict.fromkeys(lines.channels):
        its = [number for number, of_line in enumerate(lines.channels) if of_line == channel]
        at = np.concatenate([np.arange(parts[number].start, parts[number].stop) for number in its])
        floor[at] = _floors(
            matcher, channel, judgement[at], [(lines.lines[number].sku, stocks[number]) for number in its], columns
        )
    return [
        Positions(stock, judgement[part], floor[part], stock.above(floor[part]))
        for stock, part in zip(stocks, parts, strict=True)
    ]


def _rows(stocks: Sequence[Stock], line: Integers, starts: Integers, columns: SnapshotColumns) -> Rows:
    """As `position_rows`, one line after another."""
    ways, loads, clocks = columns.ways, columns.loads, columns.clocks
    node = np.concatenate([stock.node for stock in stocks])

    def facts(row: int) -> Facts:
        number = int(line[row])
        return {
            **node_facts_at(ways, int(node[row]), loads, clocks),
            **stocks[number].facts(row - int(starts[number])),
        }

    made = {path: Once(partial(_joined, stocks, path)) for path in stocks[0].columns}
    return Rows(ways, node, None, {LOAD: lambda: loads[node], **made}, facts, clocks.apart)


def _joined(stocks: Sequence[Stock], path: str) -> Integers:
    return np.concatenate([stock.columns[path]() for stock in stocks])


def _floors(
    matcher: Matcher,
    channel: str,
    judgement: Integers,
    stocks: Sequence[tuple[str, Stock]],
    columns: SnapshotColumns,
) -> Integers:
    """The floors of orders on the channel, of the stocks of SKUs one after another."""
    parts = parts_of(integers(len(stock.node) for _, stock in stocks).cumsum())

    def expected(days: Integers) -> Integers:
        return np.concatenate(
            [columns.expected_sales_of(sku).units(days[part]) for (sku, _), part in zip(stocks, parts, strict=True)]
        )

    scales = {stock.scale for _, stock in stocks}
    return matcher.stages[Stage.POSITION].table.floors(
        channel,
        judgement,
        np.concatenate([stock.on_hand for _, stock in stocks]),
        np.concatenate([stock.held for _, stock in stocks]),
        _taken([stock for _, stock in stocks]),
        expected=expected,
        scale=scales.pop()
        if len(scales) == 1
        else np.concatenate([np.full_like(its.node, its.scale) for _, its in stocks]),
    )


def _taken(stocks: Sequence[Stock]) -> Mapping[Tally, Integers]:
    tallies = dict.fromkeys(tally for stock in stocks for tally in stock.taken)
    return {
        tally: np.concatenate([stock.taken.get(tally, np.zeros_like(stock.node)) for stock in stocks])
        for tally in tallies
    }
