"""The options to match: orders of the example's day, each with twenty of the real options of its first line."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson

from api.files.inventory_folder import load_inventory
from api.shapes.order import OrderRequest
from engine.decide import rule_facts
from engine.decide.evaluation import Evaluation
from engine.decide.matching.judge import SHARED
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.options import Option
from engine.model.facts import Inventory, NetworkCaches, Order, Snapshot, StockPosition
from rules.policy import PolicySet
from rules.vocabulary import Facts

ROOT = Path(__file__).parents[2]
HEXAGONE = ROOT / "examples" / "hexagone"
POLICIES = ROOT / "policies"
OPTIONS = 20
SETS = 50
_SEED = 7


@dataclass(frozen=True)
class OptionSet:
    """One line's options: the facts they share, by group; and those of each option, a mapping for each group of
    `option_columns.VARYING`.
    """

    fixed: Mapping[str, Facts]
    options: Sequence[tuple[Facts, ...]]

    @cached_property
    def flat(self) -> list[Facts]:
        """Every option's facts in one mapping."""
        shared = {path: value for group in SHARED for path, value in self.fixed[group].items()}
        return [shared | {path: value for group in groups for path, value in group.items()} for groups in self.options]


def inventory() -> Inventory:
    return load_inventory(HEXAGONE)


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
    sets: list[OptionSet] = []
    for line in lines:
        (order,) = orders([line])
        evaluation = Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=order.placed_at)
        if order.promise_by is not None and len(evaluation.offers[0]) >= OPTIONS:
            sets.append(_option_set(evaluation))
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


def _option_set(evaluation: Evaluation) -> OptionSet:
    line, snapshot = evaluation.order.lines[0], evaluation.snapshot
    some = sorted(random.Random(evaluation.order.id).sample(range(len(evaluation.offers[0])), OPTIONS))
    offers = [evaluation.offers[0][index] for index in some]
    stocks = {node: rule_facts.stock_facts(position) for node, position in snapshot.positions[line.sku].items()}
    fixed = {
        **evaluation.facts,
        "line": rule_facts.line_facts(line),
        "product": rule_facts.product_facts(snapshot.products[line.sku]),
    }
    return OptionSet(fixed=fixed, options=[tuple(_varying(evaluation, stocks, offer.option)) for offer in offers])


def _varying(evaluation: Evaluation, stocks: Mapping[str, Facts], option: Option) -> Iterator[Facts]:
    node = option.route.node.id
    yield evaluation.nodes[node]
    yield stocks[node]
    yield evaluation.snapshot.caches.get(rule_facts.NetworkFacts).of_service(option.route.service.id)
    yield rule_facts.route_facts(option, evaluation.now)
