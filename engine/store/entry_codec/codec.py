"""The bytes of a body as they are stored, and back: the one place that knows their form.

    1 byte    the form: 1, or 2 if the text has no marks but its own. Up to 0.1 it was zlib's, which begins with 0x78
    1 byte    the number of the dictionary
    4 bytes   the length of the personal part, big-endian; 0: there is none, nor the next three
      1 byte    the length of the order key's name; 0: it is the entry's own decision
      ...       the order key's name
      ...       the personal part: nonce, values, tag (see order_key.py), bound to the decision's id and the rest
    rest      the text, compressed (see dictionary.py)

The text is the body and, after a line end, the facts of a decision; JSON as we write it has no line ends. What the
reader knows anyhow is not in it: marks stand for the decision's id and for the hash of the facts. Personal values are
in their part alone, and have marks in the text (see personal_values.py).
"""

import base64
import binascii
import hashlib
import struct
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from engine.store.entry_codec.dictionary import NEWEST, compress, decompress
from engine.store.entry_codec.errors import BodyDamaged
from engine.store.entry_codec.order_key import OrderKey, decrypt, encrypt
from engine.store.entry_codec.personal_values import PERSONAL_MARKS, PersonalField, Values, hide, put_in, take_out

_BESIDE, _MARKED, _AS_IT_IS, _ZLIB = 0, 1, 2, 0x78
_HEADER = struct.Struct(">BBI")
_LINE_END = b"\n"
_ID_MARK, _HASH_MARK = b"\x1e", b"\x1f"
_LEFT_OUT = b"".join((*PERSONAL_MARKS, _HASH_MARK))
_OUTLINE = bytes.maketrans(_LEFT_OUT, b"0" * len(_LEFT_OUT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What an entry has: the JSON of its body, and the facts of a decision. `hidden`: without its personal values;
    `hidden_facts`: of which some were in the facts.
    """

    body: bytes
    facts: bytes = b""
    hidden: bool = False
    hidden_facts: bool = False

    def with_what_is_known(self, decision: str) -> Self:
        """With the decision's id and the hash of its facts in place of their marks."""
        quoted = _quoted(decision)
        body, facts = self.body.replace(_ID_MARK, quoted), self.facts.replace(_ID_MARK, quoted)
        if _HASH_MARK in body:
            body = body.replace(_HASH_MARK, _hash(facts))
        return replace(self, body=body, facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """Stored bytes, taken apart."""

    form: int
    compressed: bytes
    """In the form `_BESIDE` the text as it is."""
    dictionary: int = 0
    personal: bytes = b""
    """Encrypted; empty: it has none."""
    key_name: str = ""
    """Of the order key by which that is encrypted; empty: the decision that the entry is about."""

    @classmethod
    def parse(cls, stored: bytes) -> Self:
        """Raises BodyDamaged."""
        if stored[:1] == bytes((_ZLIB,)):
            return cls(form=_ZLIB, compressed=stored)
        try:
            form, dictionary, length = _HEADER.unpack_from(stored)
            if form not in (_MARKED, _AS_IT_IS):
                raise BodyDamaged(f"the stored body is of form {form}, which this release does not know")
            start = _HEADER.size
            if not length:
                return cls(form=form, dictionary=dictionary, compressed=stored[start:])
            name = start + 1 + stored[start]
            end = name + length
            key_name = stored[start + 1 : name].decode()
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise BodyDamaged("the stored body is cut off or altered") from error
        return cls(
            form=form, dictionary=dictionary, compressed=stored[end:], personal=stored[name:end], key_name=key_name
        )

    @classmethod
    def beside(cls, text: bytes, personal: bytes) -> Self:
        """Of what `encode_beside` made; raises BodyDamaged."""
        try:
            return cls(form=_BESIDE, compressed=text, personal=base64.b64decode(personal, validate=True))
        except binascii.Error as error:
            raise BodyDamaged("the personal values of the entry were altered") from error

    def decode(self, decision: str = "", secret: bytes | None = None) -> Body:
        """The body of an entry about `decision`, whose personal values the order key's `secret` decrypts; without one
        they are hidden. Raises BodyDamaged.
        """
        if self.form == _ZLIB:
            return _body(_inflated(self.compressed))
        text = self.compressed if self.form == _BESIDE else decompress(self.compressed, self.dictionary)
        if self.personal and secret is not None:
            values = decrypt(self.personal, _bound(decision, self.compressed), secret).split(_LINE_END)
            text = put_in(text, {value[:1]: value[1:] for value in values})
        body = _body(text)
        if self.personal and secret is None:
            facts = hide(body.facts)
            body = Body(body=hide(body.body), facts=facts, hidden=True, hidden_facts=facts != body.facts)
        return body.with_what_is_known(decision) if self.form == _MARKED else body

    def outline(self, decision: str = "") -> bytes:
        """The JSON of the body alone, of a decision with a 0 in place of each personal value and of the hash of its
        facts: for readers that need none of them, in less time than `decode`. Raises BodyDamaged.
        """
        if self.form != _MARKED:
            return self.decode(decision).body
        body = decompress(self.compressed, self.dictionary).partition(_LINE_END)[0].translate(_OUTLINE)
        return body.replace(_ID_MARK, _quoted(decision))


def encode(body: bytes, beside: bytes = b"") -> bytes:
    """A body as it is stored, with what is kept `beside` it; raises ValueError if it has line ends."""
    return encode_decision(body, beside)[0]


def encode_decision(
    body: bytes,
    facts: bytes,
    *,
    decision: str = "",
    key: OrderKey | None = None,
    personal: Collection[PersonalField] = (),
) -> tuple[bytes, bool]:
    """The body of a decision's entry as it is stored, and whether it has personal values: those of the fields
    `personal`, encrypted by the order's `key`. Raises ValueError if the body has line ends or is no JSON.
    """
    form, text, values = text_of(body, facts, decision=decision, personal=personal if key else ())
    compressed = compress(text)
    if key is None or not values:
        return _HEADER.pack(form, NEWEST, 0) + compressed, False
    encrypted = _encrypted(values, _bound(decision, compressed), key)
    name = b"" if key.name == decision else key.name.encode()
    header = _HEADER.pack(form, NEWEST, len(encrypted))
    return b"".join((header, bytes((len(name),)), name, encrypted, compressed)), True


def encode_beside(body: bytes, key: OrderKey, personal: Collection[PersonalField]) -> tuple[bytes, bytes]:
    """The JSON of an amendment of the key's order, with marks for personal values, and these, encrypted, as base64;
    empty if there are none. For fields that are text.
    """
    text, values = take_out(body, personal)
    return text, base64.b64encode(_encrypted(values, _bound(key.name, text), key)) if values else b""


def text_of(
    body: bytes, facts: bytes, *, decision: str, personal: Collection[PersonalField]
) -> tuple[int, bytes, Values]:
    """The form and the text that `encode_decision` compresses, and the values that it encrypts."""
    if _LINE_END in body:
        raise ValueError("the body of an entry has a line end, which our JSON has not")
    lines = body + _LINE_END + facts if facts else body
    text, values = take_out(lines, personal) if personal else (lines, {})
    if not decision or _ID_MARK in text or _HASH_MARK in text:
        return _AS_IT_IS, text, values
    text = text.replace(_quoted(decision), _ID_MARK)
    if facts and text.endswith(facts):
        text = text.replace(_hash(facts), _HASH_MARK)
    return _MARKED, text, values


def _encrypted(values: Values, beside: bytes, key: OrderKey) -> bytes:
    return encrypt(_LINE_END.join(mark + value for mark, value in values.items()), beside, key.secret)


def _bound(decision: str, text: bytes) -> bytes:
    """What personal values are bound to, so that they can't be moved to another entry."""
    return decision.encode() + _LINE_END + text


def _body(text: bytes) -> Body:
    body, _, facts = text.partition(_LINE_END)
    return Body(body=body, facts=facts)


def _inflated(stored: bytes) -> bytes:
    try:
        return zlib.decompress(stored)
    except zlib.error as error:
        raise BodyDamaged(f"the stored body can't be decompressed: {error}") from error


def _quoted(decision: str) -> bytes:
    return b'"' + decision.encode() + b'"'


def _hash(facts: bytes) -> bytes:
    return b'"' + hashlib.sha256(facts).hexdigest().encode() + b'"'
