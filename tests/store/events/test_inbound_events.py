"""What is told of what is to come in: announced, changed, arrived, and late."""

import dataclasses

import pytest

from engine.events.event import START
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.ledger import Ledger
from engine.store.outcomes import Committed
from engine.store.stock import Count, Stamp
from tests.conftest import activate
from tests.store.flows.conftest import commit, decision_on
from tests.support.facts import HOUR, LYON, NOW, inventory, node

DAY = 24 * HOUR
MESSAGE = Announcement(
    id="PO 1",
    source="purchase_order",
    node="lyon",
    sku="A",
    quantity=10,
    expected_at=NOW + DAY,
    status="confirmed",
    sequence=1,
)


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 5}}))
    activate(bare)
    bare.flows.inbound.announce(MESSAGE)
    return bare


@pytest.fixture
def told(shop):
    def told(*kinds):
        events = shop.events.read(START, limit=99).events
        wanted = kinds or ("inbound.changed", "inbound.received", "inbound.late")
        return [(event.type, event.subject, event.data) for event in events if event.type in wanted]

    return told


def test_what_is_announced_is_told_and_what_changes_of_it(shop, told):
    shop.flows.inbound.announce(dataclasses.replace(MESSAGE, sequence=2, expected_at=NOW + 2 * DAY, quantity=12))
    shop.flows.inbound.announce(dataclasses.replace(MESSAGE, sequence=1))
    first, second = told()
    assert first[:2] == ("inbound.changed", "PO 1")
    assert (first[2].first, first[2].quantity, first[2].links.receipt) == (True, 10, "/v1/inbound/PO%201")
    assert (second[2].first, second[2].quantity) == (False, 12)
    assert (second[2].expected_before, second[2].expected_at) == ("2026-11-28T09:00:00Z", "2026-11-29T09:00:00Z")


def test_an_arrival_tells_who_gets_the_units_and_changes_stock(shop, told, client, keys):
    ledger = Ledger(client, keys)
    decision = decision_on(ledger, 2, {"PO 1": 3}, shop.flows.inbound.coming("A")["lyon"])
    assert commit(ledger, decision, "d1") == Committed()
    shop.flows.inbound.receive("PO 1", Delivery(units=2, closes=True))
    ((_, _, data),) = told("inbound.received")
    assert (data.quantity, data.over, data.received, data.announced, data.status) == (2, 0, 2, 10, "received")
    assert [(item.decision, item.shipment, item.quantity) for item in data.arrived] == [("d1", 0, 2)]
    assert [(item.decision, item.shipment, item.quantity) for item in data.lost] == [("d1", 0, 1)]
    (stock,) = [data for _, _, data in told("stock.changed") if data.because == "received"]
    assert [(item.sku, item.node, item.delta) for item in stock.positions] == [("A", "lyon", 2)]
    assert told("stock.low") == [], "two of five were taken, the others are to come"


def test_an_arrival_that_the_count_has_seen_changes_no_stock(shop, told, clock):
    counted = (NOW + HOUR) * 1_000_000
    clock.now = NOW + 2 * HOUR
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=15, stamp=Stamp(kind="t", number=counted)))
    shop.flows.inbound.receive("PO 1", Delivery(units=10, at=NOW * 1_000_000))
    assert [data.quantity for _, _, data in told("inbound.received")] == [10]
    assert [data.because for _, _, data in told("stock.changed")] == ["loaded", "counted"]


@pytest.fixture
def promised(shop, client, keys):
    """Units of the receipt are held, and others of what is on hand."""

    def promised(on_hand, to_come):
        ledger = Ledger(client, keys)
        decision = decision_on(ledger, on_hand, {"PO 1": to_come}, shop.flows.inbound.coming("A")["lyon"])
        assert commit(ledger, decision, "d1") == Committed()

    return promised


def low(told):
    return [(subject, data.node, data.before, data.available) for _, subject, data in told("stock.low")]


@pytest.mark.parametrize(("to_come", "told_of"), [(2, []), (3, [("A", "lyon", 3, 0)]), (9, [("A", "lyon", 3, 0)])])
def test_units_that_a_cancelled_receipt_loses_can_make_a_position_low(shop, told, promised, to_come, told_of):
    promised(2, to_come)
    shop.flows.inbound.announce(dataclasses.replace(MESSAGE, sequence=2, status="cancelled"))
    assert low(told) == told_of


@pytest.mark.parametrize(
    ("units", "told_of"), [(0, [("A", "lyon", 3, 0)]), (4, [("A", "lyon", 3, 0)]), (5, []), (9, [])]
)
def test_units_that_a_short_receipt_loses_can_make_a_position_low(shop, told, promised, units, told_of):
    promised(2, 7)
    shop.flows.inbound.receive("PO 1", Delivery(units=units, closes=True))
    assert low(told) == told_of
    (entry,) = [entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "received"]
    assert (entry.receipt.available is None) == (units == 9), "the log says so only where it fell"


def test_units_that_a_count_had_seen_already_can_make_a_position_low_when_they_are_received(shop, told, promised):
    promised(2, 3)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=5, stamp=Stamp(kind="t", number=(NOW + 60) * 1_000_000)))
    shop.flows.inbound.receive("PO 1", Delivery(units=3, at=NOW))
    assert low(told) == [("A", "lyon", 3, 0)]


def test_a_receipt_that_does_not_come_in_time_is_told_once_until_it_is_expected_anew(shop, told, clock):
    clock.now = NOW + DAY + 1
    shop.flows.inbound.note_overdue()
    shop.flows.inbound.note_overdue()
    shop.flows.inbound.announce(dataclasses.replace(MESSAGE, sequence=2, status="in_transit"))
    shop.flows.inbound.note_overdue()
    assert [(subject, data.sku, data.expected_at) for _, subject, data in told("inbound.late")] == [
        ("PO 1", "A", "2026-11-28T09:00:00Z")
    ]
    shop.flows.inbound.announce(dataclasses.replace(MESSAGE, sequence=3, expected_at=NOW + 2 * DAY))
    clock.now = NOW + 3 * DAY
    shop.flows.inbound.note_overdue()
    assert len(told("inbound.late")) == 2
    assert shop.check().clean


def test_who_reads_events_is_told_what_is_late_without_anybody_noting_it(shop, told, clock):
    clock.now = NOW + 2 * DAY
    assert [kind for kind, _, _ in told("inbound.late")] == ["inbound.late"]
