"""The events of stock that an entry of the log tells: what is on hand by now, and which positions are low."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from msgspec import UNSET

from engine.events.known_decision import KnownDecision
from engine.events.payloads import (
    EventLinksRecord,
    EventLowPositionRecord,
    EventPositionRecord,
    StockChange,
    StockChangedRecord,
    StockLowRecord,
)
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import PositionLevel

POSITIONS_AT_ONCE = 50
"""How many positions one event lists: an event has at most 20 kB."""
_Key: TypeAlias = tuple[str, str]
"""SKU and node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LowStock:
    """Which positions are low: those with at most so many whole units available. `decimals` are those of SKUs that have
    any.
    """

    units: int
    decimals: Mapping[str, int]

    def at_most(self, sku: str) -> int:
        """In the smallest part of a unit of the SKU."""
        return int(self.units * 10 ** self.decimals.get(sku, 0))


def stock_changed(entry: Entry, decision: KnownDecision | None) -> list[StockChangedRecord]:
    """What is on hand by now that was not before; `decision` is the one that the entry names."""
    match entry.kind:
        case "moved":
            return _changes("moved", _moved(entry))
        case "counted":
            return _changes("counted", _counted(entry))
        case "confirmed" | "undone" if decision is not None:
            sign = -1 if entry.kind == "confirmed" else 1
            units = [
                EventPositionRecord(sku=line.sku, node=part.node, delta=sign * line.quantity)
                for part in decision.ended(entry)
                for line in part.lines
            ]
            return _changes("confirmed" if sign < 0 else "undone", units)
        case "rejected":
            return _changes("rejected", _rejected(entry))
        case "received" | "return_disposed" | "transfer_shipped" | "transfer_cancelled":
            return _changes(*_of_flow(entry))
        case "loaded":
            link = EventLinksRecord(stock="/v1/availability/feed")
            return [StockChangedRecord(because="loaded", positions=[], links=link)]
    return []


def stock_low(entry: Entry, low: LowStock) -> Iterator[StockLowRecord]:
    """The positions whose available units fell to what is low, from more than that."""
    for (sku, node), before, after in _available(entry):
        at_most = low.at_most(sku)
        if after <= at_most < before:
            link = EventLinksRecord(stock=f"/v1/stock/{quote(sku, safe='')}")
            yield StockLowRecord(sku=sku, node=node, available=after, before=before, at_most=low.units, links=link)


def low_by_rules(entry: Entry) -> Iterator[StockLowRecord]:
    """The positions that were found to have fallen below what rules ask for; together where the entry says so."""
    if entry.kind != "stock_low":
        return
    count = entry.details.get("in_event")
    if count is None:
        for item in entry.details["positions"]:
            link = EventLinksRecord(stock=f"/v1/stock/{quote(item['sku'], safe='')}")
            yield StockLowRecord(**item, version=entry.decision, links=link)
    elif count:
        first = [EventLowPositionRecord(**item) for item in entry.details["positions"][:POSITIONS_AT_ONCE]]
        link = EventLinksRecord(policy=f"/v1/policies/{entry.decision}")
        yield StockLowRecord(count=count, positions=first, version=entry.decision, links=link)


def _available(entry: Entry) -> Iterator[tuple[_Key, int, int]]:
    """Positions with the units available before and after the entry, where it says so; never below 0."""
    for key, before, after in _differences(entry):
        yield key, max(0, before), max(0, after)


def _differences(entry: Entry) -> Iterator[tuple[_Key, int, int]]:
    match entry.kind:
        case "decided":
            yield from _taken(entry)
        case "moved" | "counted" | "transfer_shipped" | "transfer_cancelled":
            for key, level in entry.levels_by_position:
                yield key, max(0, level.before) - level.held, max(0, level.after) - level.held
        case "expected" | "received" if entry.receipt.available is not None:
            yield (entry.receipt.sku, entry.receipt.node), *entry.receipt.available
        case "rejected":
            for count in entry.rejection_counts:
                if count.level is not None:
                    level = count.level
                    yield (
                        (count.sku, entry.rejection.node),
                        max(0, level.before) - level.held,
                        max(0, level.after) - level.held,
                    )


def _taken(entry: Entry) -> Iterator[tuple[_Key, int, int]]:
    units: dict[_Key, int] = {}
    for shipment in entry.record.shipments:
        for line in shipment.lines:
            key = line.sku, shipment.node
            units[key] = units.get(key, 0) + line.quantity
    for sku, _, number, count, _ in entry.pegs:  # of what is to come
        units[sku, entry.record.shipments[number].node] -= count
    if len(units) != len(entry.positions_before):  # of an earlier release, or of products that are not counted
        return
    for (key, taken), (on_hand, held, _) in zip(sorted(units.items()), entry.positions_before, strict=True):
        yield key, on_hand - held, on_hand - held - taken


def _moved(entry: Entry) -> Iterator[EventPositionRecord]:
    levels: Sequence[PositionLevel | None] = entry.levels or [None] * len(entry.movements)
    for item, bit, level in zip(entry.movements, entry.taken, levels, strict=True):
        if bit == "1":
            yield EventPositionRecord(
                sku=item.sku,
                node=item.node,
                delta=item.delta or UNSET,
                blocked=item.blocked or UNSET,
                on_hand=UNSET if level is None else max(0, level.after),
            )


def _counted(entry: Entry) -> Iterator[EventPositionRecord]:
    for (sku, node), level in entry.levels_by_position:
        yield EventPositionRecord(sku=sku, node=node, delta=level.after - level.before, on_hand=max(0, level.after))


def _rejected(entry: Entry) -> Iterator[EventPositionRecord]:
    rejection = entry.rejection
    for count in entry.rejection_counts:
        if count.level is not None and count.level.before != count.level.after:
            yield EventPositionRecord(
                sku=count.sku,
                node=rejection.node,
                delta=count.level.after - count.level.before,
                on_hand=max(0, count.level.after),
            )
    if rejection.blocks is True:
        for _, units in rejection.parts:
            for sku, quantity in units:
                yield EventPositionRecord(sku=sku, node=rejection.node, delta=-quantity, blocked=quantity)


def _of_flow(entry: Entry) -> tuple[StockChange, Iterable[EventPositionRecord]]:
    """What came in, came back or was moved."""
    match entry.kind:
        case "received":
            body = entry.receipt
            is_added = body.units and not body.in_count
            return "received", [EventPositionRecord(sku=body.sku, node=body.node, delta=body.units)] if is_added else []
        case "return_disposed":
            return "returned", _restocked(entry)
    return "transferred", _transferred(entry)


def _restocked(entry: Entry) -> Iterator[EventPositionRecord]:
    moves = entry.returned.moves
    for move, level in zip(moves, entry.levels or [None] * len(moves), strict=True):
        if move.on_hand or move.blocked:
            yield EventPositionRecord(
                sku=move.sku,
                node=move.node,
                delta=move.on_hand or UNSET,
                blocked=move.blocked or UNSET,
                on_hand=UNSET if level is None else max(0, level.after),
            )


def _transferred(entry: Entry) -> Iterator[EventPositionRecord]:
    for (sku, node, delta), level in zip(entry.transfer.moved, entry.levels, strict=bool(entry.levels)):
        if level is not None:
            yield EventPositionRecord(sku=sku, node=node, delta=delta, on_hand=max(0, level.after))


def _changes(because: StockChange, positions: Iterable[EventPositionRecord]) -> list[StockChangedRecord]:
    listed = list(positions)
    link = EventLinksRecord(stock="/v1/availability/feed")
    return [
        StockChangedRecord(because=because, positions=listed[first : first + POSITIONS_AT_ONCE], links=link)
        for first in range(0, len(listed), POSITIONS_AT_ONCE)
    ]
