"""Holds that stand on receipts: taken, checked, and what becomes of them when a receipt arrives, or does not."""

import dataclasses

import orjson
import pytest

from engine.errors import StockConflict
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.outcomes import Committed, StockChanged
from engine.store.stock import Count, Stamp
from tests.store.flows.conftest import DAY, commit, decision_on
from tests.support.facts import HOUR, NOW

MICROS = 1_000_000


@pytest.fixture
def runs_backlog():
    return "manual"


def held(shop, sku="A"):
    return {item.node: item.position.held for item in shop.stock.show(sku).nodes}.get("lyon", 0)


@dataclasses.dataclass
class Stored:
    """What is stored of promises of A."""

    client: Client
    keys: Keys

    def pegs(self):
        """Units by decision and receipt that stand on receipts."""
        stored = self.client.redis.hgetall(self.keys.pegs("A"))
        fields = ((field.decode().split("\n"), value) for field, value in stored.items())
        return {(hold, receipt): int(value.partition(b"\n")[0]) for (receipt, hold, _), value in fields}

    def risks(self):
        """Why promises are at risk, by decision."""
        stored = self.client.redis.hgetall(self.keys.at_risk)
        return {field.decode().split(" ")[0]: orjson.loads(mark) for field, mark in stored.items()}

    def until(self, name):
        """Until when a hold lasts, by the hold, and by when it expires."""
        redis, keys = self.client.redis, self.keys
        return int(redis.hget(keys.hold(name), "until")), int(redis.zscore(keys.expiring, name))


@pytest.fixture
def stored(client, keys):
    return Stored(client, keys)


@pytest.fixture
def ten(announce):
    """Ten of A come to Lyon in a day, by PO-1."""
    announce()


def test_units_that_stand_on_a_receipt_are_promised_of_it_and_not_held_of_the_stock(
    shop, announce, promised, coming, stored
):
    announce()
    promised("d1", 2, PO_1=3)
    assert (held(shop), coming()[0].promised, coming()[0].free) == (2, 3, 7)
    assert stored.pegs() == {("d1", "PO-1"): 3}
    audit = shop.check()
    assert (audit.clean, audit.held, audit.promised, audit.ended) == (True, 2, 3, 0)


def test_no_unit_of_a_receipt_is_promised_twice(shop, announce, promise, promised):
    announce()
    promised("d1", PO_1=8)
    assert promise("d2", PO_1=3) == StockChanged(node="lyon")
    assert promise("d3", PO_1=2) == Committed()
    assert shop.check().clean


def test_units_are_not_promised_of_a_receipt_that_is_another_by_now(shop, announce, ledger, coming, contents):
    announce()
    made = [decision_on(ledger, 0, {"PO-1": 1}, coming()) for _ in range(3)]
    for sequence, change in enumerate(({"status": "in_transit"}, {"expected_at": NOW + 2 * DAY}), start=2):
        announce(sequence=sequence, **change)
        before = contents()
        assert commit(ledger, made[sequence - 2], f"d{sequence}") == StockChanged(node="lyon")
        assert contents() == before
    announce(sequence=9, status="cancelled")
    assert commit(ledger, made[2], "d9") == StockChanged(node="lyon")


def test_a_haircut_is_promised_to_nobody(announce, promise):
    announce(quantity=15)
    assert promise("d1", PO_1=14, haircut=1_000) == StockChanged(node="lyon")
    assert promise("d2", PO_1=13, haircut=1_000) == Committed()


def test_what_is_held_and_not_there_is_filled_by_receipts_first(shop, announce, promise, promised):
    """Five are held of the stock, which a count finds to be two: the next three that arrive are theirs."""
    promised("d1", 5)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=2, stamp=Stamp(kind="t", number=NOW * MICROS + 1)))
    announce()
    assert promise("d2", PO_1=8) == StockChanged(node="lyon")
    assert promise("d3", PO_1=7) == Committed()
    assert shop.check().clean


def test_units_of_two_receipts_are_promised_up_to_what_arrives_by_then(announce, promise, promised):
    announce("PO-1", quantity=4)
    announce("PO-2", quantity=6, expected_at=NOW + 2 * DAY)
    promised("d1", PO_2=6)
    assert promise("d2", PO_1=5) == StockChanged(node="lyon")
    promised("d3", 5, PO_1=4)


@pytest.mark.usefixtures("ten")
def test_an_arrival_turns_promises_into_holds_on_stock_by_priority_then_promise(
    shop, promised, receive, stored, coming
):
    promised("low", PO_1=4, priority=10)
    promised("high", PO_1=3, priority=90)
    promised("middle", PO_1=3)
    receive(5)
    assert stored.pegs() == {("low", "PO-1"): 4, ("middle", "PO-1"): 1}
    assert (held(shop), coming()[0].promised, coming()[0].to_come) == (5, 5, 5)
    assert shop.check().clean
    receive(5)
    assert (stored.pegs(), held(shop)) == ({}, 10)
    for name in ("low", "high", "middle"):
        shop.holds.confirm(name)
    audit = shop.check()
    assert (audit.clean, audit.held, audit.promised, audit.on_hand) == (True, 0, 0, 5)


def test_units_that_are_still_to_come_can_not_leave(shop, announce, promised, receive, contents):
    announce()
    promised("d1", 2, PO_1=3)
    before = contents()
    with pytest.raises(StockConflict, match="still to come to lyon, by receipt 'PO-1', which is expected at"):
        shop.holds.confirm("d1")
    assert contents() == before
    shop.holds.confirm("d1", lines={"1": 2})
    receive(3)
    shop.holds.confirm("d1")
    assert (shop.check().clean, held(shop)) == (True, 0)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("way", ["release", "expire", "cancel"])
def test_what_ends_before_it_arrives_is_promised_no_more(shop, promised, coming, clock, way):
    promised("d1", 2, PO_1=3, order="O-1")
    if way == "release":
        shop.holds.release("d1")
    elif way == "cancel":
        shop.cancellations.cancel(CancelRequest(order="O-1"))
    else:
        clock.now = NOW + 3 * DAY + 1
    assert (held(shop), coming()[0].promised) == (0, 0)
    assert shop.check().clean


def test_of_units_that_are_not_needed_any_more_those_still_to_come_go_first(shop, announce, promised, coming, stored):
    announce("PO-1", quantity=2)
    announce("PO-2", expected_at=NOW + 2 * DAY)
    promised("d1", 2, PO_1=2, PO_2=2, order="O-1")
    shop.cancellations.cancel(CancelRequest(order="O-1", lines={"1": 1}))
    assert (held(shop), stored.pegs()) == (2, {("d1", "PO-1"): 2, ("d1", "PO-2"): 1})
    shop.holds.release("d1", lines={"1": 2})
    assert (held(shop), stored.pegs()) == (2, {("d1", "PO-1"): 1})
    assert [item.promised for item in coming()] == [1, 0]
    shop.holds.release("d1", lines={"1": 2})
    assert (held(shop), stored.pegs()) == (1, {})
    assert shop.check().clean


def test_a_node_that_rejects_units_means_those_that_are_there(shop, announce, promised, stored):
    announce()
    promised("d1", 2, PO_1=3)
    shop.rerouting.reject(RejectionRequest(decision="d1", node="lyon", reason="not_found", lines={"1": 3}))
    assert stored.pegs() == {("d1", "PO-1"): 2}
    assert shop.check().clean


def test_units_that_are_still_to_come_are_not_damaged(shop, announce, promised):
    announce()
    promised("d1", 1, PO_1=3)
    with pytest.raises(StockConflict, match="still to come"):
        shop.rerouting.reject(RejectionRequest(decision="d1", node="lyon", reason="damaged", lines={"1": 2}))
    shop.rerouting.reject(RejectionRequest(decision="d1", node="lyon", reason="damaged", lines={"1": 1}))
    assert shop.check().clean


def test_an_amended_order_keeps_what_it_may_and_frees_the_rest(shop, announce, promised, coming, ledger):
    announce()
    made = decision_on(ledger, 2, {"PO-1": 3}, coming(), order="O-1")
    assert commit(ledger, made, "d1") == Committed()
    line = dataclasses.replace(made.order.lines[0], quantity=3)
    shop.amendments.amend(AmendRequest(order=dataclasses.replace(made.order, lines=(line,))))
    assert (held(shop), coming()[0].promised) == (2, 1)
    assert shop.check().clean


def test_a_receipt_that_closes_short_leaves_the_last_in_rank_to_the_position(shop, announce, promised, receive, stored):
    announce()
    promised("first", PO_1=4, priority=90)
    promised("last", PO_1=4, priority=10)
    receive(6, closes=True)
    assert (stored.pegs(), held(shop)) == ({}, 8)
    mark = stored.risks()["last"]
    assert {name: mark[name] for name in ("cause", "receipt", "sku", "node", "units")} == {
        "cause": "short",
        "receipt": "PO-1",
        "sku": "A",
        "node": "lyon",
        "units": 2,
    }
    assert list(stored.risks()) == ["last"]
    assert shop.check().clean
    shop.holds.release("last")
    assert stored.risks() == {}
    assert shop.check().clean


def test_a_cancelled_receipt_leaves_its_promises_to_what_comes_later(shop, announce, promise, promised, stored):
    announce("PO-1")
    announce("PO-2", expected_at=NOW + 2 * DAY)
    promised("d1", PO_1=8)
    announce("PO-1", sequence=2, status="cancelled")
    assert (stored.pegs(), held(shop), stored.risks()["d1"]["cause"]) == ({}, 8, "cancelled")
    # five are on hand, and three of PO-2 are for those that wait already
    assert promise("d2", PO_2=8) == StockChanged(node="lyon")
    assert promise("d3", PO_2=7) == Committed()
    assert shop.check().clean


def test_a_lower_quantity_takes_back_the_promises_it_does_not_cover(shop, announce, promised, coming, stored):
    announce()
    promised("high", PO_1=5, priority=90)
    promised("low", PO_1=5, priority=10)
    announce(sequence=2, quantity=7)
    assert (coming()[0].promised, held(shop), stored.risks()["low"]["units"]) == (7, 3, 3)
    assert shop.check().clean


def test_a_later_receipt_lets_its_holds_last_longer_and_marks_their_promises(shop, announce, promised, stored, coming):
    announce()
    promised("d1", PO_1=5)
    promised("d2", 5)
    announce(sequence=2, expected_at=NOW + 2 * DAY)
    assert stored.until("d1") == (NOW + 4 * DAY, NOW + 4 * DAY)
    assert stored.until("d2") == (NOW + 3 * DAY, NOW + 3 * DAY)
    assert (stored.risks()["d1"]["cause"], stored.risks()["d1"]["expected_at"]) == ("late", NOW + 2 * DAY)
    assert coming()[0].promised == 5
    announce(sequence=3, expected_at=NOW + HOUR)
    assert stored.until("d1")[0] == NOW + 4 * DAY
    assert shop.check().clean


def test_a_hold_whose_time_is_over_is_not_prolonged_by_a_delay(shop, announce, promised, clock, coming):
    announce()
    promised("d1", PO_1=5)
    clock.now = NOW + 3 * DAY + 1
    announce(sequence=2, expected_at=NOW + 5 * DAY)
    assert (held(shop), coming()[0].promised) == (0, 0)
    assert shop.check().clean


def test_what_a_count_had_already_is_held_and_not_added(shop, announce, promised, receive):
    announce()
    promised("d1", 2, PO_1=10)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=5, stamp=Stamp(kind="t", number=NOW * MICROS + 1)))
    receive(10, at=(NOW - HOUR) * MICROS)
    assert held(shop) == 12
    assert shop.check().clean


def test_the_check_finds_what_was_changed_by_other_means_and_repairs_it(shop, announce, promised, client, keys):
    announce("PO-1")
    announce("PO-2", expected_at=NOW + 2 * DAY)
    promised("d1", 1, PO_1=4)
    announce("PO-1", sequence=2, expected_at=NOW + 3 * DAY)
    assert shop.check().clean
    text = client.redis.hget(keys.receipts("A"), "PO-1").decode().split("\t")
    text[4] = "9"
    client.redis.hset(keys.receipts("A"), "PO-1", "\t".join(text))
    client.redis.hdel(keys.pegs("A"), "PO-1\nd1\n0")
    client.redis.hdel(keys.receipt_skus, "PO-2")
    client.redis.zrem(keys.arriving, "PO-2")
    client.redis.delete(keys.at_risk)
    audit = shop.check()
    assert sorted(drift.what for drift in audit.drifts) == [
        "units of shipment 0 of decision d1 that stand on receipt PO-1",
        "units that are to come by receipt PO-1",
        "units that are to come by receipt PO-2",
        "why the promise of shipment d1 0 is at risk",
    ]
    shop.repair(who="a test")
    assert shop.check().clean
