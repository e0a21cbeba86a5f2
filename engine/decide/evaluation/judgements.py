"""What the rules said of an order's positions and options, as objects, for reasons, tests and records.

An `Evaluation` has the same as columns: these objects are made only of what is asked about.
"""

from typing import NamedTuple

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judgement_table import Judgement
from engine.decide.shipping.columns import joined
from engine.model.facts import StockPosition
from rules.reserves import Floor
from rules.vocabulary import Stage


class JudgedPosition(NamedTuple):
    """One position, with what the rules say of it for a line."""

    node: str
    position: StockPosition
    judgement: Judgement
    floor: int
    free: int
    there: int
    """Those of the free units that are on hand; the others are to come, and may be promised."""


class JudgedOption(NamedTuple):
    """One option's node, with what the rules say of the option for a line."""

    node: str
    judgement: Judgement
    excluded: bool
    waits: bool
    """Whether it ships later than now."""


def judged_positions(evaluation: Evaluation, index: int) -> list[JudgedPosition]:
    """The positions of the line at `index`, by node id."""
    positions, judgements = evaluation.positions[index], evaluation.matcher.stages[Stage.POSITION].table.judgements
    rows = zip(
        positions.stock.node.tolist(),
        positions.stock.positions,
        positions.judgement.tolist(),
        positions.floor.tolist(),
        (positions.free if evaluation.incoming is None else evaluation.incoming.total(index)).tolist(),
        positions.free.tolist(),
        strict=True,
    )
    return [
        JudgedPosition(evaluation.ways.node_ids[node], stored, judgements[number], floor, free, there)
        for node, stored, number, floor, free, there in rows
    ]


def judged_options(evaluation: Evaluation, index: int) -> list[JudgedOption]:
    """The options of the line at `index`, by key."""
    options, judgements = evaluation.options[index], evaluation.matcher.stages[Stage.OPTION].table.judgements
    nodes, ready_at = evaluation.reach.node[options.reach].tolist(), evaluation.reach.ready_at
    waits = [False] * len(nodes) if ready_at is None else (ready_at[options.reach] > 0).tolist()
    rows = zip(nodes, options.judgement.tolist(), options.excluded.tolist(), waits, strict=True)
    return [
        JudgedOption(evaluation.ways.node_ids[node], judgements[number], excluded, its)
        for node, number, excluded, its in rows
    ]


def floors_of(evaluation: Evaluation, sku: str, row: int) -> tuple[Floor, ...]:
    """What the rules give each line of a SKU as the floor of the position in a row; the largest counts."""
    table = evaluation.matcher.stages[Stage.POSITION].table
    numbers = {
        int(positions.judgement[row])
        for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True)
        if line.sku == sku
    }
    scale = evaluation.snapshot.products[sku].scale
    floors = tuple(table.floor(evaluation.order.channel, number).scaled(scale) for number in sorted(numbers))
    if not evaluation.matcher.policies.longest_cover:
        return floors
    expected = evaluation.columns.expected_sales_of(sku).at(row)
    return tuple(floor.in_units(expected) for floor in floors)


def counted_judgements(evaluation: Evaluation) -> list[tuple[Judgement, int]]:
    """Each judgement made of the order, its lines, positions, nodes and options, with how many it was made of."""
    stages = evaluation.matcher.stages
    counted = [(judgement, 1) for judgement in (evaluation.order_judgement, *evaluation.line_judgements)]
    counted += stages[Stage.NODE].table.counted(evaluation.node_numbers)
    counted += stages[Stage.POSITION].table.counted(joined([item.judgement for item in evaluation.positions]))
    counted += stages[Stage.OPTION].table.counted(evaluation.every_option[1].judgement)
    if evaluation.matcher.shipment_steps is not None and evaluation.judged_bands is not None:
        counted += stages[Stage.SHIPMENT].table.counted(evaluation.judged_bands.judgement)
    return counted
