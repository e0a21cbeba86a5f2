"""Decisions are found in the log by each filter, newest first, page by page, and by an order's id without a scan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.search.decision_filter import STATUSES, DecisionFilter
from engine.decide.order_record import timestamp
from engine.orders.rejection import RejectionRequest
from engine.store.audit import decision_search
from engine.store.log import decision_log
from engine.store.log.stored_entry import parse_entry_id
from tests.conftest import activate
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order, product
from tests.support.ledger_entries import ledger_entries


@pytest.fixture
def shop(bare):
    stock = {"A": {"lyon": 9, "lille": 2}, "B": {"lille": 3}, "C": {}}
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], stock))
    activate(bare, "when: {order.channel: app}, then: {hold: 1h}", "when: {node.id: lille}, then: {avoid: 9.00}")
    return bare


def decide_some(shop, clock):
    """Decisions of every status, under two policy versions, by two callers, one of them a follow-up."""
    made = [shop.decide(order(("A", 2)), caller="oms"), shop.decide(order(("B", 1), ("A", 1)), caller="pos")]
    clock.now += HOUR
    shop.decide(order(("C", 1), channel="app"), caller="oms")
    activate(shop, "when: {node.id: lyon}, then: {avoid: 9.00}")
    shop.decide(order(("B", 9), channel="app"), caller="oms", now=NOW - HOUR)
    shop.decide(order(("A", 1), deliver_on=shop.now // 86_400 + 719_163 + 20), caller="pos")
    rejection = RejectionRequest(decision=made[0].id, node="lyon", reason="no_capacity")
    shop.rerouting.reject(rejection)
    return made


def page_of(shop, **filters):
    return shop.decisions.page(DecisionFilter(**filters), limit=100)


def all_pages(shop, filtered, limit):
    after, found = None, []
    while True:
        page = shop.decisions.page(filtered, after=after, limit=limit)
        assert len(page.decisions) <= limit
        found += page.decisions
        if page.after is None:
            return found
        after = page.after


def meant_by(filtered, entry):
    """Whether a decision is one of those that the filter asks for, by its whole record."""
    record, logged = entry.record, entry.id[0]
    planned = record.scheduled.shipments if record.scheduled else []
    shipments = [*record.shipments, *planned]
    skus = {line.sku for item in shipments for line in item.lines} | {line.sku for line in record.unfilled}
    return all(
        [
            filtered.order in (None, record.order.id),
            filtered.start is None or logged >= 1_000 * filtered.start,
            filtered.end is None or logged < 1_000 * filtered.end,
            filtered.decided_from is None or record.decided_at >= filtered.decided_from,
            filtered.decided_until is None or record.decided_at < filtered.decided_until,
            filtered.node is None or any(item.node == filtered.node for item in shipments),
            filtered.sku is None or filtered.sku in skus,
            filtered.channel in (None, record.order.channel),
            filtered.status in (None, record.status),
            filtered.policy_version is None or record.policy_version.startswith(filtered.policy_version),
            filtered.fired is None or filtered.fired in record.rules.fired,
            filtered.caller in (None, entry.caller, entry.by),
        ]
    )


def test_each_page_by_page_search_finds_what_is_meant_newest_first(shop, clock, monkeypatch):
    decide_some(shop, clock)
    entries = [entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "decided"]
    assert {entry.record.status for entry in entries} == set(STATUSES)
    seconds = sorted({entry.id[0] // 1_000 for entry in entries} | {entries[-1].id[0] // 1_000 + 1})
    instants = st.none() | st.sampled_from([timestamp(NOW + hours * HOUR) for hours in (-2, -1, 0, 1, 2)])
    filters = st.builds(
        DecisionFilter,
        order=st.none() | st.sampled_from([*{entry.record.order.id for entry in entries}, "nobody"]),
        start=st.none() | st.sampled_from(seconds),
        end=st.none() | st.sampled_from(seconds),
        decided_from=instants,
        decided_until=instants,
        node=st.sampled_from([None, None, "lyon", "lille"]),
        sku=st.sampled_from([None, None, "A", "B", "C"]),
        channel=st.sampled_from([None, None, "web", "app"]),
        status=st.none() | st.sampled_from(STATUSES),
        policy_version=st.none() | st.sampled_from(sorted({entry.record.policy_version[:8] for entry in entries})),
        fired=st.sampled_from([None, None, "test/r1", "test/r2"]),
        caller=st.sampled_from([None, None, "oms", "pos", "Ada"]),
    )

    @examples(30)
    @given(filtered=filters, limit=st.integers(1, 3), looked_at=st.integers(1, 5), batch=st.integers(1, 4))
    def check(filtered, limit, looked_at, batch):
        monkeypatch.setattr(decision_search, "MOST_LOOKED_AT", looked_at)
        monkeypatch.setattr(decision_log, "_BATCH", batch)
        expected = [entry.id for entry in reversed(entries) if meant_by(filtered, entry)]
        assert [summary.entry for summary in all_pages(shop, filtered, limit)] == expected

    check()


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"node": "lyon"}, 2),
        ({"sku": "C"}, 1),
        ({"channel": "app"}, 2),
        ({"status": "scheduled"}, 1),
        ({"fired": "test/r2"}, 2),
        ({"caller": "pos"}, 2),
        ({"decided_until": timestamp(NOW)}, 1),
        ({"end": 0}, 0),
    ],
)
def test_each_filter_leaves_some_out(shop, clock, filters, count):
    decide_some(shop, clock)
    assert (len(page_of(shop).decisions), len(page_of(shop, **filters).decisions)) == (6, count)


def test_a_decision_is_found_by_a_product_that_is_not_counted(bare):
    bare.load(
        inventory([node("lyon", LYON)], {"A": {"lyon": 9}, "CARD": {}}, products=[product("CARD", counted=False)])
    )
    activate(bare)
    decided = bare.decide(order(("A", 1), ("CARD", 1)))
    bare.decide(order(("A", 1)))
    (found,) = page_of(bare, sku="CARD").decisions
    assert (found.decision, found.skus) == (decided.id, ("A", "CARD"))


def test_the_decisions_of_an_order_are_found_without_a_scan(shop, clock, monkeypatch):
    first, _ = decide_some(shop, clock)
    name = first.record.order.id
    monkeypatch.setattr(decision_log, "newest_first", None)
    found = page_of(shop, order=name).decisions
    assert [(item.order, item.because) for item in found] == [(name, "rejected"), (name, "")]
    monkeypatch.setattr(decision_log, "entries", None)
    kinds = [entry.kind for entry in shop.order_entries(name, on_damaged=pytest.fail)]
    assert kinds[0] == "decided"
    assert {"decided", "rejected"} == set(kinds)


def test_the_entries_of_an_order_that_the_index_lost_are_found_by_a_scan(shop, clock, redis_client, keys):
    first, _ = decide_some(shop, clock)
    name = first.record.order.id
    entries = list(shop.order_entries(name, on_damaged=pytest.fail))
    redis_client.delete(keys.order(name))
    assert list(shop.order_entries(name, on_damaged=pytest.fail)) == entries
    assert list(shop.order_entries("nobody", on_damaged=pytest.fail)) == []


def test_a_damaged_entry_is_named_and_hides_no_other(shop, clock, redis_client, network):
    decide_some(shop, clock)
    redis_client.xadd(f"{{{network}}}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    page = page_of(shop)
    (torn,) = (entry_id for entry_id, fields in ledger_entries(redis_client, network) if fields[b"id"] == b"torn")
    assert (len(page.decisions), page.unreadable) == (6, (parse_entry_id(torn),))
