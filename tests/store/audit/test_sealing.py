"""Entries are sealed once each, in their order, whoever seals and whatever dies meanwhile."""

import dataclasses
import logging

import pytest
import redis

from engine.audit import sealer
from engine.audit.sealing.checkpoint import SignedCheckpoint, checkpoints_in
from engine.audit.sealing.leaf import leaf_of, parse_id
from engine.audit.sealing.merkle import leaf_hash, verify_consistency, verify_inclusion
from engine.audit.sealing.signed_note import VerifierKey
from engine.audit.sealing.tiles import Tile, TilePart
from engine.errors import InputInvalid, NotFound, NotReady, SealBroken
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit import seal_entries
from engine.store.audit.sealed_log import SealedLog
from tests.reference import plain_merkle
from tests.support.facts import order
from tests.support.wait_until import wait_until


def leaves_of_log(log):
    return [leaf_of(*entry).data for entry in log.entries()]


def test_what_is_sealed_is_every_entry_of_the_log_in_its_order(log):
    log.worker.decide(order(("RARE", 1), id="o"))
    log.add(300)
    first = log.worker.sealer.seal()
    log.add(700)
    state = log.worker.sealer.seal()
    data = leaves_of_log(log)
    assert [leaf.data for leaf in SealedLog(log.worker._client, log.worker._keys).leaves()] == data
    assert state.size == len(data) == first.size + 700
    assert state.root == plain_merkle.head(data)
    assert first.root == plain_merkle.head(data[: first.size])
    assert (state.origin, state.last) == (first.origin, parse_id(log.redis.xrange(log.key("log"))[-1][0].decode()))
    assert log.worker.sealer.seal() == state


def test_the_checkpoint_is_signed_by_the_published_key_and_appended_to_the_file(log):
    states = [log.worker.sealer.seal()]
    log.add(1)
    states += [log.worker.sealer.seal(), log.worker.sealer.seal()]
    (published,) = log.worker.sealer.published_keys(states[-1])
    noted = list(checkpoints_in(log.settings.checkpoint_file.read_text()))
    assert [one.checkpoint for one in noted] == [state.tree for state in states[:2]]
    assert all(one.note.signed_by(published.key) for one in noted)
    assert VerifierKey.parse(str(published.key)) == published.key
    assert log.settings.audit_key.stat().st_mode & 0o777 == 0o600


def test_proofs_are_those_of_the_standard_and_tiles_those_of_tlog_tiles(log):
    log.add(600)
    size = log.worker.sealer.seal().size
    data = leaves_of_log(log)
    for number in (0, 255, 256, size - 1):
        name = log.redis.xrange(log.key("log"))[number][0].decode()
        proof = log.worker.proofs.inclusion(name)
        assert (proof.number, proof.leaf.data, list(proof.hashes)) == (
            number,
            data[number],
            plain_merkle.path(number, data),
        )
        leaf, root = leaf_hash(proof.leaf.data), proof.state.root
        verify_inclusion(index=number, size=size, leaf=leaf, proof=proof.hashes, root=root)
    for old in (1, 256, 300, size):
        proof = log.worker.proofs.consistency(old)
        assert list(proof.hashes) == plain_merkle.consistency(old, data)
        verify_consistency(old=old, size=size, old_root=proof.old_root, root=proof.root, proof=proof.hashes)
    log = log.worker.proofs.log
    assert log.tile(TilePart(0, 1), size=size) == b"".join(map(leaf_hash, data[256:512]))
    assert log.tile(TilePart(0, 2, 30), size=size) == b"".join(map(leaf_hash, data[512:542]))
    assert log.tile(TilePart(1, 0, 2), size=size) == plain_merkle.head(data[:256]) + plain_merkle.head(data[256:512])
    assert log.tile(TilePart(None, 0, 2), size=size) == b"\x00\x30" + data[0] + b"\x00\x30" + data[1]
    for part in (TilePart(0, 2), TilePart(0, 3, 1), TilePart(1, 0, 3), TilePart(2, 0, 1), TilePart(None, 2, 255)):
        with pytest.raises(NotFound):
            log.tile(part, size=size)


def test_a_decision_is_proven_by_its_own_id(log):
    decision = log.worker.decide(order(("RARE", 1), id="o")).id
    log.worker.sealer.seal()
    proof = log.worker.proofs.inclusion(decision)
    assert b'"kind":"decided"' in proof.entry
    assert decision.encode() in proof.entry


def test_what_was_proven_of_an_order_before_it_was_erased_is_proven_after_it(log):
    decision = log.worker.decide(order(("RARE", 1), id="o", customer="zaphod")).id
    log.worker.sealer.seal()
    before = log.worker.proofs.inclusion(decision)
    log.worker.holds.release(decision)
    log.worker.erasures.erase("o", note="")
    assert log.worker.proofs.inclusion(decision) == before
    assert log.worker.decision(decision).record.erased
    log.worker.sealer.seal()
    assert log.worker.check().clean


@pytest.mark.parametrize("name", ["nobody", "1-1", "9999999999999999-0", "1-99999999999999999999"])
def test_what_is_not_sealed_has_no_proof(log, name):
    with pytest.raises(NotFound, match="nothing is sealed yet"):
        log.worker.proofs.inclusion(name)
    log.worker.sealer.seal()
    with pytest.raises((NotFound, ValueError)):
        log.worker.proofs.inclusion(name)
    with pytest.raises(InputInvalid, match="numbers of entries"):
        log.worker.proofs.consistency(1_000)


def test_of_two_that_seal_at_once_one_does_and_the_other_goes_on_behind_it(log, monkeypatch):
    log.add(10)
    others = []
    store = seal_entries.SealStep._store

    def seal_between(step, *arguments):
        if not others:
            others.append(None)
            others[0] = log.worker.sealer.seal()
            log.add(3)
        return store(step, *arguments)

    monkeypatch.setattr(seal_entries.SealStep, "_store", seal_between)
    state = log.worker.sealer.seal()
    assert (state.size, state.origin) == (others[0].size + 3, others[0].origin)
    assert log.worker.check().seal.findings == ()


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_a_process_that_dies_before_or_after_its_step_loses_nothing_and_seals_nothing_twice(log, monkeypatch, written):
    log.worker.sealer.seal()
    log.add(300)
    store = seal_entries.SealStep._store

    class Died(BaseException):
        pass

    def die(step, *arguments):
        if written:
            store(step, *arguments)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(seal_entries.SealStep, "_store", die)
        with pytest.raises(Died):
            log.worker.sealer.seal()
    log.add(5)
    assert log.worker.sealer.seal().size == len(log.redis.xrange(log.key("log")))
    assert log.worker.check().seal.findings == ()


def test_of_a_log_without_entries_there_is_no_checkpoint(tmp_path):
    with Pointsman(Settings(data=tmp_path)) as service:
        assert service.sealer.seal().checkpoint == ""
        assert service._client.redis.keys() == []


def test_a_log_that_was_restored_under_another_name_is_another_log(log, tmp_path, server_url, clock):
    log.worker.sealer.seal()
    log.worker.back_up(tmp_path / "backup")
    name = f"{log.worker.settings.network}-copy"
    settings = dataclasses.replace(log.worker.settings, network=name)
    with Pointsman(settings, clock=clock) as copy:
        copy.restore(tmp_path / "backup")
        state = copy.sealer.seal()
        assert state.origin.split("/")[1] == name
        assert state.size > log.worker.proofs.state().size
        assert copy.check().seal.findings == ()
        copy.forget()


def test_many_entries_are_sealed_in_several_steps(log, monkeypatch):
    monkeypatch.setattr(seal_entries, "MOST_AT_ONCE", 100)
    log.add(550)
    state = log.worker.sealer.seal()
    assert state.root == plain_merkle.head(leaves_of_log(log))


def test_a_turn_leaves_what_may_not_be_on_the_disk_yet(log, monkeypatch):
    log.add(3)
    monkeypatch.setattr(sealer, "SETTLED_MILLISECONDS", 3_600_000)
    assert log.worker.sealer.take_turn()
    assert log.worker.proofs.log.state().size == 0
    log.redis.delete(log.key("sealing"))
    monkeypatch.setattr(sealer, "SETTLED_MILLISECONDS", -1_000)
    assert log.worker.sealer.take_turn()
    assert log.worker.proofs.log.state().size == len(log.entries())


def test_a_process_that_goes_on_seals_by_itself_until_it_is_closed(tmp_path):
    with Pointsman(Settings(data=tmp_path)) as service:
        service._client.redis.xadd(service._keys.log, {"kind": "moved", "id": "", "at": 1}, id="1-0")
        service.start_sealing()
        wait_until(lambda: service.proofs.log.state().size == 1, "the entry is sealed")
    assert not any(thread._thread.is_alive() for thread in service._seal_threads)


def test_one_process_has_its_turn_at_a_time(log, server_url, network, clock):
    settings = Settings(redis_url=server_url, network=network, audit=log.settings)
    with Pointsman(settings, clock=clock) as other:
        assert log.worker.sealer.take_turn()
        assert not other.sealer.take_turn()


def test_a_turn_finds_an_entry_that_was_altered_in_the_store(log, caplog):
    log.add(600)
    log.worker.sealer.seal()
    log.rewrite(
        lambda entries: [
            (name, fields | {b"at": b"2"} if number == 5 else fields) for number, (name, fields) in enumerate(entries)
        ]
    )
    altered = log.redis.xrange(log.key("log"))[5][0].decode()
    with caplog.at_level(logging.ERROR, "pointsman"):
        for _ in range(3):  # a bundle each, beside the newest
            log.redis.delete(log.key("sealing"))
            assert log.worker.sealer.take_turn()
    assert f"the log is not as it was sealed: entry {altered} was altered" in caplog.text


def test_without_a_key_nothing_is_sealed_and_why_is_said(bare, caplog):
    assert not bare.sealer.can_seal
    with pytest.raises(NotReady, match="POINTSMAN_AUDIT_KEY"):
        bare.sealer.seal()
    bare.start_sealing()
    assert bare._seal_threads == []
    assert "the log is not sealed, as there is no key to sign with (POINTSMAN_AUDIT_KEY)" in caplog.text


def test_after_a_rotation_both_keys_sign_until_the_former_ones_time_is_over(log, clock):
    first = log.worker.sealer.seal()
    (former,) = log.worker.sealer.published_keys(first)
    log.worker.sealer.rotate_key(overlap=3_600)
    both = SignedCheckpoint.parse(log.worker.sealer.seal().checkpoint)
    newest, still = log.worker.sealer.published_keys(first)
    assert (still.key, still.until) == (former.key, clock.now + 3_600)
    assert both.checkpoint == first.tree
    assert both.signers([newest.key, still.key]) == [newest.key, still.key]
    clock.now += 3_600
    log.add(1)
    later = SignedCheckpoint.parse(log.worker.sealer.seal().checkpoint)
    assert later.signers([newest.key, still.key]) == [newest.key]
    log.worker.sealer.rotate_key(overlap=60)
    log.worker.sealer.rotate_key(overlap=7_200)
    assert [one.until for one in log.worker.sealer.published_keys(first)] == [None, clock.now + 7_200, clock.now + 60]


def test_a_tree_that_was_altered_is_not_sealed_upon(log):
    log.add(300)
    log.worker.sealer.seal()
    log.add(1)
    log.settings.checkpoint_file.unlink()  # which would tell, too
    log.redis.setrange(log.key("sealed:tile:1:0"), 3, b"x")
    with pytest.raises(SealBroken, match="its tiles do not give the head that was sealed"):
        log.worker.sealer.seal()


def test_leaves_that_nobody_sealed_are_not_sealed_upon(log):
    log.add(256 - len(log.entries()))
    assert log.worker.sealer.seal().size == 256
    log.add(1)
    log.redis.set(log.key("sealed:leaves:1"), b"x" * 48)
    with pytest.raises(SealBroken, match="is not as long as the log is sealed"):
        log.worker.sealer.seal()


@pytest.mark.parametrize("cut", ["sealed:leaves:1", "sealed:tile:1:0"])
def test_a_tile_that_was_cut_off_is_not_sealed_upon(log, cut):
    log.add(300)
    log.worker.sealer.seal()
    log.add(1)
    log.redis.set(log.key(cut), log.redis.get(log.key(cut))[:-1])
    with pytest.raises(SealBroken, match="damaged"):
        log.worker.sealer.seal()


@pytest.mark.parametrize("field", ["size", "last"])
def test_a_sealed_state_that_cant_be_read_is_said(log, field):
    log.worker.sealer.seal()
    log.redis.hset(log.key("sealed"), field, b"\xff")
    with pytest.raises(SealBroken, match="can't be read"):
        log.worker.sealer.seal()
    assert [one.kind for one in log.worker.check().seal.findings] == ["tree_altered"]


def test_the_embedded_server_has_a_key_and_remembers_its_latest_checkpoint(tmp_path):
    with Pointsman(Settings(data=tmp_path)) as service:
        service._client.redis.xadd(service._keys.log, {"kind": "moved", "id": "", "at": 1})
        service.sealer.seal()
        assert (tmp_path / "audit-key.pem").stat().st_mode & 0o777 == 0o600
        assert [one.checkpoint.size for one in service.sealer.known()] == [1]
        service.forget()
        assert service.sealer.known() == []
        with redis.Redis.from_url(service._server.url) as client:
            client.xadd("{main}:log", {"kind": "moved", "id": "", "at": 1})
        assert service.sealer.seal().size == 1


def test_tiles_are_kept_apart_by_level(log):
    log.add(300)
    state = log.worker.sealer.seal()
    assert set(SealedLog(log.worker._client, log.worker._keys).tiles([Tile(0, 1), Tile(1, 0), Tile(2, 0)])) == {
        Tile(0, 1),
        Tile(1, 0),
        Tile(2, 0),
    }
    assert state.trimmed == 0
