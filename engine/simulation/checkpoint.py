"""What was tried, kept in a folder piece by piece, so that a what-if that was broken off goes on where it stopped.

Each piece is a file (see piece_files.py), named after all that its results follow from: the release, the clocks, the
policies and the entries themselves. So one that is damaged, or of something else, counts for nothing: its piece is
tried again.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from engine.errors import PointsmanError
from engine.model.time_zone_data import tzdata_version
from engine.parallel.work import Executor, Task
from engine.simulation.one_step import OneStepWork
from engine.simulation.piece_files import PieceFiles
from engine.simulation.tried_decision import TriedDecision, UntriedDecision
from engine.store.log.stored_entry import RawEntry
from engine.version import MEANING, VERSION

Results: TypeAlias = Sequence[TriedDecision | UntriedDecision]
TryPiece: TypeAlias = Callable[[Sequence[RawEntry]], Task]


class _Piece(msgspec.Struct, frozen=True, array_like=True):
    """Results in their order: at each place, one of the two is None."""

    tried: list[TriedDecision | None]
    untried: list[UntriedDecision | None]


class Checkpoint:
    """In a folder, which is made if it is not there; of the same decisions under the same `work`."""

    def __init__(self, folder: Path, work: OneStepWork) -> None:
        self._files = PieceFiles(folder)
        self._work = work_digest(work)

    def each(self, pool: Executor, pieces: Iterable[Sequence[RawEntry]], try_piece: TryPiece) -> Iterator[Results]:
        """The results of each piece, in their order: those that are kept as they are, all others by the executor."""
        waiting = deque[tuple[str, bool]]()
        """By name, the pieces that were looked at and not handed on yet, and whether they are kept."""

        def missing() -> Iterator[Task]:
            for piece in pieces:
                name = self._name(piece)
                kept = self._read(name) is not None
                waiting.append((name, kept))
                if not kept:
                    yield try_piece(piece)

        for results in pool.each(missing()):
            yield from self._kept(waiting)
            name, _ = waiting.popleft()
            self._write(name, results)
            yield results
        yield from self._kept(waiting)

    def _kept(self, waiting: deque[tuple[str, bool]]) -> Iterator[Results]:
        """Those that are next."""
        while waiting and waiting[0][1]:
            name, _ = waiting.popleft()
            results = self._read(name)
            if results is None:
                raise PointsmanError(
                    f"the checkpoint {self._files.path(name)} was changed while it was read; try again"
                )
            yield results

    def _name(self, piece: Sequence[RawEntry]) -> str:
        return digest_of(self._work, piece).hex()

    def _read(self, name: str) -> Results | None:
        content = self._files.read(name)
        if content is None:
            return None
        piece = msgspec.msgpack.decode(content, type=_Piece)
        return [item for pair in zip(piece.tried, piece.untried, strict=True) for item in pair if item is not None]

    def _write(self, name: str, results: Results) -> None:
        piece = _Piece(
            [item if isinstance(item, TriedDecision) else None for item in results],
            [item if isinstance(item, UntriedDecision) else None for item in results],
        )
        self._files.write(name, msgspec.msgpack.encode(piece))


def digest_of(before: bytes, piece: Sequence[RawEntry]) -> bytes:
    """Of entries as they are stored, behind what the digest `before` is of."""
    digest = hashlib.sha256(before)
    for entry, fields in piece:
        parts = [entry, *(part for field in sorted(fields.items()) for part in field)]
        digest.update(b"".join(b"%d:%s" % (len(part), part) for part in parts))
    return digest.digest()


def work_digest(work: OneStepWork) -> bytes:
    """Of all that results follow from beside the entries: in a form in which no two works are alike."""
    drafts = [[draft.name, sorted(draft.texts.items()), draft.change.identity] for draft in work.drafts]
    return hashlib.sha256(msgspec.json.encode([VERSION, MEANING, tzdata_version(), work.against, drafts])).digest()
