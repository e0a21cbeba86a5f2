"""Nodes in the order in which the policies would have an order shipped from one of them alone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from engine.decide.decide import choose
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judge import PolicyJudge
from engine.decide.sourcing.problem import Score
from engine.model.facts import Order, Snapshot

_Value = TypeVar("_Value")


def ranks_alone(
    order: Order, nodes: Iterable[str], snapshot: Snapshot, matcher: PolicyJudge, now: int
) -> Mapping[str, int]:
    """By node, its rank: 0 is that from which the order, had only it stock, would be shipped best by the comparison of
    decisions: units left unfilled, units shipped against an `unless_needed`, tiers, money. Equals share a rank.
    """
    scores = {node: _score(order, _with_stock_of(node, snapshot), matcher, now) for node in nodes}
    ranked = {score: rank for rank, score in enumerate(sorted(set(scores.values())))}
    return {node: ranked[score] for node, score in scores.items()}


def _score(order: Order, snapshot: Snapshot, matcher: PolicyJudge, now: int) -> Score:
    evaluation = Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=now)
    return choose(Candidates(evaluation)).score


def _with_stock_of(node: str, snapshot: Snapshot) -> Snapshot:
    """The snapshot, were there no units anywhere else, nor any to come."""
    return replace(
        snapshot,
        positions={sku: _only(node, by_node) for sku, by_node in snapshot.positions.items()},
        receipts={sku: _only(node, by_node) for sku, by_node in snapshot.receipts.items()},
    )


def _only(node: str, by_node: Mapping[str, _Value]) -> Mapping[str, _Value]:
    return {node: by_node[node]} if node in by_node else {}
