"""What was erased of an order, as JSON."""

from typing import Annotated

from msgspec import Meta

from engine.audit.sealing.leaf import id_text
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.orders.erasure import Erasure


class ErasureRecord(Record, frozen=True):
    """The personal values of an order are gone: the key is destroyed under which its log entries have them."""

    order: str
    erased_at: Timestamp
    decisions: Annotated[int, Meta(description="of the order; what else they say stands, cost and CO2e too")]
    in_clear: Annotated[
        list[str],
        Meta(
            description="decisions whose log entries have personal values still, because an earlier release or another"
            " setting logged them without encrypting these"
        ),
    ]
    amendments_in_clear: Annotated[
        list[str], Meta(description="the ids of entries of amendments that have personal values still, for that reason")
    ]

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureRecord":
        return cls(
            order=erasure.order,
            erased_at=timestamp(erasure.at),
            decisions=erasure.decisions,
            in_clear=list(erasure.in_clear),
            amendments_in_clear=[id_text(entry) for entry in erasure.amendments_in_clear],
        )
