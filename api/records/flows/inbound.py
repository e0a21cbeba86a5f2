"""What is to come in, and what became of messages about it, as JSON."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import holds_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.inbound.receipt_list import ReceiptsPage
from engine.model.receipts import Receipt, ReceiptSource, ReceiptStatus
from engine.store.flows.receipts import ReceiptTaken, ReceiptUnchanged


class InboundReceiptRecord(Record, frozen=True):
    """Units of a SKU that come to a node."""

    id: str
    source: ReceiptSource
    node: str
    sku: str
    quantity: Annotated[int, Meta(description="that were announced")]
    received: Annotated[int, Meta(description="that are there already")]
    to_come: Annotated[int, Meta(description="that are still to come; none of a receipt that is received or cancelled")]
    promised: Annotated[int, Meta(description="of those to come, held for orders")]
    expected_at: Timestamp
    status: ReceiptStatus
    late: Annotated[bool, Meta(description="whether units are still to come that were expected before now")]
    sequence: Annotated[int, Meta(description="of the message that counts")]

    @classmethod
    def of(cls, receipt: Receipt, now: int) -> "InboundReceiptRecord":
        return cls(
            id=receipt.id,
            source=receipt.source,
            node=receipt.node,
            sku=receipt.sku,
            quantity=receipt.quantity,
            received=receipt.received,
            to_come=receipt.to_come,
            promised=receipt.promised,
            expected_at=timestamp(receipt.expected_at),
            status=receipt.status,
            late=receipt.is_late(now),
            sequence=receipt.sequence,
        )


class AnnouncedRecord(Record, frozen=True):
    """What became of a message, and the receipt as it is now."""

    result: Annotated[
        Literal["created", "changed", "same", "older"],
        Meta(description="same: it says nothing new; older: a later message came before; both changed nothing"),
    ]
    receipt: InboundReceiptRecord

    @classmethod
    def of(cls, outcome: ReceiptTaken | ReceiptUnchanged, now: int) -> "AnnouncedRecord":
        receipt = InboundReceiptRecord.of(outcome.receipt, now)
        if isinstance(outcome, ReceiptUnchanged):
            return cls(result="older" if outcome.older else "same", receipt=receipt)
        return cls(result="created" if outcome.created else "changed", receipt=receipt)


class AnnouncedLineRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    id: str | None
    result: Literal["created", "changed", "same", "older", "refused", "stopped"]
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET


class DeliveredRecord(Record, frozen=True):
    """What became of a delivery, and the receipt as it is now."""

    over: Annotated[int, Meta(description="units more than were still to come")]
    again: Annotated[bool, Meta(description="whether the same operation received it before; the receipt is as then")]
    receipt: InboundReceiptRecord

    @classmethod
    def of(cls, outcome: ReceiptTaken, now: int) -> "DeliveredRecord":
        return cls(over=outcome.over, again=outcome.again, receipt=InboundReceiptRecord.of(outcome.receipt, now))


class ReceiptsPageRecord(Record, frozen=True):
    """The next to arrive first."""

    receipts: list[InboundReceiptRecord]
    next: str | None

    @classmethod
    def of(cls, page: ReceiptsPage, now: int) -> "ReceiptsPageRecord":
        receipts = [InboundReceiptRecord.of(receipt, now) for receipt in page.receipts]
        return cls(receipts=receipts, next=holds_cursor(page.after))


class ReceiptImportRecord(Record, frozen=True):
    """What became of a file of receipts; `refusals` says why, of the first of those that were refused."""

    receipts: int
    created: int
    changed: int
    same: int
    older: int
    refused: int
    refusals: list[str]
