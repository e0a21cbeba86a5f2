"""The options to match: orders of the example's day, each with twenty of the real options of its first line."""

import functools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson

from api.shapes.order import OrderRequest
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.signature_table import Rows
from engine.decide.shipping.columns import Integers
from engine.model.facts import Inventory, NetworkCaches, Order, Snapshot, StockPosition
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage
from tests.reference.rows import SHARED, VARYING
from tests.support.hexagone import hexagone

ROOT = Path(__file__).parents[2]
HEXAGONE = ROOT / "examples" / "hexagone"
POLICIES = ROOT / "policies"
OPTIONS = 20
SETS = 50
_SEED = 7


@dataclass(frozen=True)
class OptionSet:
    """One line's options: the facts they share, by group; those of each option, a mapping for each group of `VARYING`;
    and the same in columns, as the service has them.
    """

    fixed: Mapping[str, Facts]
    options: Sequence[tuple[Facts, ...]]
    rows: Rows

    @cached_property
    def flat(self) -> list[Facts]:
        """Every option's facts in one mapping."""
        shared = {path: value for group in SHARED for path, value in self.fixed[group].items()}
        return [shared | {path: value for group in groups for path, value in group.items()} for groups in self.options]


def inventory() -> Inventory:
    return hexagone()


def lines_of_the_day() -> list[bytes]:
    """The day's orders as they are sent: one JSON document each."""
    return (HEXAGONE / "orders.ndjson").read_bytes().splitlines()


def orders(lines: Sequence[bytes]) -> list[Order]:
    request = OrderRequest()
    return [request.load(orjson.loads(line)) for line in lines]


def option_sets(inventory: Inventory, count: int = SETS) -> list[OptionSet]:
    """`count` sets from the whole day. Every fact that the bench's rules mention is known in them."""
    snapshot = Snapshot(
        network=inventory.network,
        caches=NetworkCaches(inventory.network),
        products=inventory.products,
        positions=_positions(inventory),
        loads={},
    )
    lines = lines_of_the_day()
    random.Random(_SEED).shuffle(lines)
    matcher = Matcher(PolicySet(policies=(), texts={}))
    stage = matcher.stages[Stage.OPTION]
    judge_rows, judged = stage.judge_rows, []

    def record(shared: Mapping[str, Facts], rows: Rows) -> Integers:
        judged.append(rows)
        return judge_rows(shared, rows)

    stage.judge_rows = record  # type: ignore[method-assign] # the rows are made nowhere else
    sets: list[OptionSet] = []
    for line in lines:
        (order,) = orders([line])
        evaluation = Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=order.placed_at)
        judged.clear()
        if order.promise_by is not None and len(evaluation.options[0].reach) >= OPTIONS:
            sets.append(_option_set(evaluation, judged[0]))
        if len(sets) == count:
            break
    matcher.close()
    return sets


def _positions(inventory: Inventory) -> Mapping[str, Mapping[str, StockPosition]]:
    """The positions whose pace of sale is known: the others have no `stock.days_of_cover`."""
    return {
        sku: {node: StockPosition(on_hand=units, pace=paces[node]) for node, units in stock.items() if node in paces}
        for sku, stock in inventory.stock.items()
        for paces in [inventory.paces.get(sku, {})]
    }


def _option_set(evaluation: Evaluation, rows: Rows) -> OptionSet:
    """`rows` are the options of the order's first line."""
    some = np.array(sorted(random.Random(evaluation.order.id).sample(range(len(rows.node)), OPTIONS)))
    assert rows.service is not None
    chosen = Rows(
        ways=rows.ways,
        node=rows.node[some],
        service=rows.service[some],
        columns={path: functools.partial(_given, column()[some]) for path, column in rows.columns.items()},
        facts=lambda row: rows.facts(int(some[row])),
    )
    return OptionSet(
        fixed=evaluation.line_facts[0],
        options=[tuple(_by_group(chosen.facts(row))) for row in range(OPTIONS)],
        rows=chosen,
    )


def _given(column: Integers) -> Integers:
    """Columns are ready, as the facts of the peers are: matching is timed, not making them."""
    return column


def _by_group(facts: Facts) -> Iterator[Facts]:
    for group in VARYING:
        yield {path: value for path, value in facts.items() if path.partition(".")[0] == group}
