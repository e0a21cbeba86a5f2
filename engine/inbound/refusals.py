"""Says why a message about a receipt, or a delivery of one, is refused. Pure."""

from collections.abc import Mapping

from engine.inventory.receive_calls import receive_call
from engine.inventory.unit_choice import QuantityText
from engine.store.flows.receipts import Announcement, ReceiptRefused


def why_refused(outcome: ReceiptRefused, message: Announcement | None, text: QuantityText) -> str:
    """Why a delivery or the `message` can't be taken over, and what to do instead; `text` shows units of a SKU."""
    receipt = outcome.receipt
    if receipt is None or outcome.why not in ("owned", "over", "closed", "few"):
        return _CONFLICTS[outcome.why]
    if outcome.why == "owned":
        return f"it belongs to a transfer, which alone changes it; receive {receive_call(receipt.id, receipt.sku)}"
    to_come, quantity, received = (
        text(receipt.sku, units) for units in (receipt.to_come, receipt.quantity, receipt.received)
    )
    if outcome.why == "over":
        return (
            f"{text(receipt.sku, outcome.over)} more units than the {to_come} that are still to come of {quantity}; if"
            " so many have arrived, say so with 'over' (--over)"
        )
    if outcome.why == "closed":
        return (
            f"it is {receipt.status} already ({received} of {quantity} units); announce what else is to come under"
            " another id, or book it as a stock movement"
        )
    announced = text(receipt.sku, message.quantity if message else 0)
    return (
        f"{received} units of it were received already, and this message says {announced} in all; correct what is on"
        " hand by a stock movement"
    )


_CONFLICTS: Mapping[str, str] = {
    "elsewhere": "it is of another SKU, or comes to another node; cancel it, and announce the other under its own id",
    "differs": "another message about it came before with the same sequence; send what is so now with a greater one",
    "dated": "the lot is there with another date; write the date that the node knows, or none",
    "lotless": "the node has no such lot; write the date on which it expires as well",
    "holds": "orders were promised of it faster than it could be changed; try again",
}
