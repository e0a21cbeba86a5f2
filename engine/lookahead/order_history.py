"""Reads from the log what was ordered of late, and where it was to go."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from engine.decide.order_record import order_of
from engine.errors import NotLearnt
from engine.lookahead.expected_orders import MILLIS, Basket, BasketLine
from engine.lookahead.price_rounds import merged
from engine.lookahead.regions import Region, Regions
from engine.model.facts import Network, Order, rounded
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry

DAY: Final = 86_400
_MILLISECONDS: Final = 1_000
_CLOCKS_APART: Final = 2 * DAY
"""Of the processes that decide, at most."""


class NoOrders(NotLearnt):
    """No order was decided in the days that demand is learnt from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedPart:
    """What an order asks for that goes to one region."""

    region: str
    lines: tuple[BasketLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistory:
    """The orders of the time from `since` on and before `until` (UTC seconds), as they were first sent. `unplaced` went
    nobody knows where: their personal values were erased. `damaged` entries could not be read.
    """

    since: int
    until: int
    orders: int
    unplaced: int
    damaged: int
    channel: str
    """That most orders came by."""
    parts: tuple[Basket, ...]
    """Each kind once; `orders` in thousandths."""
    regions: dict[str, Region]

    def with_some_of(self, skus: AbstractSet[str]) -> "OrderHistory":
        """Of the orders, those that ask for one of the SKUs, with all their lines."""
        parts = tuple(part for part in self.parts if any(line.sku in skus for line in part.lines))
        return replace(self, parts=parts)

    def expected(self, seconds: int) -> list[Basket]:
        """What is expected of so many seconds to come, at the same pace."""
        passed = max(DAY, self.until - self.since)
        scaled = (rounded(part.orders * seconds, passed) for part in self.parts)
        return [
            Basket(region=part.region, lines=part.lines, orders=orders)
            for part, orders in zip(self.parts, scaled, strict=True)
            if orders
        ]


def parts_of(order: Order, counted: AbstractSet[str]) -> Iterator[tuple[str | None, tuple[BasketLine, ...]]]:
    """By the node at which its lines are collected (None: delivered), what the order asks for of SKUs that are
    counted.
    """
    units: dict[str | None, Counter[str]] = {}
    for line in order.lines:
        if line.sku in counted:
            units.setdefault(order.collected_at(line), Counter())[line.sku] += line.quantity
    for collect_at, of_place in units.items():
        yield collect_at, tuple(BasketLine(sku, quantity) for sku, quantity in sorted(of_place.items()))


def read_orders(
    client: Client,
    keys: Keys,
    network: Network,
    *,
    skus: Sequence[str],
    since: int,
    until: int,
    known_from: int,
    now: int,
) -> OrderHistory:
    """Read the orders that were first decided in the time. The log begins at `known_from`, and an order may have been
    decided as of an instant before: of the time before both nothing is known, and it does not count, nor does that
    after the last order if it is still to come. Raises NoOrders.
    """
    damaged: list[str] = []
    regions, parts, channels = Regions(network), Counter[OrderedPart](), Counter[str]()
    orders = unplaced = 0
    known = frozenset(skus)
    first, last = until, now
    start = str(first_millisecond(since, until, client.milliseconds(keys.log)))
    entries = decision_log.decisions(client, keys, since=since, until=until, start=start, on_damaged=damaged.append)
    for entry in entries:
        order = _new_order(entry)
        if order is None:
            continue
        first, last = min(first, entry.at), max(last, entry.at + 1)
        orders += 1
        channels[order.channel] += 1
        names = [
            (None if entry.erased and collect_at is None else regions.note(order, collect_at), lines)
            for collect_at, lines in parts_of(order, known)
        ]
        unplaced += any(name is None for name, _ in names)
        parts.update(OrderedPart(region=name, lines=lines) for name, lines in names if name is not None)
    if not orders:
        raise NoOrders("no order was decided in the days that demand is learnt from; route some (pointsman route FILE)")
    baskets = merged(
        Basket(region=part.region, lines=part.lines, orders=count * MILLIS) for part, count in parts.items()
    )
    return OrderHistory(
        since=max(since, min(known_from, first)),
        until=min(until, last),
        orders=orders,
        unplaced=unplaced,
        damaged=len(damaged),
        channel=min(channels, key=lambda name: (-channels[name], name)),
        parts=tuple(baskets),
        regions=dict(regions.all()),
    )


def last_new_order(client: Client, keys: Keys) -> Entry | None:
    """The last decision of those in the server's log that follows no other of its order; None: there is none."""
    for raw in decision_log.newest_first(client, keys):
        if raw[1].get(b"kind") == b"decided":
            for _, entry in decision_log.parsed(client, keys, [raw], lambda _: None):
                if _new_order(entry) is not None:
                    return entry
    return None


def first_millisecond(since: int, until: int, server_now: int) -> int:
    """From which millisecond of the server's clock on the log is read: all of it may be years. Decisions bear the time
    of whoever made them, whose clock may be ahead of the server's.
    """
    ahead = max(0, until - server_now // _MILLISECONDS)
    return max(0, since - ahead - _CLOCKS_APART) * _MILLISECONDS


def _new_order(entry: Entry) -> Order | None:
    """The order of a decision that follows no other."""
    record = entry.record
    return order_of(record.order) if record.id == record.first else None
