"""A replay of the log that goes on from a stored one is the replay of all of it."""

from engine.store.log import decision_log
from engine.store.log.stored_entry import parse_entry
from engine.store.reconcile.log_replay import LogReplay
from engine.store.reconcile.stored_replay import StoredReplay


def verify_resumed(pointsman, parts=3):
    """At the end of each part of the log."""
    batches = decision_log.batches(pointsman._client, pointsman._keys)
    entries = [raw for batch in batches for raw in batch]
    ended = _replayed(LogReplay(), entries)
    whole = _stored(ended)
    for part in range(1, parts + 1):
        size = len(entries) * part // parts
        stored = StoredReplay.decode(_stored(_replayed(LogReplay(), entries[:size])).encode())
        replay = stored.replay()
        named = {entry for sources in replay.orders.amended_by.values() for entry in sources}
        parsed = (parse_entry(*raw) for raw in entries[:size])
        replay.orders.restore_amended({entry.id: entry for entry in parsed if entry.id in named})
        resumed = _stored(_replayed(replay, entries[size:]))
        assert replay.orders.by_id == ended.orders.by_id
        assert _plain(resumed) == _plain(whole)


def _replayed(replay, entries):
    for raw in entries:
        replay.add(raw)
    return replay


def _stored(replay):
    return StoredReplay.of(replay, indexed=1, endings=1)


def _plain(stored):
    """What it decodes to, so that a Counter is what a dict is."""
    return StoredReplay.decode(stored.encode())
