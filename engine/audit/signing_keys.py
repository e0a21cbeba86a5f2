"""The file of the private keys that sign checkpoints: PEM (PKCS #8), the newest first.

A key that is replaced signs on for a while beside the new one: the line before it says until when. So who knows only
the old key verifies checkpoints until then, and finds the new key's signature on them, too.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from engine.errors import PointsmanError

_ONLY_ITS_OWNER = 0o600
_UNTIL = "signs until"
_BLOCK = re.compile(
    rf"(?:{_UNTIL} (?P<until>\S+)\s+)?(?P<pem>-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and until when it signs (UTC seconds) if another has taken its place."""

    key: Ed25519PrivateKey
    until: int | None = None


class KeyFile:
    """The file at `path`, which is read each time, so that a rotation needs no restart."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[SigningKey, ...]:
        """All keys in it, the newest first; raises PointsmanError if it can't be read."""
        try:
            text = self.path.read_text(encoding="ascii")
            keys = tuple(_parsed(match["pem"], match["until"]) for match in _BLOCK.finditer(text))
        except (OSError, ValueError, TypeError) as error:
            raise PointsmanError(f"the keys that sign checkpoints can't be read: {self.path}: {error}") from error
        if not keys:
            raise PointsmanError(f"{self.path} has no private key: it must be PEM, -----BEGIN PRIVATE KEY-----")
        return keys

    def signing(self, now: int) -> tuple[Ed25519PrivateKey, ...]:
        """Those that sign then, the newest first."""
        return tuple(key.key for key in self.read() if key.until is None or key.until > now)

    def make(self) -> None:
        """Make a key if there is no file. Of several processes that do so at once, one makes it."""
        if not self.path.exists():
            with contextlib.suppress(FileExistsError):
                self._write([SigningKey(Ed25519PrivateKey.generate())], replace=False)

    def rotate(self, *, until: int, now: int) -> None:
        """Put a new key in the place of the newest, which signs on until then; those whose time is over go."""
        former = [
            SigningKey(key.key, until if key.until is None else key.until)
            for key in self.read()
            if key.until is None or key.until > now
        ]
        self._write([SigningKey(Ed25519PrivateKey.generate()), *former], replace=True)

    def _write(self, keys: Sequence[SigningKey], *, replace: bool) -> None:
        """Whole, or not at all. Raises FileExistsError if there is one and it is not to be replaced."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_ITS_OWNER)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.writelines(map(_text, keys))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                unfinished.replace(self.path)
            else:
                os.link(unfinished, self.path)
        finally:
            unfinished.unlink(missing_ok=True)


def _parsed(pem: str, until: str | None) -> SigningKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("only Ed25519 keys sign checkpoints: openssl genpkey -algorithm ed25519")  # noqa: TRY004  # of the file's content
    return SigningKey(key, None if until is None else int(datetime.fromisoformat(until).timestamp()))


def _text(key: SigningKey) -> str:
    pem = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    if key.until is None:
        return pem
    return f"{_UNTIL} {datetime.fromtimestamp(key.until, tz=UTC).isoformat()}\n{pem}"
