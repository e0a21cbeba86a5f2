"""What is still to come by the file stock.csv of a network's folder, as messages about receipts. Pure.

Each position has at most one open receipt of these. It is changed as long as it is open, so that what was promised of
it stays promised; after it was received, what the file says is to come is another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.decide.order_record import timestamp
from engine.model.receipts import OPEN, Receipt
from engine.store.flows.receipts import Announcement

_PREFIX = "stock.csv "


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedIncoming:
    """So many units are still to come to a position, at an instant in UTC seconds; `where` the file says so."""

    where: str
    node: str
    sku: str
    units: int
    expected_at: int


def is_stated(receipt: Receipt) -> bool:
    """Whether the receipt was opened by the stock.csv of a folder, which alone says whether it is still to come."""
    name = _first_id(receipt.node, receipt.sku)
    return receipt.id == name or receipt.id.startswith(f"{name} ")


def first_ids(stated: Iterable[StatedIncoming]) -> list[str]:
    """The id of the first receipt of each position."""
    return [_first_id(item.node, item.sku) for item in stated]


def announcements(
    stated: Sequence[StatedIncoming], open_receipts: Iterable[Receipt], first: Mapping[str, Receipt], *, now: int
) -> Iterator[tuple[str, Announcement]]:
    """A message, and where the file says so, of each position of which it says something new; the open ones that it
    does not name any more are cancelled. `first` are the receipts of `first_ids` that there are.
    """
    former = {(receipt.node, receipt.sku): receipt for receipt in open_receipts if is_stated(receipt)}
    for item in stated:
        receipt = former.pop((item.node, item.sku), None) or _reopened(item, first)
        if receipt is None:
            yield item.where, _new(item, first, now)
        elif receipt.status not in OPEN or (receipt.to_come, receipt.expected_at) != (item.units, item.expected_at):
            yield (
                item.where,
                replace(_again(receipt, now), quantity=receipt.received + item.units, expected_at=item.expected_at),
            )
    for receipt in former.values():
        yield receipt.id, replace(_again(receipt, now), status="cancelled")


def _first_id(node: str, sku: str) -> str:
    return f"{_PREFIX}{node} {sku}"


def _reopened(item: StatedIncoming, first: Mapping[str, Receipt]) -> Receipt | None:
    """The first receipt of the position, if it was cancelled: it may be announced again."""
    receipt = first.get(_first_id(item.node, item.sku))
    return receipt if receipt is not None and receipt.status == "cancelled" else None


def _new(item: StatedIncoming, first: Mapping[str, Receipt], now: int) -> Announcement:
    name = _first_id(item.node, item.sku)
    return Announcement(
        id=f"{name} {timestamp(now)}" if name in first else name,
        source="purchase_order",
        node=item.node,
        sku=item.sku,
        quantity=item.units,
        expected_at=item.expected_at,
        status="confirmed",
        sequence=now,
        may_be_late=True,
    )


def _again(receipt: Receipt, now: int) -> Announcement:
    return Announcement(
        id=receipt.id,
        source=receipt.source,
        node=receipt.node,
        sku=receipt.sku,
        quantity=receipt.quantity,
        expected_at=receipt.expected_at,
        status="confirmed",
        sequence=max(now, receipt.sequence + 1),
        may_be_late=True,
    )
