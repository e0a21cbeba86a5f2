"""What of a decision waits for goods that are to come or for a day, and what is only estimated, as lines."""

from collections.abc import Iterator

from api.cli.output.times import local_time
from api.language.current import say
from engine.decide.record_parts import EstimateRecord, ReceiptUnitsRecord, ShipmentRecord, UnfilledRecord
from engine.model.facts import Network


def waiting_lines(shipment: ShipmentRecord, network: Network) -> Iterator[str]:
    """Of a shipment: what waits for which receipt, and what is a preorder."""
    for line in shipment.lines:
        for item in line.receipts or ():
            yield say(
                "     {units} x {sku} of receipt {receipt}, expected {at}",
                units=item.units,
                sku=line.sku,
                receipt=item.receipt,
                at=local_time(item.expected_at, network, shipment.node),
            )
        if line.preorder_from:
            yield say(
                "     {quantity} x {sku} preordered for {date}",
                quantity=line.quantity,
                sku=line.sku,
                date=line.preorder_from,
            )


def estimate_lines(item: UnfilledRecord, network: Network) -> Iterator[str]:
    """Of units that stay unfilled: when they might come."""
    if item.estimate:
        estimate = item.estimate
        yield (
            _late(estimate, network)
            if estimate.late
            else say(
                "     estimate: {units} of what comes ({receipts}) would arrive by {at}; nothing is held for it",
                units=estimate.units,
                receipts=", ".join(_receipt(receipt, network) for receipt in estimate.receipts),
                at=local_time(str(estimate.arrives_by), network),
            )
        )
    if item.backorder:
        yield say("     on backorder, as a rule says")


def _late(estimate: EstimateRecord, network: Network) -> str:
    return say(
        "     estimate: {units} of what was to come ({receipts}), which is late; nothing is held for it",
        units=estimate.units,
        receipts=", ".join(_receipt(receipt, network) for receipt in estimate.receipts),
    )


def _receipt(receipt: ReceiptUnitsRecord, network: Network) -> str:
    return say("{receipt}, expected {at}", receipt=receipt.receipt, at=local_time(receipt.expected_at, network))
