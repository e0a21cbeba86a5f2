"""Messages with mistakes, kept beside what is wrong with them until a person has mended them."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import orjson

from api.connectors.applying.awaited import NOTHING_AWAITED, Awaited
from api.connectors.language.connector import Connector
from api.connectors.language.places import Folder
from api.connectors.language.words import HEADER_WORD
from api.connectors.running.early_mark import SUFFIX as EARLY
from api.connectors.running.early_mark import EarlyMark, mark_of, mark_of_try
from api.connectors.running.problems import SUFFIX, Problem, problem_text
from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.connectors.sources.folder import BAD, DONE, free_path, matches, numbered
from api.connectors.sources.message import Message
from api.connectors.sources.names import CUT, instant_and_name, kept_name
from engine.errors import PointsmanError

HEADERS = ".headers.json"
_PART = 1 << 16

_UNFINISHED = re.compile(r"\..*\.tmp")
"""A file that is being written, or was when a process died."""
_NUMBERED = re.compile(r"-[0-9]+(?=(\.[^.]*)?\Z)")
"""What `free_path` puts behind a name."""
_WILDCARD = re.compile(r"\[[^\]]*\]|[*?]")
_NOT_KEPT_IN_NAMES = re.compile(r"[^\w.,=@+*?\[\]!-]+")
"""Of a glob, letters in whose place `kept_name` puts another."""


class NotKept(PointsmanError):
    """The folder in which messages are kept can't be written, or read, now."""


class Keeping:
    """Where a connector's messages are kept once they are over: in `done` and `bad`, of the folder that is watched or
    else of the connector's own folder under `root`.
    """

    def __init__(self, connector: Connector, root: Path, wording: Wording = ENGLISH_WORDING) -> None:
        self._connector = connector
        self._wording = wording
        source = connector.reads.source if connector.reads else None
        self._files = source.files if isinstance(source, Folder) else None
        self._moved = isinstance(source, Folder)
        """Whether the source moves files there itself."""
        self.folder = root / (source.path if isinstance(source, Folder) else connector.name)

    @property
    def bad(self) -> Path:
        return self.folder / BAD

    @property
    def done(self) -> Path:
        return self.folder / DONE

    def quarantine(
        self,
        message: Message,
        problems: Sequence[Problem],
        *,
        awaits: Awaited = NOTHING_AWAITED,
        answered_later: bool = False,
        at: int,
        **sizes: int,
    ) -> Path:
        """Write what is wrong with the message, and the message itself if its source does not move it there; where that
        is. It has so many `rows`, of which so many are `bad`, and so many `taken` over; `awaits` is what it
        is about and whether that is there; `answered_later`, that its EDI is answered once it has come. Done again
        after a crash, it writes the same. Raises NotKept.
        """
        with changing(self.bad, f"what is wrong with {message.name}"):
            self.bad.mkdir(parents=True, exist_ok=True)
            kept = self.place_of(message)
            early = None
            if problems and all(problem.early for problem in problems):
                early = mark_of_try(kept, at=at, awaits=awaits, unanswered=answered_later)
            self._quarantine(message, kept, problems, early=early, at=at, **sizes)
            return kept

    def _quarantine(
        self,
        message: Message,
        kept: Path,
        problems: Sequence[Problem],
        *,
        early: EarlyMark | None,
        at: int,
        **sizes: int,
    ) -> None:
        text = problem_text(
            problems,
            connector=self._connector,
            message=message.name,
            kept=kept,
            at=at,
            wording=self._wording,
            early=early,
            **sizes,
        )
        write_whole(kept.with_name(kept.name + SUFFIX), text.encode())
        self._keep_headers(message, kept)
        self.copy(message, kept)
        if early is not None and early.next_at is not None:
            write_whole(mark_of(kept), early.content)
        else:
            mark_of(kept).unlink(missing_ok=True)

    def is_of(self, path: Path) -> bool:
        """Whether a kept file, or one beside it, is the connector's: others may watch the same folder."""
        if self._files is None:
            return True
        name = path.name
        for suffix in (SUFFIX, HEADERS, EARLY):
            name = name.removesuffix(suffix)
        _, name = instant_and_name(name)
        globs = [_NOT_KEPT_IN_NAMES.sub("*", glob) for glob in self._files]
        if CUT in name:
            return any(_may_be_cut_from(name, glob) for glob in globs)
        return any(matches(each, globs) for each in (name, _NUMBERED.sub("", name)))

    def early(self) -> list[tuple[EarlyMark, Path]]:
        """Messages in quarantine that are taken over again by themselves, those that were put aside first first."""
        kept = [path for path in self._in(self.bad) if _is_message(path)]
        found = [(mark, path) for path in kept if (mark := EarlyMark.read(mark_of(path))) is not None]
        return sorted(found, key=lambda item: (item[0].first, item[1]))

    def place_of(self, message: Message) -> Path:
        """Where it is kept while it is in quarantine."""
        if self._moved:
            return free_path(self.bad / kept_name(message))
        there = (each for each in self._in(self.bad) if self._is_kept_as(message, each))
        return next(there, None) or free_path(self.bad / kept_name(message))

    def _is_kept_as(self, message: Message, path: Path) -> bool:
        """Whether the message itself lies there: put there before a crash, or answered alike when asked for again."""
        name = instant_and_name(path.name)[1]
        wanted = instant_and_name(kept_name(message))[1]
        if wanted not in (name, _NUMBERED.sub("", name)) or not _is_message(path):
            return False
        return kept_headers(path) == self._headers(message) and _has_content(message, path)

    def _in(self, folder: Path) -> list[Path]:
        """What is kept of the connector there. Raises NotKept."""
        return [path for path in files_in(folder) if self.is_of(path)]

    def copy(self, message: Message, path: Path) -> None:
        """Keep it there, unless its source moves it there."""
        if not self._moved:
            copy_whole(message, path)

    def keep(self, message: Message) -> None:
        """Keep a message that was taken over, if the connector says so and its source does not move it there. Raises
        NotKept.
        """
        if self._connector.keep is not None and not self._moved:
            with changing(self.done, message.name):
                self._keep(message)

    def _keep(self, message: Message) -> None:
        self.done.mkdir(parents=True, exist_ok=True)
        paths = numbered(self.done / kept_name(message))
        kept = next(path for path in paths if not path.exists() or self._is_kept_as(message, path))
        copy_whole(message, kept)
        self._keep_headers(message, kept)

    def _keep_headers(self, message: Message, kept: Path) -> None:
        """Those that the connector reads, beside the message: sent again, it has them still. Nothing secret is kept."""
        headers = self._headers(message)
        if headers:
            write_whole(kept.with_name(kept.name + HEADERS), orjson.dumps(headers))

    def _headers(self, message: Message) -> dict[str, str]:
        wanted = used_headers(self._connector)
        return {name: value for name, value in message.headers.items() if name.lower() in wanted}

    def tidy(self, now: float) -> None:
        """Delete messages in `done` that are older than the connector says."""
        if self._connector.keep is None:
            return
        for path in self._in(self.done):
            at, _ = instant_and_name(path.name)
            if at is not None and at < now - self._connector.keep:
                path.unlink(missing_ok=True)

    def kept_since(self, instant: int) -> Iterator[Path]:
        """What was read since then, taken over or not, the oldest first."""
        paths = [path for folder in (self.done, self.bad) for path in self._in(folder)]
        dated = [(instant_and_name(path.name)[0], path) for path in paths if _is_message(path)]
        yield from (path for at, path in sorted((at, path) for at, path in dated if at is not None and at >= instant))

    def quarantined(self) -> list[Path]:
        """Messages that wait for a person, the oldest first; of a connector that sends, records."""
        return sorted(path for path in self._in(self.bad) if _is_message(path))

    def release(self, path: Path) -> None:
        """A message that was mended and taken over is kept with those that were good. Raises NotKept."""
        with changing(self.done, path.name):
            self._release(path)

    def _release(self, path: Path) -> None:
        self.done.mkdir(parents=True, exist_ok=True)
        if path.resolve().parent == self.bad.resolve():
            to = free_path(self.done / path.name)
            path.replace(to)
            beside = path.with_name(path.name + HEADERS)
            if beside.is_file():
                beside.replace(to.with_name(to.name + HEADERS))
        for suffix in (SUFFIX, EARLY):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def drop(path: Path) -> None:
    """Delete a message that waits for a person, or records that were put aside, and all that lies beside it. Raises
    NotKept.
    """
    with changing(path.parent, path.name):
        # the mark first: whoever dies in between leaves no file that is taken over again by itself
        for name in (f"{path.name}{EARLY}", path.name, f"{path.name}{HEADERS}", f"{path.name}{SUFFIX}"):
            path.with_name(name).unlink(missing_ok=True)


def files_in(folder: Path) -> list[Path]:
    """All that lies there; nothing, if there is no such folder. Raises NotKept."""
    try:
        return [*folder.iterdir()] if folder.is_dir() else []
    except OSError as error:
        raise NotKept(f"the folder {folder} can't be read: {error.strerror}") from error


@contextmanager
def changing(folder: Path, what: str) -> Iterator[None]:
    """Raises NotKept if the folder can't be changed."""
    try:
        yield
    except OSError as error:
        raise NotKept(f"{what} can't be kept in {folder}: {error.strerror}; let this process write there") from error


def used_headers(connector: Connector) -> frozenset[str]:
    """The headers that the connector reads, in small letters."""
    paths = [*connector.once, *connector.group, *(test.path for test in (*connector.when, *connector.must))]
    mappings = list(connector.fields.values())
    while mappings:
        mapping = mappings.pop()
        paths += mapping.paths
        mappings += [*mapping.join, *mapping.fields.values()]
    return frozenset(path.removeprefix(HEADER_WORD) for path in paths if path.startswith(HEADER_WORD))


def kept_headers(path: Path) -> dict[str, str]:
    """Those that are kept beside a message; none if there are none."""
    beside = path.with_name(path.name + HEADERS)
    return dict(orjson.loads(beside.read_bytes())) if beside.is_file() else {}


def _may_be_cut_from(name: str, glob: str) -> bool:
    """Whether a name whose middle was cut out may be one that fits the glob, by its beginning and its end."""
    beginning, _, end = name.partition(CUT)
    end = end.partition(CUT)[2]
    first = _WILDCARD.split(glob)[0]
    last = _WILDCARD.split(glob)[-1]
    begins = beginning.startswith(first[: len(beginning)])
    return begins and (end.endswith(last) or last.endswith(end) or _NUMBERED.sub("", end).endswith(last))


def _is_message(path: Path) -> bool:
    if _UNFINISHED.fullmatch(path.name):
        return False
    return path.is_file() and not path.name.endswith((SUFFIX, HEADERS, EARLY))


def write_whole(path: Path, content: bytes) -> None:
    """The file has all of the content, or is as it was: it is written beside it first, and then renamed."""
    _put_whole(path, lambda file: file.write(content))


def _has_content(message: Message, path: Path) -> bool:
    with message.open() as one, path.open("rb") as other:
        while part := one.read(_PART):
            if other.read(len(part)) != part:
                return False
        return not other.read(1)


def copy_whole(message: Message, path: Path) -> None:
    with message.open() as source:
        _put_whole(path, lambda file: shutil.copyfileobj(source, file))


def _put_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """What can't be written in full leaves nothing there."""
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
