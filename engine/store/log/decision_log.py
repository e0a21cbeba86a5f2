"""Reads the decision log: what was decided, what ended and what moved, in order. The Lua scripts write it."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from engine.errors import DecisionUnreadable, NotFound
from engine.store.audit.archive.archived_log import START, ArchivedLog
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.errors import BodyDamaged
from engine.store.keys import Keys
from engine.store.log.entry import Entry, EntryId
from engine.store.log.newest_first import batches_newest_first
from engine.store.log.stored_entry import UNREADABLE, RawEntry, key_name, parse_entry, parse_entry_id
from engine.store.personal.order_keys import Secrets, parse_secret, read_secrets

_BATCH = 500
_LARGEST = (1 << 64) - 1


def decided(client: Client, keys: Keys, decision: str) -> Entry:
    """The entry of a decision, by the decision's id; raises NotFound, DecisionUnreadable if it is damaged or its
    order's key is lost.
    """
    try:
        entry = client.retry_if_revived(lambda: _find(client, keys, decision))
    except BodyDamaged as error:
        raise DecisionUnreadable(f"decision '{decision}' can't be read: {error}") from error
    if entry is None:
        verify_no_order(client, keys, decision)
        raise NotFound(f"no decision goes by the id '{decision}'")
    return entry


def decided_all(client: Client, keys: Keys, decisions: Sequence[str]) -> list[Entry]:
    """As `decided`, of each, but read together."""
    with contextlib.suppress(BodyDamaged):
        found = client.retry_if_revived(lambda: find_all(client, keys, decisions) if decisions else [])
        if len(found) == len(decisions):
            return found
    return [decided(client, keys, decision) for decision in decisions]  # which says which of them it is


def verify_no_order(client: Client, keys: Keys, name: str) -> None:
    """Raise NotFound if a name that is no decision's is the id of an order, and say which decision it has."""
    with faults():
        first: bytes | None = client.redis.hget(keys.order(name), "first")
    if first is not None:
        raise NotFound(
            f"no decision goes by the id '{name}': it is an order, whose first decision is {first.decode()}; all are in"
            f" pointsman order show {name}"
        )


def find_all(client: Client, keys: Keys, decisions: Sequence[str]) -> list[Entry]:
    """The entries of several decisions that exist, in the same order."""
    with faults():
        places = client.redis.hmget(keys.decisions, decisions)
    found = stored_entries(client, keys, [place for place in places if place])
    secrets = secrets_of(client, keys, found)
    return [parse_entry(entry_id, fields, secrets) for entry_id, fields in found]


def stored_entries(client: Client, keys: Keys, places: Sequence[bytes]) -> list[RawEntry]:
    """The entries of these ids that there are, in the log or in the archive, as they are stored, in the same order."""
    with faults(), client.redis.pipeline(transaction=False) as read:
        for place in places:
            read.xrange(keys.log, place, place)
        answers = read.execute()
    found: list[RawEntry] = []
    for place, answer in zip(places, answers, strict=True):
        raw = answer[0] if answer else ArchivedLog(client, keys).entry(parse_entry_id(place))
        if raw is not None:
            found.append(raw)
    return found


def entries(client: Client, keys: Keys, *, on_damaged: Callable[[str], None] | None = None) -> Iterator[Entry]:
    """The whole log, oldest first, a batch at a time. `on_damaged` is called with the id of each entry that
    is damaged; without it, such an entry raises one of UNREADABLE.
    """
    for batch in batches(client, keys):
        yield from (entry for _, entry in parsed(client, keys, batch, on_damaged))


def parsed(
    client: Client, keys: Keys, batch: Sequence[RawEntry], on_damaged: Callable[[str], None] | None
) -> Iterator[tuple[RawEntry, Entry]]:
    """Entries as they are stored, each with what it says; `on_damaged` as in `entries`."""
    secrets = secrets_of(client, keys, batch)
    for entry_id, fields in batch:
        try:
            yield (entry_id, fields), parse_entry(entry_id, fields, secrets)
        except UNREADABLE:
            if on_damaged is None:
                raise
            on_damaged(entry_id.decode())


def secrets_of(client: Client, keys: Keys, batch: Iterable[RawEntry]) -> Secrets:
    """The secrets of the order keys that these entries need."""
    return read_secrets(client, keys, (name for _, fields in batch if (name := key_name(fields)) is not None))


def decisions(
    client: Client,
    keys: Keys,
    *,
    since: int | None = None,
    until: int | None = None,
    start: str = "-",
    on_damaged: Callable[[str], None] | None = None,
) -> Iterator[Entry]:
    """The decisions made from the instant `since` on and before `until`, as they were logged, oldest first; those
    behind `start`, which is written as for XRANGE; `on_damaged` as in `entries`.
    """
    pairs = decisions_as_stored(client, keys, since=since, until=until, start=start, on_damaged=on_damaged)
    return (entry for _, entry in pairs)


def decisions_as_stored(
    client: Client,
    keys: Keys,
    *,
    since: int | None = None,
    until: int | None = None,
    start: str = "-",
    on_damaged: Callable[[str], None] | None = None,
) -> Iterator[tuple[RawEntry, Entry]]:
    """The same, each with its entry as it is stored."""
    for batch in raw_decisions(client, keys, since=since, until=until, start=start):
        yield from parsed(client, keys, batch, on_damaged)


def raw_decisions(
    client: Client, keys: Keys, *, since: int | None = None, until: int | None = None, start: str = "-"
) -> Iterator[list[RawEntry]]:
    """The same as they are stored, a batch at a time: those behind `start`, which is written as for XRANGE."""
    return raw_entries(client, keys, frozenset({"decided"}), since=since, until=until, start=start)


def raw_entries(
    client: Client,
    keys: Keys,
    kinds: AbstractSet[str],
    *,
    since: int | None = None,
    until: int | None = None,
    start: str = "-",
    end: str = "+",
) -> Iterator[list[RawEntry]]:
    """The entries of these kinds, as they are stored, in the same way, up to the id `end`."""
    names = frozenset(kind.encode() for kind in kinds)

    def is_meant(fields: Mapping[bytes, bytes]) -> bool:
        if fields.get(b"kind") not in names:
            return False
        at = fields.get(b"at", b"")
        # of a damaged one it is not known
        return not at.isdigit() or ((since is None or int(at) >= since) and (until is None or int(at) < until))

    for batch in batches(client, keys, start=start, end=end):
        yield [(name, fields) for name, fields in batch if is_meant(fields)]


def is_empty(client: Client, keys: Keys) -> bool:
    with faults():
        return not client.redis.xlen(keys.log)


def batches(
    client: Client, keys: Keys, *, start: str = "-", end: str = "+", at_once: int = _BATCH
) -> Iterator[list[RawEntry]]:
    """The log as it is stored, from `start` to `end`, which are written as for XRANGE: first what is in the archive of
    it, if anything is.

    Which entries are in the archive alone is read after each batch: if that is any of the batch or before it, another
    process has archived them meanwhile, and they are read there.
    """
    while True:
        with faults(), client.redis.pipeline(transaction=False) as read:
            read.xrange(keys.log, start, end, count=at_once)
            read.hget(keys.archived, "through")
            batch, text = read.execute()
        through, after = START if text is None else parse_entry_id(text), _before(start)
        if after < through:
            until = through if end == "+" else min(through, _bound(end, _LARGEST))
            archived = ArchivedLog(client, keys).entries(after=after, until=until)
            while piece := list(itertools.islice(archived, at_once)):
                yield piece
            start = "({}-{}".format(*through)
            continue
        if batch:
            yield batch
        if len(batch) < at_once:
            return
        start = f"({batch[-1][0].decode()}"


def knows(client: Client, keys: Keys, entry: EntryId) -> bool:
    """Whether the entry is in the log or its archive; if not, it was of a log that was deleted since."""
    name = "{}-{}".format(*entry)
    with faults(), client.redis.pipeline(transaction=False) as read:
        read.xrange(keys.log, name, name, count=1)
        read.hget(keys.archived, "through")
        there, through = read.execute()
    return bool(there) or (through is not None and entry <= parse_entry_id(through))


def next_entries(client: Client, keys: Keys, *, start: str, count: int) -> list[RawEntry]:
    """At most `count` entries from `start` on, which is written as for XRANGE."""
    read = batches(client, keys, start=start, at_once=count)
    return list(itertools.islice(itertools.chain.from_iterable(read), count))


def newest_first(
    client: Client,
    keys: Keys,
    *,
    start: int | None = None,
    end: int | None = None,
    after: EntryId | None = None,
    behind: EntryId | None = None,
) -> Iterator[RawEntry]:
    """The log as it is stored on the server, without what is in the archive; `start`, `end`, `after` and `behind` as in
    `batches_newest_first`.
    """
    for batch in batches_newest_first(
        client, keys.log, start=start, end=end, after=after, at_once=_BATCH, behind=behind
    ):
        yield from batch


def entries_about(
    client: Client, keys: Keys, decisions: AbstractSet[str], *, start: str, on_damaged: Callable[[str], None]
) -> Iterator[Entry]:
    """The entries that are about any of these decisions, oldest first, from `start` on. Others are not parsed."""
    names = {decision.encode() for decision in decisions}
    for batch in batches(client, keys, start=start):
        about = [raw for raw in batch if raw[1].get(b"id") in names]
        secrets = secrets_of(client, keys, about) if about else {}
        for entry_id, fields in about:
            try:
                yield parse_entry(entry_id, fields, secrets)
            except UNREADABLE:
                on_damaged(entry_id.decode())


def _find(client: Client, keys: Keys, decision: str) -> Entry | None:
    with faults():
        entry_id = client.redis.hget(keys.decisions, decision)
        if not entry_id:
            return None
        with client.redis.pipeline(transaction=False) as read:
            read.xrange(keys.log, entry_id, entry_id)
            read.hget(keys.order_keys, decision)
            answer, secret = read.execute()
    raw = answer[0] if answer else ArchivedLog(client, keys).entry(parse_entry_id(entry_id))
    return _with_secret(raw, decision, secret, lambda name: read_secrets(client, keys, [name])) if raw else None


def _before(start: str) -> EntryId:
    """The place behind which a range begins that is written as for XRANGE."""
    if start == "-":
        return START
    millis, number = _bound(start.removeprefix("("), 0)
    return (millis, number) if start.startswith("(") else (millis, number - 1)


def _bound(text: str, number: int) -> EntryId:
    """A bound as for XRANGE, which may be milliseconds alone."""
    millis, _, rest = text.partition("-")
    return int(millis), int(rest) if rest else number


def _with_secret(raw: RawEntry, first: str, secret: bytes | None, read: Callable[[str], Secrets]) -> Entry:
    """An entry that may need the order key of `first`, as it is stored, or that of another, which is then read."""
    name = key_name(raw[1])
    secrets = {first: parse_secret(secret)} if name in (None, first) else read(name)
    return parse_entry(*raw, secrets)
