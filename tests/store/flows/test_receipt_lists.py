"""Lists of receipts: in pages that read no more than they show, whatever came before."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given

from engine.inbound.receipt_list import ReceiptFilter
from engine.model.receipts import OPEN, Receipt
from engine.store import pages
from engine.store.flows import stored_receipts
from engine.store.flows.receipt_texts import StoredReceipt, text_of
from tests.store.flows.conftest import DAY
from tests.support.examples import examples
from tests.support.facts import HOUR, LYON, NOW, PARIS, inventory, node, order

STATUSES = ("planned", "confirmed", "in_transit", "received", "cancelled")
DRAWN = st.lists(
    st.tuples(st.sampled_from(["lyon", "paris"]), st.sampled_from("AB"), st.sampled_from(STATUSES), st.integers(-1, 2)),
    max_size=9,
)
FILTERS = st.builds(
    ReceiptFilter,
    node=st.sampled_from([None, None, "lyon"]),
    sku=st.sampled_from([None, None, "A"]),
    status=st.sampled_from([None, *STATUSES]),
    late=st.booleans(),
)


def receipts_listed(shop, filtered):
    return shop.flows.inbound.page(filtered, limit=99, after=None).receipts


def store(redis, keys, receipt):
    """As announcements and deliveries leave it."""
    text = text_of(StoredReceipt(receipt=receipt, stated=receipt.status, owned=False))
    redis.hset(keys.receipt_skus, receipt.id, receipt.sku)
    if receipt.status in OPEN:
        redis.hset(keys.receipts(receipt.sku), receipt.id, text)
        redis.zadd(keys.open_by_arrival, {receipt.id: receipt.expected_at})
    else:
        redis.hset(keys.closed_receipts, receipt.id, text)
        redis.zadd(keys.closed_by_arrival, {receipt.id: receipt.expected_at})


def a_receipt(name, **values):
    shape = {"source": "asn", "node": "lyon", "sku": "A", "quantity": 9, "expected_at": NOW, "status": "received"}
    return Receipt(id=name, **shape | values)


def all_pages(shop, filtered, limit):
    after = None
    while True:
        page = shop.flows.inbound.page(filtered, limit=limit, after=after)
        assert len(page.receipts) <= limit
        yield from page.receipts
        after = page.after
        if after is None:
            return


def test_receipts_are_listed_by_node_sku_status_and_whether_they_are_late(shop, announce, receive, clock):
    announce("late", expected_at=NOW + HOUR)
    announce("a", expected_at=NOW + 2 * DAY, status="planned")
    announce("b", sku="B", node="paris")
    announce("gone", status="cancelled")
    announce("there")
    receive(10, "there")
    clock.now += 2 * HOUR
    listed = {
        "all": ReceiptFilter(),
        "late": ReceiptFilter(late=True),
        "paris": ReceiptFilter(node="paris"),
        "A": ReceiptFilter(sku="A"),
        "planned": ReceiptFilter(status="planned"),
        "cancelled": ReceiptFilter(status="cancelled"),
        "received": ReceiptFilter(status="received", sku="A"),
    }
    names = {name: [item.id for item in receipts_listed(shop, filtered)] for name, filtered in listed.items()}
    assert names == {
        "all": ["late", "b", "a"],
        "late": ["late"],
        "paris": ["b"],
        "A": ["late", "a"],
        "planned": ["a"],
        "cancelled": ["gone"],
        "received": ["there"],
    }


def test_a_list_of_open_receipts_reads_no_closed_one(shop, announce, receive, client, keys):
    announce("there")
    receive(10, "there")
    announce("open")
    client.redis.hset(keys.closed_receipts, "there", "not to be read")
    assert [item.id for item in receipts_listed(shop, ReceiptFilter())] == ["open"]
    with pytest.raises(ValueError, match="not enough values"):
        receipts_listed(shop, ReceiptFilter(status="received"))
    client.redis.hdel(keys.closed_receipts, "there")


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=DRAWN, filtered=FILTERS, limit=st.integers(1, 4), most=st.integers(1, 5))
def test_pages_together_are_all_that_pass_in_the_order_of_arrival(shop, client, keys, *, drawn, filtered, limit, most):
    redis = client.redis
    redis.delete(keys.receipts("A"), keys.receipts("B"), keys.receipt_skus, keys.closed_receipts)
    redis.delete(keys.open_by_arrival, keys.closed_by_arrival)
    receipts = [
        a_receipt(f"R{number}", node=node, sku=sku, status=status, expected_at=NOW + hours * HOUR)
        for number, (node, sku, status, hours) in enumerate(drawn)
    ]
    for receipt in receipts:
        store(redis, keys, receipt)
    expected = [
        item
        for item in sorted(receipts, key=lambda item: (item.expected_at, item.id))
        if (item.status == filtered.status or (filtered.status is None and item.status in OPEN))
        and filtered.node in (None, item.node)
        and filtered.sku in (None, item.sku)
        and (not filtered.late or (item.status in OPEN and item.expected_at <= NOW))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "MOST_LOOKED_AT", most)
        assert list(all_pages(shop, filtered, limit)) == expected


def test_a_page_asks_the_server_for_no_more_however_many_came_before(shop, client, keys, redis_client, monkeypatch):
    """Of ten times as many receipts, a page reads as many."""
    monkeypatch.setattr(pages, "MOST_LOOKED_AT", 150)

    def calls():
        stats = redis_client.info("commandstats")
        return sum(item["calls"] for name, item in stats.items() if name != "cmdstat_info")

    def calls_of_pages(first, last):
        for number in range(first, last):
            store(client.redis, keys, a_receipt(f"R{number}", expected_at=NOW - number))
        for filtered in (
            ReceiptFilter(),
            ReceiptFilter(status="received"),
            ReceiptFilter(status="cancelled"),
            ReceiptFilter(status="received", node="paris"),
            ReceiptFilter(late=True),
        ):
            before = calls()
            shop.flows.inbound.page(filtered, limit=5, after=None)
            yield calls() - before

    few = list(calls_of_pages(0, 200))
    assert few == list(calls_of_pages(200, 2_000))
    assert min(few) > 0


def test_of_receipts_that_change_while_they_are_listed_none_is_missed(shop, announce, monkeypatch):
    monkeypatch.setattr(stored_receipts, "_AT_ONCE", 1)
    for number in range(4):
        announce(f"PO-{number}", expected_at=NOW + (number + 1) * HOUR)
    listed = []
    for _, receipt in shop.flows.inbound._stored.by_arrival(closed=False):
        if receipt is not None:
            listed.append((receipt.id, receipt.expected_at - NOW))
        if receipt is not None and receipt.id == "PO-0":
            announce("PO-1", expected_at=NOW + 9 * HOUR, sequence=2)
            announce("PO-2", status="cancelled", expected_at=NOW + 3 * HOUR, sequence=2)
    assert listed == [("PO-0", HOUR), ("PO-1", 9 * HOUR), ("PO-3", 4 * HOUR)]


def test_pages_of_one_sku_go_on_behind_the_last(shop, announce):
    for number in range(5):
        announce(f"PO-{number}", expected_at=NOW + (number // 2 + 1) * HOUR)
    pages_of_two = all_pages(shop, ReceiptFilter(sku="A"), 2)
    assert [item.id for item in itertools.islice(pages_of_two, 9)] == [f"PO-{number}" for number in range(5)]


def test_decisions_read_receipts_only_while_one_is_open(shop, announce, receive, client, keys):
    def says():
        return client.redis.hget(keys.facts, "receipts")

    assert says() is None
    announce("one")
    announce("two", sku="B", status="planned")
    assert says() == b"1"
    receive(10, "one")
    assert says() == b"1"
    announce("two", sku="B", status="cancelled", sequence=2)
    assert says() is None
    announce("two", sku="B", sequence=3)
    assert says() == b"1"
    assert [item.id for item in receipts_listed(shop, ReceiptFilter())] == ["two"]
    assert client.redis.zrange(keys.closed_by_arrival, 0, -1) == [b"one"]
    assert shop.check().clean


def test_lists_that_were_changed_by_other_means_are_told_and_repaired(shop, announce, receive, client, keys):
    for name in ("open", "later"):
        announce(name)
    for name in ("there", "gone"):
        announce(name)
        receive(10, name)
    client.redis.zrem(keys.open_by_arrival, "open")
    client.redis.zadd(keys.open_by_arrival, {"later": NOW, "nobody": NOW})
    client.redis.zrem(keys.closed_by_arrival, "there")
    client.redis.zadd(keys.closed_by_arrival, {"gone": 5, "open": 6})
    client.redis.hdel(keys.facts, "receipts")
    names = {drift.suspect for drift in shop.check().drifts}
    assert names == {
        *(("receipts", ("A", name)) for name in ("open", "later", "there", "gone")),
        ("receipts", ("", "nobody")),
        ("open_receipts", ""),
    }
    shop.repair(who="a test")
    assert shop.check().clean
    assert [item.id for item in receipts_listed(shop, ReceiptFilter())] == ["later", "open"]
    assert [item.id for item in receipts_listed(shop, ReceiptFilter(status="received"))] == ["gone", "there"]
    assert client.redis.hget(keys.facts, "receipts") == b"1"
    for name in ("open", "later"):
        receive(10, name)
    client.redis.hset(keys.facts, "receipts", "1")
    assert [drift.suspect for drift in shop.check().drifts] == [("open_receipts", "")]
    shop.repair(who="a test")
    assert client.redis.hget(keys.facts, "receipts") is None


def test_a_network_that_is_loaded_keeps_that_receipts_are_open(shop, announce, receive, client, keys):
    announce("one")
    other = inventory([node("lyon", LYON), node("paris", PARIS)], {"A": {"lyon": 3}, "B": {"lyon": 0}})
    shop.load(other)
    assert client.redis.hget(keys.facts, "receipts") == b"1"
    receive(10, "one")
    shop.load(other)
    assert client.redis.hget(keys.facts, "receipts") is None
    assert shop.decide(order(("A", 1))).record.units_shipped == 1
