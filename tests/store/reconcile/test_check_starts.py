"""A check starts with what an earlier one found, if nobody can have forged that; it finds what the whole log says."""

import pytest

from engine.audit import check_starts
from engine.audit.settings import AuditSettings
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.reconcile.log_replay import LogReplay
from tests.support.facts import order
from tests.support.resumed_replay import verify_resumed


@pytest.fixture(autouse=True)
def _little_is_worth_keeping(monkeypatch):
    monkeypatch.setattr(check_starts, "LEAST_NEW", 1)


@pytest.fixture
def keeping(pointsman, server_url, network, clock, tmp_path):
    """A worker with a key."""
    audit = AuditSettings(audit_key=tmp_path / "audit.pem")
    with Pointsman(Settings(redis_url=server_url, network=network, audit=audit), clock=clock) as worker:
        yield worker


@pytest.fixture
def replayed(monkeypatch):
    """How many entries were replayed."""
    entries, add = [], LogReplay.add
    monkeypatch.setattr(LogReplay, "add", lambda self, raw, *more: (entries.append(raw[0]), add(self, raw, *more)))
    return entries


def live(worker, number):
    """Some of what may become of orders."""
    made = worker.decide(order(("RARE", 1), ("SHIRT", 2), id=f"a{number}"), wait=True)
    other = worker.decide(order(("LAMP", 1), id=f"b{number}"), wait=True)
    worker.holds.confirm(made.id) if number % 2 else worker.holds.release(other.id)
    if number % 3 == 0:
        third = worker.decide(order(("COAT", 1), id=f"c{number}"))
        node = third.record.shipments[0].node
        worker.rerouting.reject(RejectionRequest(decision=third.id, node=node, reason="damaged"))


def test_the_next_check_reads_what_came_since_and_says_so(keeping, replayed):
    for number in range(4):
        live(keeping, number)
    keeping.sealer.seal()
    first = keeping.check()
    assert (first.clean, first.since) == (True, "")
    live(keeping, 4)
    replayed.clear()
    again = keeping.check()
    last = keeping.proofs.state().last
    assert (again.clean, again.since) == (True, "{}-{}".format(*last))
    assert 0 < len(replayed) < 12
    whole = keeping.check(whole=True)
    assert (whole.decisions, whole.held, whole.ended, whole.confirmed, whole.shipped) == (
        again.decisions,
        again.held,
        again.ended,
        again.confirmed,
        again.shipped,
    )
    assert (whole.since, whole.orders) == ("", again.orders)


def test_a_drift_is_found_wherever_the_check_starts(keeping, redis_client, network):
    live(keeping, 1)
    keeping.sealer.seal()
    assert keeping.check().clean
    redis_client.hincrby(f"{{{network}}}:held:LAMP", "lyon", 3)
    audit = keeping.check()
    assert audit.since
    assert [str(drift) for drift in audit.drifts] == [str(drift) for drift in keeping.check(whole=True).drifts]
    assert audit.drifts


def test_what_a_check_found_is_not_kept_if_something_differs(keeping, redis_client, network):
    live(keeping, 1)
    keeping.sealer.seal()
    redis_client.hincrby(f"{{{network}}}:held:LAMP", "lyon", 3)
    keeping.check()
    assert not redis_client.exists(f"{{{network}}}:sealed:checked")


@pytest.mark.parametrize("field", ["body", "note"])
def test_what_was_forged_is_found_anew(keeping, redis_client, network, field):
    live(keeping, 1)
    keeping.sealer.seal()
    keeping.check()
    key = f"{{{network}}}:sealed:checked"
    stored = redis_client.hget(key, field)
    redis_client.hset(key, field, stored[:-2] + bytes([stored[-2] ^ 1]) + stored[-1:])
    audit = keeping.check()
    assert (audit.clean, audit.since) == (True, "")
    assert keeping.check().since


def test_who_has_another_key_finds_it_anew(keeping, server_url, network, clock, tmp_path):
    live(keeping, 1)
    keeping.sealer.seal()
    keeping.check()
    other = AuditSettings(audit_key=tmp_path / "other.pem")
    with Pointsman(Settings(redis_url=server_url, network=network, audit=other), clock=clock) as worker:
        assert worker.check().since == ""
        worker.sealer.key_file.make()
        assert worker.check().since == ""


def test_without_a_key_nothing_is_kept(pointsman, contents):
    live(pointsman, 1)
    before = contents()
    assert pointsman.check().clean
    assert contents() == before


def test_a_log_that_is_not_what_was_sealed_is_read_whole(keeping, redis_client, network):
    live(keeping, 1)
    keeping.sealer.seal()
    keeping.check()
    entry_id, _ = redis_client.xrange(f"{{{network}}}:log")[1]
    redis_client.xdel(f"{{{network}}}:log", entry_id)
    audit = keeping.check()
    assert (audit.since, [one.kind for one in audit.seal.findings]) == ("", ["deleted"])


def test_a_replay_that_goes_on_is_the_replay_of_all(pointsman):
    for number in range(7):
        live(pointsman, number)
    verify_resumed(pointsman, parts=6)
