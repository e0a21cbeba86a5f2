"""A transfer as JSON: answers and events have it so."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.transfers import Transfer, TransferLine, TransferStatus


class TransferLineRecord(Record, frozen=True):
    """Units of one SKU."""

    sku: str
    quantity: Annotated[int, Meta(description="units planned")]
    shipped: Annotated[int, Meta(description="units that left")]
    received: Annotated[int, Meta(description="units that have arrived")]
    to_come: Annotated[int, Meta(description="units that are on their way")]
    gain_micros: Annotated[int | UnsetType, Meta(description="what moving them is expected to earn, if proposed")] = (
        UNSET
    )
    why: Annotated[str | UnsetType, Meta(description="the same in a sentence")] = UNSET

    @classmethod
    def of(cls, line: TransferLine, transfer: Transfer) -> "TransferLineRecord":
        return cls(
            sku=line.sku,
            quantity=line.units,
            shipped=line.shipped,
            received=line.received,
            to_come=transfer.to_come(line),
            gain_micros=UNSET if line.gain is None else line.gain,
            why=UNSET if line.why is None else line.why,
        )


class TransferRecord(Record, frozen=True, rename={"origin": "from", "goal": "to"}):
    """Units that are moved from one node to another."""

    id: str
    status: TransferStatus
    origin: str
    goal: str
    lines: list[TransferLineRecord]
    made_at: Timestamp
    shipped_at: Timestamp | None
    expected_at: Annotated[Timestamp | None, Meta(description="of one that was shipped: when it is to arrive")]
    ended_at: Annotated[Timestamp | None, Meta(description="when it was received or cancelled")]
    note: str | UnsetType = UNSET

    @classmethod
    def of(cls, transfer: Transfer) -> "TransferRecord":
        return cls(
            id=transfer.id,
            status=transfer.status,
            origin=transfer.origin,
            goal=transfer.goal,
            lines=[TransferLineRecord.of(line, transfer) for line in transfer.lines],
            made_at=timestamp(transfer.made_at),
            shipped_at=_instant(transfer.shipped_at),
            expected_at=_instant(transfer.expected_at),
            ended_at=_instant(transfer.ended_at),
            note=transfer.note or UNSET,
        )


class TransfersPageRecord(Record, frozen=True):
    """The newest first."""

    transfers: list[TransferRecord]
    next: str | None


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else timestamp(seconds)
