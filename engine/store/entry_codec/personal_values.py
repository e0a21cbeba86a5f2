"""Takes the personal values out of the JSON of a decision or an amendment, and puts them in again, to the byte.

Where a value stood, the text then has its mark: a control character, which JSON never has as it is. A value that stands
in several places under the same name is taken out of all of them.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

PersonalField: TypeAlias = Literal["address", "customer", "tags"]
"""What of an order may be personal: its address (postcode and coordinates, not country and region), who orders, its
tags.
"""
PERSONAL_FIELDS: tuple[PersonalField, ...] = ("address", "customer", "tags")
EVERYDAY_PERSONAL: tuple[PersonalField, ...] = ("address", "customer")
"""Unless a setting says otherwise."""
Values: TypeAlias = Mapping[bytes, bytes]
"""JSON by its mark."""

_MARKS = tuple(bytes((code,)) for code in (*range(0x01, 0x0A), *range(0x0B, 0x10)))
_LIST_MARKS = tuple(bytes((code,)) for code in range(0x10, 0x18))
_HIDDEN = dict.fromkeys(_MARKS, b"null") | dict.fromkeys(_LIST_MARKS, b"[]")
"""What is read by mark where the value is not to be had."""
PERSONAL_MARKS = tuple(_HIDDEN)
"""Each of them stands for a value."""
_MEMBER_ENDS = (b",", b"}")
_SAYS_NOTHING = (b"null", b"[]", b"")


class _Place(msgspec.Struct):
    latitude: Raw | UnsetType = UNSET
    longitude: Raw | UnsetType = UNSET
    postcode: Raw | UnsetType = UNSET


class _Order(msgspec.Struct):
    destination: _Place | UnsetType = UNSET
    customer: Raw | UnsetType = UNSET
    tags: Raw | UnsetType = UNSET


class _Change(msgspec.Struct):
    field: str
    quoted: Raw
    now: Raw


class _Quote(msgspec.Struct):
    changed: tuple[_Change, ...] = ()


class _Document(msgspec.Struct):
    """A decision's record, or the body of an amendment, which has the order as `amended` and its id as `order`."""

    order: _Order | str | UnsetType = UNSET
    amended: _Order | UnsetType = UNSET
    placed: _Place | UnsetType = UNSET
    quote: _Quote | UnsetType = UNSET


_DOCUMENT, _PLACE = msgspec.json.Decoder(_Document), msgspec.json.Decoder(_Place)


def take_out(text: bytes, fields: Collection[PersonalField]) -> tuple[bytes, Values]:
    """The text with marks for the personal values of these fields; and the values. Its first line is the JSON of a
    decision or an amendment; raises ValueError if that is none.
    """
    values: dict[bytes, bytes] = {}
    marks, list_marks = iter(_MARKS), iter(_LIST_MARKS)
    for name, value in _personal(text.partition(b"\n")[0], fields):
        mark = next(list_marks if value.startswith(b"[") else marks)
        values[mark] = value
        member = b'"' + name + b'":'
        text = _replaced(text, member + value, member + mark)
    return text, values


def put_in(text: bytes, values: Values) -> bytes:
    """The text with its values, as it was."""
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def hide(text: bytes) -> bytes:
    """The text with nulls and empty lists in place of the values."""
    return put_in(text, {mark: hidden for mark, hidden in _HIDDEN.items() if mark in text})


def without_values(text: bytes, fields: Collection[PersonalField]) -> bytes:
    """The text, as `take_out` reads it, with nulls and empty lists in place of the values of these fields."""
    return hide(take_out(text, fields)[0])


def _personal(body: bytes, fields: Collection[PersonalField]) -> dict[tuple[bytes, bytes], None]:
    """Name and JSON of each value, once."""
    document = _DOCUMENT.decode(body)
    found: list[tuple[bytes, Raw | UnsetType]] = []
    for order in (document.order, document.amended):
        if isinstance(order, _Order):
            if "address" in fields and order.destination:
                found += _of_place(order.destination)
            if "customer" in fields:
                found.append((b"customer", order.customer))
            if "tags" in fields:
                found.append((b"tags", order.tags))
    if "address" in fields:
        for place in _other_places(document):
            found += _of_place(place)
    given = ((name, bytes(value)) for name, value in found if value is not UNSET)
    return dict.fromkeys((name, value) for name, value in given if value not in _SAYS_NOTHING)


def _of_place(place: _Place) -> list[tuple[bytes, Raw | UnsetType]]:
    return [(b"latitude", place.latitude), (b"longitude", place.longitude), (b"postcode", place.postcode)]


def _other_places(document: _Document) -> Iterator[_Place]:
    """Where an order without coordinates was taken to go, and where it went by its quote."""
    if document.placed:
        yield document.placed
    for change in document.quote.changed if document.quote else ():
        if change.field == "destination":
            yield _PLACE.decode(change.quoted)
            yield _PLACE.decode(change.now)


def _replaced(text: bytes, member: bytes, marked: bytes) -> bytes:
    """The text with the member replaced wherever it stands whole: a number may be the first digits of another one."""
    end = text.find(member) + len(member)
    while end >= len(member):
        if text[end : end + 1] in _MEMBER_ENDS:
            text = text[: end - len(member)] + marked + text[end:]
        end = text.find(member, end) + len(member)
    return text
