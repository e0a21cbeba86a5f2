"""What is sealed of an entry of the log: its id, and the hash of all its fields as they are stored.

An entry's canonical form is RFC 8785 JSON: `{"fields":{"at":"1795770000",...},"id":"1795770000000-0"}`. The value of a
field is its text, or, where its bytes are no UTF-8, `{"base64": "..."}`. What is stored encrypted or compressed is
covered as it is stored, so that who can't read it can verify it all the same.

The leaf of the tree is 48 bytes: the two numbers of the id, eight bytes each, big-endian, and the SHA-256 of the
canonical form. So a leaf says nothing of what is in an entry, and stays when the entry has moved into an archive.
"""

import base64
import hashlib
import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self, TypeAlias

import orjson
import rfc8785

EntryId: TypeAlias = tuple[int, int]
"""An entry's id in the stream: milliseconds, and a number among those of the same millisecond. Later is greater."""
LEAF_BYTES = 48
_FORM = struct.Struct(">QQ32s")
_ID = re.compile(r"(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})", re.ASCII)
_LARGEST = (1 << 64) - 1
_ODD_NAME = "\0base64:"


class Leaf(NamedTuple):
    """An entry's leaf: its id, and the SHA-256 of its canonical form."""

    id: EntryId
    digest: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises ValueError if it is no leaf."""
        if len(data) != LEAF_BYTES:
            raise ValueError(f"a leaf has {LEAF_BYTES} bytes, not {len(data)}")
        millis, number, digest = _FORM.unpack(data)
        return cls((millis, number), digest)

    @property
    def data(self) -> bytes:
        """The 48 bytes that are hashed into the tree."""
        return _FORM.pack(*self.id, self.digest)

    @property
    def entry_id(self) -> str:
        return id_text(self.id)


def leaf_of(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Leaf:
    """The leaf of an entry as the server answers it."""
    return leaf_of_canonical(parse_id(entry_id.decode()), canonical(entry_id, fields))


def leaf_of_canonical(entry_id: EntryId, form: bytes) -> Leaf:
    """The leaf of an entry of which the canonical form is known."""
    return Leaf(entry_id, hashlib.sha256(form).digest())


def canonical(entry_id: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    """The canonical form of an entry: RFC 8785 JSON."""
    document: dict[str, Any] = {
        "fields": {_text(name): _value(value) for name, value in fields.items()},
        "id": entry_id.decode(),
    }
    # the same bytes as rfc8785's, in an eighth of the time, as texts are all there is and names of fields are ASCII
    if all(name.isascii() for name in fields):
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return rfc8785.dumps(document)


def parsed(form: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The entry of a canonical form; raises ValueError if it is none, or if the JSON is not canonical."""
    try:
        document = orjson.loads(form)
        fields = {_name(name): _bytes(value) for name, value in document["fields"].items()}
        entry = document["id"].encode(), fields
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no entry in its canonical form: {error!r}") from None
    if canonical(*entry) != form:
        raise ValueError("the JSON of the entry is not canonical (RFC 8785)")
    parse_id(document["id"])
    return entry


def parse_id(text: str) -> EntryId:
    """Raises ValueError if the text is no id of an entry."""
    match = _ID.fullmatch(text)
    if match is None or max(numbers := (int(match[1]), int(match[2]))) > _LARGEST:
        raise ValueError(f"'{text}' is no id of an entry, such as 1795770000000-0")
    return numbers


def id_text(entry_id: EntryId) -> str:
    return f"{entry_id[0]}-{entry_id[1]}"


def leaves_in(data: bytes) -> Iterator[Leaf]:
    """The leaves that stand one after the other; raises ValueError for what is left."""
    for at in range(0, len(data), LEAF_BYTES):
        yield Leaf.parse(data[at : at + LEAF_BYTES])


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:  # no entry has such a field, unless somebody altered it
        return _ODD_NAME + base64.b64encode(name).decode()


def _value(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _name(text: str) -> bytes:
    if text.startswith(_ODD_NAME):
        return base64.b64decode(text.removeprefix(_ODD_NAME), validate=True)
    return text.encode()


def _bytes(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"], validate=True)
