"""Exports the sealed log, as a file that can be verified without a server: JSON, a line each.

The first line names the log, its checkpoint and its keys. Then come the leaves of the tree, in pieces, then the
entries, each as the canonical JSON whose SHA-256 its leaf has, and at last a signed note with the SHA-256 of all lines
before it, if there is a key to sign with.
"""

import base64
import contextlib
import gzip
import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from engine.audit.sealing.comparison import Finding
from engine.audit.sealing.leaf import LEAF_BYTES, canonical, id_text, leaf_of_canonical, parse_id
from engine.errors import InputInvalid, Mistake, PointsmanError
from engine.store.audit.read_comparison import ReadComparison
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.version import VERSION

FORMAT = "pointsman-audit-export/1"
COMPRESSED = ".gz"
LEAVES, ENTRY, SIGNED = b'{"first":', b'{"fields":', b'{"signed":'
"""What lines begin with: of leaves, of an entry, and the last."""
_ONLY_ITS_OWNER = 0o600
"""Everything of the log is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What is exported, and by whom. `sign` makes a signed note of a text; without it the lines are not signed. Without
    `archived`, entries that are in the archive alone are left out.
    """

    state: SealedState
    verifier_keys: Sequence[str]
    sign: Callable[[str], str] | None
    archived: bool
    by: str
    at: int

    @property
    def left_out(self) -> int:
        """How many of the first entries are."""
        return 0 if self.archived else self.state.trimmed

    @property
    def entries(self) -> int:
        """How many entries were sealed of what is exported."""
        return self.state.size - self.left_out


def export_lines(
    client: Client, keys: Keys, exported: Exported, *, on_altered: Callable[[Finding], None]
) -> Iterator[bytes]:
    """The log as far as it is sealed, a line at a time; the last is the signed one, if it is signed. `on_altered` is
    called at the end with all that is not as it was sealed: it is among the lines all the same, for those who look into
    it. Raises ArchiveUnavailable, StoreUnavailable and SealBroken: what was made until then is a part, and verifying it
    says so.
    """
    comparison = ReadComparison(client, keys, first=exported.left_out, end=exported.state.size)
    digest = hashlib.sha256()
    for line in itertools.chain(
        (orjson.dumps(_header(keys, exported)),),
        _leaf_lines(SealedLog(client, keys), exported.state),
        _entry_lines(client, keys, exported.state, exported.left_out, comparison),
    ):
        ended = line + b"\n"
        digest.update(ended)
        yield ended
    if exported.sign is not None:
        yield orjson.dumps({"signed": exported.sign(signed_text(digest.digest()))}) + b"\n"
    for finding in comparison.findings:
        on_altered(finding)


def write_export(path: Path, lines: Iterator[bytes]) -> int:
    """Write the lines into a new file, compressed if its name ends with .gz; returns how many entries that are. The
    file appears once it is whole. Raises what making the lines does, and InputInvalid if there is a file of that name.
    """
    if path.exists():
        raise InputInvalid([Mistake(field=str(path), message="is there already; name another file, or remove it")])
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    written = 0
    try:
        unfinished.touch(_ONLY_ITS_OWNER)
        with opened(unfinished, "wb", compressed=path.suffix == COMPRESSED) as file:
            for line in lines:
                file.write(line)
                written += line.startswith(ENTRY)
        unfinished.replace(path)
    except OSError as error:
        raise PointsmanError(f"{path} can't be written: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return written


def _header(keys: Keys, exported: Exported) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "log": exported.state.origin,
        "network": keys.network,
        "release": VERSION,
        "exported_at": exported.at,
        "by": exported.by,
        "size": exported.state.size,
        "archived": exported.left_out,
        "keys": list(exported.verifier_keys),
        "checkpoint": str(exported.state.signed.note),
    }


def signed_text(digest: bytes) -> str:
    """What is signed of the lines with that SHA-256."""
    return f"{FORMAT}\n{base64.b64encode(digest).decode()}\n"


def opened(path: Path, mode: str, *, compressed: bool) -> IO[Any]:
    """The file, of bytes."""
    return gzip.open(path, mode, compresslevel=1) if compressed else path.open(mode)  # type: ignore[return-value]


def _leaf_lines(log: SealedLog, state: SealedState) -> Iterator[bytes]:
    for first, data in log.bundles(0, state.size):
        leaves = data[: (state.size - first) * LEAF_BYTES]
        yield orjson.dumps({"first": first, "leaves": base64.b64encode(leaves).decode()})


def _entry_lines(
    client: Client, keys: Keys, state: SealedState, left_out: int, comparison: ReadComparison
) -> Iterator[bytes]:
    """The entries of the log and its archive without the first `left_out`, up to the last that is sealed: each is
    compared.
    """
    start = f"({SealedLog(client, keys).leaf(left_out - 1).entry_id}" if left_out else "-"
    for batch in decision_log.batches(client, keys, start=start, end=id_text(state.last)):
        for entry_id, fields in batch:
            line = canonical(entry_id, fields)
            comparison.add(leaf_of_canonical(parse_id(entry_id.decode()), line))
            yield line
    comparison.finish()
