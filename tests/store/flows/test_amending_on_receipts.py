"""An order that is amended decides anew on what it holds itself: units on hand, and units that stand on receipts."""

import dataclasses

import pytest

from engine.orders.amendment.plan import AmendRequest
from engine.store.commit_request import units_on_hand
from engine.store.holds import HeldShipment, Hold
from tests.conftest import activate
from tests.store.flows.conftest import decision_on
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, NOW, order


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def promising(shop, announce):
    """Five of A are on hand in Lyon, and five are to come there, which are promised."""
    activate(shop, "then: {promise_from: confirmed, hold: 5 d}")
    announce(quantity=5)
    return shop


def there(shop):
    (position,) = (item for item in shop.stock.show("A").nodes if item.node == "lyon")
    return position.position.on_hand, position.position.held, position.promised


def test_it_gets_its_own_units_of_receipts_again_and_no_more_of_those_on_hand(promising):
    json_of(promising.decide(order(("A", 3))))
    first = order(("A", 7), id="O-1")
    made = json_of(promising.decide(first))
    assert made["status"] == "filled"
    assert there(promising) == (5, 5, 5)
    promising.amendments.amend(AmendRequest(order=dataclasses.replace(first, place=LILLE)))
    assert promising.orders.show("O-1").units("held") == 7
    assert there(promising) == (5, 5, 5)
    assert promising.check().clean


def test_units_that_it_holds_of_receipts_do_not_count_as_its_own_on_hand(promising):
    json_of(promising.decide(order(("A", 3))))
    first = order(("A", 5), id="O-1")
    promising.decide(first)
    assert there(promising) == (5, 3, 5), "two are free, and five come in one parcel"
    promising.amendments.amend(AmendRequest(order=dataclasses.replace(first, place=LILLE)))
    assert there(promising) == (5, 3, 5)


def test_units_that_arrive_meanwhile_are_not_freed_twice(promising, receive, before_commit):
    first = order(("A", 10), id="O-1")
    promising.decide(first)
    outcomes = before_commit(lambda: receive(5))
    promising.amendments.amend(AmendRequest(order=dataclasses.replace(first, place=LILLE)))
    assert len(outcomes) > 1, "it was worked out again"
    assert promising.orders.show("O-1").units("held") == 10
    assert there(promising) == (10, 10, 0)
    assert promising.check().clean


def test_what_is_to_come_is_not_set_aside(ledger, announce, coming):
    announce()
    (shipment,) = decision_on(ledger, 2, {"PO-1": 3}, coming()).shipments
    assert units_on_hand(shipment) == [("A", 2)]
    (shipment,) = decision_on(ledger, 0, {"PO-1": 3}, coming()).shipments
    assert units_on_hand(shipment) == []


def test_of_a_shipment_that_waits_a_hold_does_not_tell_what_is_on_hand():
    shipments = tuple(
        HeldShipment(number=number, node="lyon", service="parcel", units=(("A", 2),), body=b"") for number in (0, 1)
    )
    hold = Hold(id="d1", until=NOW, caller="", day="2026-11-27", shipments=shipments, later=(1,))
    assert hold.units == {("A", "lyon"): 2}
    assert hold.loads == {("2026-11-27", "lyon"): 1}
