"""Writes the tiles of the sealed log and its checkpoint into an archive, as C2SP's tlog-tiles lays them out."""

import os
from pathlib import Path

from engine.audit.sealing.tiles import WIDTH, TilePart, path_of, width_at
from engine.errors import ArchiveUnavailable
from engine.store.audit.sealed_log import SealedLog, SealedState

_HIGHEST = 8
"""A level of tiles more than any log fills."""


def write_tiles(folder: Path, log: SealedLog, state: SealedState) -> None:
    """Write the tiles of that state that are not there yet, then its checkpoint. A full tile of a log never changes, so
    only those of a log of another name are replaced; of the last tile of each level, there is a part. Raises
    ArchiveUnavailable.
    """
    try:
        checkpoint = folder / "checkpoint"
        continued = checkpoint.is_file() and checkpoint.read_text(encoding="utf-8").startswith(f"{state.origin}\n")
        for level in (None, *range(_HIGHEST)):
            path = folder / "tile" / ("entries" if level is None else str(level))
            _write_level(path, log, state.size, level, keep=continued)
        _write(checkpoint, str(state.signed.note).encode())
    except OSError as error:
        raise ArchiveUnavailable(f"the tiles of the archive can't be written: {error}") from error


def _write_level(folder: Path, log: SealedLog, size: int, level: int | None, *, keep: bool) -> None:
    number = 0
    while width := width_at(level or 0, number, size):
        path = folder / (path_of(number) if width == WIDTH else f"{path_of(number)}.p/{width}")
        if not (keep and path.is_file()):
            _write(path, log.tile(TilePart(level, number, width), size=size))
        number += 1


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
