"""Whatever is done to the log in the store is found by the check and named; and no repair follows a forged log."""

import itertools

import pytest

from api.records.audit.replays import ReplaySums
from engine.errors import SealBroken
from tests.support.facts import order


@pytest.fixture
def ids(log):
    """Of 300 entries that are sealed, and one that is not."""
    added = [entry.decode() for entry in log.add(300)]
    log.worker.sealer.seal()
    log.add(1)
    return added


def test_an_untouched_log_has_no_findings_and_says_how_much_is_not_sealed(full):
    seal = full.worker.check().seal
    assert (seal.findings, seal.unsealed, seal.archived) == ((), 1, 0)
    assert seal.sealed >= 300
    assert full.worker.check().clean


@pytest.mark.parametrize("bit", [0, 3, 7])
@pytest.mark.parametrize("field", [b"kind", b"at", b"levels"])
def test_a_flipped_bit_is_found(full, bit, field):
    def flip(entries):
        name, fields = entries[260]
        value = fields[field]
        return [*entries[:260], (name, fields | {field: bytes([value[0] ^ 1 << bit]) + value[1:]}), *entries[261:]]

    altered = []
    full.rewrite(lambda entries: altered.append(entries[260][0].decode()) or flip(entries))
    assert full.kinds() == [("altered", altered[0])]


def test_a_field_that_was_renamed_or_added_is_found(full):
    def change(entries):
        fields = dict(entries[10][1])
        fields[b"\xff"] = fields.pop(b"levels")
        return [
            *entries[:10],
            (entries[10][0], fields),
            *entries[11:19],
            (entries[19][0], entries[19][1] | {b"by": b"eve"}),
            *entries[20:],
        ]

    full.rewrite(change)
    assert [kind for kind, _ in full.kinds()] == ["altered", "altered"]


@pytest.mark.parametrize("number", [0, 255, 299])
def test_a_deleted_entry_is_found(full, number):
    full.redis.xdel(full.key("log"), full.ids[number])
    assert full.kinds() == [("deleted", full.ids[number])]


def test_an_inserted_entry_is_found(full):
    def insert(entries):
        """Where there is room: the next entry is of another millisecond."""
        pairs = enumerate(itertools.pairwise(name.partition(b"-")[0] for name, _ in entries))
        at = next(number for number, (one, following) in pairs if one != following) + 1
        return [*entries[:at], (b"%b9" % entries[at - 1][0], {b"kind": b"moved"}), *entries[at:]]

    full.rewrite(insert)
    assert [kind for kind, _ in full.kinds()] == ["inserted"]


def test_an_entry_before_the_first_is_found(full):
    full.rewrite(lambda entries: [(b"1-1", {b"kind": b"moved"}), *entries])
    assert full.kinds() == [("inserted", "1-1")]


def test_swapped_contents_are_found(full):
    def swap(entries):
        (one, first), (two, second) = entries[5:7]
        return [*entries[:5], (one, second), (two, first), *entries[7:]]

    full.rewrite(swap)
    assert [kind for kind, _ in full.kinds()] == ["altered", "altered"]


def test_a_log_that_was_cut_off_is_found(full):
    full.rewrite(lambda entries: entries[:-100])
    assert full.kinds() == [("deleted", name) for name in full.ids[-99:]]
    assert not full.worker.check().clean


def test_a_log_that_was_deleted_is_found(full):
    full.redis.delete(full.key("log"))
    assert len(full.kinds()) == full.worker.check().seal.sealed


def test_leaves_that_were_altered_to_fit_a_forged_entry_are_found(full):
    leaves = full.redis.get(full.key("sealed:leaves:0"))
    full.redis.set(full.key("sealed:leaves:0"), leaves[:-1] + bytes([leaves[-1] ^ 1]))
    assert [kind for kind, _ in full.kinds()] == ["tree_altered", "tree_altered", "altered"]


@pytest.mark.parametrize("name", ["sealed:leaves:0", "sealed:leaves:1", "sealed:tile:1:0"])
def test_tiles_that_were_deleted_are_found(full, name):
    full.redis.delete(full.key(name))
    assert full.kinds()[0][0] == "tree_altered"


def test_an_older_copy_of_all_that_is_stored_is_found_by_a_checkpoint_outside_it(full):
    """As an append-only file that was cut off leaves it: log, tree and checkpoint of before."""
    names = [*full.redis.scan_iter(full.key("sealed*")), full.key("log").encode()]
    dumps = {name: full.redis.dump(name) for name in names}
    full.add(10)
    full.worker.sealer.seal()
    full.redis.delete(*full.redis.scan_iter(full.key("sealed*")), full.key("log"))
    for name, dump in dumps.items():
        full.redis.restore(name, 0, dump)
    assert full.kinds() == [("log_shorter", "")]
    with pytest.raises(SealBroken, match=r"its end was cut off, or an older copy.*--new-log"):
        full.worker.sealer.seal()
    full.add(50)
    with pytest.raises(SealBroken, match="its end was cut off"):
        full.worker.sealer.seal()
    before = full.worker.proofs.state()
    after = full.worker.sealer.seal(new_log=True)
    assert after.origin != before.origin
    assert after.size == before.size + 51
    assert full.kinds() == []


def test_another_history_that_was_sealed_anew_is_found(full):
    remembered = full.settings.checkpoint_file.read_text()
    origin = full.worker.proofs.state().origin
    full.rewrite(lambda entries: [*entries[:5], *entries[6:]])
    full.redis.delete(*full.redis.scan_iter(full.key("sealed*")))
    full.redis.hset(full.key("sealed"), "origin", origin)
    full.settings.checkpoint_file.unlink()
    full.worker.sealer.seal()
    assert full.kinds() == []
    full.settings.checkpoint_file.write_text(remembered)
    assert full.kinds() == [("other_history", "")]


def test_a_log_that_was_altered_and_began_anew_is_found(full):
    full.rewrite(lambda entries: [*entries[:5], *entries[6:]])
    full.redis.delete(*full.redis.scan_iter(full.key("sealed*")))
    assert full.kinds() == [("log_shorter", "")]
    with pytest.raises(SealBroken):
        full.worker.sealer.seal()


@pytest.mark.parametrize("all_of_it", [True, False])
def test_what_a_power_cut_took_back_of_the_seal_alone_is_sealed_as_before(full, all_of_it):
    """A server that syncs each second may lose what was sealed last, and has the entries, which are older."""
    dumps = {name: full.redis.dump(name) for name in full.redis.scan_iter(full.key("sealed*"))}
    full.add(5)
    state = full.worker.sealer.seal()
    full.redis.delete(*full.redis.scan_iter(full.key("sealed*")))
    for name, dump in () if all_of_it else dumps.items():
        full.redis.restore(name, 0, dump)
    assert full.kinds() == []
    again = full.worker.sealer.seal()
    assert (again.origin, again.size, again.root) == (state.origin, state.size, state.root)
    assert full.kinds() == []


def test_entries_in_an_archive_are_not_missed(full):
    full.rewrite(lambda entries: entries[200:])
    assert len(full.kinds()) == 200
    full.redis.hset(full.key("sealed"), "trimmed", 200)
    assert full.kinds() == []
    assert full.worker.check().seal.archived == 200
    assert full.worker.sealer.seal().trimmed == 200


def test_there_is_no_proof_of_an_entry_that_was_altered_or_deleted_and_an_export_names_both(full, tmp_path):
    altered, deleted = full.ids[3], full.ids[7]

    def change(entries):
        return [
            (name, fields | ({b"at": b"2"} if name == altered.encode() else {}))
            for name, fields in entries
            if name != deleted.encode()
        ]

    full.rewrite(change)
    for entry, what in ((altered, "was altered"), (deleted, "was deleted")):
        with pytest.raises(SealBroken, match=f"{entry} {what}"):
            full.worker.proofs.inclusion(entry)
    assert full.worker.proofs.inclusion(full.ids[4]).entry is not None
    named = []
    written = full.worker.sealer.export(tmp_path / "log", by="ada", on_altered=named.append)
    assert [(one.kind, one.entry) for one in named] == [("altered", altered), ("deleted", deleted)]
    assert written == full.worker.proofs.state().size - 1


def test_no_repair_follows_a_log_that_is_not_what_was_sealed(log):
    """A release was forged, and the stock freed by hand accordingly."""
    decision = log.worker.decide(order(("RARE", 1), id="o")).id
    log.worker.sealer.seal()
    log.rewrite(lambda entries: [*entries[:-1], (entries[-1][0], entries[-1][1] | {b"caller": b"eve"})])
    log.redis.hdel(log.key(f"hold:{decision}"), "caller")
    with pytest.raises(SealBroken, match="nothing is repaired, as the log is not what was sealed of it: entry"):
        log.worker.repair(who="eve")
    assert log.redis.hget(log.key(f"hold:{decision}"), "caller") is None


def test_a_replay_says_that_its_entry_is_not_what_was_sealed_even_if_it_comes_out_the_same(log):
    altered, untouched = [log.worker.decide(order(("RARE", 1), id=name)).id for name in ("one", "two")]
    log.worker.sealer.seal()
    unsealed = log.worker.decide(order(("RARE", 1), id="three")).id
    log.rewrite(
        lambda entries: [
            (name, fields | ({b"by": b"eve"} if fields[b"id"].decode() in (altered, unsealed) else {}))
            for name, fields in entries
        ]
    )
    for replays in (
        log.worker.replays.between(None, None),
        map(log.worker.replays.of_decision, (altered, untouched, unsealed)),
    ):
        found = [(one.record.id, one.outcome, one.altered, len(one.why)) for one in replays]
        assert found == [
            (altered, "identical", True, 1),
            (untouched, "identical", False, 0),
            (unsealed, "identical", False, 0),
        ]
    sums = ReplaySums()
    for one in log.worker.replays.between(None, None):
        sums.add(one)
    assert (sums.altered, [one.decision for one in sums.record.replays]) == (1, [altered])
    log.redis.delete(log.key("sealed:leaves:0"))
    assert log.worker.replays.of_decision(untouched).altered
