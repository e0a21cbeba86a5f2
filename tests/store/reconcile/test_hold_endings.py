"""`ledger check` also compares how the hold of each shipment ended, and repairs it as the log says."""

import contextlib
import threading

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given

from engine.orders.rejection import RejectionRequest
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.reconcile import hold_endings, recheck
from engine.store.reconcile.check import Check
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import LILLE, LYON, inventory, node, order

LILLE_S, LYONS = [("lille", "parcel")], [("lyon", "parcel")]


@pytest.fixture
def shop(bare):
    """A is in Lille, B in Lyon: an order of both ships from both nodes."""
    bare.load(
        inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lille": 500}, "B": {"lyon": 500}, "NONE": {}})
    )
    activate(bare, "then: {hold: 1 h}")
    return bare


@pytest.fixture
def ended(shop, clock):
    """Decisions, by how their shipments ended; the last ones have not, or only in part."""
    names = {
        name: json_of(shop.decide(order(("A", 2), ("B", 2), id=name)))["id"]
        for name in (
            "late",
            "confirmed",
            "released",
            "two ways",
            "rejected",
            "half rejected",
            "half",
            "units",
            "living",
        )
    }
    for name, decision in names.items():
        if name not in ("late", "confirmed"):
            shop.holds.extend(decision, minutes=600)
    shop.holds.confirm(names["confirmed"])
    shop.holds.release(names["released"])
    shop.holds.confirm(names["two ways"], shipments=LILLE_S)
    clock.now += 60
    shop.holds.release(names["two ways"], shipments=LYONS)
    shop.holds.release(names["half"], shipments=LYONS)
    for name, nodes in (("rejected", ("lille", "lyon")), ("half rejected", ("lyon",))):
        for each in nodes:
            shop.rerouting.reject(RejectionRequest(decision=names[name], node=each, reason="damaged"))
    shop.rerouting.reject(RejectionRequest(decision=names["units"], node="lille", reason="damaged", lines={"A": 1}))
    clock.now += 3_600
    shop.ready()
    return names


def endings(redis_client, key):
    return {name.decode(): words.decode() for name, words in redis_client.hgetall(key("endings")).items()}


def test_the_ledger_has_every_ending_and_the_log_agrees(shop, ended, redis_client, key, clock):
    stored = endings(redis_client, key)
    kinds = {
        name: [word.partition(":")[0] for word in stored[decision].split()]
        for name, decision in ended.items()
        if decision in stored
    }
    assert kinds == {
        "late": ["expired"] * 2,
        "confirmed": ["confirmed"] * 2,
        "released": ["released"] * 2,
        "two ways": ["confirmed", "released"],
        "rejected": ["rejected"] * 2,
        "half rejected": ["-", "rejected"],
        "half": ["-", "released"],
    }
    assert shop.check().clean


DAMAGES = {
    "gone": lambda r, key, name: r.hdel(key, name),
    "other words": lambda r, key, name: r.hset(key, name, "confirmed:1 confirmed:1"),
    "too few": lambda r, key, name: r.hset(key, name, "-"),
}


CASES = [
    (name, damage)
    for name in ("late", "confirmed", "two ways", "rejected", "half rejected", "half", "units", "living")
    for damage in DAMAGES
    if damage != "gone" or name not in ("units", "living")  # these two have no endings
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "damage"), CASES)
def test_an_ending_that_was_changed_is_found_and_repaired(*, shop, ended, redis_client, key, name, damage):
    before = endings(redis_client, key)
    DAMAGES[damage](redis_client, key("endings"), ended[name])
    (drift,) = shop.check().drifts
    assert drift.what == f"endings of the shipments of decision {ended[name]}"
    assert drift.found != drift.expected
    assert len(shop.repair(who="eve").repaired) == 1
    assert endings(redis_client, key) == before
    assert shop.check().clean


def test_endings_of_a_hold_that_never_was_are_found_and_deleted(shop, ended, redis_client, key):
    before = endings(redis_client, key)
    redis_client.hset(key("endings"), mapping={"stray": "confirmed:1", "another": "- released:2"})
    assert {drift.what.rpartition(" ")[2] for drift in shop.check().drifts} == {"stray", "another"}
    assert len(shop.repair(who="eve").repaired) == 2
    assert endings(redis_client, key) == before


def test_all_endings_that_are_lost_at_once_are_restored(shop, redis_client, key, monkeypatch):
    """More than are read at once."""
    monkeypatch.setattr(hold_endings, "_AT_ONCE", 5)
    monkeypatch.setattr(recheck, "_AT_ONCE", 5)
    for number in range(12):
        shop.holds.release(json_of(shop.decide(order(("A", 1), id=f"{number}")))["id"])
    before = endings(redis_client, key)
    redis_client.delete(key("endings"))
    assert len(shop.check().drifts) == 12
    shop.repair(who="eve")
    assert endings(redis_client, key) == before


def test_while_holds_end_no_ending_is_a_drift(shop, opened):
    over, faults = threading.Event(), []

    def work(worker, number):
        try:
            while not over.is_set():
                made = json_of(worker.decide(order(("A", 1), ("B", 1))))["id"]
                worker.holds.confirm(made, shipments=LILLE_S) if number else worker.holds.release(made, shipments=LYONS)
                worker.holds.release(made)
        except BaseException as error:  # noqa: BLE001 - asserted below
            faults.append(error)

    threads = [threading.Thread(target=work, args=(opened(), number)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert [drift for _ in range(10) for drift in shop.check().drifts] == []
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert shop.check().clean


def test_endings_are_kept_though_their_decisions_are_missing_in_the_index(shop, ended, redis_client, key):
    before = endings(redis_client, key)
    index = redis_client.hgetall(key("decisions"))
    redis_client.hset(key("endings"), "stray", "confirmed:1")
    redis_client.hdel(key("decisions"), ended["confirmed"], ended["two ways"], ended["half"])
    drifts = sorted(drift.what for drift in shop.check().drifts)
    lost = sorted(f"decision {ended[name]} in the index of the log" for name in ("confirmed", "two ways", "half"))
    assert drifts == [*lost, "endings of the shipments of decision stray"]
    shop.repair(who="eve")
    assert endings(redis_client, key) == before
    assert redis_client.hgetall(key("decisions")) == index
    assert shop.check().clean


def test_endings_are_kept_though_their_decisions_are_lost_from_the_index_during_a_check(
    shop, ended, redis_client, key, network
):
    before = endings(redis_client, key)
    redis_client.hset(key("endings"), "stray", "confirmed:1")
    with contextlib.closing(Client(shop._server.url)) as client:
        check = Check(client, Keys(network))
        check._read_log()
        redis_client.delete(key("decisions"))
        check._suspect_what_changed_late()
        drifts = list(check.recheck_all())
    assert [drift.what for drift in drifts] == ["endings of the shipments of decision stray"]
    shop.repair(who="eve")
    assert endings(redis_client, key) == before


def test_a_stray_ending_is_found_beside_others_that_are_missing(shop, ended, redis_client, key):
    before = endings(redis_client, key)
    redis_client.hdel(key("endings"), ended["confirmed"], ended["half"])
    redis_client.hset(key("endings"), mapping={"stray": "confirmed:1", "another": "released:1"})
    damaged = {ended["confirmed"], ended["half"], "stray", "another"}
    assert {drift.what.rpartition(" ")[2] for drift in shop.check().drifts} == damaged
    assert len(shop.repair(who="eve").repaired) == 4
    assert endings(redis_client, key) == before


def test_an_ending_of_a_decision_that_held_nothing_is_found_and_deleted(shop, ended, redis_client, key):
    before = endings(redis_client, key)
    nothing = json_of(shop.decide(order(("NONE", 1))))["id"]
    redis_client.hset(key("endings"), nothing, "confirmed:1")
    (drift,) = shop.check().drifts
    assert (drift.what.rpartition(" ")[2], drift.found, drift.expected) == (nothing, 1, 0)
    assert len(shop.repair(who="eve").repaired) == 1
    assert endings(redis_client, key) == before


_SOME = st.sets(st.integers(min_value=0, max_value=8))
"""Numbers of decisions in `ended`."""


@pytest.mark.slow
@examples(10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=_SOME, gone=_SOME, changed=_SOME, strays=st.integers(min_value=0, max_value=3))
def test_a_repair_restores_endings_and_index_whatever_was_damaged(
    *, shop, ended, redis_client, key, lost, gone, changed, strays
):
    endings_before, index_before = endings(redis_client, key), redis_client.hgetall(key("decisions"))
    names = list(ended.values())
    for hash_name, numbers in (("decisions", lost), ("endings", gone)):
        for number in numbers:
            redis_client.hdel(key(hash_name), names[number])
    for name in [*(names[number] for number in changed), *(f"stray {number}" for number in range(strays))]:
        redis_client.hset(key("endings"), name, "confirmed:1")
    shop.repair(who="eve")
    assert endings(redis_client, key) == endings_before
    assert redis_client.hgetall(key("decisions")) == index_before
    assert shop.check().clean


def test_holds_that_end_during_a_check_are_no_reason_to_search_for_strays(shop, ended, redis_client, network):
    def scans():
        return redis_client.info("commandstats").get("cmdstat_hscan", {"calls": 0})["calls"]

    with contextlib.closing(Client(shop._server.url)) as client:
        check = Check(client, Keys(network))
        before = scans()
        check._read_log()
        shop.holds.release(ended["living"])
        shop.holds.release(ended["half"], shipments=LILLE_S)
        shop.holds.release(json_of(shop.decide(order(("A", 1))))["id"])
        check._suspect_what_changed_late()
        assert not list(check.recheck_all())
        assert scans() == before
