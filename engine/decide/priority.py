"""Who goes first when many wait: by the policies' priority, then the promise, then age, then id."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, TypeVar

from engine.decide.evaluation import Case
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Network, NetworkCaches, Order, Product, Snapshot
from rules.effects import DEFAULT_PRIORITY, OrderOutcome

NEVER = 1 << 62
"""An instant after every promise: where nothing was promised."""

Rank: TypeAlias = tuple[int, int, int, str, str]
"""(highest priority less this one, promise, age, order, name): the least goes first."""

_T = TypeVar("_T")
_HIGHEST = 100


def rank(order: Order, priority: int, name: str = "") -> Rank:
    """Where an order stands. `name` tells apart those that wait for the rest of one order."""
    promise = NEVER if order.promise_by is None else order.promise_by
    return (_HIGHEST - priority, promise, order.placed_at, order.id, name)


def priority_of(standing: Rank) -> int:
    return _HIGHEST - standing[0]


def ranked(items: Iterable[_T], standing: Callable[[_T], Rank]) -> list[_T]:
    """The first to be served first, in whatever order they came."""
    return sorted(items, key=standing)


def priority(order: Order, network: Network, products: Mapping[str, Product], matcher: PolicyJudge, now: int) -> int:
    """What the policies say of the order at `now`, 0 to 100; the default for one with a SKU that nobody knows now."""
    outcome = order_outcome(order, network, products, matcher, now)
    return DEFAULT_PRIORITY if outcome is None else outcome.priority


def order_outcome(
    order: Order, network: Network, products: Mapping[str, Product], matcher: PolicyJudge, now: int
) -> OrderOutcome | None:
    """What the policies say of the order at `now`; None of one with a SKU, or a place to collect, unknown now."""
    known_goal = order.collect_at is None or order.collect_at in network.nodes
    if not known_goal or any(line.sku not in products for line in order.lines):
        return None
    snapshot = Snapshot(network=network, caches=NetworkCaches(network), products=products, positions={}, loads={})
    return Case(order=order, snapshot=snapshot, matcher=matcher, now=now).order_outcome
