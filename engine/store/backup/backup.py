"""Makes the file of a backup."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from engine.errors import PointsmanError
from engine.store.backup.copy import FEW, NetworkCopy
from engine.store.backup.errors import NotEmpty
from engine.store.backup.frames import FORMAT, FrameWriter
from engine.store.connection.changed_keys import ChangedKeys
from engine.store.connection.client import Client, faults, node_of
from engine.store.keys import Keys
from engine.version import VERSION


def back_up(
    client: Client, keys: Keys, path: Path, *, at: int, advanced: Callable[[int, int], None], few: int = FEW
) -> int:
    """Write the network as it is at one moment, while it is used, into a new file; returns the number of its keys.

    Writers wait once at most `few` keys have changed (see copy.py). The file appears under its name once it is whole
    and on the disk. Raises NotEmpty if there is one of that name.
    """
    if path.exists():
        raise NotEmpty(f"{path} is there already; name another file, or remove it")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with faults(), FrameWriter(unfinished) as writer:
            writer.write({"format": FORMAT, "network": keys.network, "release": VERSION, "at": at})
            node = node_of(client.redis, keys.facts)
            with ChangedKeys(node, keys.prefix) as changed:
                copy = NetworkCopy(node, keys.prefix, writer, advanced=advanced)
                copy.run((name.encode() for name in client.scan(keys.prefix)), changed, few=few)
            writer.end()
        unfinished.replace(path)
    except OSError as error:
        raise PointsmanError(f"{path} can't be written: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return len(copy.keys)
