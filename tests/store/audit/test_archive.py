"""Entries that were archived are searched, shown, checked and decided on as before; nothing is lost on the way."""

import contextlib
import dataclasses
import time

import pytest

from engine.audit.sealing.checkpoint import SignedCheckpoint
from engine.audit.sealing.leaf import Leaf, leaf_of
from engine.audit.sealing.tiles import Edge
from engine.audit.search.decision_filter import DecisionFilter
from engine.errors import ArchiveUnavailable, NotFound, NotReady, SealBroken
from engine.events.event import START
from engine.service import Pointsman
from engine.store.audit.archive import archiving
from engine.store.audit.archive.archived_log import date_of
from engine.store.audit.archive.day_reader import read_day
from engine.store.audit.archive.day_writer import write_day
from engine.store.audit.sealed_log import SealedLog
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.kinds import FORGETTABLE, KINDS
from engine.store.log.stored_entry import parse_entry_id
from engine.store.script_keys import TRIM_LOG
from tests.support.aged_log import DAY
from tests.support.facts import LILLE, LYON, inventory, node
from tests.support.returns import dispose, inspect, open_return, receive
from tests.support.whatif import active, draft, json_of_whatif, tried

EVERYTHING = DecisionFilter()


def stored(client, network):
    """Every entry of the log, wherever it is, but for those of the runs themselves."""
    entries = (raw for batch in decision_log.batches(client, Keys(network)) for raw in batch)
    return [raw for raw in entries if raw[1][b"kind"] != b"archived"]


def seen(shop):
    """What callers see of the decisions and orders."""
    found = shop.decisions.page(EVERYTHING, limit=100).decisions
    names = sorted({summary.order for summary in found})
    return [
        found,
        [shop.decision(summary.decision).whole for summary in found],
        [shop.orders.show(name) for name in names],
        [list(shop.order_entries(name, on_damaged=pytest.fail)) for name in names],
        dataclasses.replace(shop.check(), seal=None),
    ]


def test_all_is_seen_as_before_and_the_old_entries_are_in_files_alone(shop, client, network, redis_client, tmp_path):
    before, entries = seen(shop), stored(client, network)
    assert before[-1].clean
    archived = shop.archive(tmp_path, older_than=3 * DAY)
    keys = Keys(network)
    *left, (_, run) = redis_client.xrange(keys.log)
    assert (run[b"kind"], run[b"id"]) == (b"archived", bytes(tmp_path))
    assert archived.entries + len(left) == len(entries)
    assert 4 < archived.entries < len(entries) - 4
    assert entries[archived.entries :] == left
    assert stored(client, network) == entries
    assert seen(shop) == before
    check = shop.check()
    assert (check.clean, check.seal.archived) == (True, archived.entries)
    files = sorted((tmp_path / network / "entries").glob("*.parquet"))
    assert len(files) == archived.days
    assert [raw for file in files for raw in read_day(file)] == entries[: archived.entries]
    assert (tmp_path / network / "checkpoint").read_text() == SealedLog(client, keys).state().checkpoint


def test_paces_are_learnt_of_both(shop, tmp_path):
    shop._clock = time.time
    before = shop.flows.demand.learn(dry_run=True)
    assert before.learnt_from.positions
    archived = shop.archive(tmp_path, older_than=3 * DAY)
    assert archived.entries > 4
    assert shop.flows.demand.learn(dry_run=True).changes == before.changes
    assert shop.flows.demand.learn(dry_run=True).learnt_from.entries[0] == before.learnt_from.entries[0]


def test_a_what_if_tries_both_and_says_why_some_can_t_be_read(shop, tmp_path):
    before = tried(shop, active(shop)).decisions
    shop.archive(tmp_path, older_than=3 * DAY)
    assert tried(shop, active(shop)).decisions == before
    for file in tmp_path.rglob("*.parquet"):
        file.unlink()
    result = tried(shop, active(shop))
    assert 0 < result.decisions < before
    assert "bring it back" in result.untried.archive
    with pytest.raises(NotFound, match=r"no decision of this time can be read: .*bring it back"):
        tried(shop, active(shop), until=1)


def test_of_an_archive_with_a_gap_a_what_if_rolls_forward_what_is_before_and_behind_it(shop, network, tmp_path):
    """What the log did in between is in neither side, so the same policies change nothing."""
    others = draft("when: {node.id: lyon}, then: {exclude: true}", name="not from lyon")
    before = tried(shop, active(shop), others, way="rolled_forward")
    shop.archive(tmp_path, older_than=3 * DAY)
    archived = tried(shop, active(shop), others, way="rolled_forward")
    assert json_of_whatif(archived) == json_of_whatif(before)
    files = sorted((tmp_path / network / "entries").glob("*.parquet"))
    gap = files[len(files) // 2]
    assert files[0] < gap < files[-1]
    gap.unlink()
    made = tried(shop, active(shop), others, way="rolled_forward")
    assert "bring it back" in made.untried.archive
    assert 1 < made.decisions < before.decisions
    same, _ = made.drafts
    assert (same.rolled.as_logged, same.comparison.changed) == (made.decisions, 0)
    begun_again = tried(shop, active(shop), others, way="rolled_forward", begins_again="day")
    assert (begun_again.decisions, begun_again.untried.archive) == (made.decisions, made.untried.archive)


def test_every_filter_finds_the_same_over_both(shop, tmp_path):
    filters = [
        DecisionFilter(node="lyon"),
        DecisionFilter(sku="B"),
        DecisionFilter(channel="app"),
        DecisionFilter(status="unfilled"),
        DecisionFilter(fired="test/r1"),
        DecisionFilter(fired="test/r2"),
        DecisionFilter(caller="pos"),
        DecisionFilter(order="W-2"),
        DecisionFilter(policy_version=shop.ready()["policy_version"][:7]),
        DecisionFilter(decided_from="2026-11-27T00:00:00Z", decided_until="2026-11-28T00:00:00Z"),
    ]
    entry = [summary.entry[0] // 1_000 for summary in shop.decisions.page(EVERYTHING, limit=100).decisions]
    filters += [
        DecisionFilter(start=entry[5], end=entry[1]),
        DecisionFilter(end=entry[3]),
        DecisionFilter(start=entry[3]),
    ]
    before = [(pages(shop, filtered), shop.decisions.fired(filtered)) for filtered in filters]
    shop.archive(tmp_path, older_than=3 * DAY)
    assert [(pages(shop, filtered), shop.decisions.fired(filtered)) for filtered in filters] == before
    before = [page for page, _ in before]
    assert any(before)
    assert not all(before)


def pages(shop, filtered):
    """Of all its pages of three."""
    found, after = [], None
    while True:
        page = shop.decisions.page(filtered, after=after, limit=3)
        found += page.decisions
        if page.after is None:
            return found
        after = page.after


@pytest.mark.parametrize("die_at", [0, 1, 3, 4, 6])
def test_a_run_that_dies_anywhere_loses_nothing_and_is_run_again(shop, client, tmp_path, monkeypatch, die_at):
    network = shop.settings.network
    entries = stored(client, network)
    monkeypatch.setattr(archiving, "_AT_ONCE", 2)
    steps = iter(range(100))

    def dying(name):
        real = getattr(archiving, name)

        def step(*given, **more):
            if next(steps) == die_at:
                raise KeyboardInterrupt
            answer = real(*given, **more)
            if next(steps) == die_at:
                raise KeyboardInterrupt
            return answer

        return step

    for name in ("write_day", "write_tiles", "living_entries"):
        monkeypatch.setattr(archiving, name, dying(name))
    with contextlib.suppress(KeyboardInterrupt):  # it may have had fewer steps
        shop.archive(tmp_path, older_than=3 * DAY)
    assert stored(client, network) == entries
    monkeypatch.undo()
    shop.archive(tmp_path, older_than=3 * DAY)
    assert stored(client, network) == entries
    assert shop.check().clean
    assert shop.archive(tmp_path, older_than=3 * DAY).entries == 0


def test_a_run_that_dies_in_the_midst_of_a_day_goes_on_with_it(shop, client, network, tmp_path, monkeypatch):
    entries, found = stored(client, network), shop.decisions.page(EVERYTHING, limit=100)
    monkeypatch.setattr(archiving, "_AT_ONCE", 1)
    script = archiving.Archiving._take_off

    def first_piece_only(self, day, ids, index, living):
        script(self, day, ids[:1], index, living)
        raise KeyboardInterrupt

    monkeypatch.setattr(archiving.Archiving, "_take_off", first_piece_only)
    for _ in entries[:6]:  # some days have one entry, others two
        with pytest.raises(KeyboardInterrupt):
            shop.archive(tmp_path, older_than=3 * DAY)
        assert stored(client, network) == entries
        assert shop.decisions.page(EVERYTHING, limit=100) == found
        assert shop.decisions.fired(EVERYTHING)[0] == len(found.decisions)
    monkeypatch.undo()
    shop.archive(tmp_path, older_than=3 * DAY)
    assert stored(client, network) == entries
    assert shop.check().clean


@pytest.mark.parametrize(("count", "trimmed", "answer"), [(2, 0, -1), (4, 0, -1), (3, 1, 0), (3, 0, 1)])
def test_entries_are_taken_off_only_if_they_are_those_that_were_archived(shop, redis_client, count, trimmed, answer):
    client, keys = shop._client, shop._keys
    before = redis_client.xrange(keys.log)
    arguments = [trimmed, before[2][0], count, "/archive", "2026-11-01", "3 1-1"]
    done = client.script("audit/trim")(keys=TRIM_LOG.keys(keys, trimmed_log=keys.log), args=arguments)
    assert (done, redis_client.xlen(keys.log)) == (answer, len(before) - (3 if answer == 1 else 0))


def test_an_order_that_lives_needs_no_archive(shop, client, network, tmp_path, redis_client):
    first = shop.orders.show("W-1").stored.first.id
    shop.archive(tmp_path, older_than=DAY)
    for file in (tmp_path / network / "entries").glob("*.parquet"):
        file.rename(file.with_suffix(".gone"))
    assert shop.orders.show("W-WAITS").unfilled == {} != shop.orders.show("W-1").shipments
    shop.holds.confirm(first)
    with pytest.raises(ArchiveUnavailable, match="POINTSMAN_ARCHIVE"):
        shop.orders.show("W-2")
    with pytest.raises(ArchiveUnavailable):
        shop.decisions.page(EVERYTHING, limit=100)


def test_an_open_return_needs_no_archive_and_a_new_one_of_an_archived_order_does(shop, network, tmp_path):
    open_return(shop, "W-2", A=1)
    shop.archive(tmp_path, older_than=DAY)
    for file in (tmp_path / network / "entries").glob("*.parquet"):
        file.rename(file.with_suffix(".gone"))
    receive(shop, "W-2-R1", A=1)
    inspect(shop, "W-2-R1")
    assert dispose(shop, "W-2-R1").state == "closed"
    with pytest.raises(ArchiveUnavailable, match="POINTSMAN_ARCHIVE"):
        open_return(shop, "W-3", A=1)
    for file in (tmp_path / network / "entries").glob("*.gone"):
        file.rename(file.with_suffix(".parquet"))
    assert open_return(shop, "W-3", A=1).state == "authorised"
    assert shop.check(whole=True).clean


def test_entries_that_are_kept_for_an_order_go_once_it_has_ended(shop, network, redis_client, tmp_path):
    kept = Keys(network).archived_kept
    first = shop.orders.show("W-1").stored.first.id
    shop.archive(tmp_path, older_than=DAY)
    before = redis_client.hlen(kept)
    shop.holds.release(first)
    shop.archive(tmp_path, older_than=DAY)
    assert redis_client.hlen(kept) == before - 1


def test_only_what_is_sealed_is_archived(shop, redis_client, network, tmp_path):
    keys = Keys(network)
    redis_client.delete(keys.sealed)
    with pytest.raises(NotReady, match="pointsman audit seal"):
        shop.archive(tmp_path, older_than=3 * DAY)
    assert redis_client.hlen(keys.archived) == 0


def test_an_entry_that_was_altered_is_not_archived(shop, redis_client, network, tmp_path):
    keys = Keys(network)
    entries = redis_client.xrange(keys.log)
    redis_client.delete(keys.log)
    for entry_id, fields in entries:
        redis_client.xadd(keys.log, fields | {b"by": b"eve"} if entry_id == entries[3][0] else fields, id=entry_id)
    with pytest.raises(SealBroken):
        shop.archive(tmp_path, older_than=3 * DAY)
    assert redis_client.xlen(keys.log) > len(entries) - 4


def test_a_moved_archive_is_found_by_the_setting(shop, settings, clock, tmp_path):
    before = seen(shop)
    shop.archive(tmp_path / "here", older_than=3 * DAY)
    (tmp_path / "here").rename(tmp_path / "there")
    with pytest.raises(ArchiveUnavailable, match="begins elsewhere"):
        shop.archive(tmp_path / "elsewhere", older_than=DAY)
    with Pointsman(dataclasses.replace(settings, archive=tmp_path / "there"), clock=clock) as other:
        assert seen(other) == before


def test_events_are_read_over_both(shop, tmp_path):
    before = shop.events.read(START, limit=1_000).events
    shop.archive(tmp_path, older_than=3 * DAY)
    assert shop.events.read(START, limit=1_000).events == before
    assert shop.events.read(before[2].position, limit=1_000).events == before[3:]


def test_archived_decisions_are_made_again_after_another_network_was_loaded(shop, tmp_path):
    shop.archive(tmp_path, older_than=3 * DAY)
    places = [node("lyon", LYON, handling=9_000_000), node("lille", LILLE)]
    shop.load(inventory(places, {"A": {"lyon": 30, "lille": 2}, "B": {}}))
    outcomes = [item.outcome for item in shop.replays.between(None, None)]
    assert (len(outcomes) > 7, set(outcomes)) == (True, {"identical"})
    assert all(made.agrees for made in shop.calculations.between(None, None))


def test_an_order_whose_entries_are_archived_is_erased(shop, tmp_path):
    shop.archive(tmp_path, older_than=3 * DAY)
    made = shop.orders.show("W-2").stored.first
    assert made.order.destination.latitude is not None
    assert shop.erasures.erase("W-2", note="").now
    erased = shop.decision(made.id).record
    assert (erased.erased, erased.order.destination.latitude) == (True, None)
    assert (erased.cost_micros, erased.co2_mg) == (made.cost_micros, made.co2_mg)
    assert dataclasses.replace(shop.check(), seal=None).clean


def test_archived_entries_of_a_kind_are_forgotten_when_their_time_is_over(shop, settings, clock, client, tmp_path):
    network = settings.network
    entries = stored(client, network)
    retention = (("counted", 1), ("published", 4 * 24 * 60), ("activated", 100 * 24 * 60))
    with Pointsman(dataclasses.replace(settings, retention=retention), clock=clock) as keeping:
        archived = keeping.archive(tmp_path, older_than=3 * DAY)
        due = [raw for raw in entries[: archived.entries] if raw[1][b"kind"] in (b"counted", b"published")]
        assert archived.forgotten == len(due) > 0
        assert stored(client, network) == [raw for raw in entries if raw not in due]
        assert keeping.check(whole=True).clean
        assert keeping.archive(tmp_path, older_than=3 * DAY).forgotten == 0
    (run,) = (entry for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "archived")
    assert sum(run.details["forgotten"].values()) == len(due)


def test_a_file_of_which_something_was_altered_is_not_written_anew(shop, settings, clock, tmp_path):
    shop.archive(tmp_path, older_than=3 * DAY)
    due = {b"loaded", b"activated"}
    for path in (tmp_path / settings.network / "entries").glob("*.parquet"):
        altered = [(place, fields | {b"by": b"eve"}) for place, fields in read_day(path)]
        if 0 < sum(fields[b"kind"] in due for _, fields in altered) < len(altered):
            break
    write_day(path, altered)
    retention = tuple((kind.decode(), 1) for kind in sorted(due))
    keeping = dataclasses.replace(settings, retention=retention)
    with Pointsman(keeping, clock=clock) as other, pytest.raises(SealBroken):
        other.archive(tmp_path, older_than=3 * DAY)
    assert list(read_day(path)) == altered


def test_only_what_the_ledger_can_do_without_is_forgotten():
    assert KINDS[KINDS.index("counted") :] == FORGETTABLE


def test_a_file_that_is_there_with_other_entries_is_left_alone(shop, client, network, tmp_path):
    entries = stored(client, network)
    folder = tmp_path / network / "entries"
    folder.mkdir(parents=True)
    other = folder / f"{date_of(parse_entry_id(entries[0][0]))}.parquet"
    write_day(other, entries[-1:])
    before = other.read_bytes()
    with pytest.raises(ArchiveUnavailable, match="has other entries"):
        shop.archive(tmp_path, older_than=3 * DAY)
    assert (other.read_bytes(), stored(client, network)) == (before, entries)


def test_the_tiles_and_the_checkpoint_prove_what_is_archived(shop, network, tmp_path):
    shop.archive(tmp_path, older_than=3 * DAY)
    folder = tmp_path / network
    signed = SignedCheckpoint.parse((folder / "checkpoint").read_text())
    bundle = next((folder / "tile" / "entries").rglob("*.p/*")).read_bytes()
    archived = [leaf_of(*raw).data for file in sorted((folder / "entries").iterdir()) for raw in read_day(file)]
    assert b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in archived) == bundle[: 50 * len(archived)]
    edge = Edge()
    edge.add([Leaf.parse(bundle[start + 2 : start + 50]) for start in range(0, len(bundle), 50)])
    assert (edge.size, edge.head) == (signed.checkpoint.size, signed.checkpoint.root)


def test_what_is_archived_while_it_is_read_is_read_all_the_same(shop, client, network, tmp_path, monkeypatch):
    entries = stored(client, network)
    monkeypatch.setattr(decision_log, "_BATCH", 2)
    read = []
    for batch in decision_log.batches(client, Keys(network), at_once=2):
        read += batch
        if len(read) == 4:
            shop.archive(tmp_path, older_than=3 * DAY)
    assert [raw for raw in read if raw[1][b"kind"] != b"archived"] == entries


def test_a_search_that_goes_on_while_it_is_archived_finds_each_once(shop, tmp_path, monkeypatch):
    before = shop.decisions.page(EVERYTHING, limit=100).decisions
    newest_first = decision_log.newest_first

    def archived_meanwhile(*given, **more):
        yield from newest_first(*given, **more)
        shop.archive(tmp_path, older_than=3 * DAY)

    monkeypatch.setattr(decision_log, "newest_first", archived_meanwhile)
    assert shop.decisions.page(EVERYTHING, limit=100).decisions == before
