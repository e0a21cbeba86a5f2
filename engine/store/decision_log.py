"""Reads the decision log: what was decided, what ended and what moved, in order. The Lua scripts write it."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from engine.decide.order_record import OrderRecord, Record
from engine.decide.record import DecisionRecord, facts_of, from_json, with_erased
from engine.errors import DecisionUnreadable, NotFound
from engine.model.facts import NodeRest
from engine.model.lots import LotUnits
from engine.store.audit.archive.archived_log import START, ArchivedLog
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import Body, StoredBody
from engine.store.entry_codec.errors import BodyDamaged
from engine.store.entry_codec.personal_values import PersonalField
from engine.store.keys import Keys
from engine.store.outcomes import UnitState
from engine.store.personal.order_keys import Erased, Secrets, parse_secret, read_secrets

RawEntry: TypeAlias = tuple[bytes, dict[bytes, bytes]]
"""An entry as the server answers it: its id in the stream, and its fields."""
Units: TypeAlias = tuple[tuple[str, int], ...]
"""(SKU, units) of a shipment, each SKU once."""
EntryId: TypeAlias = tuple[int, int]
"""An entry's id in the stream: milliseconds, and a number among those of the same millisecond. Later is greater."""

ACT_KINDS = (
    "policy_approved",
    "scheduled",
    "unscheduled",
    "network_changed",
    "webhook_added",
    "webhook_changed",
    "webhook_removed",
    "key_created",
    "key_rotated",
    "key_revoked",
    "reset",
    "backed_up",
    "restored",
    "exported",
    "archived",
    "erased",
    "audit_key_rotated",
    "log_begun",
    "sealed",
)
"""Acts of people of which the ledger has nothing, and that are no events. What they were about is in their details."""
KINDS = (
    "decided",
    "confirmed",
    "released",
    "expired",
    "rejected",
    "extended",
    "withdrawn",
    "moved",
    "repaired",
    "woken",
    "set_aside",
    "queued",
    "approved",
    "cancelled",
    "undone",
    "amended",
    "counted",
    "loaded",
    "published",
    "activated",
    *ACT_KINDS,
)
"""The kinds of entries."""
UNREADABLE = (ValueError, KeyError, IndexError)
"""What `parse_entry` raises for an entry that is damaged."""
_BATCH = 500
_LARGEST = (1 << 64) - 1
_MICROSECONDS = 1_000_000
_MILLISECONDS = 1_000


class RejectionBody(Record, frozen=True):
    """The body of a rejection's entry: what `node` rejected, and why. `rest` is the rest that it began, if it did."""

    node: str
    reason: str
    parts: tuple[tuple[int, Units], ...]
    """By number of a shipment, the units of each SKU that were rejected of it."""
    ended: tuple[int, ...]
    """Numbers of the shipments of which nothing is held any more."""
    room: bool
    """Whether the node's day has the room of those again."""
    lines: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = ()
    """By number of a shipment, the units of each order line that were rejected of it."""
    rest: NodeRest | UnsetType = UNSET
    blocks: bool | UnsetType = UNSET
    """Whether the rejected units may not be sold from now on; earlier releases left them on hand."""
    lots: tuple[tuple[int, tuple[tuple[str, LotUnits], ...]], ...] | UnsetType = UNSET
    """By number of a shipment, which of its rejected units are of lots, by SKU."""

    def encode(self) -> bytes:
        return _ENCODER.encode(self)


class PositionLevel(NamedTuple):
    """Units on hand of a position before and after a change, and those that are held then."""

    before: int
    after: int
    held: int


class RejectionCount(NamedTuple):
    """What a rejection counted of a SKU at its node; `level` is None if a newer count stands."""

    sku: str
    on_hand: int
    level: PositionLevel | None


class MovedUnits(msgspec.Struct, frozen=True, array_like=True):
    """One movement in the body of an entry: units that came or, where `delta` is negative, left."""

    sku: str
    node: str
    delta: int
    op: str = ""
    reason: str | None = None
    at: int | None = None
    """When, by the caller, in UTC microseconds."""
    blocked: int = 0
    """By how many units those change that may not be sold."""
    lot: str = ""
    """The label of the lot that they are of, if that was named. The script finds it out, and logs it beside the body.
    """


class ShipmentSetAside(msgspec.Struct, frozen=True, array_like=True):
    """The units of one shipment in the body of an entry that says what was set aside."""

    node: str
    service: str
    units: tuple["HeldUnits", ...]


class HeldUnits(msgspec.Struct, frozen=True, array_like=True):
    """Units of a SKU, and which of them are of lots."""

    sku: str
    units: int
    lots: LotUnits = ()


class PartUnits(msgspec.Struct, frozen=True, array_like=True):
    """Units of a shipment that came from the state `source` into the state that the entry is about."""

    number: int
    node: str
    service: str
    source: UnitState
    units: Units
    lines: tuple[tuple[str, int], ...]
    """The same units by line."""
    room: int
    """By how many shipments the load of the node's day changed."""
    left_at: int | None = None
    """Of units that are held again, when they were said to have left, in UTC microseconds."""
    lots: tuple[tuple[str, LotUnits], ...] = ()
    """By SKU, which of the units are of lots."""


class HoldUnits(Record, frozen=True):
    """What changed of a decision's shipments: `endings` afterwards as `Keys.endings` has them, and the numbers of those
    of which units have `left`.
    """

    decision: str
    endings: str
    left: tuple[int, ...]
    parts: tuple[PartUnits, ...]


class UnitsBody(Record, frozen=True, omit_defaults=True):
    """The body of an entry about some units of shipments of an `order`. `late`: their hold had expired, and they were
    still there. A cancellation also has the units by line that were `cancelled`, wherever they were, and of each
    decision under which some of them waited how many units wait from then on (`waiting`). So has an amendment, whose
    cancelled units are below 0, as those were that are not ordered any more, and the order as it is from then on; and
    whether it `parks` the order until a person approves it.
    """

    holds: tuple[HoldUnits, ...] = ()
    late: bool = False
    order: str = ""
    cancelled: dict[str, int] = msgspec.field(default_factory=dict)
    waiting: dict[str, int] = msgspec.field(default_factory=dict)
    amended: OrderRecord | UnsetType = UNSET
    parks: bool = False

    def encode(self) -> bytes:
        return _ENCODER.encode(self)


# a rest's reasons may be any mapping, and msgspec encodes dicts
_ENCODER = msgspec.json.Encoder(enc_hook=dict)
_REJECTION = msgspec.json.Decoder(RejectionBody)
_MOVEMENTS = msgspec.json.Decoder(tuple[MovedUnits, ...])
_SET_ASIDE = msgspec.json.Decoder(tuple[ShipmentSetAside, ...])
_UNITS = msgspec.json.Decoder(UnitsBody)
_POSITIONS = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_ENDED_UNITS = msgspec.json.Decoder(dict[int, Units])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change. `kind` is one of KINDS; queued and withdrawn mean into and from the backlog, woken that the rest of a
    node was ended, set_aside that units are held for a decision that is still being made, and approved, amended or
    erased that an order was, whose first decision this is; undone means that confirmed units did not leave. Counted
    positions have another number on hand, a network was loaded whole, a policy version was published or is active from
    now on: no part of the ledger, but events. ACT_KINDS are neither.

    `decision` is the decision it is about (if units moved, the name of the batch; if a rest was ended, the node; if
    an order was amended or units of it cancelled, its first; of a network or policies, their version; empty of counts).
    `body` holds the JSON of a decision, a rejection, movements, counted positions, a repair, what was set aside, units
    of shipments, the units that wait by line, the note of an approval or details of a load, a policy version or another
    act, and is empty otherwise.
    `logged_facts` are the document of facts that a decision's record names; up to schema 1 it named none.
    """

    id: EntryId
    kind: str
    decision: str
    at: int
    body: bytes
    logged_facts: bytes = b""
    hidden: bool = False
    """Whether personal values are left out of the body and the facts, because they are `erased` or were not asked for.
    """
    hidden_facts: bool = False
    """Whether some are left out of the facts, whose hash is then not that which the record names."""
    erased: bool = False
    """Whether the key of its order was destroyed: its personal values are gone."""
    caller: str = ""
    """For a decision or what is set aside, whose open holds its hold counts among."""
    by: str = ""
    """Who did it: the name of the API key over HTTP, or of the user of the command line. Empty if Pointsman did by
    itself, as it ends holds in time, or if an earlier release logged it.
    """
    request: str = ""
    """The id of the HTTP request by which it was done; empty if there was none."""
    through: str = ""
    """By which way it came, `http` or `cli`, as `Author` has it; earlier releases left out this, and the next two."""
    origin: str = ""
    """From where: the address of the HTTP caller, or LOGIN@HOST of the command line's user."""
    operation: str = ""
    """The idempotency key or operation id that the caller gave its request."""
    shipments: tuple[int, ...] | None = None
    """Numbers of the shipments whose hold this ended; None means all."""
    taken: str = ""
    """For movements, a 1 for each that was applied by this entry and a 0 for each that was not; for what was undone, a
    1 for the units of each part and SKU that are on hand again and a 0 for those that were counted since.
    """
    in_counts: str = ""
    """For movements, a 1 for each that the count which stood already had, so that it changed nothing on hand; empty if
    none did. Earlier releases left it out.
    """
    weights: Mapping[str, int] | None = None
    """Of what is set aside, grams a unit by SKU, if its units and grams count in the loads."""
    moved_at: int | None = None
    """When units came or left by this, or the latest instant at which they did, in UTC microseconds. Earlier releases
    left it out.
    """
    until: int | None = None
    """Until when an extension lets the hold last, or units are set aside or held again."""
    day: str = ""
    """For a decision, or what is set aside, the date whose loads its shipments count in. Earlier releases left it out.
    """
    periods: tuple[str, ...] = ()
    """For a decision, or units that are held again, the periods of allotments in which its units count as taken (see
    `Keys.taken`).
    """
    lots: tuple[str, ...] = ()
    """For movements, the label of the lot that each is of, empty where none was named; none if none was of any."""
    positions_before: tuple[tuple[int, int, int], ...] = ()
    """For a decision, or what is set aside, units on hand, units held and the floor just before it, for each position
    it took units from, sorted by SKU, then node.
    """
    ended_units: Mapping[int, Units] = field(default_factory=dict)
    """Of whole shipments that ended, by number, the units that were held of them until then. Earlier releases left it
    out.
    """
    levels: tuple[PositionLevel | None, ...] = ()
    """For each of the movements, or positions that were counted, what is on hand then; None where that did not change.
    Earlier releases left it out.
    """
    rejection_counts: tuple[RejectionCount, ...] = ()
    """What a rejection counted."""

    @property
    def record(self) -> DecisionRecord:
        """Of a decision."""
        return from_json(self.body)

    @property
    def facts(self) -> bytes:
        """Of a decision, as `facts_of` says."""
        return facts_of(self.body, self.logged_facts)

    @property
    def rejection(self) -> RejectionBody:
        """Of what was rejected."""
        return _REJECTION.decode(self.body)

    @property
    def set_aside(self) -> tuple[ShipmentSetAside, ...]:
        """Of what was set aside, by the number of its shipment."""
        return _SET_ASIDE.decode(self.body)

    @property
    def changed_order(self) -> str:
        """Of a call on an order, the order's id."""
        return str(msgspec.json.decode(self.body)["order"])

    @property
    def erased_fields(self) -> tuple[PersonalField, ...]:
        """Of an erasure, the fields whose values are gone."""
        return tuple(msgspec.json.decode(self.body)["fields"])

    @property
    def queued_lines(self) -> dict[str, int]:
        """Of units that were queued, how many of each line wait under the decision from then on."""
        return dict(msgspec.json.decode(self.body)["units"])

    @property
    def queued_units(self) -> int:
        """How many these are in all."""
        return sum(self.queued_lines.values())

    @property
    def units(self) -> UnitsBody | None:
        """Of an entry about some units of shipments; None if it is about whole shipments, numbered in `shipments`."""
        return _UNITS.decode(self.body) if self.body else None

    def instant(self, stated: int | None = None) -> int:
        """When units came or left by this, in UTC microseconds, if that is `stated` so."""
        latest = self.at * _MICROSECONDS if self.moved_at is None else self.moved_at
        return latest if stated is None else min(stated, latest)

    @property
    def recorded_at(self) -> int:
        """When the server wrote it by its own clock, in UTC seconds; `at` is what the writer's clock said."""
        return self.id[0] // _MILLISECONDS

    @property
    def counted_positions(self) -> tuple[tuple[str, str], ...]:
        """Of counts, SKU and node of each; none if they changed nothing on hand."""
        return _POSITIONS.decode(self.body) if self.levels else ()

    @property
    def movements(self) -> tuple[MovedUnits, ...]:
        """Of movements, all that were asked for."""
        return _MOVEMENTS.decode(self.body)

    @property
    def details(self) -> dict[str, Any]:
        """Of a policy version that was published or activated, what its history says, too; of other acts of people,
        what they were about; of counts that changed nothing on hand, how many these were.
        """
        return dict(msgspec.json.decode(self.body))

    @property
    def applied_movements(self) -> list[MovedUnits]:
        """Of movements, those that this entry applied."""
        return [movement for movement, _ in self.movements_and_counts]

    @property
    def movements_and_counts(self) -> list[tuple[MovedUnits, bool]]:
        """Of movements, those that this entry applied, each with whether the count that stood already had it."""
        movements, in_counts = self.movements, self.in_counts or "0" * len(self.taken)
        if self.lots:
            pairs = zip(movements, self.lots, strict=True)
            movements = tuple(msgspec.structs.replace(movement, lot=lot) for movement, lot in pairs)
        parts = zip(movements, self.taken, in_counts, strict=True)
        return [(movement, counted == "1") for movement, bit, counted in parts if bit == "1"]


def decided(client: Client, keys: Keys, decision: str) -> Entry:
    """The entry of a decision, by the decision's id; raises NotFound, DecisionUnreadable if it is damaged or its
    order's key is lost.
    """
    try:
        entry = client.retry_if_revived(lambda: _find(client, keys, decision))
    except BodyDamaged as error:
        raise DecisionUnreadable(f"decision '{decision}' can't be read: {error}") from error
    if entry is None:
        raise NotFound(f"no decision goes by the id '{decision}'")
    return entry


def find_all(client: Client, keys: Keys, decisions: Sequence[str]) -> list[Entry]:
    """The entries of several decisions that exist, in the same order."""
    with faults():
        places = client.redis.hmget(keys.decisions, decisions)
    found = stored_entries(client, keys, places)
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
        yield from _parsed(client, keys, batch, on_damaged)


def _parsed(
    client: Client, keys: Keys, batch: Sequence[RawEntry], on_damaged: Callable[[str], None] | None
) -> Iterator[Entry]:
    secrets = secrets_of(client, keys, batch)
    for entry_id, fields in batch:
        try:
            yield parse_entry(entry_id, fields, secrets)
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
    on_damaged: Callable[[str], None] | None = None,
) -> Iterator[Entry]:
    """The decisions made from the instant `since` on and before `until`, as they were logged, oldest first;
    `on_damaged` as in `entries`.
    """

    def is_meant(fields: Mapping[bytes, bytes]) -> bool:
        if fields.get(b"kind") != b"decided":
            return False
        at = fields.get(b"at", b"")
        # of a damaged one it is not known
        return not at.isdigit() or ((since is None or int(at) >= since) and (until is None or int(at) < until))

    for batch in batches(client, keys):
        meant = [(name, fields) for name, fields in batch if is_meant(fields)]
        yield from _parsed(client, keys, meant, on_damaged)


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


def next_entries(client: Client, keys: Keys, *, start: str, count: int) -> list[RawEntry]:
    """At most `count` entries from `start` on, which is written as for XRANGE."""
    read = batches(client, keys, start=start, at_once=count)
    return list(itertools.islice(itertools.chain.from_iterable(read), count))


def newest_first(client: Client, keys: Keys, *, start: str = "-", end: str = "+") -> Iterator[RawEntry]:
    """The log as it is stored on the server, without what is in the archive, from `end` back to `start`, which are
    written as for XREVRANGE.
    """
    while True:
        with faults():
            batch = client.redis.xrevrange(keys.log, end, start, count=_BATCH)
        yield from batch
        if len(batch) < _BATCH:
            return
        end = f"({batch[-1][0].decode()}"


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
    return with_secret(raw, decision, secret, lambda name: read_secrets(client, keys, [name])) if raw else None


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


def with_secret(raw: RawEntry, first: str, secret: bytes | None, read: Callable[[str], Secrets]) -> Entry:
    """An entry that may need the order key of `first`, as it is stored, or that of another, which is then read."""
    name = key_name(raw[1])
    secrets = {first: parse_secret(secret)} if name in (None, first) else read(name)
    return parse_entry(*raw, secrets)


def parse_entry_id(text: bytes) -> EntryId:
    millis, _, number = text.partition(b"-")
    return int(millis), int(number)


def kind_of(fields: Mapping[bytes, bytes]) -> str:
    """Of an entry as it is stored; raises one of UNREADABLE."""
    return fields[b"kind"].decode()


def key_name(fields: Mapping[bytes, bytes]) -> str | None:
    """The first decision of the order whose key an entry needs; None if it has no personal values, or is damaged."""
    if b"body" in fields:
        with contextlib.suppress(BodyDamaged):
            body = StoredBody.parse(fields[b"body"])
            return (body.key_name or fields.get(b"id", b"").decode(errors="replace")) if body.personal else None
    return fields.get(b"id", b"").decode(errors="replace") if b"personal" in fields else None


def is_amendment(fields: Mapping[bytes, bytes]) -> bool:
    """Whether it is the entry of an amendment that has personal values."""
    return b"personal" in fields


def parse_entry(entry_id: bytes, fields: dict[bytes, bytes], secrets: Secrets | None = None) -> Entry:
    """Parse an entry as it is stored; raises one of UNREADABLE if it is damaged. The `secrets` are those of the order
    keys; without them, personal values are hidden.
    """
    stood = fields.get(b"stood")
    until, shipments, moved_at = (fields.get(name) for name in (b"until", b"shipments", b"moved_at"))
    body, is_erased = _read_body(fields, secrets)
    return Entry(
        id=parse_entry_id(entry_id),
        kind=fields[b"kind"].decode(),
        decision=fields[b"id"].decode(),
        at=int(fields[b"at"]),
        body=body.body,
        logged_facts=body.facts,
        hidden=body.hidden,
        hidden_facts=body.hidden_facts,
        erased=is_erased,
        caller=fields.get(b"caller", b"").decode(),
        by=_who(fields),
        request=fields.get(b"request", b"").decode(),
        through=fields.get(b"through", b"").decode(),
        origin=fields.get(b"from", b"").decode(),
        operation=fields.get(b"op", b"").decode(),
        shipments=None if shipments is None else tuple(int(number) for number in shipments.split(b",")),
        taken=fields.get(b"taken", b"").decode(),
        in_counts=fields.get(b"in_counts", b"").decode(),
        weights=msgspec.json.decode(fields[b"weights"]) if b"weights" in fields else None,
        moved_at=None if moved_at is None else int(moved_at),
        until=None if until is None else int(until),
        day=fields.get(b"day", b"").decode(),
        periods=tuple(msgspec.json.decode(fields[b"periods"])) if b"periods" in fields else (),
        lots=tuple(msgspec.json.decode(fields[b"lots"])) if b"lots" in fields else (),
        positions_before=tuple(_parse_position(text) for text in stood.split(b",")) if stood else (),
        ended_units=_ENDED_UNITS.decode(fields[b"held"]) if b"held" in fields else {},
        levels=tuple(_parse_level(text) for text in fields[b"levels"].split(b",")) if b"levels" in fields else (),
        rejection_counts=_parse_counts(fields.get(b"counted", b"[]")),
    )


def _read_body(fields: Mapping[bytes, bytes], secrets: Secrets | None) -> tuple[Body, bool]:
    """The body, and whether its personal values were erased."""
    stored, decision = fields.get(b"body"), fields[b"id"].decode()
    if stored:
        parts = StoredBody.parse(stored)
    elif b"personal" in fields:
        parts = StoredBody.beside(fields[b"units"], fields[b"personal"])
    else:
        plain = next((fields[name] for name in (b"set_aside", b"units", b"details") if name in fields), b"")
        return Body(body=plain), False
    name = parts.key_name or decision
    secret = secrets.get(name) if secrets is not None and parts.personal else None
    if parts.personal and secrets is not None and secret is None:
        raise BodyDamaged(f"the key of the order that decision {name} began is not in the store")
    if isinstance(secret, Erased):
        body = parts.decode(decision)
        record = fields[b"kind"] == b"decided"
        return (replace(body, body=with_erased(body.body)) if record else body), True
    return parts.decode(decision, secret), False


def _parse_level(text: bytes) -> PositionLevel | None:
    return PositionLevel(*map(int, text.split(b" "))) if text else None


def _parse_counts(text: bytes) -> tuple[RejectionCount, ...]:
    """As commit_follow_up.lua logs them; earlier releases logged no level."""
    return tuple(
        RejectionCount(sku, on_hand, PositionLevel(*level) if level else None)
        for sku, _, on_hand, *level in msgspec.json.decode(text)
    )


def _parse_position(text: bytes) -> tuple[int, int, int]:
    on_hand, held, floor = text.split(b" ")
    return int(on_hand), int(held), int(floor)


def _who(fields: Mapping[bytes, bytes]) -> str:
    """Earlier releases named those who acted only in entries of these kinds."""
    earlier = fields.get(b"caller", b"") if fields[b"kind"] in (b"approved", b"repaired", b"woken") else b""
    return fields.get(b"by", earlier).decode()
