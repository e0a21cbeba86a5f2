"""What is suspected, read again: at one moment, with the last entry that the log had just then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile.drift import Position
from engine.store.reconcile.expected_state import Kind, Suspect
from engine.store.reconcile.scan import base_of, texts

_AT_ONCE = 500


class _Read(NamedTuple):
    """How one of a kind is read: what is asked of a pipeline, and what the answers to that say."""

    ask: Callable[[Any, Keys, Any], object]
    hear: Callable[[Iterator[Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Some of the ledger, as `_READS` says for each kind, and the last entry that the log had just then."""

    end: str
    found: Mapping[Suspect, Any]
    millis: int
    """By the server's clock."""


def batches(suspects: AbstractSet[Suspect]) -> Iterator[list[Suspect]]:
    """The suspects kind by kind and sorted, some at a time."""
    kinds = list(_READS)
    every = sorted(suspects, key=lambda suspect: (kinds.index(suspect[0]), suspect[1]))
    for at in range(0, len(every), _AT_ONCE):
        yield every[at : at + _AT_ONCE]


def look(client: Client, keys: Keys, suspects: Sequence[Suspect]) -> Moment:
    """All of them in one transaction."""
    with faults(), client.redis.pipeline(transaction=True) as read:
        read.xrevrange(keys.log, count=1)
        for kind, name in suspects:
            _READS[kind].ask(read, keys, name)
        last, *answers = read.execute()
    found = iter(answers)
    return Moment(
        end=last[0][0].decode() if last else "0-0",
        found={suspect: _READS[suspect[0]].hear(found) for suspect in suspects},
        millis=client.milliseconds(keys.log),
    )


def _text(found: Iterator[Any]) -> str | None:
    said = next(found)
    return None if said is None else str(said, "utf-8")


def _count(found: Iterator[Any]) -> int:
    return int(next(found) or 0)


def _hold(found: Iterator[Any]) -> tuple[dict[str, str], int | None]:
    """Its fields, and the instant under which it is to expire."""
    fields, until = texts(next(found)), next(found)
    return fields, None if until is None else int(until)


def _position(found: Iterator[Any]) -> Position:
    return Position(on_hand=_count(found), held=_count(found), base=base_of(next(found)))


def _rest(found: Iterator[Any]) -> tuple[str | None, str | None]:
    """A node's, and the instant after which no node rests."""
    return _text(found), _text(found)


_READS: Mapping[Kind, _Read] = {
    "holds": _Read(lambda read, keys, name: read.hgetall(keys.hold(name)).zscore(keys.expiring, name), _hold),
    "callers": _Read(lambda read, keys, caller: read.hget(keys.open_holds, caller), _count),
    "positions": _Read(
        lambda read, keys, spot: (
            read.hget(keys.on_hand(spot[0]), spot[1])
            .hget(keys.held(spot[0]), spot[1])
            .hget(keys.base(spot[0]), spot[1])
        ),
        _position,
    ),
    "loads": _Read(lambda read, keys, load: read.hget(keys.load(load[0]), load[1]), _text),
    "rests": _Read(lambda read, keys, node: read.hget(keys.resting, node).hget(keys.facts, "rests"), _rest),
    "index": _Read(lambda read, keys, name: read.hget(keys.decisions, name), _text),
    "endings": _Read(lambda read, keys, name: read.hget(keys.endings, name), _text),
}
"""In the order in which drifts are told."""
