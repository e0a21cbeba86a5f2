"""How the search index stores entries and orders in the fields of its days. Pure.

An entry takes 8 bytes: milliseconds of the day and the number among those of the same millisecond, big-endian, so that
bytes sort as the entries do; a field has those of a day from the first to the last. An order takes its id as JSON, and
a comma; the order in which they stand says nothing.
"""

import datetime
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import orjson

from engine.store.log.entry import EntryId

WIDTH = 8
DAY_SECONDS = 86_400
_DAY_MILLISECONDS = 1_000 * DAY_SECONDS
_FORM = struct.Struct(">II")
_EPOCH = datetime.date(1970, 1, 1)


def utc_date(second: int) -> str:
    """The UTC date of an instant in seconds."""
    return (_EPOCH + datetime.timedelta(days=second // DAY_SECONDS)).isoformat()


def packed(entry: EntryId) -> bytes:
    return _FORM.pack(entry[0] % _DAY_MILLISECONDS, entry[1])


def entries_last_first(date: str, values: Sequence[bytes], *, since: EntryId, before: EntryId) -> Iterator[EntryId]:
    """The entries of the day that are in every one of the values, those logged last first: from `since` on and before
    `before`.
    """
    first, *others = sorted(values, key=len)
    places = [{value[at : at + WIDTH] for at in range(0, len(value), WIDTH)} for value in others]
    start = (datetime.date.fromisoformat(date) - _EPOCH).days * _DAY_MILLISECONDS
    low, high = (_place_of(first, bound, start) for bound in (since, before))
    for place in range(high - 1, low - 1, -1):
        text = first[place * WIDTH : (place + 1) * WIDTH]
        if all(text in other for other in places):
            millis, number = _FORM.unpack(text)
            yield start + millis, number


def _place_of(value: bytes, bound: EntryId, start: int) -> int:
    """How many entries of the value stand before the bound."""
    count = len(value) // WIDTH
    if bound[0] < start:
        return 0
    if bound[0] >= start + _DAY_MILLISECONDS:
        return count
    return bisect_left(range(count), packed(bound), key=lambda at: value[at * WIDTH : (at + 1) * WIDTH])


def packed_orders(orders: Iterable[str]) -> bytes:
    return b"".join(orjson.dumps(order) + b"," for order in orders)


def orders_in(value: bytes | None) -> AbstractSet[str]:
    return frozenset(orjson.loads(b"[" + value[:-1] + b"]")) if value else frozenset()
