"""The two round trips of a decision: what is read, what is taken, and that it is taken only once."""

import dataclasses
from dataclasses import replace

import pytest

from engine.decide.decision import Claim, DecidedStock, LoadClaim, ShipmentLine
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.record import DecisionRecord, to_json
from engine.errors import NotFound
from engine.store.ledger import Ledger, RequestKey
from engine.store.log import decision_log
from engine.store.log.decision_log import entries
from engine.store.network.load import save
from engine.store.outcomes import (
    AnsweredBefore,
    Committed,
    NetworkChanged,
    OrderTaken,
    PoliciesChanged,
    StockChanged,
    TimelineChanged,
)
from engine.store.policy_versions import HistoryEntry, publish, stored_timeline
from engine.store.policy_versions import activate as activate_version
from engine.store.reconcile.expected_state import LOAD_SECONDS
from tests.support.facts import LILLE, LYON, NOW, decided, inventory, node, order, policies, snapshot
from tests.support.ledger_entries import of_the_ledger

DAY = "2026-11-27"


@pytest.fixture
def ledger(client, keys):
    """Ten of A in Lyon, four in Lille, and policies without rules."""
    loaded = facts()
    policies_there = lambda: stored_timeline(client, keys).entries  # noqa: E731 - as the service gives it
    save(client, keys, loaded, verify_policies=policies_there, micros=lambda: NOW * 1_000_000)
    publish(client, keys, policies(), HistoryEntry(operation="p", who="a test", at=NOW, note=""))
    entry = HistoryEntry(operation="a", who="a test", at=NOW, note="")
    outcome = activate_version(client, keys, policies().version, entry, network=loaded.network.version)
    assert outcome == TimelineChanged()
    return Ledger(client, keys)


def facts():
    return inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 10, "lille": 4}, "B": {"lyon": 1}})


def decision_of(*claims: Claim, load_claims=(), **more):
    """A decision on the facts above that takes exactly these claims."""
    made = decided(order(), snapshot([node("lyon")], {"A": {"lyon": 1}}))
    shipments = tuple(
        dataclasses.replace(made.shipments[0], node=name, lines=tuple(parcels(claims, name)))
        for name in dict.fromkeys(claim.node for claim in claims)
    )
    nodes = sorted(claim.node for claim in claims)
    ones = [1] * len(nodes)
    decision = dataclasses.replace(
        made,
        network_version=facts().network.version,
        claims=claims,
        load_claims=load_claims,
        day=DAY,
        shipments=shipments,
        stock={claim.sku: DecidedStock(nodes=nodes, on_hand=ones, held=ones, floor=ones) for claim in claims},
    )
    return dataclasses.replace(decision, **more)


def parcels(claims, name):
    for number, claim in enumerate(claims, start=1):
        if claim.node == name:
            yield ShipmentLine(line=str(number), sku=claim.sku, quantity=claim.units)


def lyon(units, floor=0, sku="A"):
    return Claim(sku=sku, node="lyon", units=units, floor=floor)


def commit(ledger, decision, name="d1", key=None):
    facts = facts_to_json(FactsRecord.of(decision))
    return ledger.commit(decision, name, to_json(DecisionRecord.of(decision, name, "0", facts)), key, facts=facts)


def stock(ledger, *skus, now=NOW):
    """(on hand, held) by SKU and node."""
    stored = ledger.read(skus, loads=[DAY], now=now).stock
    return {
        sku: {node: (on_hand, held) for node, on_hand, held in zip(*its, strict=True)} for sku, its in stored.items()
    }


def test_a_commit_takes_its_units_and_writes_one_entry(ledger, client, keys):
    decision = decision_of(lyon(3), load_claims=(LoadClaim(node="lyon", period=DAY, shipments=1, most=None),))
    assert commit(ledger, decision) == Committed()
    assert stock(ledger, "A") == {"A": {"lyon": (10, 3), "lille": (4, 0)}}
    assert [(entry.kind, entry.decision, entry.at) for entry in of_the_ledger(entries(client, keys))] == [
        ("decided", "d1", NOW)
    ]
    assert ledger.read([], loads=[DAY], now=NOW).loads == {DAY: {"lyon": 1}}


def test_an_order_id_is_taken_by_the_first_decision_alone(ledger, client, keys, contents):
    decision = decision_of(lyon(3))
    commit(ledger, decision)
    before = contents()
    assert commit(ledger, decision, "d2") == OrderTaken(first="d1")
    full = ledger.commit(decision, "d3", b"{}", caller="", max_holds=1)
    assert full == OrderTaken(first="d1"), "whatever holds its caller may have"
    assert contents() == before
    assert ledger.read([], loads=[DAY], now=NOW, order=decision.order.id).first_decision == "d1"
    assert ledger.decided_before([decision.order.id, "another"]) == [True, False]
    assert client.redis.zrange(keys.orders, 0, -1, withscores=True) == [(decision.order.id.encode(), NOW)]


def test_a_commit_sent_twice_is_answered_and_not_applied_twice(ledger, contents):
    decision = decision_of(lyon(3), load_claims=(LoadClaim(node="lyon", period=DAY, shipments=1, most=None),))
    assert commit(ledger, decision) == Committed()
    before = contents()
    assert commit(ledger, decision) == Committed()
    assert contents() == before


def test_a_commit_sent_twice_with_a_key_is_answered_and_not_applied_twice(ledger, contents):
    key = RequestKey(caller="http", name="k")
    assert commit(ledger, decision_of(lyon(3)), key=key) == Committed()
    before = contents()
    assert commit(ledger, decision_of(lyon(3)), key=key) == Committed()
    assert contents() == before


def test_a_commit_sent_again_when_the_stock_is_gone_is_still_answered_as_done(ledger):
    decision = decision_of(lyon(10))
    assert commit(ledger, decision) == commit(ledger, decision) == Committed()
    assert commit(ledger, decision_of(lyon(1)), "d2") == StockChanged(node="lyon")


def test_a_key_used_before_is_answered_with_its_decision_and_takes_nothing(ledger, contents):
    key = RequestKey(caller="http", name="k")
    commit(ledger, decision_of(lyon(1)), key=key)
    before = contents()
    assert commit(ledger, decision_of(lyon(1)), "d2", key) == AnsweredBefore(decision="d1")
    assert ledger.read(["A"], loads=[DAY], now=NOW, key=key).earlier_decision == "d1"
    assert contents() == before


def test_a_key_is_its_caller_s_own(ledger):
    commit(ledger, decision_of(lyon(1)), key=RequestKey(caller="http", name="k"))
    assert commit(ledger, decision_of(lyon(1)), "d2", RequestKey(caller="cli", name="k")) == Committed()


@pytest.mark.parametrize(
    ("claims", "load_claims", "changed"),
    [
        ([lyon(11)], [], "lyon"),
        ([lyon(8, floor=3)], [], "lyon"),
        ([lyon(1, sku="C")], [], "lyon"),
        ([Claim(sku="A", node="nowhere", units=1, floor=0)], [], "nowhere"),
        ([Claim(sku="A", node="lille", units=4, floor=0), lyon(2, sku="B")], [], "lyon"),
        ([lyon(1)], [LoadClaim(node="lyon", period=DAY, shipments=2, most=1)], "lyon"),
        (
            [lyon(1)],
            [
                LoadClaim(node="lille", period=DAY, shipments=1, most=None),
                LoadClaim(node="lyon", period=DAY, shipments=1, most=0),
            ],
            "lyon",
        ),
    ],
)
def test_a_node_that_can_not_give_what_is_claimed_is_named_and_nothing_is_taken(
    ledger, contents, claims, load_claims, changed
):
    before = contents()
    assert commit(ledger, decision_of(*claims, load_claims=load_claims)) == StockChanged(node=changed)
    assert contents() == before


@pytest.mark.parametrize("units", [7, 6])
def test_the_last_unit_above_the_floor_can_be_taken(ledger, units):
    assert commit(ledger, decision_of(lyon(units, floor=3))) == Committed()
    expected = Committed() if units == 6 else StockChanged(node="lyon")
    assert commit(ledger, decision_of(lyon(1, floor=3)), "d2") == expected


@pytest.mark.parametrize(
    ("other", "outcome"),
    [({"network_version": "another"}, NetworkChanged()), ({"policy_version": "another"}, PoliciesChanged())],
)
def test_a_decision_on_an_earlier_network_or_earlier_policies_takes_nothing(ledger, contents, other, outcome):
    before = contents()
    assert commit(ledger, decision_of(lyon(1), **other)) == outcome
    assert contents() == before


def test_units_of_a_hold_are_free_from_the_second_on_in_which_it_expires(ledger, client, keys):
    commit(ledger, decision_of(lyon(3), lyon(1, sku="B"), hold_until=NOW + 60))
    assert stock(ledger, "A", "B", now=NOW + 59)["A"]["lyon"] == (10, 3)
    assert stock(ledger, "A", "B", now=NOW + 60) == {"A": {"lyon": (10, 0), "lille": (4, 0)}, "B": {"lyon": (1, 0)}}
    assert [(entry.kind, entry.decision, entry.at) for entry in of_the_ledger(entries(client, keys))] == [
        ("decided", "d1", NOW),
        ("expired", "d1", NOW + 60),
    ]


def test_a_snapshot_of_other_skus_ends_the_holds_too(ledger, redis_client, network):
    commit(ledger, decision_of(lyon(3), hold_until=NOW + 60))
    stock(ledger, "B", now=NOW + 60)
    assert redis_client.hgetall(f"{{{network}}}:held:A") == {}


def test_however_many_holds_expire_at_once_all_units_are_free_for_the_next_decision(ledger, client, keys):
    made = decision_of(Claim(sku="A", node="lyon", units=1, floor=-1_000), hold_until=NOW + 60)
    for number in range(350):
        commit(ledger, dataclasses.replace(made, order=order()), f"d{number}")
    assert stock(ledger, "A")["A"]["lyon"] == (10, 350)
    assert stock(ledger, "A", now=NOW + 60)["A"]["lyon"] == (10, 0)
    assert [entry.kind for entry in entries(client, keys)].count("expired") == 350


def test_of_two_readers_that_find_a_hold_expired_only_one_ends_it(ledger, client, keys):
    commit(ledger, decision_of(lyon(3), hold_until=NOW + 60))
    commit(ledger, decision_of(lyon(2), hold_until=NOW + 600), "d2")
    another = Ledger(client, keys)
    assert stock(ledger, "A", now=NOW + 60) == stock(another, "A", now=NOW + 60)
    assert stock(another, "A", now=NOW + 60)["A"]["lyon"] == (10, 2)
    assert [entry.decision for entry in entries(client, keys) if entry.kind == "expired"] == ["d1"]


def test_the_same_sku_asked_for_twice_is_read_once_and_the_same(ledger):
    assert stock(ledger, "A", "A") == stock(ledger, "A")


def test_a_server_that_forgot_the_scripts_is_sent_them_again(ledger, redis_client):
    redis_client.script_flush()
    assert commit(ledger, decision_of(lyon(1))) == Committed()
    redis_client.script_flush()
    assert stock(ledger, "A")["A"]["lyon"] == (10, 1)


def test_loads_are_counted_by_the_day(ledger):
    load_claim = LoadClaim(node="lyon", period=DAY, shipments=2, most=None)
    commit(ledger, decision_of(lyon(1), load_claims=(load_claim,)))
    next_day = replace(load_claim, period="2026-11-28")
    commit(ledger, decision_of(lyon(1), load_claims=(next_day,), day="2026-11-28"), "d2")
    commit(ledger, decision_of(lyon(1), load_claims=(next_day,), day="2026-11-28"), "d3")
    assert ledger.read([], loads=[DAY], now=NOW).loads == {DAY: {"lyon": 2}}
    assert ledger.read([], loads=["2026-11-28"], now=NOW).loads == {"2026-11-28": {"lyon": 4}}


def test_the_load_of_a_day_is_kept_for_four_days_after_the_last_decision_of_it(ledger, redis_client, keys):
    load_claim = LoadClaim(node="lyon", period=DAY, shipments=1, most=None)
    for name in ("d1", "d2"):
        commit(ledger, decision_of(lyon(1), load_claims=(load_claim,)), name)
        assert redis_client.ttl(keys.load(DAY)) == pytest.approx(LOAD_SECONDS, abs=60)
        redis_client.expire(keys.load(DAY), 1_000)


def test_an_entry_of_the_log_is_found_by_its_decision(ledger, client, keys):
    decision = decision_of(lyon(1))
    commit(ledger, decision)
    entry = decision_log.decided(client, keys, "d1")
    assert entry.facts == facts_to_json(FactsRecord.of(decision))
    assert entry.body == to_json(DecisionRecord.of(decision, "d1", "0", entry.facts))
    with pytest.raises(NotFound):
        decision_log.decided(client, keys, "d2")
