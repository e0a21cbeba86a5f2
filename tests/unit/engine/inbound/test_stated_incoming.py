"""What stock.csv says is still to come, as messages about receipts."""

import pytest

from engine.errors import InputInvalid
from engine.inbound.dropped_positions import verify_keeps
from engine.inbound.stated_incoming import StatedIncoming, announcements
from engine.model.receipts import Receipt
from tests.support.facts import LYON, NOW, inventory, node

STATED = StatedIncoming(where="stock.csv:2", node="lyon", sku="A", units=6, expected_at=NOW + 60)


def receipt(**values):
    fixed = {"id": "stock.csv lyon A", "source": "purchase_order", "node": "lyon", "sku": "A", "status": "confirmed"}
    return Receipt(**fixed | {"quantity": 10, "expected_at": NOW + 60, "sequence": NOW} | values)


def test_a_second_load_within_a_second_counts():
    ((where, message),) = announcements([STATED], [receipt(received=3)], {}, now=NOW)
    assert (where, message.quantity, message.sequence) == ("stock.csv:2", 9, NOW + 1)


def test_what_is_so_already_is_not_announced_again():
    assert list(announcements([STATED], [receipt(received=4)], {}, now=NOW)) == []


def test_receipts_of_others_stay():
    assert list(announcements([], [receipt(id="PO-1")], {}, now=NOW)) == []


def test_what_was_promised_of_stock_csv_keeps_its_article():
    lacking = inventory([node("lyon", LYON)], {"B": {"lyon": 1}})
    verify_keeps(lacking, [receipt()], [])
    with pytest.raises(InputInvalid, match="1 units of it promised"):
        verify_keeps(lacking, [receipt(promised=1)], [])
