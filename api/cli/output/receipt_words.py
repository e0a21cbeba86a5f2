"""What the statuses of receipts are called."""

from collections.abc import Mapping

from api.language.current import current_language, say, text
from engine.model.receipts import ReceiptStatus
from rules.wording.catalogue import ENGLISH

_WORDS: Mapping[ReceiptStatus, str] = {
    "planned": text("a planned receipt"),
    "confirmed": text("a confirmed receipt"),
    "in_transit": text("a receipt in transit"),
    "received": text("a received receipt"),
    "cancelled": text("a cancelled receipt"),
}
"""What other languages have a word for that agrees with that for a receipt."""


def receipt_status(status: ReceiptStatus) -> str:
    """As --status takes it; in other languages a word of theirs."""
    return status if current_language() == ENGLISH else say(_WORDS[status])
