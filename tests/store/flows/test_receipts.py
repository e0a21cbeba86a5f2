"""Receipts in the ledger: announced, changed, received in parts, over and short; and what is refused."""

import pytest

from engine.errors import InputInvalid, KeyReused, NotFound, StockConflict
from engine.model.lots import expiry_of
from engine.store.flows.receipts import ReceiptTaken, ReceiptUnchanged
from engine.store.stock import Count, Stamp
from tests.store.flows.conftest import DAY
from tests.support.facts import HOUR, NOW, lots

MICROS = 1_000_000


def on_hand(shop, sku="A", at="lyon"):
    return {item.node: item.position.on_hand for item in shop.stock.show(sku).nodes}.get(at, 0)


def test_what_is_announced_is_to_come_and_not_on_hand(shop, announce):
    outcome = announce()
    assert isinstance(outcome, ReceiptTaken)
    assert outcome.created
    receipt = shop.flows.inbound.find("PO-1")
    assert receipt == outcome.receipt
    assert (receipt.to_come, receipt.received, receipt.status, on_hand(shop)) == (10, 0, "confirmed", 5)
    assert shop.check().clean


def test_a_receipt_arrives_in_parts_and_is_received_once_all_of_it_is_there(shop, announce, receive):
    announce()
    first = receive(4)
    assert (first.receipt.status, first.receipt.to_come, on_hand(shop)) == ("confirmed", 6, 9)
    last = receive(6)
    assert (last.receipt.status, last.receipt.to_come, on_hand(shop)) == ("received", 0, 15)
    assert shop.check().clean


def test_a_receipt_that_closes_short_is_received_with_fewer(shop, announce, receive):
    announce()
    outcome = receive(7, closes=True)
    assert (outcome.receipt.status, outcome.receipt.received, on_hand(shop)) == ("received", 7, 12)
    with pytest.raises(StockConflict, match=r"received already \(7 of 10 units\)"):
        receive(3)
    assert on_hand(shop) == 12


def test_more_than_expected_is_received_only_if_that_is_said(shop, announce, receive, contents):
    announce()
    before = contents()
    with pytest.raises(StockConflict, match="2 more units than the 10 that are still to come"):
        receive(12)
    assert contents() == before
    outcome = receive(12, over=True)
    assert (outcome.over, outcome.receipt.received, on_hand(shop)) == (2, 12, 17)


def test_the_same_operation_is_answered_and_received_once(shop, announce, receive):
    announce()
    first = receive(4, op="truck-7")
    again = receive(4, op="truck-7")
    assert (again.again, again.receipt, on_hand(shop)) == (True, first.receipt, 9)
    with pytest.raises(KeyReused):
        receive(5, op="truck-7")
    assert on_hand(shop) == 9


def test_an_older_message_and_the_same_one_change_nothing_and_say_so(shop, announce, contents):
    announce(sequence=5)
    before = contents()
    same, older = announce(sequence=5), announce(sequence=4, quantity=99)
    assert isinstance(same, ReceiptUnchanged)
    assert isinstance(older, ReceiptUnchanged)
    assert (same.older, older.older) == (False, True)
    with pytest.raises(StockConflict, match="same sequence"):
        announce(sequence=5, quantity=11)
    assert contents() == before


def test_sequences_are_numbers(announce):
    announce(sequence=9)
    assert isinstance(announce(sequence=10, quantity=11), ReceiptTaken)
    assert announce(sequence=9).older


def test_a_later_message_changes_what_is_to_come(shop, announce, receive):
    announce()
    receive(4)
    outcome = announce(sequence=2, quantity=12, expected_at=NOW + 2 * DAY, status="in_transit")
    assert not outcome.created
    receipt = outcome.receipt
    assert (receipt.quantity, receipt.received, receipt.to_come, receipt.status) == (12, 4, 8, "in_transit")
    with pytest.raises(StockConflict, match="4 units of it were received already"):
        announce(sequence=3, quantity=3)


def test_a_cancelled_receipt_comes_no_more_until_it_is_announced_again(shop, announce, receive):
    announce()
    assert announce(sequence=2, status="cancelled").receipt.to_come == 0
    with pytest.raises(StockConflict, match="cancelled already"):
        receive(1)
    assert announce(sequence=3).receipt.to_come == 10


def test_a_message_that_it_is_received_receives_what_was_still_to_come(shop, announce, receive):
    announce()
    receive(4)
    message = {"sequence": 2, "quantity": 9, "status": "received", "expected_at": NOW - HOUR}
    outcome = announce(**message)
    assert (outcome.receipt.status, outcome.receipt.received, on_hand(shop)) == ("received", 9, 14)
    assert isinstance(announce(**message), ReceiptUnchanged)
    assert isinstance(announce(**message | {"sequence": 3}), ReceiptUnchanged)
    assert on_hand(shop) == 14
    assert shop.check().clean


def test_units_that_were_counted_after_they_arrived_are_not_added_again(shop, announce, receive):
    announce()
    arrived, counted = (NOW - HOUR) * MICROS, NOW * MICROS
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=15, stamp=Stamp(kind="t", number=counted)))
    assert receive(10, at=arrived).receipt.status == "received"
    assert on_hand(shop) == 15
    assert shop.check().clean


def test_units_that_arrive_after_a_count_are_added_to_it_even_if_it_comes_later(shop, announce, receive, clock):
    announce()
    clock.now += 2 * HOUR
    receive(10)
    counted = (NOW + HOUR) * MICROS
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=3, stamp=Stamp(kind="t", number=counted)))
    assert on_hand(shop) == 3 + 10
    assert shop.check().clean


def test_units_are_received_into_a_lot_that_is_named(shop, announce, receive):
    announce()
    ((label, _),) = lots(a=(1, 10))
    with pytest.raises(StockConflict, match="no such lot"):
        receive(4, lot="a")
    expires = expiry_of(label)
    receive(4, lot="a", expires=expires)
    with pytest.raises(StockConflict, match="another date"):
        receive(4, lot="a", expires=expires + 1)
    (item,) = (item for item in shop.stock.show("A").nodes if item.node == "lyon")
    assert [(lot.label, lot.on_hand) for lot in item.lots] == [(label, 4), ("", 5)]
    assert shop.check().clean


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sku": "Z"}, "no product goes by the SKU 'Z'"),
        ({"node": "rome"}, "no node goes by the id 'rome'"),
        ({"expected_at": NOW}, "is past; write when the units are expected now"),
    ],
)
def test_what_can_not_be_is_refused_and_changes_nothing(shop, announce, contents, wrong, message):
    before = contents()
    with pytest.raises(InputInvalid, match=message):
        announce(**wrong)
    assert contents() == before


def test_a_receipt_stays_with_its_sku_and_its_node(announce):
    announce()
    for other in ({"sku": "B"}, {"node": "paris"}):
        with pytest.raises(StockConflict, match="of another SKU, or comes to another node"):
            announce(sequence=2, **other)


def test_a_receipt_that_is_late_may_still_be_changed(announce, clock):
    announce()
    clock.now += 2 * DAY
    assert announce(sequence=2, status="in_transit").receipt.status == "in_transit"


def test_the_receipt_of_a_transfer_is_changed_by_its_transfer_alone(announce, receive):
    announce(source="transfer", owned=True)
    for act in (lambda: announce(source="transfer", sequence=2), lambda: receive(1)):
        with pytest.raises(StockConflict, match="belongs to a transfer"):
            act()
    assert receive(1, owned=True).receipt.received == 1


def test_units_of_no_receipt_are_refused(receive):
    with pytest.raises(NotFound, match="'PO-9'"):
        receive(1, "PO-9")


def test_units_can_not_arrive_later_than_now(announce, receive):
    announce()
    with pytest.raises(InputInvalid, match="ahead of the clock"):
        receive(1, at=(NOW + HOUR) * MICROS)


def test_stock_shows_what_is_to_come_to_each_node(shop, announce):
    announce("a", quantity=3, status="planned")
    announce("b", quantity=4)
    announce("c", quantity=5, status="in_transit", node="paris")
    announce("d", status="cancelled")
    shown = {item.node: (item.incoming, item.in_transit, item.promised) for item in shop.stock.show("A").nodes}
    assert shown == {"lyon": (7, 0, 0), "paris": (0, 5, 0)}
