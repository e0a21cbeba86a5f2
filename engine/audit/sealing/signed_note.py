"""Signed notes (https://c2sp.org/signed-note): a text, a blank line, and signatures of it, a line each.

Keys are Ed25519. A verifier key is `NAME+ID+KEY`: ID is in hexadecimal the first four bytes of the SHA-256 of the name,
a line end, the type of the signature and the public key; KEY is base64 of that type and the key.
"""

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Self

ED25519, COSIGNATURE = 1, 4
"""Types of signatures: of the text itself; and of the text with an instant, by a witness
(https://c2sp.org/tlog-cosignature).
"""
MOST_SIGNATURES = 100
"""Of one note: more are refused."""
COSIGNED = struct.Struct(">Q64s")
"""Of a cosignature: the instant in UTC seconds, and the signature."""
_ID_BYTES = 4
_KEY_BYTES = 32
_LINE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_NAME = re.compile(r"[^\s+]{1,200}")


class NoteInvalid(ValueError):
    """A text that is no signed note, or no key; the message says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: by which key, and the bytes behind the key's id."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text, with its line end, and its signatures, valid or not."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Raises NoteInvalid."""
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n") or any(ord(letter) < ord(" ") and letter != "\n" for letter in note):
            raise NoteInvalid("no signed note: it must be a text, a blank line and signatures, and end with a line end")
        signatures = tuple(parse_signature(line) for line in lines.removesuffix("\n").split("\n"))
        if len(signatures) > MOST_SIGNATURES:
            raise NoteInvalid(f"a note with {len(signatures)} signatures; at most {MOST_SIGNATURES} are read")
        return cls(text + "\n", signatures)

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    def signed_by(self, key: "VerifierKey") -> bool:
        """Whether a valid signature by that key is among them. Raises NoteInvalid if one is said to be the key's and is
        not valid.
        """
        of_key = [one for one in self.signatures if (one.name, one.key_id) == (key.name, key.id)]
        for signature in of_key:
            if not key.verifies(self.text, signature):
                raise NoteInvalid(f"the signature of {key.name} is not valid: the text is not what was signed")
        return bool(of_key)


def parse_signature(line: str) -> Signature:
    """A signature line without its line end; raises NoteInvalid."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise NoteInvalid(f"no signature line: {line[:80]!r}")
    value = _decoded(match[2])
    if len(value) <= _ID_BYTES:
        raise NoteInvalid(f"a signature of {match[1]} without bytes")
    return Signature(match[1], value[:_ID_BYTES], value[_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """What verifies signatures of one type by one key."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise NoteInvalid(f"'{self.name}' is no name of a key: no blanks and no plus, at most 200 characters")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of NAME+ID+KEY; raises NoteInvalid."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004  # the three that the message names
            raise NoteInvalid(f"'{text[:80]}' is no verifier key, NAME+ID+KEY")
        name, key_id, encoded = parts
        key = _decoded(encoded)
        if len(key) != 1 + _KEY_BYTES or key[0] not in (ED25519, COSIGNATURE):
            raise NoteInvalid(f"the key of {name} is no Ed25519 key")
        parsed = cls(name, key[0], key[1:])
        if parsed.id.hex() != key_id:
            raise NoteInvalid(f"the id of the key of {name} is {parsed.id.hex()}, not {key_id}: a typing mistake?")
        return parsed

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def verifies(self, text: str, signature: Signature) -> bool:
        """Whether the signature is this key's, of that text."""
        value, signed = signature.value, text.encode()
        if self.kind == COSIGNATURE:
            if len(value) != COSIGNED.size:
                return False
            at, value = COSIGNED.unpack(value)
            signed = cosigned(text, at)
        from engine.audit.sealing.signing import is_signature  # noqa: PLC0415  # a large library behind it

        return (signature.name, signature.key_id) == (self.name, self.id) and is_signature(value, signed, self.public)


def cosigned(text: str, at: int) -> bytes:
    """What a witness signs: that it saw this checkpoint at that instant, in UTC seconds."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosigned_at(signature: Signature) -> int:
    """The instant that a valid cosignature is of, in UTC seconds."""
    return int(COSIGNED.unpack(signature.value)[0])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoteInvalid(f"'{text[:80]}' is no base64: {error}") from None
