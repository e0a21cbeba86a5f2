"""Reads suspects again, all at one moment, together with the id of the log's last entry at that moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.store.connection.client import Client, faults
from engine.store.flows.promise_notes import member_of
from engine.store.fulfilment.stored_shipment import shipment_key
from engine.store.keys import Keys
from engine.store.log.stored_entry import parse_entry_id
from engine.store.reconcile.drift import SuspectPosition
from engine.store.reconcile.expected_state import ReceiptState, Suspect, SuspectKind
from engine.store.reconcile.fulfilment.parcel_hashes import PARCEL_HASHES, ParcelHash, parcel_hash
from engine.store.reconcile.scan import decode_fields, parse_base
from engine.store.reconcile.waiting_index import WaitingState, parse_waiting
from engine.store.search_index.comparison import FieldState
from engine.store.search_index.stored_index import state_of

_AT_ONCE = 500


class _Read(NamedTuple):
    """How a suspect of one kind is read: `request` adds commands to a pipeline, `parse` takes as many replies."""

    request: Callable[[Any, Keys, Any], object]
    parse: Callable[[Iterator[Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMoment:
    """The stored state of some suspects, as `_READS` says for each kind, and the log's last entry at that moment."""

    end: str
    states: Mapping[Suspect, Any]
    millis: int
    """By the server's clock."""


def batches(suspects: AbstractSet[Suspect]) -> Iterator[list[Suspect]]:
    """The suspects, some at a time, sorted by kind and name."""
    kinds = list(_READS)
    ordered = sorted(suspects, key=lambda suspect: (kinds.index(suspect[0]), suspect[1]))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def read(client: Client, keys: Keys, suspects: Sequence[Suspect]) -> LogMoment:
    """Read all of them in one transaction."""
    with faults(), client.redis.pipeline(transaction=True) as pipeline:
        pipeline.xrevrange(keys.log, count=1)
        for kind, name in suspects:
            _READS[kind].request(pipeline, keys, name)
        last, *replies = pipeline.execute()
    remaining = iter(replies)
    return LogMoment(
        end=last[0][0].decode() if last else "0-0",
        states={suspect: _READS[suspect[0]].parse(remaining) for suspect in suspects},
        millis=client.milliseconds(keys.log),
    )


def _parse_text(replies: Iterator[Any]) -> str | None:
    reply = next(replies)
    return None if reply is None else str(reply, "utf-8")


def _parse_count(replies: Iterator[Any]) -> int:
    return int(next(replies) or 0)


def _parse_hold(replies: Iterator[Any]) -> tuple[dict[str, str], int | None]:
    """The hold's fields, and when it is to expire."""
    fields, until = decode_fields(next(replies)), next(replies)
    return fields, None if until is None else int(until)


def _parse_position(replies: Iterator[Any]) -> SuspectPosition:
    on_hand, held, blocked, quarantine = (_parse_count(replies) for _ in range(4))
    base = parse_base(next(replies))
    return SuspectPosition(on_hand=on_hand, held=held, blocked=blocked, quarantine=quarantine, base=base)


def _parse_rest(replies: Iterator[Any]) -> tuple[str | None, str | None]:
    """The node's rest, and the instant after which no node rests."""
    return _parse_text(replies), _parse_text(replies)


def _parse_order(replies: Iterator[Any]) -> tuple[dict[str, str], list[str | None]]:
    """The fields of its hash, and its scores in the lists of all and of parked orders."""
    fields = decode_fields(next(replies))
    return fields, [None if score is None else str(int(score)) for score in (next(replies), next(replies))]


def _parse_return(replies: Iterator[Any]) -> tuple[str | None, str | None]:
    """The return, and when it was opened by the list of all."""
    text, opened_at = _parse_text(replies), next(replies)
    return text, None if opened_at is None else str(int(opened_at))


def _parse_waiting(replies: Iterator[Any]) -> WaitingState:
    """The entry, all that wait for the SKU, and the instant from which it is offered stock, if that is to come."""
    return parse_waiting(next(replies), next(replies), next(replies))


def _parse_receipt(replies: Iterator[Any]) -> ReceiptState:
    """As `receipt_places` has it."""
    texts = [_parse_text(replies) for _ in range(3)]
    return *texts, *(_parse_score(replies) for _ in range(3))


def _parse_score(replies: Iterator[Any]) -> str | None:
    score = next(replies)
    return None if score is None else str(int(score))


def _parse_search_field(replies: Iterator[Any]) -> FieldState:
    index, through, value = state_of(next(replies)), next(replies), next(replies)
    return FieldState(index=index, through=parse_entry_id(through or b"0-0"), value=value or b"")


def _field(kind: ParcelHash) -> _Read:
    """That of a hash of parcels."""
    return _Read(lambda pipeline, keys, name: pipeline.hget(parcel_hash(keys, kind), name), _parse_text)


_READS: Mapping[SuspectKind, _Read] = {
    "holds": _Read(
        lambda pipeline, keys, name: pipeline.hgetall(keys.hold(name)).zscore(keys.expiring, name), _parse_hold
    ),
    "callers": _Read(lambda pipeline, keys, caller: pipeline.hget(keys.open_holds, caller), _parse_count),
    "positions": _Read(
        lambda pipeline, keys, position: (
            pipeline.hget(keys.on_hand(position[0]), position[1])
            .hget(keys.held(position[0]), position[1])
            .hget(keys.blocked(position[0]), position[1])
            .hget(keys.quarantine(position[0]), position[1])
            .hget(keys.base(position[0]), position[1])
        ),
        _parse_position,
    ),
    "loads": _Read(lambda pipeline, keys, load: pipeline.hget(keys.load(load[0]), load[1]), _parse_text),
    "taken": _Read(lambda pipeline, keys, taken: pipeline.hget(keys.taken_named(taken[0]), taken[1]), _parse_text),
    "rests": _Read(
        lambda pipeline, keys, node: pipeline.hget(keys.resting, node).hget(keys.facts, "rests"), _parse_rest
    ),
    "index": _Read(lambda pipeline, keys, name: pipeline.hget(keys.decisions, name), _parse_text),
    "orders": _Read(
        lambda pipeline, keys, name: (
            pipeline.hgetall(keys.order(name)).zscore(keys.orders, name).zscore(keys.parked, name)
        ),
        _parse_order,
    ),
    "cancelled": _Read(lambda pipeline, keys, order: pipeline.hget(keys.order(order), "cancelled"), _parse_text),
    "returns": _Read(
        lambda pipeline, keys, name: pipeline.hget(keys.returns, name).zscore(keys.returns_opened, name), _parse_return
    ),
    "order_returns": _Read(lambda pipeline, keys, order: pipeline.hget(keys.order(order), "returns"), _parse_text),
    "endings": _Read(lambda pipeline, keys, name: pipeline.hget(keys.endings, name), _parse_text),
    "waiting": _Read(
        lambda pipeline, keys, place: (
            pipeline.hget(keys.backlog, place[1])
            .zrange(keys.waiting, f"[{keys.on_hand(place[0])}\n", f"({keys.on_hand(place[0])}\v", bylex=True)
            .zscore(keys.due, place[1])
        ),
        _parse_waiting,
    ),
    "receipts": _Read(
        lambda pipeline, keys, receipt: (
            pipeline.hget(keys.receipts(receipt[0]), receipt[1])
            .hget(keys.receipt_skus, receipt[1])
            .hget(keys.closed_receipts, receipt[1])
            .zscore(keys.open_by_arrival, receipt[1])
            .zscore(keys.closed_by_arrival, receipt[1])
            .zscore(keys.arriving, receipt[1])
        ),
        _parse_receipt,
    ),
    "open_receipts": _Read(lambda pipeline, keys, _: pipeline.hget(keys.facts, "receipts"), _parse_text),
    "pegs": _Read(lambda pipeline, keys, peg: pipeline.hget(keys.pegs(peg[0]), peg[1]), _parse_text),
    "at_risk": _Read(lambda pipeline, keys, shipment: pipeline.hget(keys.at_risk, shipment), _parse_text),
    "transfers": _Read(
        lambda pipeline, keys, name: (
            pipeline.hget(keys.open_transfers, name)
            .hget(keys.ended_transfers, name)
            .zscore(keys.ended_transfers_made, name)
        ),
        lambda replies: (_parse_text(replies), _parse_text(replies), _parse_score(replies)),
    ),
    "tracking": _Read(
        lambda pipeline, keys, shipment: (
            pipeline.hget(keys.tracking_states, shipment)
            .zscore(keys.tracking_open, member_of(*shipment_key(shipment)))
            .zscore(keys.tracking_unraised, member_of(*shipment_key(shipment)))
        ),
        lambda replies: (_parse_text(replies), _parse_score(replies), _parse_score(replies)),
    ),
    "on_time": _Read(lambda pipeline, keys, field: pipeline.hget(keys.on_time, field), _parse_text),
    **{kind: _field(kind) for kind in PARCEL_HASHES},
    "search_index": _Read(
        lambda pipeline, keys, place: (
            pipeline.hmget(keys.search_index, ["made", "cursor"])
            .hget(keys.archived, "through")
            .hget(keys.search_day(place[0]), place[1])
        ),
        _parse_search_field,
    ),
}
"""In the order in which drifts are reported."""
