"""Which of many waiting orders goes first: by the policies' priority, then the promise, then age, then id."""

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Order, Snapshot
from rules.effects import DEFAULT_PRIORITY, OrderOutcome

NEVER = 1 << 62
"""An instant after every promise, for orders without one."""

Rank: TypeAlias = tuple[int, int, int, str, str]
"""(100 less the priority, promise, instant of placing, order, name): the least goes first."""

_T = TypeVar("_T")
_HIGHEST = 100
_LAST = 10**12 - 1
"""After every instant that an order can name: it has twelve digits."""


def rank(order: Order, priority: int, name: str = "") -> Rank:
    """An order's rank among those that wait. `name` tells apart several remainders of one order."""
    promise = NEVER if order.promise_by is None else order.promise_by
    return (_HIGHEST - priority, promise, order.placed_at, order.id, name)


def priority_of(rank: Rank) -> int:
    return _HIGHEST - rank[0]


def rank_text(rank: Rank) -> str:
    """A rank as a text that sorts, byte by byte, as ranks do; the name is what comes after its last line break."""
    before, promise, placed_at, order, name = rank
    return f"{before:03}\n{min(promise, _LAST):012}\n{placed_at:012}\n{order}\n{name}"


def newcomer_text(priority: int) -> str:
    """Sorts after the rank text of everything that waits with this priority or a higher one, before all others."""
    return f"{_HIGHEST - priority:03}\v"


def ranked(items: Iterable[_T], rank_of: Callable[[_T], Rank]) -> list[_T]:
    """The items by rank, the first to be served first."""
    return sorted(items, key=rank_of)


def priority(order: Order, snapshot: Snapshot, matcher: PolicyJudge, now: int) -> int:
    """The order's priority at `now` by the policies, 0 to 100; the default if the order can't be judged now (see
    `order_outcome`).
    """
    outcome = order_outcome(order, snapshot, matcher, now)
    return DEFAULT_PRIORITY if outcome is None else outcome.priority


def order_outcome(order: Order, snapshot: Snapshot, matcher: PolicyJudge, now: int) -> OrderOutcome | None:
    """What the policies say of the order at `now`; of the snapshot, only the network and the products matter. None if
    one of the order's SKUs, or a node to collect it at, is not in the network now.
    """
    can_be_collected = all(node is None or node in snapshot.network.nodes for node in order.destinations)
    if not can_be_collected or any(line.sku not in snapshot.products for line in order.lines):
        return None
    return Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=now).order_outcome
