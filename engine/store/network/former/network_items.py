"""Takes the JSON of a network apart into items that change by themselves, and puts it together again."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from engine.store.network.serialization import dump

Items: TypeAlias = Mapping[str, bytes]
"""JSON by name: `node:st-lyon`, `service:van`, `postcodes:FR`, or `field:` and another field of the network."""
_LISTS = {"nodes": "node", "services": "service"}
"""Fields that are lists of what has an id, and how an item of them is named."""
_FIELDS = {name: field for field, name in _LISTS.items()}
_MAPS = frozenset({"postcodes"})
"""Fields that have an item for each of their keys."""


def items_of(body: bytes) -> dict[str, bytes]:
    """Of the JSON as `network_record` has it."""
    return dict(_items(orjson.loads(body)))


def _items(record: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    for field, value in record.items():
        if field in _LISTS:
            for item in value:
                yield f"{_LISTS[field]}:{item['id']}", dump(item)
        elif field in _MAPS:
            for name, part in value.items():
                yield f"{field}:{name}", dump(part)
        else:
            yield f"field:{field}", orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def record_of(items: Items) -> dict[str, Any]:
    """The JSON that has these items; an item of no bytes is none."""
    record: dict[str, Any] = {field: [] for field in _LISTS}
    for full_name, value in sorted(items.items()):
        kind, _, name = full_name.partition(":")
        if not value:
            continue
        if kind in _FIELDS:
            record[_FIELDS[kind]].append(orjson.loads(value))
        elif kind in _MAPS:
            record.setdefault(kind, {})[name] = orjson.loads(value)
        else:
            record[name] = orjson.loads(value)
    return record
