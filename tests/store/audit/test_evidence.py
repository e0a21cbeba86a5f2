"""The figures of an evidence report are those of the decisions of its period, wherever their entries are."""

import dataclasses

import pytest

from engine.audit.settings import AuditSettings
from engine.decide.order_record import timestamp
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from tests.conftest import activate
from tests.support.aged_log import DAY, age_log
from tests.support.facts import LILLE, LYON, inventory, node, order, product, service

PUSH = "when: {product.lifecycle: end_of_line, node.id: lille}, then: {prefer: 9.00}"
TRUCK = service("parcel", emission=100_000, drop=500_000, emission_source="a carrier's certificate")


@pytest.fixture
def shop(bare):
    """OLD is at the end of its line."""
    products = [product("A"), product("OLD", lifecycle="end_of_line")]
    stock = {"A": {"lyon": 30, "lille": 5}, "OLD": {"lyon": 10, "lille": 7}}
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], stock, products=products, services=[TRUCK]))
    activate(bare, PUSH, "when: {node.id: lyon}, then: {keep: 2}")
    return bare


def report(shop):
    return shop.evidence.report(0, 1 << 34)


def test_emissions_are_those_of_the_decisions_and_of_what_left(shop):
    made = [shop.decide(order(("A", 2)), caller="oms"), shop.decide(order(("OLD", 3), ("A", 1)), caller="oms")]
    records = [answer.record for answer in made]
    assert all(record.co2_mg for record in records)
    (before,) = report(shop).emissions.services
    assert (before.transport_mg + before.last_mile_mg, before.co2_left_mg) == (sum(r.co2_mg for r in records), 0)
    assert (before.sources, before.factors_mg_per_tonne_km) == (["a carrier's certificate"], [100_000])
    assert before.shipments == sum(len(record.shipments) for record in records)
    shop.holds.confirm(made[0].id)
    (after,) = report(shop).emissions.services
    assert (after.co2_left_mg, after.shipments_left) == (records[0].co2_mg, len(records[0].shipments))
    assert after.activity > after.activity_left > 0
    assert after.intensity == after.co2 * 10**9 // after.activity


def log_millis(redis_client, shop, decision):
    return int(redis_client.hget(f"{{{shop.settings.network}}}:decisions", decision).split(b"-")[0])


def test_what_pushed_an_end_of_line_product_and_what_is_left_of_it(shop, redis_client):
    first = shop.decide(order(("OLD", 3), ("A", 1)))
    shop.decide(order(("A", 2)))
    released = shop.decide(order(("OLD", 1)))
    shop.holds.confirm(first.id)
    shop.holds.release(released.id)
    (item,) = report(shop).end_of_line
    assert (item.sku, item.sold, item.shipped, item.on_hand) == ("OLD", 3, 3, 14)
    assert [(rule.rule, rule.units) for rule in item.rules] == [("test/r1", 3)]
    assert item.rules[0].first_decision_at == timestamp(log_millis(redis_client, shop, first.id) // 1_000)
    assert item.rules[0].active_since <= item.rules[0].first_decision_at


def test_who_changed_which_rule_with_what_effect(shop):
    shop.decide(order(("A", 1)))
    activate(shop, PUSH, "when: {node.id: lyon}, then: {keep: 3}")
    shop.decide(order(("A", 1)))
    shop.decide(order(("A", 1)))
    *first, change = report(shop).rule_changes
    assert [(its.rule, its.kind, its.before, its.decisions, its.fired) for its in first] == [
        ("test/r1", "added", None, 1, 0),
        ("test/r2", "added", None, 1, 1),
    ]
    assert (change.rule, change.kind, change.by, change.approved_by) == ("test/r2", "changed", "a test", [])
    assert ([*change.gone], [*change.added]) == (["keep: 2"], ["keep: 3"])
    assert (change.decisions, change.fired) == (2, 2)


def test_overridden_safety_stock_follow_ups_and_repairs_are_listed(shop, redis_client, network):
    activate(
        shop,
        "when: {node.id: lyon}, then: {keep: 2}",
        "when: {order.segment: vip}, then: {priority: 90}, overrides: [test/r1]",
        "then: {hold: 1h}",
    )
    plain, vip = shop.decide(order(("A", 1))), shop.decide(order(("A", 1), segment="vip"))
    shop.rerouting.reject(
        RejectionRequest(decision=plain.id, node=plain.record.shipments[0].node, reason="no_capacity")
    )
    redis_client.hset(f"{{{network}}}:held:A", "lyon", 9)
    shop.repair(who="eve")
    made = report(shop)
    assert [(item.decision, item.silenced, item.by_rules) for item in made.overridden_reserves] == [
        (vip.id, ["test/r1"], ["test/r2"])
    ]
    assert [(item.order, item.because) for item in made.follow_ups] == [(plain.record.order.id, "rejected")]
    assert "repaired" in {item.kind for item in made.manual}


def test_reads_of_personal_data_are_counted(shop):
    shop.accesses.note("show", subject="W-1")
    shop.accesses.note("show", subject="W-2", count=3)
    assert [(item.what, item.reads, item.records) for item in report(shop).personal_reads] == [("show", 2, 4)]


def test_only_the_period_counts(shop):
    shop.decide(order(("A", 1)))
    assert report(shop).decisions == 1
    empty = shop.evidence.report(0, 1)
    assert (empty.decisions, empty.entries, empty.emissions.services, empty.rule_changes) == (0, 0, [], [])


def test_a_report_is_the_same_over_the_archive(shop, redis_client, tmp_path, clock):
    for _ in range(4):
        shop.decide(order(("A", 1), ("OLD", 1)))
    age_log(redis_client, shop.settings.network, days=8)
    audit = AuditSettings(audit_key=tmp_path / "key.pem")
    with Pointsman(dataclasses.replace(shop.settings, audit=audit), clock=clock) as sealing:
        sealing.sealer.seal()
        before = report(sealing)
        sealing.archive(tmp_path, older_than=3 * DAY)
        after = report(sealing)
    assert after.emissions == before.emissions
    assert after.end_of_line == before.end_of_line
    assert after.decisions == before.decisions == 4


def test_entries_of_the_period_that_are_not_what_was_sealed_are_named(log):
    """Those of other periods are not, nor what is not sealed yet."""
    altered, deleted = [entry.decode() for entry in log.add(2)]
    later = f"{int(altered.partition('-')[0]) // 1_000 + 5}000-0"
    log.redis.xadd(log.key("log"), {"kind": "counted", "id": "", "at": 1, "units": "[]"}, id=later)
    log.worker.sealer.seal()
    second = int(later.partition("-")[0]) // 1_000
    assert log.worker.evidence.report(0, 1 << 34).not_as_sealed == []
    log.rewrite(
        lambda entries: [
            (name, fields | ({b"at": b"2"} if name.decode() in (altered, later) else {}))
            for name, fields in entries
            if name.decode() != deleted
        ]
    )
    log.redis.xadd(log.key("log"), {"kind": "counted", "id": "", "at": 1, "units": "[]"}, id=later.replace("-0", "-1"))
    assert log.worker.evidence.report(0, 1 << 34).not_as_sealed == [altered, later, deleted]
    assert log.worker.evidence.report(0, second).not_as_sealed == [altered, deleted]
    assert log.worker.evidence.report(second, 1 << 34).not_as_sealed == [later]
    assert log.worker.evidence.report(second, second + 1).not_as_sealed == [later]
    assert log.worker.evidence.report(second + 1, 1 << 34).not_as_sealed == []
