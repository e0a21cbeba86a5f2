"""Finds what is stored of the ledger and can't be read, so that it can't be compared with the log: bytes that were
damaged, or written by hand.

The check itself reads without such care. Where that fails, everything is looked at once more, field by field.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import orjson

from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client, faults
from engine.store.flows.stored_return import StoredReturn
from engine.store.keys import Keys
from engine.store.log.stored_entry import UNREADABLE
from engine.store.reconcile.drift import Drift

DAMAGE = (*UNREADABLE, TypeError, AttributeError, msgspec.MsgspecError)
"""What reading the ledger raises where something is damaged."""
_CAUSE = "it is damaged; restore a copy of the server's data, or have it set right by who knows what it was"
_ENTRY_ID = re.compile(rb"[0-9]{1,20}-[0-9]{1,20}")


def damaged_places(client: Client, keys: Keys, error: Exception) -> tuple[Drift, ...]:
    """Each place that can't be read; if none is found, the `error` that reading met."""
    places = tuple(_damaged(client, keys))
    return places or (_drift(f"something ({error})"),)


def _damaged(client: Client, keys: Keys) -> Iterator[Drift]:
    prefix = keys.prefix.encode()
    for name in client.raw_names(keys.prefix):
        kind = name[len(prefix) :].partition(b":")[0].decode(errors="replace")
        shown = name.decode(errors="backslashreplace")
        if not _is_text(name):
            yield _drift(f"a key with the name {shown}")
        for field, value in _items(client, name) if kind in _FORMS else ():
            if not (_is_text(field) and _reads(_FORMS[kind], field, value)):
                yield _drift(f"{field.decode(errors='backslashreplace')!r} of {shown}")


def _items(client: Client, name: bytes) -> list[tuple[bytes, Any]]:
    """Fields and values of a hash; members and scores of a sorted set."""
    with faults():
        if client.redis.type(name) == b"hash":
            return list(client.redis.hgetall(name).items())
        if client.redis.type(name) == b"zset":
            return list(client.redis.zrange(name, 0, -1, withscores=True))
    return []


def _drift(what: str) -> Drift:
    return Drift(what=f"{what} that can be read", expected=1, found=0, cause=_CAUSE)


def _is_text(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _reads(read: Callable[[bytes, Any], object], field: bytes, value: Any) -> bool:
    try:
        read(field, value)
    except DAMAGE:
        return False
    return True


def _units(field: bytes, value: bytes) -> None:
    """Units or shipments; behind a node and a tab alone stand the labels of its lots."""
    if field.endswith(b"\t"):
        value.decode()
    else:
        int(value)


def _base(_: bytes, value: bytes) -> None:
    if b"-" not in value:
        units, instant = value.split(b" ")
        int(units), int(instant)


def _place(_: bytes, value: bytes) -> None:
    if not _ENTRY_ID.fullmatch(value):
        raise ValueError(value)


def _facts(field: bytes, value: bytes) -> None:
    if field == b"body":
        orjson.loads(value)["time_zone"]


def _text(_: bytes, value: bytes) -> None:
    value.decode()


def _return(field: bytes, value: bytes | float) -> None:
    """A return, or when it was opened."""
    field.decode()
    if isinstance(value, bytes):
        StoredReturn.decode(value)


def _member(field: bytes, _: float) -> None:
    field.decode()


def _entry(field: bytes, value: bytes) -> None:
    BacklogEntry.of(field.decode(), value)


_FORMS: Mapping[str, Callable[[bytes, Any], object]] = {
    **dict.fromkeys(("on_hand", "held", "blocked", "quarantine", "taken", "load", "open"), _units),
    **dict.fromkeys(("hold", "order", "endings", "resting", "rejections"), _text),
    **dict.fromkeys(("expiring", "orders", "parked", "waiting", "due"), _member),
    "base": _base,
    "decisions": _place,
    "facts": _facts,
    "backlog": _entry,
    "returns": _return,
}
"""What reads a value, by the first part of the key; raises one of DAMAGE."""
