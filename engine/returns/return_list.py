"""Lists returns, those opened last first."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.returns.return_state import ReturnState, State
from engine.store.flows.returns import StoredReturns
from engine.store.orders.order_list import OrderPlace

MOST_LOOKED_AT = 1_000
"""How many returns are read for one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFilter:
    """Which returns are listed: those in `state`, of an order, of which units were received at `node`, with units of
    `sku`, for a reason, and opened after an instant; None: any.
    """

    state: State | None = None
    order: str | None = None
    node: str | None = None
    sku: str | None = None
    reason: str | None = None
    opened_after: int | None = None

    def matches(self, item: ReturnState) -> bool:
        stored = item.stored
        return (
            self.state in (None, item.state)
            and self.order in (None, stored.order)
            and (self.node is None or any(group.node == self.node for group in stored.groups))
            and (self.sku is None or self.sku in stored.skus)
            and (self.reason is None or any(line.reason == self.reason for line in stored.lines))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnsPage:
    """Some returns, those opened last first. The next page begins after the place `after`; None: this is the last. A
    page may have fewer returns than were asked for, or none, and not be the last.
    """

    returns: tuple[ReturnState, ...]
    after: OrderPlace | None


def page_of(
    stored: StoredReturns, filtered: ReturnFilter, *, after: OrderPlace | None, limit: int, now: int
) -> ReturnsPage:
    """At most `limit` returns, after a place."""
    returns: list[ReturnState] = []
    for seen, (place, item) in enumerate(_listed(stored, filtered, after, now), start=1):
        if filtered.matches(item):
            returns.append(item)
        if len(returns) == limit or seen == MOST_LOOKED_AT:
            return ReturnsPage(returns=tuple(returns), after=place)
    return ReturnsPage(returns=tuple(returns), after=None)


def _listed(
    stored: StoredReturns, filtered: ReturnFilter, after: OrderPlace | None, now: int
) -> Iterator[tuple[OrderPlace, ReturnState]]:
    for place, item in stored.opened_last(after=after):
        if filtered.opened_after is not None and item.opened_at <= filtered.opened_after:
            return
        yield place, ReturnState(stored=item, now=now)
