"""What an entry of the log puts into the search index. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, Struct

from engine.audit.search.searched_record import RecordedLine, SearchedRecord
from engine.decide.order_record import seconds
from engine.store.log.entry import EntryId
from engine.store.log.stored_entry import UNREADABLE, RawEntry, outline_of, parse_entry, parse_entry_id

DAMAGED = "damaged"
"""The field of decisions that can't be read: they may be of any SKU."""


_SKU_FIELD, _NODE_FIELD = "sku {}", "node {}"


def fields_of(*, sku: str | None = None, node: str | None = None) -> list[str]:
    """The fields under which the index has what is of this SKU, and of this node; None: of any."""
    named = ((_SKU_FIELD, sku), (_NODE_FIELD, node))
    return [form.format(name) for form, name in named if name is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedEntry:
    """An entry is found under the fields `decided`, and its order under `ordered`. `placed_at` is when the order was
    placed (UTC seconds) by the entry; an amendment does not say it.
    """

    entry: EntryId
    decided: frozenset[str] = frozenset()
    order: str = ""
    ordered: frozenset[str] = frozenset()
    placed_at: int | None = None


class _Order(Struct):
    id: str
    placed_at: str
    lines: list[RecordedLine]


class _Record(SearchedRecord, kw_only=True):
    order: _Order


_DECODER = msgspec.json.Decoder(_Record)


def indexed_entry(raw: RawEntry) -> IndexedEntry | None:
    """What an entry puts into the index; None: nothing."""
    entry_id, fields = raw
    kind = fields.get(b"kind")
    try:
        if kind == b"decided":
            return _of_decision(entry_id, fields)
        return _of_amendment(entry_id, fields) if kind == b"amended" else None
    except UNREADABLE:
        is_decision = kind == b"decided"
        return IndexedEntry(entry=parse_entry_id(entry_id), decided=frozenset({DAMAGED})) if is_decision else None


def _of_decision(entry_id: bytes, fields: dict[bytes, bytes]) -> IndexedEntry:
    record = _DECODER.decode(outline_of(fields))
    decided = _fields(record.skus, record.nodes)
    return IndexedEntry(
        entry=parse_entry_id(entry_id),
        decided=decided,
        order=record.order.id,
        ordered=decided | _fields((line.sku for line in record.order.lines), ()),
        placed_at=seconds(record.order.placed_at),
    )


def _of_amendment(entry_id: bytes, fields: dict[bytes, bytes]) -> IndexedEntry | None:
    """The order may have other articles from then on, before any of them is decided."""
    entry = parse_entry(entry_id, fields)
    amended = entry.units.amended if entry.units else UNSET
    if amended is UNSET:
        return None
    return IndexedEntry(entry=entry.id, order=amended.id, ordered=_fields((line.sku for line in amended.lines), ()))


def _fields(skus: Iterable[str], nodes: Iterable[str]) -> frozenset[str]:
    return frozenset((*map(_SKU_FIELD.format, skus), *map(_NODE_FIELD.format, nodes)))
