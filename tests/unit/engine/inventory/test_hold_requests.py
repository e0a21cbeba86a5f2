"""What is said of units that are to leave before they are there."""

import pytest

from engine.inventory.hold_requests import still_to_come
from engine.model.transfers import Transfer, TransferLine
from tests.support.facts import NOW


@pytest.mark.parametrize(
    ("receipt", "calls"),
    [
        ("PO-1", "receive them (POST /v1/inbound/PO-1/receive, or: pointsman inbound receive PO-1)"),
        ("stock.csv lyon A", "(POST /v1/inbound/stock.csv%20lyon%20A/receive, or"),
        ("stock.csv lyon A", "pointsman inbound receive 'stock.csv lyon A')"),
        ("R/1:1", "receive them (POST /v1/inbound/R%2F1%3A1/receive, or: pointsman inbound receive R/1:1)"),
        ("transfer:T-1:B", "receive them (POST /v1/inbound/transfer%3AT-1%3AB/receive"),
    ],
)
def test_of_units_that_are_still_to_come_it_says_how_to_receive_them(receipt, calls):
    message = still_to_come("A", "lyon", receipt, NOW)
    assert message.startswith(f"these units of A are still to come to lyon, by receipt '{receipt}', which is expected")
    assert calls in message


@pytest.mark.parametrize(("name", "path", "word"), [("T-118", "T-118", "T-118"), ("T 1:A", "T%201%3AA", "'T 1:A'")])
def test_units_of_a_transfer_are_received_with_it(name, path, word):
    line = TransferLine(sku="A:2", units=3)
    transfer = Transfer(
        id=name, origin="lille", goal="lyon", status="shipped", lines=(line,), takes=60, made_at=NOW, expected_at=NOW
    )
    message = still_to_come("A:2", "lyon", transfer.receipt_of(line), NOW)
    assert message.endswith(
        f"receive the transfer (POST /v1/transfers/{path}/receive, or: pointsman transfer receive {word})"
    )
