"""The first API keys of an installation whose data is in a directory: one for each role, written into a file there."""

import contextlib
import os
from pathlib import Path

from engine.access.api_keys import ApiKeys, NewKey
from engine.access.console_sessions import LONGEST_SECONDS
from engine.model.scopes import ALL_NETWORKS, ROLE_SCOPES
from engine.store.api_keys import StoredKey

FILE = "keys"
_ONLY_ITS_OWNER = 0o600


def make_first_keys(keys: ApiKeys, directory: Path) -> Path | None:
    """The file with the keys, which only its owner may read; None if there are keys already, and none was made. Those
    by which `pointsman console` signs somebody in for a while don't count.

    Raises OSError, StoreUnavailable; then no key is valid, and no file is left.
    """
    if any(_is_to_stay(listed.stored) for listed in keys.all()):
        return None
    path = directory.resolve() / FILE
    made = [keys.prepare(role=role, client=role, networks=(ALL_NETWORKS,), expires_at=None) for role in ROLE_SCOPES]
    # exclusive: of two that start at once, one makes them
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_ITS_OWNER)
    except FileExistsError:
        return None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(_line(key) for key in made)
        keys.store(made)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return path


def _is_to_stay(key: StoredKey) -> bool:
    """Whether it was made for longer than anybody is signed in to the console, though it may have ended."""
    return key.expires_at is None or key.expires_at - key.created_at > LONGEST_SECONDS


def _line(key: NewKey) -> str:
    """As a shell reads it: OMS_KEY=pointsman_..."""
    return f"{key.stored.role.upper()}_KEY={key.text.reveal()}\n"
