"""The facts that an order was decided on, as they are kept with its decision: all that deciding it again needs."""

from collections.abc import Container, Mapping, Sequence

import numpy as np

from engine.decide.decision import DecidedLoads, DecidedStock
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.columns import Integers
from engine.model.facts import NodeRest
from engine.model.node_loads import grams_field, units_field
from engine.model.receipts import Receipt


def decided_stock(evaluation: Evaluation, lacking: Container[str] = ()) -> dict[str, DecidedStock]:
    """By SKU of the order; units of those that are `lacking` stay unfilled."""
    stock: dict[str, DecidedStock] = {}
    for index, (line, positions) in enumerate(zip(evaluation.order.lines, evaluation.positions, strict=True)):
        columns = positions.stock
        none = (columns.on_hand == 0) & (positions.floor >= 0)
        if evaluation.incoming is not None:
            none &= ~evaluation.incoming.flags(index)
        empty, there = none.nonzero()[0], (~none).nonzero()[0]
        names = evaluation.ways.node_names[columns.node]
        stock[line.sku] = DecidedStock(
            nodes=names[there].tolist(),
            on_hand=columns.on_hand[there].tolist(),
            held=columns.held[there].tolist(),
            floor=positions.floor[there].tolist(),
            taken={tally: units[there].tolist() for tally, units in columns.taken.items()},
            lots=evaluation.snapshot.lots.get(line.sku, {}),
            receipts=_receipts_of(evaluation, line.sku, lacking),
            empty=names[empty].tolist(),
            held_of_empty={names[row]: int(columns.held[row]) for row in empty.tolist() if columns.held[row]},
        )
    return stock


def _receipts_of(evaluation: Evaluation, sku: str, lacking: Container[str]) -> Mapping[str, Sequence[Receipt]]:
    """By node, the open receipts of a SKU, if it made a difference what is to come."""
    receipts = evaluation.snapshot.receipts.get(sku)
    mattered = evaluation.incoming is not None or sku in lacking or evaluation.matcher.policies.mentions_incoming
    return receipts if receipts and mattered else {}


def decided_loads(evaluation: Evaluation) -> DecidedLoads:
    """Of the nodes that have some SKU of the order."""
    snapshot, columns, ways = evaluation.snapshot, evaluation.columns, evaluation.ways
    nodes = _nodes_with_skus(evaluation)
    names: list[str] = ways.node_names[nodes].tolist()
    some = set(names) if columns.node_limits.fields else ()
    names_limited = [name for name in columns.node_limits.names if name in some]
    return DecidedLoads(
        shipments=_given(names, snapshot.loads),
        hourly=_given(names, snapshot.hourly_loads),
        units={name: snapshot.loads.get(units_field(name), 0) for name in names_limited},
        grams={name: snapshot.loads.get(grams_field(name), 0) for name in names_limited},
    )


def _given(nodes: Sequence[str], loads: Mapping[str, int]) -> dict[str, int]:
    """Of those that were given something."""
    return {node: loads[node] for node in nodes if loads.get(node)} if loads else {}


def rests_at(evaluation: Evaluation) -> dict[str, NodeRest]:
    """The rests of those nodes."""
    resting = evaluation.snapshot.resting
    if not resting:
        return {}
    nodes = evaluation.ways.node_names[_nodes_with_skus(evaluation)].tolist()
    return {node: resting[node] for node in nodes if node in resting}


def _nodes_with_skus(evaluation: Evaluation) -> Integers:
    """The numbers of the nodes that have some SKU of the order, sorted."""
    flags = np.zeros(len(evaluation.ways.nodes), dtype=bool)
    for positions in evaluation.positions:
        flags[positions.stock.node] = True
    return flags.nonzero()[0]
