"""What a receipt has become on which a held shipment stands, as it is stored."""

from dataclasses import dataclass
from typing import Self

import orjson

from engine.model.milestones import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptMark:
    """Why the promise of a shipment is at risk since `at` (UTC seconds): the receipt on which it stands comes later, at
    `expected_at` (None: it did not come when it was expected, and nobody said when it does); or there is nothing on
    which some of its units stand.
    """

    cause: Cause
    at: int
    receipt: str
    sku: str
    node: str
    expected_at: int | None

    @property
    def news(self) -> tuple[int, int | None]:
        """What there is to say of it anew, as `PromiseState.receipt_news`."""
        return self.at, self.expected_at

    @classmethod
    def of(cls, text: bytes) -> Self:
        """As `Keys.at_risk` has it."""
        mark = orjson.loads(text)
        cause: Cause = "receipt_late" if mark["cause"] == "late" else "receipt_short"
        expected_at = mark.get("expected_at")
        return cls(
            cause=cause,
            at=int(mark["at"]),
            receipt=mark["receipt"],
            sku=mark["sku"],
            node=mark["node"],
            expected_at=None if expected_at is None else int(expected_at),
        )
