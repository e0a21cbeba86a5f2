"""The text of an API key: how it is made, read and hashed.

A key is `pointsman_ID_SECRET`. The id names its record and is no secret; the secret is 256 random bits. Of the secret
only HMAC-SHA-256 is stored, keyed with the id, so that a hash copied into another key's record is of no use there. A
fast hash is enough: nobody can try 2^256 secrets, while slow hashes are for passwords, which can be guessed. (NIST SP
800-63B, 5.1.2.2: secrets with at least 112 bits of entropy are hashed with an approved one-way function; only those
with less need a salt and a key derivation function.)
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

_BYTES = 32
_TEXT = re.compile(r"pointsman_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
PREFIX = "pointsman_"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """A key as its owner has it; the secret is in no repr, so that it gets into no log and no traceback."""

    id: str
    secret: str = field(repr=False)

    def reveal(self) -> str:
        """The whole text. It is shown once, when the key is made."""
        return f"{PREFIX}{self.id}_{self.secret}"

    @property
    def digest(self) -> str:
        """What is stored of the secret, in hexadecimal."""
        return hmac.new(self.id.encode(), self.secret.encode(), hashlib.sha256).hexdigest()

    def matches(self, digest: str) -> bool:
        """Whether the secret is the one with this digest; takes equally long whatever the answer."""
        return hmac.compare_digest(self.digest, digest)


def new_key_text() -> KeyText:
    return KeyText(id=secrets.token_hex(6), secret=secrets.token_urlsafe(_BYTES))


def read_key_text(text: str) -> KeyText | None:
    """The parts of a key; None if the text has not the form of one."""
    match = _TEXT.fullmatch(text)
    return KeyText(id=match[1], secret=match[2]) if match else None
