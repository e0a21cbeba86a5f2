"""Reads the whole ledger for the check, a batch at a time, while the service goes on."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from engine.store.connection.client import Client, faults
from engine.store.connection.hashes import Fields, read_hashes
from engine.store.flows.promise_notes import shipment_of
from engine.store.keys import Keys
from engine.store.reconcile.expected_state import Base, PositionKey, ReceiptState, TrackingState, TransferState
from engine.store.reconcile.fulfilment.parcel_hashes import ParcelHash, parcel_hash

_AT_ONCE = 500
_SCAN_COUNT = 5_000
_LOG_END = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return {last and last[1] or '0-0', redis.call('HLEN', KEYS[2])}
"""


@dataclass(slots=True, kw_only=True)
class Names:
    """The names in the network's keys: SKUs with units on hand, with units held, with units blocked, in quarantine and
    with a base; holds; days with loads; orders; what was taken, as `Keys.taken_named` says; SKUs with receipts, and
    with pegs.
    """

    on_hand: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    quarantine: set[str] = field(default_factory=set)
    base: set[str] = field(default_factory=set)
    hold: set[str] = field(default_factory=set)
    load: set[str] = field(default_factory=set)
    order: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    pegs: set[str] = field(default_factory=set)


def names(client: Client, keys: Keys) -> Names:
    """Scan the network's keys once. Keys that come or go meanwhile may or may not be included."""
    scanned = Names()
    kinds = {name: getattr(scanned, name) for name in Names.__slots__}
    start = len(keys.prefix)
    for key in client.scan(keys.prefix, count=_SCAN_COUNT):
        kind, _, name = key[start:].partition(":")
        if name and kind in kinds:
            kinds[kind].add(name)
    return scanned


def log_end(client: Client, keys: Keys, *, counted: str) -> tuple[str, int]:
    """The id of the log's last entry, and how many fields the hash `counted` has at that moment."""
    # a script: this may be the first request after a failover in a cluster, and redis-py follows none in a transaction
    with faults():
        last, size = client.redis.eval(_LOG_END, 2, keys.log, counted)
    return last.decode(), int(size)


def expiring(client: Client, keys: Keys) -> Iterator[tuple[str, int]]:
    """Each hold that is to expire, and the instant."""
    with faults():
        for name, until in client.redis.zscan_iter(keys.expiring, count=_SCAN_COUNT):
            yield name.decode(), int(until)


def resting(client: Client, keys: Keys) -> tuple[dict[str, str], str | None]:
    """The stored rest of each node, and the instant after which no node rests."""
    with faults():
        latest = client.redis.hget(keys.facts, "rests")
        return decode_fields(client.redis.hgetall(keys.resting)), None if latest is None else latest.decode()


def units_of_orders(client: Client, keys: Keys, orders: Sequence[str]) -> Iterator[tuple[str, str | None, str | None]]:
    """Each order, its cancelled units and its returns, as they are stored."""
    for start in range(0, len(orders), _AT_ONCE):
        batch = orders[start : start + _AT_ONCE]
        with faults(), client.redis.pipeline(transaction=False) as read:
            for order in batch:
                read.hmget(keys.order(order), ["cancelled", "returns"])
            answers = read.execute()
        for order, texts in zip(batch, answers, strict=True):
            cancelled, returns = (text and text.decode() for text in texts)
            yield order, cancelled, returns


def returns(client: Client, keys: Keys) -> tuple[dict[str, str], dict[str, str]]:
    """Every return as it is stored, and when each was opened by the list of all."""
    return _scan_hash(client, keys.returns), _scan_sorted_set(client, keys.returns_opened)


def index(client: Client, keys: Keys) -> Iterator[list[tuple[str, str]]]:
    """The decisions in the index of the log, each with the id of its entry; some at a time."""
    batch: list[tuple[str, str]] = []
    with faults():
        for name, entry_id in client.redis.hscan_iter(keys.decisions, count=_SCAN_COUNT):
            batch.append((name.decode(), entry_id.decode()))
            if len(batch) >= _AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch


def endings(client: Client, keys: Keys) -> Iterator[list[str]]:
    """The decisions whose endings are stored, some at a time."""
    with faults():
        names = (name.decode() for name, _ in client.redis.hscan_iter(keys.endings, count=_SCAN_COUNT))
        while batch := list(itertools.islice(names, _AT_ONCE)):
            yield batch


def bases(client: Client, keys: Keys, skus: Sequence[str]) -> Iterator[tuple[PositionKey, Base]]:
    """The count or load that stands of each position where something came or left since."""
    for sku, fields in read_hashes(client, keys.base, skus):
        for node, text in fields.items():
            base = parse_base(text)
            if base is not None:
                yield (sku, node.decode()), base


def receipts(
    client: Client, keys: Keys, skus: Sequence[str], logged: Mapping[str, str]
) -> dict[tuple[str, str], ReceiptState]:
    """Each receipt, by SKU and id, as it is stored; `skus` are those with open ones. The SKU is that under which it is
    `logged` (SKU by id), if none is stored.
    """
    stored_skus, closed = _scan_hash(client, keys.receipt_skus), _scan_hash(client, keys.closed_receipts)
    listed = [_scan_sorted_set(client, key) for key in (keys.open_by_arrival, keys.closed_by_arrival, keys.arriving)]
    opened = {
        (sku, name): text
        for sku, fields in read_hashes(client, keys.receipts, skus)
        for name, text in decode_fields(fields).items()
    }
    names = {(sku, name) for name, sku in stored_skus.items()} | opened.keys()
    sku_of = {**logged, **stored_skus}
    names |= {(sku_of.get(name, ""), name) for by_name in (closed, *listed) for name in by_name}
    return {
        (sku, name): (
            opened.get((sku, name)),
            stored_skus.get(name),
            closed.get(name),
            *(scores.get(name) for scores in listed),
        )
        for sku, name in names
    }


def says_receipts_are_open(client: Client, keys: Keys) -> str | None:
    """1 if the facts say that some receipt is open."""
    with faults():
        text: bytes | None = client.redis.hget(keys.facts, "receipts")
    return None if text is None else text.decode()


def tracking(client: Client, keys: Keys) -> dict[str, TrackingState]:
    """By shipment, where it is and when it is due, as that is stored."""
    states = _scan_hash(client, keys.tracking_states)
    listed = [_scan_sorted_set(client, key) for key in (keys.tracking_open, keys.tracking_unraised)]
    dues = [{f"{decision}/{number}": at for decision, number, at in _shipments(scores)} for scores in listed]
    names = states.keys() | dues[0].keys() | dues[1].keys()
    return {name: (states.get(name), dues[0].get(name), dues[1].get(name)) for name in names}


def on_time(client: Client, keys: Keys) -> dict[str, str]:
    """How many parcels came on time and how many did not, as that is stored."""
    return _scan_hash(client, keys.on_time)


def _shipments(scores: dict[str, str]) -> Iterator[tuple[str, int, str]]:
    for member, at in scores.items():
        yield (*shipment_of(member), at)


def transfers(client: Client, keys: Keys) -> dict[str, TransferState]:
    """Each transfer by its id, as it is stored."""
    opened, ended = _scan_hash(client, keys.open_transfers), _scan_hash(client, keys.ended_transfers)
    listed = _scan_sorted_set(client, keys.ended_transfers_made)
    return {
        name: (opened.get(name), ended.get(name), listed.get(name))
        for name in opened.keys() | ended.keys() | listed.keys()
    }


def parcels(client: Client, keys: Keys, kind: ParcelHash) -> dict[str, str]:
    """The fields of one of the hashes about parcels."""
    return _scan_hash(client, parcel_hash(keys, kind))


def zone(client: Client, keys: Keys) -> str:
    """The network's time zone."""
    with faults():
        body = client.redis.hget(keys.facts, "body")
    return str(orjson.loads(body)["time_zone"]) if body else "UTC"


def parse_base(text: bytes | None) -> Base | None:
    """As `Keys.base` has it; None also for what earlier releases stored there, which named an entry of the log."""
    if text is None or b"-" in text:
        return None
    units, instant = text.split(b" ")
    return int(units), int(instant)


def _scan_hash(client: Client, key: str) -> dict[str, str]:
    """A hash that grows for ever, read some at a time, so that nobody waits for it."""
    with faults():
        fields = client.redis.hscan_iter(key, count=_AT_ONCE)
        return {name.decode(): value.decode() for name, value in fields}


def _scan_sorted_set(client: Client, key: str) -> dict[str, str]:
    """As `_scan_hash`, with the score of each member as a whole number."""
    with faults():
        return {name.decode(): str(int(score)) for name, score in client.redis.zscan_iter(key, count=_AT_ONCE)}


def decode_fields(fields: Fields) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields.items()}
